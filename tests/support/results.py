"""Documents of results with plain figures, for tests of what reads them."""

from __future__ import annotations

from dataclasses import replace

from speecht5_demo.machine import Machine
from speecht5_demo.results import (
    BenchmarkDocument,
    BenchmarkSettings,
    CheckpointIdentity,
    Entry,
    Estimate,
    EvaluationDocument,
    EvaluationSettings,
    MetricInfo,
    PeerRow,
    Spread,
    Stages,
    SweepDocument,
    SweepPoint,
    VariantRow,
)
from speecht5_demo.results.sweep import PointLatency
from speecht5_demo.sizes import Sizes

CREATED = "2026-11-23T04:00:00+00:00"
PUBLISHED = "microsoft/speecht5_tts"
MACHINE = Machine(
    cpu="Test CPU", cores=2, threads=2, memory_bytes=8 * 10**9, capabilities=("avx2",), system="Linux x86_64",
    python="3.11.7", torch="2.13.0", transformers="5.23.0",
)  # fmt: skip
WER = MetricInfo("wer", "WER", "share", "lower", "Words wrong.")
PESQ = MetricInfo("pesq", "PESQ against baseline, length-locked", "MOS-LQO", "higher", "Of a pair.")
RECORDED = MetricInfo(
    "pesq-recording", "PESQ against recordings, DTW-aligned", "MOS-LQO", "higher", "Of a pair."
)


def voice(spec: str) -> CheckpointIdentity:
    return CheckpointIdentity(spec, spec, "0" * 64)


def spread(median: float, room: float = 0.0, n: int = 9) -> Spread:
    return Spread(median, median - room / 2, median + room / 2, n)


def sizes(megabytes: float = 100, parameters: int = 157_000_000) -> Sizes:
    whole = round(megabytes * 1e6)
    return Sizes(whole, whole * 9 // 10, whole, parameters, parameters, whole, 0)


def timed(variant: str, rtf: float = 0.5, faster: Spread | None = None, megabytes: float = 100,
          parameters: int = 157_000_000) -> VariantRow:  # fmt: skip
    """A variant's row; one sentence lasts five seconds."""
    return VariantRow(
        variant=variant, rtf=spread(rtf, 0.02), latency_s=spread(5 * rtf, 0.1),
        times_faster=faster or spread(0.5 / rtf, 0.05 / rtf), ms_per_step=3.0, stages=Stages(0.1, 0.8, 0.1),
        serving_rss_bytes=10**9, cold_start_s=2.0, ttfa_s=0.2, first_audio_s=0.3,
        sizes=sizes(megabytes, parameters), kernels="C++", batch=(), length=(),
    )  # fmt: skip


def peer(variant: str, rtf: float = 0.2) -> PeerRow:
    row = vars(timed(variant, rtf))
    shared = {name: row[name] for name in PeerRow.__dataclass_fields__ if name in row}
    return PeerRow(**shared, versions={"engine": "1.0"}, disk_bytes=None, note="int8")


def benchmark(*rows: VariantRow, spec: str = "random-full", threads: int = 1) -> BenchmarkDocument:
    """A benchmark; of the report's variants without rows."""
    given = rows or (timed("baseline", 0.5, megabytes=629), timed("int8", 0.25, megabytes=200),
                     timed("pruned-int8", 0.25, megabytes=200))  # fmt: skip
    settings = BenchmarkSettings(80, 150, 5.0, 9, threads, "baseline")
    machine = replace(MACHINE, threads=threads)
    return BenchmarkDocument(CREATED, "0.1.0", machine, voice(spec), settings, given, ())


def entry(metric: MetricInfo, variant: str, mean: float | None, difference: Estimate | None = None,
          n: int = 40) -> Entry:  # fmt: skip
    ends = None if mean is None else (mean * 0.9, mean * 1.1)
    return Entry(metric.name, metric.label, variant, variant.title(), None, mean, ends, n, 10, 0, difference)


def settings(spec: str = "embedded") -> EvaluationSettings:
    return EvaluationSettings(
        checkpoint=spec, variants={"baseline": ()}, speakers={"bf_emma": "f025c2c8c345"}, sentences=("One.", "Two."),
        metrics=("wer", "pesq"), asr="whisper", references=None, speaker_model="resemblyzer", seed=0,
    )  # fmt: skip


def evaluation(spec: str, *rows: Entry) -> EvaluationDocument:
    """An evaluation; with the report's figures without rows."""
    more = Estimate(0.02, (0.01, 0.03), 40, 10)
    given = rows or (
        entry(WER, "baseline", 0.055), entry(WER, "pruned-int8", 0.075, more),
        entry(PESQ, "pruned-int8", 3.0),
    )  # fmt: skip
    return EvaluationDocument(
        created=CREATED, machine=MACHINE, versions={"jiwer": "4.0.0"}, checkpoint=voice(spec), settings=settings(spec),
        utterances=40, metrics=(WER, PESQ), rows=given, by_speaker=(), floors=(), failures=(), not_measured=(),
    )  # fmt: skip


def point(amount: float, lost: tuple[float, float] | None = None, runaways: float = 0.0,
          int8: bool = False) -> SweepPoint:  # fmt: skip
    """A point of a sweep: the interval of the words lost against the baseline, and the share that did not stop."""
    stop = MetricInfo("stop", "Did not stop", "share", "lower", "Cut.")
    return SweepPoint(
        amount=amount, int8=int8, variant=f"custom-p{amount:.0%}", label=f"Pruned {amount:.0%}",
        quality={
            "wer": entry(WER, "custom", 0.1 + amount, Estimate(0.3, lost, 40, 10)),
            "stop": entry(stop, "custom", runaways),
        },
        latency_s=PointLatency(0.5, 0.6, (0.5,)), rtf=0.2 + amount / 100, audio_seconds=2.5,
        sizes=sizes(24), audio={},
    )  # fmt: skip


def sweep(*points: SweepPoint, breaks_at: float | None = None) -> SweepDocument:
    return SweepDocument(
        created=CREATED, machine=MACHINE, checkpoint=voice("embedded"), settings=settings(), metrics=(WER,), repeats=5,
        exclude=(), points=points, breaks_at=breaks_at, rule="A rule.",
    )  # fmt: skip
