"""`variants` and `speakers`: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from speecht5_demo.commands import console
from speecht5_demo.commands.options import CheckpointOption, JsonOption

variants_app = typer.Typer(invoke_without_command=True, help="List the variants, or build one.")


@variants_app.callback()
def variants(context: typer.Context, json: JsonOption = False) -> None:
    """List the variants, their recipes and what they are for."""
    if context.invoked_subcommand is not None:
        return
    from speecht5_demo.variants import all_variants

    if json:
        console.print_json(
            {
                "variants": [
                    {
                        "name": variant.name,
                        "label": variant.label,
                        "explanation": variant.explanation,
                        "steps": [{"step": type(step).__name__, **asdict(step)} for step in variant.steps],
                    }
                    for variant in all_variants()
                ]
            }
        )
        return
    table = Table("name", "label", "what it is")
    for variant in all_variants():
        table.add_row(variant.name, variant.label, variant.explanation)
    console.stdout.print(table)


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
    from speecht5_demo.variants.artifact import save_variant
    from speecht5_demo.variants.manifest import default_root

    source, recipe = open_checkpoint(checkpoint), find(name)
    folder, sizes = save_variant(source, recipe, default_root() if output is None else output)
    if json:
        console.print_json({"variant": name, "folder": str(folder), "sizes": asdict(sizes)})
        return
    console.stderr.print(source.notice)
    console.stdout.print(f"Saved {folder} ({console.megabytes(sizes.disk_bytes)} MB)", soft_wrap=True)


def speakers(checkpoint: CheckpointOption = "auto", json: JsonOption = False) -> None:
    """List the speakers of a checkpoint."""
    from speecht5_demo.checkpoints import open_checkpoint

    source = open_checkpoint(checkpoint)
    if json:
        console.print_json(
            {
                "checkpoint": source.title,
                "speakers": [
                    {"name": speaker.name, "label": speaker.label, "source": speaker.source}
                    for speaker in source.speakers.values()
                ],
            }
        )
        return
    console.stderr.print(source.notice)
    table = Table("name", "label", "where it comes from")
    for speaker in source.speakers.values():
        table.add_row(speaker.name, speaker.label, speaker.source)
    console.stdout.print(table)
