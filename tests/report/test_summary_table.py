"""The README's table says what each variant costs and saves, from the files that docs/results.md reads."""

from dataclasses import replace
from pathlib import Path

from speecht5_demo.report.summary_table import summary_markdown
from speecht5_demo.results import BenchmarkDocument, EvaluationDocument, read

RESULTS = Path(__file__).parents[2] / "results"


def test_every_variant_measured_both_ways_has_a_row_with_its_figures() -> None:
    speed = read(RESULTS / "benchmark.json", BenchmarkDocument)
    quality = read(RESULTS / "evaluation" / "summary.json", EvaluationDocument)
    table = summary_markdown(speed, {}, quality)
    for row in speed.rows:
        errors = quality.entry("wer", row.variant)
        assert errors is not None
        assert errors.mean is not None
        assert f"| `{row.variant}` | {row.times_faster.median:.1f} |" in table
        assert f"| {100 * errors.mean:.1f} |" in table
    assert speed.machine.cpu in table


def test_the_weakest_kind_of_processor_stands_before_the_strongest() -> None:
    speed = read(RESULTS / "benchmark.json", BenchmarkDocument)
    quality = read(RESULTS / "evaluation" / "summary.json", EvaluationDocument)

    def held(level: str, factor: float) -> BenchmarkDocument:
        faster = [replace(row.times_faster, median=factor) for row in speed.rows]
        rows = tuple(replace(row, times_faster=one) for row, one in zip(speed.rows, faster, strict=True))
        return replace(speed, rows=rows, settings=replace(speed.settings, level=level, held=True))

    strongest = replace(speed, settings=replace(speed.settings, level="amx"))
    others = {"avx512-vnni": held("avx512-vnni", 987.6), "avx2": held("avx2", 4.5)}
    table = summary_markdown(strongest, others, quality)
    assert "times faster, AVX2 | times faster, AMX |" in table.splitlines()[0]
    assert f"| `turbo-int8` | 4.5 | {speed.rows[5].times_faster.median:.1f} |" in table
    assert "987.6" not in table
    assert "AVX2: held to it" in table
