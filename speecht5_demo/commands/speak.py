"""`synthesize` and `compare`: speech and its figures from a terminal."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.audio_file import ENDINGS, WAV, check_ending, write_audio
from speecht5_demo.commands import console
from speecht5_demo.commands.options import (
    CheckpointOption,
    ExcludeOption,
    IncludeOption,
    Int8Option,
    JsonOption,
    ParentsOption,
    PruneOption,
    RepeatsOption,
    SeedOption,
    SizesOption,
    SpeakerOption,
    check_folder,
    own_recipe,
    read_speaker,
)
from speecht5_demo.errors import OutputError, VariantError
from speecht5_demo.files import telling_why
from speecht5_demo.memory import without_garbage_collection
from speecht5_demo.rendering.wording import megabytes

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint
    from speecht5_demo.sizes import Sizes
    from speecht5_demo.speakers import Speaker
    from speecht5_demo.synthesis import Speech, Synthesizer
    from speecht5_demo.synthesis.document import SpeechDocument
    from speecht5_demo.variants import Variant

TextArgument = Annotated[str, typer.Argument(help="What to say; numbers, prices and dates are spoken out.")]
STDOUT = Path("-")


@dataclass(frozen=True)
class _Asked:
    """What is spoken by whom; checked before torch is loaded."""

    text: str
    source: Checkpoint
    speaker: Speaker
    seed: int


@dataclass(frozen=True)
class _Row:
    """One variant's speech, where it lies, and its figures."""

    speech: Speech
    audio: Path
    first_audio_s: float | None
    sizes: Sizes | None


def synthesize(
    text: TextArgument,
    variant: Annotated[
        str | None, typer.Option("--variant", help="A name that `variants` lists.  [default: baseline]")
    ] = None,
    speaker: SpeakerOption = None,
    seed: SeedOption = 0,
    repeats: RepeatsOption = 1,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .wav, .flac, .ogg or .mp3.")
    ] = Path("speech.wav"),
    parents: ParentsOption = False,
    checkpoint: CheckpointOption = "auto",
    prune: PruneOption = None,
    int8: Int8Option = False,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Write WAV while it is made; -o - writes it to stdout.")
    ] = False,
    sizes: SizesOption = False,
    json: JsonOption = False,
) -> None:
    """Speak one text with one variant and write an audio file.

    Example: python -m speecht5_demo synthesize "Hello!" --variant int8 --speaker am_michael -o hello.wav

    A recipe of your own: python -m speecht5_demo synthesize "Hello!" --prune 0.6 --int8 --exclude '*.prenet.*'

    While it is made: python -m speecht5_demo synthesize "Hello!" --variant turbo-int8 --stream -o - | aplay
    """
    _check_output(output, stream, json, parents)
    from speecht5_demo.variants import find

    own = own_recipe(prune, int8, include, exclude)
    if own and variant:
        raise VariantError("Give --variant or a recipe of your own (--prune, --int8), not both.")
    recipe = own or find(variant or "baseline")
    asked = _ask(text, checkpoint, speaker, seed)
    synthesizer = _synthesizer(asked)
    if stream:
        _stream(synthesizer, asked, recipe, output, parents, sizes, json)
        return
    with console.speaking_progress({recipe.name: recipe.label}) as on_progress:
        speech = synthesizer.speak(asked.text, asked.speaker, recipe, seed, repeats, on_progress)
    row = _written(synthesizer, asked, speech, recipe, output, parents, sizes)
    if json:
        console.print_json(_document(row))
        return
    console.stderr.print(asked.source.notice)
    _print_table([row])
    console.stdout.print(f"Wrote {output}", soft_wrap=True)
    _warn_if_cut(speech)


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
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the WAV files; a new temporary one if not given."),
    ] = None,
    parents: ParentsOption = False,
    checkpoint: CheckpointOption = "auto",
    prune: PruneOption = None,
    int8: Int8Option = False,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    sizes: SizesOption = False,
    json: JsonOption = False,
) -> None:
    """Speak one text with several variants, repeats interleaved, and print their figures side by side.

    A recipe of your own is compared with the variants that are named, or with the baseline.

    Example: python -m speecht5_demo compare "Glue the sheet to the blue background." --variants baseline,int8

    Example: python -m speecht5_demo compare "Glue the sheet." --prune 0.6 --int8 -o heard
    """
    if output is not None:
        check_folder(output.parent if not output.exists() else output, parents)
    own = own_recipe(prune, int8, include, exclude)
    recipes = _recipes(variants, own)
    asked = _ask(text, checkpoint, speaker, seed)
    synthesizer = _synthesizer(asked)
    if own:  # its patterns meet the layers before anything is spoken
        synthesizer.warm_up(own)
    spoken: dict[str, Speech] = {}
    with console.speaking_progress({recipe.name: recipe.label for recipe in recipes}) as on_progress:
        for speech in synthesizer.compare(asked.text, asked.speaker, recipes, seed, repeats, on_progress):
            spoken[speech.variant] = speech
    folder = Path(tempfile.mkdtemp(prefix="speecht5-compare-")) if output is None else output
    rows = [
        _written(synthesizer, asked, spoken[recipe.name], recipe, folder / f"{recipe.name}{WAV}", True, sizes)
        for recipe in recipes
    ]
    if json:
        console.print_json({"results": [_document(row) for row in rows]})
        return
    console.stderr.print(asked.source.notice)
    console.stdout.print(f"Spoken as: {rows[0].speech.spoken_text}")
    _print_table(rows)
    console.stdout.print(f"Wrote {len(rows)} WAV files to {folder}", soft_wrap=True)
    for row in rows:
        _warn_if_cut(row.speech)


def _check_output(output: Path, stream: bool, json: bool, parents: bool) -> None:
    if output == STDOUT:
        if not stream:
            raise OutputError("Audio goes to stdout while it is made: add --stream, or name a file with -o.")
        if json:
            raise OutputError("Audio and JSON cannot share stdout: give a file with -o, or leave --json out.")
        return
    check_ending(output)
    if stream and output.suffix.lower() in ENDINGS and output.suffix.lower() != WAV:
        raise OutputError(f"Cannot write {output} while it is made: a stream is WAV. Choose {WAV}.")
    if output.is_dir():
        raise OutputError(f"Cannot write {output}: it is a folder. Name a file with -o.")
    check_folder(output.parent, parents)


def _recipes(names: str | None, own: Variant | None) -> list[Variant]:
    from speecht5_demo.variants import BASELINE, REPORT_VARIANTS, find

    if names is None:
        return [BASELINE, own] if own else [find(name) for name in REPORT_VARIANTS]
    recipes = [find(name.strip()) for name in names.split(",")] + ([own] if own else [])
    if len({recipe.name for recipe in recipes}) < len(recipes):
        raise VariantError("A variant is named twice in --variants: name each only once.")
    return recipes


def _ask(text: str, checkpoint: str, speaker: str | None, seed: int) -> _Asked:
    """Check text and speaker as far as that takes no torch.

    Raises:
        DemoError: one of them cannot be used.
    """
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.text import spoken_form

    source = open_checkpoint(checkpoint)
    spoken_form(text, source.letters, source.language)
    return _Asked(text, source, read_speaker(source, speaker), seed)


def _synthesizer(asked: _Asked) -> Synthesizer:
    with without_garbage_collection():
        from speecht5_demo.synthesis import Synthesizer

    return Synthesizer(asked.source)


def _written(
    synthesizer: Synthesizer,
    asked: _Asked,
    speech: Speech,
    recipe: Variant,
    path: Path,
    parents: bool,
    sizes: bool,
) -> _Row:
    from speecht5_demo.synthesis import first_audio_s
    from speecht5_demo.synthesis.tags import speech_tags

    tags = speech_tags(speech)
    return _Row(
        speech=speech,
        audio=write_audio(speech.samples, speech.sampling_rate, path, parents=parents, tags=tags),
        first_audio_s=first_audio_s(synthesizer, asked.text, asked.speaker, recipe, asked.seed),
        sizes=synthesizer.sizes(recipe) if sizes else None,
    )


def _stream(
    synthesizer: Synthesizer,
    asked: _Asked,
    recipe: Variant,
    output: Path,
    parents: bool,
    sizes: bool,
    json: bool,
) -> None:
    from speecht5_demo.synthesis import write_stream
    from speecht5_demo.synthesis.tags import SpeechFacts, speech_tags

    made = SpeechFacts(asked.text, asked.source.title, asked.speaker.name, recipe.name, asked.seed)
    tags = speech_tags(made)
    chunks = synthesizer.stream(asked.text, asked.speaker, recipe, asked.seed)
    try:
        if output == STDOUT:
            write_stream(chunks, sys.stdout.buffer, tags)
        else:
            with telling_why(output):
                if parents:
                    output.parent.mkdir(parents=True, exist_ok=True)
                with output.open("wb") as file:
                    write_stream(chunks, file, tags)
    except BrokenPipeError:  # the player was closed
        sys.stderr.close()
        return
    assert chunks.speech is not None
    if json:
        row = _Row(chunks.speech, output, chunks.first_audio_s, synthesizer.sizes(recipe) if sizes else None)
        console.print_json(_document(row))
        return
    console.stderr.print(asked.source.notice)
    console.stderr.print(
        f"First audio after {chunks.first_audio_s:.3f} s, "
        f"{chunks.speech.audio_seconds:.2f} s of audio in {chunks.speech.latency.median:.3f} s."
    )
    _warn_if_cut(chunks.speech)


def _document(row: _Row) -> SpeechDocument:
    from speecht5_demo.synthesis import speech_document

    return speech_document(row.speech, row.sizes, row.audio, row.first_audio_s)


def _print_table(rows: list[_Row]) -> None:
    titles = ["median", "p90", "RTF", "first", "encode", "decode", "vocode"]
    with_sizes = all(row.sizes for row in rows)
    cells = []
    for row in rows:
        latency = row.speech.latency
        first = latency.median if row.first_audio_s is None else row.first_audio_s
        stages = (latency.encode, latency.decode, latency.vocode)
        figures = [f"{value:.3f}" for value in (latency.median, latency.p90, row.speech.rtf, first, *stages)]
        if row.sizes and with_sizes:
            figures += [megabytes(size) for size in (row.sizes.disk_bytes, row.sizes.zip_bytes)]
        cells.append((row.speech.variant, *figures))
    console.print_figures("variant", [*titles, *(("disk MB", "zip MB") if with_sizes else ())], cells)
    note = "Seconds of the model call, median of the repeats; first: until there is something to play." + (
        " MB of 10**6 bytes, vocoder included." if with_sizes else ""
    )
    console.stdout.print(note, style="italic")


def _warn_if_cut(speech: Speech) -> None:
    if not speech.ended:
        console.stderr.print(
            f"{speech.variant} did not stop by itself: it was cut at {speech.audio_seconds:.1f} s."
        )
