"""`variants` and `speakers`: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.commands.options import CheckpointOption, JsonOption
from speecht5_demo.rendering.wording import megabytes

if TYPE_CHECKING:
    from speecht5_demo.sizes import Sizes
    from speecht5_demo.variants import Variant

variants_app = typer.Typer(invoke_without_command=True, help="List the variants, or build one.")


@variants_app.callback()
def variants(
    context: typer.Context,
    sizes: Annotated[
        bool,
        typer.Option("--sizes", help="Also measure the sizes of each; they are kept for the next time."),
    ] = False,
    checkpoint: CheckpointOption = "auto",
    json: JsonOption = False,
) -> None:
    """List the variants, their recipes and what they are for."""
    if context.invoked_subcommand is not None:
        return
    from speecht5_demo.variants import all_variants

    measured = _measured(checkpoint, all_variants()) if sizes else None
    if json:
        listed = [_document(variant, measured) for variant in all_variants()]
        console.print_json({"variants": listed})
        return
    if measured is not None:
        rows = [(name, *_size_cells(one)) for name, one in measured.items()]
        console.print_figures("variant", ("disk MB", "zip MB", "memory MB", "parameters", "not zero"), rows)
        console.stdout.print("MB of 10**6 bytes; parameters in millions; vocoder included.", style="italic")
        return
    console.print_entries(
        ("name", "label", "what it is"),
        [(variant.name, variant.label, variant.explanation) for variant in all_variants()],
    )


@variants_app.command("build")
def build_variant(
    name: Annotated[str, typer.Argument(help="A variant that `variants` lists.")],
    checkpoint: CheckpointOption = "auto",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder of artifacts; ARTIFACTS_DIR, or `artifacts`, if not given."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Save a variant, ready to speak; every command then starts from it.

    An int8 variant then starts without its fp32 weights. A saved one that is broken, out of date or of another
    checkpoint is refused with the reason, and made again.

    Example: python -m speecht5_demo variants build turbo-int8 --checkpoint microsoft/speecht5_tts
    """
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.variants import find

    recipe, source = find(name), open_checkpoint(checkpoint)
    from speecht5_demo.variants.artifact import save_variant
    from speecht5_demo.variants.manifest import default_root

    folder, sizes = save_variant(source, recipe, default_root() if output is None else output)
    if json:
        console.print_json({"variant": name, "folder": str(folder), "sizes": asdict(sizes)})
        return
    console.stderr.print(source.notice)
    console.stdout.print(f"Saved {folder} ({megabytes(sizes.disk_bytes)} MB)", soft_wrap=True)


def speakers(checkpoint: CheckpointOption = "auto", json: JsonOption = False) -> None:
    """List the speakers of a checkpoint."""
    from speecht5_demo.checkpoints import open_checkpoint

    source = open_checkpoint(checkpoint)
    if json:
        listed = [
            {"name": speaker.name, "label": speaker.label, "source": speaker.source}
            for speaker in source.speakers.values()
        ]
        console.print_json({"checkpoint": source.title, "speakers": listed})
        return
    console.stderr.print(source.notice)
    console.print_entries(
        ("name", "label", "where it comes from"),
        [(speaker.name, speaker.label, speaker.source) for speaker in source.speakers.values()],
    )


def _measured(checkpoint: str, listed: tuple[Variant, ...]) -> dict[str, Sizes]:
    """Sizes by name; measured where none were kept, which takes torch and seconds a variant."""
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.variants.kept_sizes import kept_sizes

    source = open_checkpoint(checkpoint)
    console.stderr.print(source.notice)
    found = {}
    for variant in listed:
        sizes = kept_sizes(source, variant)
        if sizes is None:
            from speecht5_demo.variants.artifact import variant_sizes

            with console.stderr.status(f"Measuring {variant.label} ..."):
                sizes = variant_sizes(source, variant)
        found[variant.name] = sizes
    return found


def _document(variant: Variant, sizes: dict[str, Sizes] | None) -> dict[str, object]:
    entry: dict[str, object] = {
        "name": variant.name,
        "label": variant.label,
        "explanation": variant.explanation,
        "steps": [{"step": type(step).__name__, **asdict(step)} for step in variant.steps],
    }
    return entry if sizes is None else {**entry, "sizes": asdict(sizes[variant.name])}


def _size_cells(sizes: Sizes) -> list[str]:
    byte_counts = (sizes.disk_bytes, sizes.zip_bytes, sizes.resident_bytes)
    counts = (sizes.parameters, sizes.nonzero_parameters)
    return [*map(megabytes, byte_counts), *(f"{count / 1e6:.1f}" for count in counts)]
