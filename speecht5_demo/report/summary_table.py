"""The table of one screen: what each variant costs the ear and saves on the clock and the disk."""

from __future__ import annotations

from collections.abc import Mapping

from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.rendering.wording import megabytes
from speecht5_demo.results import BenchmarkDocument, EvaluationDocument, VariantRow

ASR_TITLES = {"whisper-tiny.en": "Whisper tiny.en"}
LEVELS = {
    "amx": "AMX",
    "avx512-vnni": "AVX-512 VNNI",
    "avx512": "AVX-512",
    "avx-vnni": "AVX-VNNI",
    "avx2": "AVX2",
    "neon-i8mm": "Arm, i8mm",
    "neon-dotprod": "Arm",
}
"""Kinds of processor, the strongest of a family first."""


def summary_markdown(
    speed: BenchmarkDocument, held: Mapping[str, BenchmarkDocument], quality: EvaluationDocument
) -> str:
    """One row a variant, and a sentence that says what each column was measured on.

    Args:
        held: benchmarks of weaker kinds of processor by level; the weakest stands beside `speed`.
    """
    weakest = max(held, key=list(LEVELS).index, default=None)
    slower = {} if weakest is None else {row.variant: row for row in held[weakest].rows}
    kinds = [LEVELS.get(speed.settings.level, "")]
    if weakest is not None:
        kinds.insert(0, LEVELS[weakest])
    head = ["variant", *(f"times faster, {kind}" if kind else "times faster" for kind in kinds)]
    head += ["MB on disk", "word errors, %", "PESQ"]
    rows = []
    for row in speed.rows:
        errors, pesq = (quality.entry(metric, row.variant) for metric in ("wer", "pesq"))
        if errors is None or errors.mean is None:
            continue
        rows.append(
            [
                f"`{row.variant}`",
                *(_times(slower.get(row.variant)) for _ in kinds[1:]),
                _times(row),
                megabytes(row.disk_bytes, 0),
                f"{100 * errors.mean:.1f}",
                None if pesq is None or pesq.mean is None else f"{pesq.mean:.2f}",
            ]
        )
    asr = quality.settings.asr
    return (
        f"{markdown_table(head, rows)}\n\n"
        f"Speed and size: full architecture (`{speed.checkpoint.spec}`), one core of {speed.machine.cpu} "
        f"({', '.join(speed.machine.capabilities)}), {speed.created[:10]}, median of {speed.settings.repeats} rounds"
        f"{'' if weakest is None else f'; {LEVELS[weakest]}: held to it'}. "
        f"Word errors ({ASR_TITLES.get(asr, asr)}) and PESQ against the baseline: the built-in voice, "
        f"{quality.utterances} utterances, {quality.created[:10]}. [docs/results.md](docs/results.md) has intervals."
    )


def _times(row: VariantRow | None) -> str | None:
    return None if row is None else f"{row.times_faster.median:.1f}"
