"""`python -m voice_training`: make the built-in voice again, or measure one."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.cli import run_command_line
from speecht5_demo.quality.sentences import DEFAULT_SENTENCES, read_sentences

if TYPE_CHECKING:
    from voice_training.run import VoiceRun

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Train a small SpeechT5 voice on what a teacher reads, or measure one.",
)

_Teacher = Annotated[
    str, typer.Option(help="Who reads: kokoro, flite, or a folder of recordings with transcripts.")
]
_Threads = Annotated[int, typer.Option(help="Processor threads; 0 takes every core.")]


_Folder = Annotated[Path, typer.Option(help="Where the run lives; the same folder goes on with it.")]
_Init = Annotated[Path | None, typer.Option(help="A voice's folder to go on from, of the same shape.")]
_Vocoder = Annotated[
    Path | None, typer.Option(help="A vocoder's folder to go on from in place of the voice's or of nothing.")
]
_Widen = Annotated[
    bool,
    typer.Option(help="Start a vocoder of the new, wider shape with the stages of the known one that fit."),
]
_MeanOf = Annotated[
    list[Path] | None,
    typer.Option(help="Ended runs from the same --init: the mean of their acoustic models is taken."),
]
_InitShare = Annotated[
    float, typer.Option(help="Part that --init itself has in the mean, from 0 to less than 1.")
]
_Device = Annotated[str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")]
_Texts = Annotated[int, typer.Option(help="Sentences that a teacher who reads anything reads.")]
_Seed = Annotated[int, typer.Option(help="Of texts, weights and batches.")]
_Miniature = Annotated[bool, typer.Option(help="A tiny model on a few sentences: tries the chain.")]


@app.command()
def train(
    minutes: Annotated[
        float, typer.Option(help="Training time. Making data and measuring come on top.")
    ] = 240.0,
    teacher: _Teacher = "kokoro",
    device: _Device = "auto",
    folder: _Folder = Path("voice_run"),
    init: _Init = None,
    vocoder: _Vocoder = None,
    widen: _Widen = False,
    mean_of: _MeanOf = None,
    init_share: _InitShare = 0.0,
    texts: _Texts = 6000,
    seed: _Seed = 1,
    threads: _Threads = 0,
    miniature: _Miniature = False,
) -> None:
    """Make a voice from nothing: clips, vocoder, acoustic model, a folder that the app loads, its figures and its card.

    Stop it as you like; the same command goes on where it was.
    """
    means = tuple(mean_of or ())
    options = _Options(
        teacher, device, folder, init, vocoder, widen, texts, seed, threads, miniature, means, init_share
    )
    voice = _run("train", minutes, options).train()
    typer.echo(
        f"The voice is in {voice}. Hear it: python -m speecht5_demo synthesize --checkpoint {voice} ..."
    )


@app.command()
def vocoder(
    minutes: Annotated[
        float, typer.Option(help="Training time. Making data and measuring come on top.")
    ] = 150.0,
    teacher: _Teacher = "kokoro",
    device: _Device = "auto",
    folder: _Folder = Path("voice_run"),
    start: Annotated[Path | None, typer.Option("--vocoder", help="A vocoder's folder to go on from.")] = None,
    widen: _Widen = False,
    texts: _Texts = 3000,
    seed: _Seed = 1,
    threads: _Threads = 0,
    miniature: _Miniature = False,
) -> None:
    """Make a vocoder alone: clips, training, a folder for `train --vocoder`, its figures and its card.

    Stop it as you like; the same command goes on where it was, and `train` in the same folder goes on with it.
    """
    options = _Options(teacher, device, folder, None, start, widen, texts, seed, threads, miniature)
    made = _run("vocoder", minutes, options).train_vocoder()
    typer.echo(
        f"The vocoder is in {made}. A voice starts with it: python -m voice_training train --vocoder {made} ..."
    )


@dataclass(frozen=True)
class _Options:
    """What `train` and `vocoder` are told alike."""

    teacher: str
    device: str
    folder: Path
    init: Path | None
    vocoder: Path | None
    widen: bool
    texts: int
    seed: int
    threads: int
    miniature: bool
    mean_of: tuple[Path, ...] = ()
    init_share: float = 0.0

    def words(self, minutes: float, texts: int) -> list[str]:
        """As a command line says them."""
        words = ["--minutes", f"{minutes:g}", "--teacher", self.teacher]
        words += ["--seed", str(self.seed), "--texts", str(texts), "--device", self.device]
        words += ["--init", str(self.init)] if self.init is not None else []
        words += ["--vocoder", str(self.vocoder)] if self.vocoder is not None else []
        words += ["--widen"] if self.widen else []
        words += [word for run in self.mean_of for word in ("--mean-of", str(run))]
        words += ["--init-share", f"{self.init_share:g}"] if self.init_share else []
        return words + (["--miniature"] if self.miniature else [])


def _run(command: str, minutes: float, options: _Options) -> VoiceRun:
    """The run that a command asks for."""
    import torch

    from speecht5_demo.machine import this_machine
    from voice_training.devices import pick_device, prepare_process
    from voice_training.run import VoiceRun
    from voice_training.settings import MINIATURE, TrainingSettings
    from voice_training.stages import RunConfig
    from voice_training.teachers import find_teacher

    cores = options.threads or os.cpu_count() or 1
    torch.set_num_threads(cores)
    picked = pick_device(options.device)
    prepare_process(picked)
    seed = options.seed
    base = MINIATURE if options.miniature else TrainingSettings(options.texts)
    settings = replace(base, minutes=minutes, seed=seed)
    processor = f"{this_machine().cpu}, {cores} {'core' if cores == 1 else 'cores'}"
    config = RunConfig(
        settings=settings,
        teacher=find_teacher(options.teacher),
        folder=options.folder,
        device=picked,
        init=options.init,
        vocoder=options.vocoder,
        widen=options.widen,
        mean_of=options.mean_of,
        init_share=options.init_share,
        command=shlex.join(
            ["python", "-m", "voice_training", command, *options.words(minutes, settings.texts)]
        ),
        machine=torch.cuda.get_device_name(picked) if picked.type == "cuda" else processor,
        workers=cores,
    )
    return VoiceRun(config, typer.echo)


@app.command()
def check(teacher: Annotated[str, typer.Argument(help="As for `train`.")] = "kokoro") -> None:
    """Let a teacher read one line by each speaker: whether all that it needs is there and works."""
    from voice_training import VoiceTrainingError
    from voice_training.teachers import find_teacher
    from voice_training.texts import make_texts

    reader = find_teacher(teacher)
    typer.echo(f"{teacher}: {reader.description}. {reader.licence}")
    lines = {line.speaker: line for line in reader.development_lines(make_texts(0, 0))}
    for name, label in reader.speakers.items():
        if reader.read(lines[name]) is None:
            raise VoiceTrainingError(f"{label} ({name}) could not read {lines[name].text!r}.")
        typer.echo(f"{name}: {label}")


@app.command()
def readings(
    folder: Annotated[Path, typer.Argument(help="Where they go, as SPEAKER/007.wav.")],
    teacher: _Teacher = "kokoro",
    sentences: Annotated[
        str, typer.Option(help="As for `evaluate`: harvard, a number for the first so many, or a text file.")
    ] = str(DEFAULT_SENTENCES),
    threads: _Threads = 0,
) -> None:
    """Let a teacher read the sentences of an evaluation: the floor of `evaluate --teacher`."""
    from voice_training.readings import write_readings
    from voice_training.teachers import find_teacher

    reader, wanted = find_teacher(teacher), read_sentences(sentences)
    unread = write_readings(reader, wanted, folder, threads or os.cpu_count() or 1, typer.echo)
    typer.echo(f"The readings are in {folder}: {reader.description}. {reader.licence}")
    if unread:
        typer.echo(f"Not read word by word, and left out: {', '.join(unread)}.")


@app.command()
def measure(
    folder: Annotated[Path, typer.Argument(help="A voice's folder.")],
    teacher: _Teacher = "kokoro",
    out: Annotated[Path, typer.Option(help="The JSON file to write.")] = Path("figures.json"),
    sentences: Annotated[int, typer.Option(min=1, help="Harvard sentences a speaker.")] = 100,
    seeds: Annotated[
        int, typer.Option(min=1, help="Times that each sentence is spoken, each with another seed.")
    ] = 3,
    threads: _Threads = 0,
) -> None:
    """Measure a voice against its teacher: word errors, predicted MOS, lengths, stops, reading order."""
    import torch

    from voice_training.evaluation import evaluate_folder, require_libraries
    from voice_training.settings import EvaluationSettings
    from voice_training.teachers import find_teacher

    settings = EvaluationSettings(sentences=sentences, seeds=seeds)
    require_libraries(settings.with_mos)
    cores = threads or os.cpu_count() or 1
    torch.set_num_threads(cores)
    reader, device = find_teacher(teacher), torch.device("cpu")
    evaluation = evaluate_folder(folder, reader, settings, cores, device, typer.echo)
    evaluation.write(out)
    for figures in evaluation.by_speaker:
        floor = figures.teacher_word_errors
        told = "" if floor is None else f", the teacher's {floor:.1%}"
        typer.echo(f"{figures.speaker}: word errors {figures.word_errors:.1%}{told}")
    typer.echo(f"Written to {out}.")


@app.command()
def card(folder: Annotated[Path, typer.Argument(help="A voice's folder.")]) -> None:
    """Write a voice's README.md again, from provenance.json and figures.json in its folder."""
    from voice_training.model_card import write_card

    write_card(folder)


def main() -> None:
    """Run the command line with the exit codes of `speecht5_demo`'s."""
    run_command_line(app)


if __name__ == "__main__":
    main()
