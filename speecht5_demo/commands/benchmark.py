"""`benchmark`: speed, size and memory of variants, and of other engines, in one interleaved run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.commands.options import CheckpointOption, RayAddressOption
from speecht5_demo.distributed import open_executor
from speecht5_demo.distributed.opening import LOCAL
from speecht5_demo.rendering.wording import megabytes

if TYPE_CHECKING:
    from speecht5_demo.distributed import Executor
    from speecht5_demo.results import BenchmarkDocument


def benchmark(
    checkpoint: CheckpointOption = "auto",
    variants: Annotated[
        str | None,
        typer.Option("--variants", help="Names with commas, the first to compare with; all if not given."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads and processors of each process.")] = 1,
    repeats: Annotated[int, typer.Option("--repeats", "-r", min=1, help="Interleaved rounds.")] = 7,
    steps: Annotated[int, typer.Option(min=1, help="Decoder steps of the sentence; 150 are 4.8 s.")] = 150,
    characters: Annotated[int, typer.Option(min=1, max=600, help="Characters of the sentence.")] = 80,
    longest: Annotated[
        int, typer.Option(min=1, help="Decoder steps of the longest text in the cost against length.")
    ] = 800,
    level: Annotated[
        str | None,
        typer.Option(help="Measure as a processor of this level would run: avx2, avx512-vnni, ..."),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Also OpenVINO and onnxruntime, set up apart.")
    ] = False,
    peers_folder: Annotated[
        Path,
        typer.Option(help="Virtual environment and exported models of the peers; kept for the next run."),
    ] = Path("data/peers"),
    brief: Annotated[bool, typer.Option("--brief", help="Leave out the batch curve and long texts.")] = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="local|ray",
            help="Who measures the cost against length: this machine, or a Ray cluster of processors like its own.",
        ),
    ] = "local",
    ray_address: RayAddressOption = "",
    output: Annotated[Path | None, typer.Option("--json", help="File to write the document to.")] = None,
    picture: Annotated[Path | None, typer.Option(help="SVG of speed against size to write.")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Measure nothing: take this document.", exists=True)
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(
            "--bracketed", help="A document of another thread count: its ratios in brackets.", exists=True
        ),
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="Markdown file whose marked table is replaced.", exists=True)
    ] = None,
) -> None:
    """Measure variants side by side: each in its own process, rounds interleaved, ratios pair by pair.

    Example: python -m speecht5_demo benchmark --checkpoint random-full --variants baseline,int8,turbo-int8

    Again from a document: python -m speecht5_demo benchmark --from results/benchmark.json --readme README.md

    As a processor with AVX2 alone would: add --level avx2 --json results/benchmark-avx2.json

    Two processors in brackets: measure once more with --threads 2, then add --bracketed results/benchmark-2.json
    """
    from speecht5_demo.benchmark.speed_picture import speed_picture
    from speecht5_demo.benchmark.speed_tables import about_brackets, bracketed, conditions, write_tables
    from speecht5_demo.files import write_text
    from speecht5_demo.results import BenchmarkDocument, read, write

    if source is not None:
        document = read(source, BenchmarkDocument)
    else:
        document = _measure(
            checkpoint,
            variants,
            threads,
            repeats,
            steps,
            characters,
            longest,
            level,
            peers,
            peers_folder,
            brief,
            None if engine == LOCAL and not ray_address else open_executor(engine, ray_address),
        )
    if output is not None:
        write(document, output)
    if picture is not None:
        write_text(picture, speed_picture(document), parents=True)
    other = None if second is None else read(second, BenchmarkDocument)
    ratios = bracketed(document, other)
    if readme is not None:
        write_tables(readme, document, other)
    _print_table(document, ratios)
    console.stdout.print(conditions(document) + about_brackets(other))


def _measure(
    checkpoint: str,
    variants: str | None,
    threads: int,
    repeats: int,
    steps: int,
    characters: int,
    longest: int,
    level: str | None,
    peers: bool,
    peers_folder: Path,
    brief: bool,
    executor: Executor | None,
) -> BenchmarkDocument:
    from speecht5_demo.benchmark import BenchmarkPlan, run_benchmark
    from speecht5_demo.benchmark.holding import holds_every_library, variables
    from speecht5_demo.benchmark.peers import prepare_peers
    from speecht5_demo.distributed.local import environment_of_children
    from speecht5_demo.synthesis.native.levels import usable
    from speecht5_demo.variants import all_variants

    names = tuple(name.strip() for name in variants.split(",")) if variants else None
    holding = variables(level)
    with (
        environment_of_children(holding),
        tempfile.TemporaryDirectory(prefix="speecht5-benchmark-") as artifacts,
    ):
        levels = usable()
        lengths = tuple(pair for pair in BenchmarkPlan.lengths if pair[1] <= longest)
        plan = BenchmarkPlan(
            checkpoint=checkpoint,
            variants=names or tuple(variant.name for variant in all_variants()),
            artifacts=Path(artifacts),
            threads=threads,
            repeats=repeats,
            characters=characters,
            steps=steps,
            batches=(1,) if brief else BenchmarkPlan.batches,
            lengths=() if brief else lengths,
            level="" if isinstance(levels, str) else levels[0].name,
            held=level is not None,
            every_library_held=holds_every_library(holding),
        )

        def say(line: str) -> None:
            console.stderr.print(line)

        others = prepare_peers(checkpoint, peers_folder, threads, say) if peers else ()
        return run_benchmark(plan, others, say, executor)


def _print_table(document: BenchmarkDocument, in_brackets: dict[str, str]) -> None:
    from speecht5_demo.results import VariantRow

    rows = [
        (
            row.variant,
            f"{row.rtf.median:.3f}",
            f"{row.times_faster.median:.2f}{in_brackets.get(row.variant, '')}",
            f"{row.times_faster.p10:.2f}-{row.times_faster.p90:.2f}",
            f"{row.ms_per_step:.2f}",
            f"{1e3 * row.ttfa_s:.0f}" if isinstance(row, VariantRow) else "",
            megabytes(row.disk_bytes),
            megabytes(row.serving_rss_bytes),
        )
        for row in document.all_rows
    ]
    console.print_figures(
        "variant",
        ("RTF", "faster", "p10-p90", "ms/step", "first ms", "disk MB", "held MB"),
        rows,
        note="medians; faster: than the first row, round by round; MB: 10**6 bytes",
    )
