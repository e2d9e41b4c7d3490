"""`evaluate`: objective quality of variants, and `evaluate sweep`: where pruning breaks a voice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from speecht5_demo.commands import console
from speecht5_demo.commands.options import (
    CheckpointOption,
    EngineOption,
    JobsOption,
    JsonOption,
    RayAddressOption,
    SeedOption,
    ShardOption,
    read_speaker,
)
from speecht5_demo.distributed import Shard, open_executor
from speecht5_demo.distributed.opening import LOCAL
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import BY_NAME, SWEPT, choose, unavailable
from speecht5_demo.quality.recognisers import SPHINX, WHISPER
from speecht5_demo.quality.sentences import DEFAULT_SENTENCES, read_sentences
from speecht5_demo.quality.speaker_models import OFFLINE_SPEAKERS

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint
    from speecht5_demo.quality.plan import Task
    from speecht5_demo.quality.runner import OnTask
    from speecht5_demo.results import Entry, EvaluationDocument
    from speecht5_demo.speakers import Speaker
    from speecht5_demo.variants import Variant

app = typer.Typer(invoke_without_command=True, help="Measure objective quality: WER, PESQ, MCD and more.")

SentencesOption = Annotated[
    str,
    typer.Option("--sentences", help="harvard for all 720, a number for the first so many, or a text file."),
]
SpeakersOption = Annotated[
    str,
    typer.Option(
        "--speakers", help="Names that `speakers` lists, blends or files, with commas; all by default."
    ),
]
SWEPT_METRICS = ",".join(SWEPT)
SweptMetricsOption = Annotated[
    str,
    typer.Option(
        "--metrics",
        help=f"all, or some of these with commas: {', '.join(BY_NAME)}.  \\[default: {', '.join(SWEPT)}]",
        show_default=False,
    ),
]
AsrOption = Annotated[
    str,
    typer.Option(
        "--asr",
        help=f"{WHISPER}, {SPHINX}, or a CTranslate2 or transformers checkpoint, such as openai/whisper-base.en.",
    ),
]
MetricsOption = Annotated[
    str, typer.Option("--metrics", help=f"all, or some of these with commas: {', '.join(BY_NAME)}.")
]
ReferencesOption = Annotated[
    Path | None,
    typer.Option(help="Folder of natural recordings: SPEAKER/7.wav or 7.wav is sentence 7."),
]
TeacherOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder in which the voice's teacher reads the sentences, as a floor: `voice_training readings` makes one."
    ),
]
PublishOption = Annotated[
    Path | None,
    typer.Option(help="Folder that the small result files are copied to, such as results/evaluation."),
]
SpeakerModelOption = Annotated[
    str,
    typer.Option(
        help=f"{OFFLINE_SPEAKERS}, or an x-vector checkpoint of transformers: its hub id or folder."
    ),
]


@app.callback()
def evaluation(
    context: typer.Context,
    checkpoint: CheckpointOption = "auto",
    variants: Annotated[
        str, typer.Option(help="Names that `variants` lists, with commas; all by default.")
    ] = "",
    speakers: SpeakersOption = "",
    sentences: SentencesOption = str(DEFAULT_SENTENCES),
    metrics: MetricsOption = "all",
    asr: AsrOption = WHISPER,
    references: ReferencesOption = None,
    teacher: TeacherOption = None,
    speaker_model: SpeakerModelOption = OFFLINE_SPEAKERS,
    seed: SeedOption = 0,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, max=20, help="Dropout seeds that the word errors of an utterance are averaged over."
        ),
    ] = 1,
    jobs: JobsOption = None,
    engine: EngineOption = LOCAL,
    ray_address: RayAddressOption = "",
    shard: ShardOption = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for rows, summary and page.")] = Path(
        "runs/evaluation"
    ),
    publish: PublishOption = None,
    json: JsonOption = False,
) -> None:
    """Measure objective quality of variants; run it again to go on where it stopped.

    Example: python -m speecht5_demo evaluate --variants baseline,int8 --sentences 20 --metrics wer,pesq
    """
    if context.invoked_subcommand is not None:
        return
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.quality.evaluation import evaluate, evaluate_shard
    from speecht5_demo.quality.plan import Settings, checked
    from speecht5_demo.quality.publish import publish_evaluation
    from speecht5_demo.results import as_text

    part = _part(shard, publish, json)
    executor = open_executor(engine, ray_address, jobs)
    source = open_checkpoint(checkpoint)
    chosen = choose(metrics.split(","), recordings=references is not None)
    absent = unavailable(chosen, asr, speaker_model)
    named = {name.strip() for name in metrics.split(",")}
    for name in absent.keys() & named:
        raise QualityError(absent[name])
    settings = checked(
        Settings(
            checkpoint=source.spec,
            variants=_variants(variants),
            speakers=_speakers(source, speakers),
            sentences=read_sentences(sentences),
            metrics=tuple(name for name in chosen if name not in absent),
            asr=asr,
            references=references,
            speaker_model=speaker_model,
            teacher=teacher,
            seed=seed,
            seeds=seeds,
        ),
        source,
    )
    with _progress(source, absent) as on_task:
        if not part.whole:
            evaluate_shard(settings, source, output, part, executor, absent, on_task)
            _say_merge(part, output)
            return
        summary = evaluate(settings, source, output, executor, absent, on_task)
    if publish is not None:
        publish_evaluation(output, publish)
    if json:
        typer.echo(as_text(summary), nl=False)
        return
    print_summary(summary)
    console.stderr.print(f"{output / 'index.html'} shows it; {output / 'summary.json'} and rows.csv hold it.")


@app.command("sweep")
def sweep_command(
    checkpoint: CheckpointOption = "auto",
    prune: Annotated[
        str, typer.Option(help="Amounts: START:STOP:STEP, both ends included, or a list.")
    ] = "0:0.9:0.1",
    quantize: Annotated[bool, typer.Option("--quantize", help="Quantise to int8 after pruning.")] = False,
    exclude: Annotated[
        str, typer.Option(help="Name patterns of layers to leave alone, with commas, such as *.prenet.*")
    ] = "",
    speakers: SpeakersOption = "",
    sentences: SentencesOption = "20",
    metrics: SweptMetricsOption = SWEPT_METRICS,
    asr: AsrOption = WHISPER,
    teacher: TeacherOption = None,
    seed: SeedOption = 0,
    jobs: JobsOption = None,
    engine: EngineOption = LOCAL,
    ray_address: RayAddressOption = "",
    repeats: Annotated[
        int, typer.Option("--repeats", "-r", min=1, max=20, help="Timed runs of each point.")
    ] = 5,
    shard: ShardOption = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of this sweep.")] = Path(
        "runs/sweep"
    ),
    publish: PublishOption = None,
    json: JsonOption = False,
) -> None:
    """Quality, latency and size over the amount of pruning: where does the voice break?

    Example: python -m speecht5_demo evaluate sweep --prune 0:0.9:0.1 --quantize
    """
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.quality.plan import Settings, checked
    from speecht5_demo.quality.publish import publish_sweep
    from speecht5_demo.quality.sweep import amounts, sweep, sweep_shard
    from speecht5_demo.quality.sweep_page import verdict, write_sweep_page
    from speecht5_demo.results import SweepOutline, as_text
    from speecht5_demo.variants.patterns import written_patterns

    part = _part(shard, publish, json)
    executor = open_executor(engine, ray_address, jobs)
    outline = SweepOutline(amounts(prune), quantize, repeats, tuple(written_patterns(exclude)))
    source = open_checkpoint(checkpoint)
    chosen = choose(metrics.split(","), recordings=False)
    absent = unavailable(chosen, asr)
    settings = checked(
        Settings(
            checkpoint=source.spec,
            variants=(),
            speakers=_speakers(source, speakers),
            sentences=read_sentences(sentences),
            metrics=tuple(name for name in chosen if name not in absent),
            asr=asr,
            teacher=teacher,
            seed=seed,
        ),
        source,
    )
    with _progress(source, absent) as on_task:
        if not part.whole:
            sweep_shard(settings, source, outline, output, part, executor, on_task)
            _say_merge(part, output)
            return
        document = sweep(settings, source, outline, output, executor, on_task)
    page = write_sweep_page(document, output)
    if publish is not None:
        publish_sweep(output, publish)
    if json:
        typer.echo(as_text(document), nl=False)
        return
    console.stdout.print(verdict(document))
    console.stderr.print(f"{page} shows it; {output / 'sweep.json'} holds it.")


def _part(shard: str, publish: Path | None, json: bool) -> Shard:
    """The shard that is asked for; one has no figures to publish or print before it is merged."""
    part = Shard.read(shard)
    if not part.whole and (publish is not None or json):
        raise QualityError("A shard has no summary: leave out --publish and --json, and `merge` the shards.")
    return part


def _say_merge(part: Shard, output: Path) -> None:
    console.stderr.print(
        f"Shard {part} is complete in {output}. When all are: python -m speecht5_demo merge FOLDER... -o RUN"
    )


@contextmanager
def _progress(source: Checkpoint, absent: Mapping[str, str]) -> Iterator[OnTask]:
    """Says who speaks and which metrics are left out, then shows a bar over all utterances; on stderr."""
    console.stderr.print(source.notice)
    for reason in sorted(set(absent.values())):
        console.stderr.print(f"Left out: {reason}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console.stderr, disable=not console.stderr.is_terminal) as bars:
        bar = bars.add_task("starting", total=None)

        def on_task(done: int, total: int, task: Task) -> None:
            bars.update(bar, completed=done, total=total, description=f"{task.variant} {task.speaker}")

        yield on_task


def print_summary(document: EvaluationDocument) -> None:
    """Metrics down, variants across; each cell a mean and its 95 % interval."""
    from speecht5_demo.rendering.units import shown

    def cell(entry: Entry | None, unit: str) -> str:
        if entry is None:
            return "–"
        if entry.mean is None:
            return f"failed ({entry.failed})"
        ends = f" [{', '.join(shown(end, unit) for end in entry.ci95)}]" if entry.ci95 else ""
        return shown(entry.mean, unit) + ends + (f" ({entry.failed} failed)" if entry.failed else "")

    rows = [
        (metric.label, *(cell(document.entry(metric.name, name), metric.unit) for name in document.labels))
        for metric in document.metrics
    ]
    console.print_figures(
        "metric", list(document.labels), rows, note="mean [95 % interval over sentences]; shares in percent"
    )


def _variants(names: str) -> tuple[Variant, ...]:
    from speecht5_demo.variants import BASELINE, all_variants, find

    wanted = [find(name.strip()) for name in names.split(",") if name.strip()] or list(all_variants())
    return tuple(dict.fromkeys((BASELINE, *wanted)))


def _speakers(source: Checkpoint, names: str) -> tuple[Speaker, ...]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return tuple(read_speaker(source, name) for name in wanted) or tuple(source.speakers.values())
