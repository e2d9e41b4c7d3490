"""The README's table says what each variant costs and saves, from the files that docs/results.md reads."""

from pathlib import Path

from speecht5_demo.report.summary_table import summary_markdown
from speecht5_demo.results import BenchmarkDocument, EvaluationDocument, read

RESULTS = Path(__file__).parents[2] / "results"


def test_every_variant_measured_both_ways_has_a_row_with_its_figures() -> None:
    speed = read(RESULTS / "benchmark.json", BenchmarkDocument)
    quality = read(RESULTS / "evaluation" / "summary.json", EvaluationDocument)
    table = summary_markdown(speed, quality)
    for row in speed.rows:
        errors = quality.entry("wer", row.variant)
        assert errors is not None
        assert errors.mean is not None
        assert f"| `{row.variant}` | {row.times_faster.median:.1f} |" in table
        assert f"| {100 * errors.mean:.1f} |" in table
    assert speed.machine.cpu in table
