"""Typed documents of what was measured; the one place that knows their JSON, for those who write and those who read."""

from speecht5_demo.results.benchmark import (
    BatchPoint,
    BenchmarkDocument,
    BenchmarkSettings,
    LengthPoint,
    PeerRow,
    Spread,
    Stages,
    Timings,
    VariantRow,
)
from speecht5_demo.results.common import CheckpointIdentity, now
from speecht5_demo.results.distributed import DistributedDocument, DistributedRun
from speecht5_demo.results.evaluation import (
    Entry,
    Estimate,
    EvaluationDocument,
    EvaluationSettings,
    Failure,
    MetricInfo,
    NotMeasured,
    RunDocument,
)
from speecht5_demo.results.files import as_text, kind_of, read, write
from speecht5_demo.results.listeners import (
    Collected,
    ListenersDocument,
    ListenersSettings,
    Score,
    ScoreDifference,
)
from speecht5_demo.results.shards import EvaluationShard, Outline, PointTimes, SweepOutline, SweepTimes
from speecht5_demo.results.sweep import PointLatency, SweepDocument, SweepPoint

__all__ = [
    "BatchPoint",
    "BenchmarkDocument",
    "BenchmarkSettings",
    "CheckpointIdentity",
    "Collected",
    "DistributedDocument",
    "DistributedRun",
    "Entry",
    "Estimate",
    "EvaluationDocument",
    "EvaluationSettings",
    "EvaluationShard",
    "Failure",
    "LengthPoint",
    "ListenersDocument",
    "ListenersSettings",
    "MetricInfo",
    "NotMeasured",
    "Outline",
    "PeerRow",
    "PointLatency",
    "PointTimes",
    "RunDocument",
    "Score",
    "ScoreDifference",
    "Spread",
    "Stages",
    "SweepDocument",
    "SweepOutline",
    "SweepPoint",
    "SweepTimes",
    "Timings",
    "VariantRow",
    "as_text",
    "kind_of",
    "now",
    "read",
    "write",
]
