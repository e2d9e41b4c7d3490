"""The table of one screen: what each variant costs the ear and saves on the clock and the disk."""

from __future__ import annotations

from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.rendering.wording import megabytes
from speecht5_demo.results import BenchmarkDocument, EvaluationDocument

HEAD = ("variant", "times faster", "MB on disk", "word errors, %", "PESQ")
ASR_TITLES = {"whisper-tiny.en": "Whisper tiny.en"}


def summary_markdown(speed: BenchmarkDocument, quality: EvaluationDocument) -> str:
    """One row a variant of both documents, and a sentence that says what each column was measured on."""
    rows = []
    for row in speed.rows:
        errors, pesq = (quality.entry(metric, row.variant) for metric in ("wer", "pesq"))
        if errors is None or errors.mean is None:
            continue
        rows.append(
            [
                f"`{row.variant}`",
                f"{row.times_faster.median:.1f}",
                megabytes(row.disk_bytes, 0),
                f"{100 * errors.mean:.1f}",
                None if pesq is None or pesq.mean is None else f"{pesq.mean:.2f}",
            ]
        )
    asr = quality.settings.asr
    return (
        f"{markdown_table(HEAD, rows)}\n\n"
        f"Speed and size: full architecture (`{speed.checkpoint.spec}`), one core of {speed.machine.cpu} "
        f"({', '.join(speed.machine.capabilities)}), {speed.created[:10]}, median of {speed.settings.repeats} rounds. "
        f"Word errors ({ASR_TITLES.get(asr, asr)}) and PESQ against the baseline: the built-in voice, "
        f"{quality.utterances} utterances, {quality.created[:10]}. [docs/results.md](docs/results.md) has intervals."
    )
