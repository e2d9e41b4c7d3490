"""`variants` and `speakers`: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict

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
