"""`study`: make a listening test, check it, plan it, and try it with listeners who do not exist."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from speecht5_demo.commands import console
from speecht5_demo.commands.options import (
    CheckpointOption,
    EngineOption,
    JobsOption,
    JsonOption,
    RayAddressOption,
    ShardOption,
)
from speecht5_demo.distributed import Shard, open_executor
from speecht5_demo.distributed.opening import LOCAL
from speecht5_demo.errors import StudyError
from speecht5_demo.listening.analysis.power import GOOD_POWER
from speecht5_demo.listening.coverage import cover
from speecht5_demo.listening.links import SECRET_VARIABLE, SIGNATURE, sign_id
from speecht5_demo.listening.manifest import Manifest, load_manifest
from speecht5_demo.listening.manifest import check as check_clips
from speecht5_demo.listening.simulation import Truth, load_truth
from speecht5_demo.listening.simulation import simulate as simulate_crowd
from speecht5_demo.listening.study import load_study
from speecht5_demo.listening.tickets import server_secret

app = typer.Typer(
    no_args_is_help=True,
    help="Make, check, plan and simulate a blind listening test. assets/studies/example.toml explains the format.",
)
Folder = Annotated[Path, typer.Argument(help="Folder of a prepared study.", show_default=False)]


@app.command()
def prepare(
    study: Annotated[Path, typer.Argument(help="The study's TOML file.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for clips and manifest.")],
    checkpoint: CheckpointOption = "auto",
    jobs: JobsOption = None,
    engine: EngineOption = LOCAL,
    ray_address: RayAddressOption = "",
    shard: ShardOption = "",
    json: JsonOption = False,
) -> None:
    """Speak every clip of a study, level them, and write the manifest. Goes on where it was stopped.

    Example: python -m speecht5_demo study prepare assets/studies/report.toml -o data/study
    """
    from speecht5_demo.checkpoints import open_checkpoint  # torch loads only where something is spoken
    from speecht5_demo.listening.preparation import prepare as prepare_clips
    from speecht5_demo.listening.study_shards import prepare_shard
    from speecht5_demo.study_preparation import check_variants, distributed_voice
    from speecht5_demo.synthesis import Synthesizer

    part = Shard.read(shard)
    if json and not part.whole:
        raise StudyError("A shard has no manifest to print: leave out --json, and `merge` the shards.")
    executor = open_executor(engine, ray_address, jobs)
    recipe = load_study(study)
    check_variants(recipe)
    source = open_checkpoint(recipe.checkpoint or checkpoint)
    voice = distributed_voice(Synthesizer(source), executor)
    console.stderr.print(source.notice)
    with _counting() as count:
        secret = server_secret(Path(os.environ.get("DATA_DIR") or output.parent))
        if not part.whole:
            clips = prepare_shard(recipe, voice, output, part, count, secret)
            console.stdout.print(
                f"Shard {part} is complete in {output}: {clips} clips. "
                "When all are: python -m speecht5_demo merge FOLDER... -o STUDY"
            )
            return
        manifest = prepare_clips(recipe, voice, output, count, secret)
    if json:
        console.print_json(_summary(manifest, output))
        return
    cut = sum(not clip.ended for clip in manifest.stimuli)
    console.stdout.print(f"{len(manifest.stimuli)} clips at {manifest.target_lufs:.1f} LUFS in {output}")
    if cut:
        console.stdout.print(f"{cut} clips were cut because their variant did not stop by itself.")
    console.stdout.print(f"Open it to listeners: STUDY_DIR={output} python app.py")


@app.command()
def check(folder: Folder, json: JsonOption = False) -> None:
    """Are all clips of a study there, and as they were made? Exit code 1 when not."""
    manifest, wrong = check_clips(folder)
    if json:
        console.print_json({**_summary(manifest, folder), "problems": wrong})
    else:
        for problem in wrong:
            console.stderr.print(problem)
        verdict = f"{len(wrong)} problems." if wrong else "all there and unchanged."
        console.stdout.print(f"{manifest.study.id}: {len(manifest.stimuli)} clips, {verdict}")
    if wrong:
        raise typer.Exit(1)


@app.command()
def plan(
    folder: Folder,
    listeners: Annotated[
        int, typer.Option("--listeners", min=1, max=10_000, help="How many will listen.")
    ] = 30,
    json: JsonOption = False,
) -> None:
    """What would that many listeners give: ratings, coverage, balance, and the power for the margin."""
    manifest = load_manifest(folder)
    coverage = cover(manifest, listeners)
    if json:
        console.print_json({"study": manifest.study.id, "margin": manifest.study.margin, **asdict(coverage)})
        return
    console.print_figures(
        "variant",
        ("test ratings", "mean position (0 first, 1 last)"),
        [
            (variant, str(count), f"{coverage.mean_position[variant]:.2f}")
            for variant, count in coverage.ratings.items()
        ],
        f"{manifest.study.id}: {listeners} listeners",
    )
    spread = coverage.per_sentence, coverage.per_pair, coverage.opened_by
    sentence, pair, opened = (f"{s.fewest} to {s.most}" for s in spread)
    console.stdout.print(f"A session has {coverage.trials} pages and takes about {coverage.minutes} minutes.")
    console.stdout.print(
        f"Each sentence is heard by {sentence} listeners, each of its variants rated {pair} times."
    )
    console.stdout.print(f"Each variant opens {opened} sessions.")
    console.stdout.print(
        f"Chance to show that nothing worse than {manifest.study.margin} MOS was lost, if nothing was: "
        f"{coverage.power:.0%}."
    )
    if coverage.power < GOOD_POWER:
        console.stdout.print("Below 80 %: invite more listeners, or let each hear more sentences.")


@app.command()
def simulate(
    folder: Folder,
    listeners: Annotated[int, typer.Option("--listeners", min=1, max=100_000, help="How many.")] = 30,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same crowd.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", help="TOML with the true MOS of each variant and how listeners differ."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the ratings; FOLDER/simulated by default."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Let invented listeners take the study through the same code as real ones; their ratings go to a folder
    of their own.

    Example: python -m speecht5_demo study simulate data/study --listeners 30 --seed 1
    """
    manifest = load_manifest(folder)
    believed = load_truth(truth) if truth else Truth()
    ratings = output or folder / "simulated"
    with _counting() as count:
        written = simulate_crowd(
            manifest,
            folder,
            ratings,
            listeners,
            believed,
            seed,
            lambda done, total: count(done, total, "listeners"),
        )
    if json:
        console.print_json(
            {"study": manifest.study.id, "listeners": listeners, "ratings": written, "folder": str(ratings)}
        )
        return
    console.stdout.print(f"{listeners} invented listeners gave {written} ratings in {ratings}")
    console.stdout.print(f"Analyse them: python -m speecht5_demo mos {ratings}")


@app.command()
def links(
    folder: Folder,
    ids: Annotated[Path, typer.Option("--ids", help="Text file with one participant's id a line.")],
    url: Annotated[
        str, typer.Option("--url", help="Address of the Listen page, such as https://host/listen.")
    ],
) -> None:
    """Print a link for each participant, signed with STUDY_LINK_SECRET, so that nobody can take another one's place.

    Example: STUDY_LINK_SECRET=... python -m speecht5_demo study links data/study --ids ids.txt --url https://host/listen
    """
    secret = os.environ.get(SECRET_VARIABLE, "")
    if len(secret) < 16:
        raise StudyError(
            f"{SECRET_VARIABLE} has {len(secret)} characters; set at least 16 random ones, "
            "here and where the study runs."
        )
    study = load_manifest(folder).study
    try:
        names = [line.strip() for line in ids.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{ids} cannot be read ({error}). Name a text file with one id a line.") from error
    for name in dict.fromkeys(names):
        query = urlencode({"participant": name, SIGNATURE: sign_id(secret, study.id, name)})
        console.stdout.print(
            f"{url}{'&' if '?' in url else '?'}{query}", soft_wrap=True, highlight=False, markup=False
        )


def _summary(manifest: Manifest, folder: Path) -> dict[str, object]:
    return {
        "study": manifest.study.id,
        "version": manifest.study.version,
        "folder": str(folder),
        "clips": len(manifest.stimuli),
        "checkpoint": manifest.checkpoint,
        "checkpoint_sha256": manifest.checkpoint_sha256,
        "target_lufs": manifest.target_lufs,
        "digest": manifest.digest,
    }


@contextmanager
def _counting() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on stderr; yields what to call after every step."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, console=console.stderr, transient=True, disable=not console.stderr.is_terminal
    ) as bars:
        task = bars.add_task("", total=None)
        yield lambda done, total, what: bars.update(task, completed=done, total=total, description=what[:60])
