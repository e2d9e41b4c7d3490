"""`push`: ratings to the hub, as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.commands.options import JsonOption


def push(
    ratings: Annotated[
        list[Path],
        typer.Argument(help="Ratings CSV files, or folders that hold ratings*.csv.", show_default=False),
    ],
    repo: Annotated[str, typer.Option("--repo", help="Dataset on the hub: user/name.")],
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Let everybody read the ratings; a public dataset is refused otherwise."
        ),
    ] = False,
    study: Annotated[Path | None, typer.Option("--study", help="Folder of the prepared study.")] = None,
    json: JsonOption = False,
) -> None:
    """Push ratings as a dataset: merged CSV, results, methods and a card, in one commit.

    Uses the hub's own login: HF_TOKEN, or `hf auth login`.
    """
    from dataclasses import asdict

    from speecht5_demo.hosting import push_ratings
    from speecht5_demo.listening.analysis import Settings
    from speecht5_demo.listening.manifest import load_manifest

    settings = Settings.of_study(load_manifest(study)) if study else None
    done = push_ratings(ratings, repo, public, settings)
    if json:
        console.print_json(asdict(done))
        return
    console.stdout.print(f"{done.rows} ratings are at {done.url}")
