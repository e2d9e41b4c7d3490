"""`synthesize` and `compare`: speech and its figures from a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from speecht5_demo.commands import console
from speecht5_demo.commands.options import (
    CheckpointOption,
    JsonOption,
    RepeatsOption,
    SeedOption,
    SpeakerOption,
    read_speaker,
)

if TYPE_CHECKING:
    from speecht5_demo.speakers import Speaker
    from speecht5_demo.synthesis import Speech, Synthesizer
    from speecht5_demo.variants import Sizes, Variant

TextArgument = Annotated[str, typer.Argument(help="What to say; numbers, prices and dates are spoken out.")]


def synthesize(
    text: TextArgument,
    variant: Annotated[str, typer.Option("--variant", help="A name that `variants` lists.")] = "baseline",
    speaker: SpeakerOption = None,
    seed: SeedOption = 0,
    repeats: RepeatsOption = 1,
    output: Annotated[Path, typer.Option("--output", "-o", help="WAV file to write.")] = Path("speech.wav"),
    checkpoint: CheckpointOption = "auto",
    stream: Annotated[
        bool, typer.Option("--stream", help="Write the audio while it is made; -o - writes it to stdout.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Speak one text with one variant and write a WAV file.

    Example: python -m speecht5_demo synthesize "Hello!" --variant int8 --speaker slt -o hello.wav

    While it is made: python -m speecht5_demo synthesize "Hello!" --variant turbo-int8 --stream -o - | aplay
    """
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.synthesis import (
        Synthesizer,
        choose_threads,
        first_audio_s,
        speech_document,
        write_wav,
    )
    from speecht5_demo.variants import find

    source = open_checkpoint(checkpoint)
    choose_threads(source)
    synthesizer, recipe, voice = Synthesizer(source), find(variant), read_speaker(source, speaker)
    if stream:
        _stream(synthesizer, text, voice, recipe, seed, output, json)
        return
    with console.speaking_progress({recipe.name: recipe.label}) as on_progress:
        speech = synthesizer.speak(text, voice, recipe, seed, repeats, on_progress)
    first = first_audio_s(synthesizer, text, voice, recipe, seed)
    sizes, audio = synthesizer.sizes(recipe), write_wav(speech, output)
    if json:
        console.print_json(speech_document(speech, sizes, audio, first))
        return
    console.stderr.print(source.notice)
    console.stdout.print(_table([(speech, sizes, first)]))
    console.stdout.print(f"Wrote {audio}")
    _warn_if_cut(speech)


def _stream(
    synthesizer: Synthesizer,
    text: str,
    speaker: Speaker,
    recipe: Variant,
    seed: int,
    output: Path,
    json: bool,
) -> None:
    from speecht5_demo.errors import SynthesisError
    from speecht5_demo.synthesis import speech_document, write_stream

    to_stdout = str(output) == "-"
    if to_stdout and json:
        raise SynthesisError("Audio and JSON cannot share stdout: give a file with -o, or leave --json out.")
    chunks = synthesizer.stream(text, speaker, recipe, seed)
    try:
        if to_stdout:
            write_stream(chunks, sys.stdout.buffer)
        else:
            output.parent.mkdir(parents=True, exist_ok=True)
            with output.open("wb") as file:
                write_stream(chunks, file)
    except BrokenPipeError:  # the player was closed
        sys.stderr.close()
        return
    except OSError as error:
        raise SynthesisError(
            f"Cannot write {output}: {error.strerror}. Choose another file with -o."
        ) from error
    assert chunks.speech is not None
    if json:
        sizes = synthesizer.sizes(recipe)
        console.print_json(speech_document(chunks.speech, sizes, output, chunks.first_audio_s))
        return
    console.stderr.print(synthesizer.checkpoint.notice)
    console.stderr.print(
        f"First audio after {chunks.first_audio_s:.3f} s, "
        f"{chunks.speech.audio_seconds:.2f} s of audio in {chunks.speech.latency.median:.3f} s."
    )
    _warn_if_cut(chunks.speech)


def compare(
    text: TextArgument,
    variants: Annotated[
        str | None,
        typer.Option(
            "--variants", help="Names that `variants` lists, with commas; the report's four if not given."
        ),
    ] = None,
    speaker: SpeakerOption = None,
    seed: SeedOption = 0,
    repeats: RepeatsOption = 3,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the WAV files.")] = Path(
        "speech"
    ),
    checkpoint: CheckpointOption = "auto",
    json: JsonOption = False,
) -> None:
    """Speak one text with several variants, repeats interleaved, and print their figures side by side.

    Example: python -m speecht5_demo compare "Glue the sheet to the dark blue background." --variants
    baseline,int8
    """
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.synthesis import (
        Synthesizer,
        choose_threads,
        first_audio_s,
        speech_document,
        write_wav,
    )
    from speecht5_demo.variants import REPORT_VARIANTS, find

    source = open_checkpoint(checkpoint)
    choose_threads(source)
    synthesizer = Synthesizer(source)
    names = REPORT_VARIANTS if variants is None else [name.strip() for name in variants.split(",")]
    recipes = [find(name) for name in names]
    voice = read_speaker(source, speaker)
    spoken: dict[str, Speech] = {}
    with console.speaking_progress({recipe.name: recipe.label for recipe in recipes}) as on_progress:
        for speech in synthesizer.compare(text, voice, recipes, seed, repeats, on_progress):
            spoken[speech.variant] = speech
    rows = [
        (
            speech,
            synthesizer.sizes(speech.variant),
            write_wav(speech, output / f"{speech.variant}.wav"),
            first_audio_s(synthesizer, text, voice, speech.variant, seed),
        )
        for speech in spoken.values()
    ]
    if json:
        console.print_json({"results": [speech_document(*row) for row in rows]})
        return
    console.stderr.print(source.notice)
    console.stdout.print(f"Spoken as: {rows[0][0].spoken_text}")
    console.stdout.print(_table([(speech, sizes, first) for speech, sizes, _, first in rows]))
    console.stdout.print(f"Wrote {len(rows)} WAV files to {output}")
    for speech, *_ in rows:
        _warn_if_cut(speech)


def _table(rows: list[tuple[Speech, Sizes, float | None]]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption="seconds of the model call, median of the repeats; first: until there is something to play; "
        "MB of 10**6 bytes, vocoder included",
        caption_justify="left",
    )
    table.add_column("variant", no_wrap=True)
    for title in ("median", "p90", "RTF", "first", "encode", "decode", "vocode", "disk MB", "zip MB"):
        table.add_column(title, justify="right", no_wrap=True)
    for speech, sizes, first in rows:
        latency = speech.latency
        first = latency.median if first is None else first
        stages = (latency.encode, latency.decode, latency.vocode)
        seconds = (latency.median, latency.p90, speech.rtf, first, *stages)
        table.add_row(
            speech.variant,
            *(f"{value:.3f}" for value in seconds),
            console.megabytes(sizes.disk_bytes),
            console.megabytes(sizes.zip_bytes),
        )
    return table


def _warn_if_cut(speech: Speech) -> None:
    if not speech.ended:
        console.stderr.print(
            f"{speech.variant} did not stop by itself: it was cut at {speech.audio_seconds:.1f} s."
        )
