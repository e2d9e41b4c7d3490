"""The figures in result files; nothing else may fill a cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from speecht5_demo.checkpoints.hub_ids import PUBLISHED
from speecht5_demo.errors import ResultsError
from speecht5_demo.messages import Message, joined
from speecht5_demo.rendering.wording import counted, megabytes, rests_on
from speecht5_demo.report.measured import BASELINE, Measured, Measurement, Source
from speecht5_demo.results import (
    BenchmarkDocument,
    DistributedDocument,
    EvaluationDocument,
    ListenersDocument,
    RunDocument,
    SweepDocument,
    VariantRow,
    kind_of,
    read,
)

RESULTS = Path("results")
"""Where the README's tables, the report and the Results page look for result files."""
RECORDED = "pesq-recording"
FULL_SIZE_PARAMETERS = 100_000_000  # SpeechT5 has 144 million and more; the built-in voice a few
FEWEST_RATINGS, FEWEST_LISTENERS, FEWEST_SENTENCES = 60, 6, 6
"""Under these a MOS is shown and no claim is judged by it."""
FEWEST_SPOKEN, FEWEST_ROUNDS = 5, 3
"""Sentences of an evaluation and timed rounds under which a figure is shown and no claim is judged by it."""
OTHERS = (SweepDocument.KIND, DistributedDocument.KIND, RunDocument.KIND)
"""Kinds of file that answer no claim."""


def read_results(places: Iterable[Path]) -> Measured:
    """Every result file among `places`: files, or folders searched to any depth."""
    found: list[Measurement] = []
    files: list[Path] = []
    problems: list[str] = []
    for path in _json_files(places):
        try:
            kind = kind_of(path)
            if kind not in OTHERS:
                found += _figures(path, kind)
                files.append(path)
        except ResultsError as error:
            problems.append(str(error))
    return Measured(tuple(found), tuple(files), tuple(problems))


def of_listeners(document: ListenersDocument) -> Measured:
    """The figures of an analysis that need not lie in a file."""
    return Measured(tuple(_of_listeners(document, "live ratings")))


def _figures(path: Path, kind: str) -> Iterator[Measurement]:
    if kind == BenchmarkDocument.KIND:
        return _of_benchmark(read(path, BenchmarkDocument), path.name)
    if kind == EvaluationDocument.KIND:
        return _of_evaluation(read(path, EvaluationDocument), path.name)
    if kind == ListenersDocument.KIND:
        return _of_listeners(read(path, ListenersDocument), path.name)
    raise ResultsError(
        Message(
            "{path} says no kind of result that this version knows, so it fills no cell. {again}",
            path=path,
            again=Message("Leave it out, or write it again."),
        )
    )


def _json_files(places: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            found.update(dict.fromkeys(sorted(place.rglob("*.json"))))
        elif place.is_file():
            found[place] = None
    return list(found)


def _of_benchmark(document: BenchmarkDocument, name: str) -> Iterator[Measurement]:
    """None of a processor that was held to less than it has: a claim is about a machine as it is."""
    if document.settings.held:
        return
    rows = {row.variant: row for row in document.rows}
    base, settings = rows.get(BASELINE), document.settings
    largest = max(row.sizes.parameters for row in document.rows)
    source = Source(
        file=name,
        date=document.created,
        checkpoint=document.checkpoint.spec,
        published=document.checkpoint.spec == PUBLISHED,
        full_size=largest >= FULL_SIZE_PARAMETERS,
        machine=document.machine,
        threads=settings.threads,
    )
    runs, artifact = counted(settings.repeats, "round"), Message("1 artifact")
    for row in document.rows:
        note = Message("{size} MB zipped", size=megabytes(row.sizes.zip_bytes, 0))
        yield Measurement("megabytes", row.variant, row.sizes.disk_bytes / 1e6, None, artifact, source, note)
        latency = row.latency_s
        ends = (latency.p10, latency.p90)
        few = _fewer(settings.repeats, FEWEST_ROUNDS, "timed round")
        yield Measurement("seconds", row.variant, latency.median, ends, runs, source, too_little=few)
        if base is None or row is base:
            continue
        saved = _saved(base.sizes.disk_bytes, row.sizes.disk_bytes)
        yield Measurement("megabytes_change", row.variant, saved, None, artifact, source)
        faster = row.times_faster
        time_saved = (100 * (1 - 1 / faster.p10), 100 * (1 - 1 / faster.p90))
        share = 100 * (1 - 1 / faster.median)
        yield Measurement("seconds_change", row.variant, share, time_saved, runs, source, too_little=few)
    both, int8 = rows.get("pruned-int8"), rows.get("int8")
    if both and int8:
        yield _after_int8(both, int8, source)


def _after_int8(both: VariantRow, int8: VariantRow, source: Source) -> Measurement:
    saved = _saved(int8.sizes.disk_bytes, both.sizes.disk_bytes)
    share = _saved(int8.sizes.zip_bytes, both.sizes.zip_bytes)
    note, artifact = Message("{share:.0f} % less once zipped", share=share), Message("1 artifact")
    return Measurement("megabytes_change_after_int8", both.variant, saved, None, artifact, source, note)


def _saved(before: int, after: int) -> float:
    """Percent of the bytes before that are gone after."""
    return 100 * (1 - after / before)


def _of_evaluation(document: EvaluationDocument, name: str) -> Iterator[Measurement]:
    """PESQ against natural recordings goes before that against the baseline, which the baseline itself cannot have."""
    checkpoint = document.checkpoint
    source = Source(
        file=name,
        date=document.created,
        checkpoint=checkpoint.spec,
        published=checkpoint.spec == PUBLISHED,
        seeds=document.settings.seeds,
    )
    natural = any(row.metric == RECORDED and row.mean is not None for row in document.rows)
    pesq = RECORDED if natural else "pesq"
    for row in document.rows:
        if row.mean is None or row.metric not in ("wer", pesq):
            continue
        quantity, scale = ("wer", 100.0) if row.metric == "wer" else ("pesq", 1.0)
        heard = Message("heard by {recogniser}", recogniser=document.settings.asr)
        note = Message(row.label) if quantity == "pesq" else heard
        n, ends = counted(row.n, "utterance"), _scaled(row.ci95, scale)
        few = _fewer(row.sentences, FEWEST_SPOKEN, "sentence")
        yield Measurement(quantity, row.variant, scale * row.mean, ends, n, source, note, few)
        if other := row.difference:
            n, ends = counted(other.n, "utterance"), _scaled(other.ci95, scale)
            few = _fewer(other.sentences, FEWEST_SPOKEN, "sentence")
            yield Measurement(
                f"{quantity}_change", row.variant, scale * other.mean, ends, n, source, note, few
            )


def _scaled(ends: tuple[float, float] | None, scale: float) -> tuple[float, float] | None:
    return None if ends is None else (scale * ends[0], scale * ends[1])


def _of_listeners(document: ListenersDocument, name: str) -> Iterator[Measurement]:
    collected = document.collected
    if collected.simulated:
        return
    heard = collected.checkpoints
    published = bool(heard) and all(PUBLISHED in one for one in heard)
    source = Source(name, collected.last, ", ".join(heard), published)
    casual = document.settings.source == "compare"
    note = Message("casual ratings from the Compare page") if casual else ""
    low, high = document.settings.scale
    scale = (
        ""
        if (low, high) == (1, 5)
        else Message("rated from {low:g} to {high:g}, and the claim is about 1 to 5", low=low, high=high)
    )
    for score in document.variants:
        n: str = rests_on(score.n_ratings, score.n_listeners, score.n_sentences)
        few = scale or _short(score.n_ratings, score.n_listeners, score.n_sentences)
        yield Measurement("mos", score.variant, score.mos, score.ci95, n, source, note, few)
    for one in document.comparisons:
        if one.difference is None:
            continue
        lost = one.ci95
        ends = None if lost is None else (-lost[1], -lost[0])
        n = joined(", ", [counted(one.n_pairs, "pair"), counted(one.n_listeners, "listener")])
        few = scale or _short(one.n_pairs, one.n_listeners, one.n_sentences)
        yield Measurement("mos_change", one.variant, -one.difference, ends, n, source, note, few)


def _fewer(count: int, wanted: int, what: str) -> str:
    """Why a figure judges nothing; empty where it may."""
    if count >= wanted:
        return ""
    return Message("too little to judge by: {needed} are needed", needed=counted(wanted, what))


def _short(ratings: int, listeners: int, sentences: int) -> str:
    enough = ratings >= FEWEST_RATINGS and listeners >= FEWEST_LISTENERS and sentences >= FEWEST_SENTENCES
    if enough:
        return ""
    return Message(
        "too little to judge by: {ratings} ratings by {listeners} listeners of {sentences} sentences are needed",
        ratings=FEWEST_RATINGS,
        listeners=FEWEST_LISTENERS,
        sentences=FEWEST_SENTENCES,
    )
