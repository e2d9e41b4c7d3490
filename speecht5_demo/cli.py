"""The command line: one module of `commands/` per area, and our errors in one line.

Only the module of the command that is asked for is imported, so that help, a slip of the pen and a listing are
answered at once, whatever another command needs.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from speecht5_demo import __version__
from speecht5_demo.errors import DemoError, SynthesisCancelled
from speecht5_demo.interruption import heed_interruptions_after_imports

COMMANDS = {
    "synthesize": ("speak:synthesize", "Speak one text with one variant and write an audio file."),
    "compare": (
        "speak:compare",
        "Speak one text with several variants and print their figures side by side.",
    ),
    "variants": ("catalogue:variants_app", "List the variants, or build one."),
    "speakers": ("catalogue:speakers", "List the speakers of a checkpoint."),
    "study": ("study:app", "Make, check, plan and simulate a blind listening test."),
    "benchmark": ("benchmark:benchmark", "Measure speed, size and memory of variants."),
    "mos": ("mos:mos", "Mean opinion scores with intervals, differences to the baseline, and verdicts."),
    "report": ("report:report", "The source report's claims beside what was measured, with verdicts."),
    "push": ("push:push", "Push ratings to the hub as a dataset, with results and a card."),
    "tables": ("tables:tables", "Write the generated tables and pictures of the README."),
    "evaluate": ("evaluate:app", "Measure objective quality: WER, PESQ, MCD and more."),
    "merge": ("merge:merge", "Join the folders that --shard wrote into one, as if undivided."),
}
"""Name -> where the command is, and its line in the list of commands."""


def load_command(name: str) -> Any:
    """The command of that name, its module imported."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"speecht5_demo.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    return command


class _Commands(TyperGroup):
    """Lists every command and imports the one that is asked for."""

    if not TYPE_CHECKING:  # the types of its arguments are private to typer

        def resolve_command(self, context, arguments):
            name, _, rest = super().resolve_command(context, arguments)
            return name, load_command(name), rest


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hear and measure what optimising a SpeechT5 text-to-speech model costs.",
    epilog='Try: python -m speecht5_demo compare "It cost $5.50 on May 3rd, 2024."',
)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def _listed_only() -> None:
    """Stands for a command in the list until it is asked for."""


for _name, (_, _line) in COMMANDS.items():
    app.command(_name, help=_line)(_listed_only)


def main() -> None:
    """Run the command line."""
    run_command_line(app)


def run_command_line(commands: typer.Typer) -> None:
    """Run one of our command lines and exit.

    Exit codes: 0 done, 1 a problem that the message explains, 2 wrong usage, 130 stopped.
    """
    heed_interruptions_after_imports()
    try:
        commands()
        sys.stdout.flush()
    except DemoError as error:
        _end(130 if isinstance(error, SynthesisCancelled) else 1, f"error: {error}")
    except (KeyboardInterrupt, typer.Abort):
        _end(130, "Stopped.")
    except SystemExit as ended:
        if ended.code == 130:  # typer ends so, without a word, when Ctrl-C is pressed
            _end(130, "Stopped.")
        raise
    except BrokenPipeError:
        # Who read the output has read enough; the interpreter's own flush at the end would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _end(1, f"error: {where}{error.strerror or error}. Name a file or folder that can be used.")
    except UnicodeDecodeError as error:
        _end(1, f"error: A file that was named is not text in UTF-8 ({error.reason}). Save it as UTF-8.")
    except RecursionError:
        _end(1, "error: A file is nested too deeply to be read. Name one of a usual make.")


def _end(code: int, message: str) -> None:
    """One line on stderr, whatever a name in it holds, and the exit code."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message.strip())
    try:
        typer.echo(line, err=True)
    except OSError:
        code = code or 1  # nobody can be told
    sys.exit(code)
