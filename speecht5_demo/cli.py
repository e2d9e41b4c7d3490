"""The command line: mounts one module of `commands/` per area, and turns our errors into one line."""

from __future__ import annotations

import sys

import click
import typer

from speecht5_demo import __version__
from speecht5_demo.commands import catalogue, evaluate, speak, study
from speecht5_demo.commands.benchmark import benchmark
from speecht5_demo.commands.mos import benchmark_ratings, mos
from speecht5_demo.commands.push import push
from speecht5_demo.commands.report import report
from speecht5_demo.commands.tables import tables
from speecht5_demo.errors import DemoError, SynthesisCancelled

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hear and measure what optimising a SpeechT5 text-to-speech model costs.",
    epilog='Try: python -m speecht5_demo compare "It cost $5.50 on May 3rd, 2024."',
)
app.command("synthesize")(speak.synthesize)
app.command("compare")(speak.compare)
app.add_typer(catalogue.variants_app, name="variants")
app.command("speakers")(catalogue.speakers)
app.add_typer(study.app, name="study")
app.command("benchmark")(benchmark)
app.command("mos")(mos)
app.command("benchmark-ratings")(benchmark_ratings)
app.command("report")(report)
app.command("push")(push)
app.command("tables")(tables)
app.add_typer(evaluate.app, name="evaluate")


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    run_command_line(app)


def run_command_line(commands: typer.Typer) -> None:
    """Run one of our command lines and exit.

    Exit codes: 0 done, 1 a problem that the message explains, 2 wrong usage, 130 stopped.
    """
    try:
        commands()
    except DemoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(130 if isinstance(error, SynthesisCancelled) else 1)
    except (KeyboardInterrupt, click.Abort):
        typer.echo("Stopped.", err=True)
        sys.exit(130)
