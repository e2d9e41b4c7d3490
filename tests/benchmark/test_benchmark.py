"""The benchmark pairs what it compares, reports what it ran on, and writes the README's table itself."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from speecht5_demo.benchmark import BenchmarkPlan, run_benchmark
from speecht5_demo.benchmark.benchmark import paired_ratio, spread
from speecht5_demo.benchmark.processes import BenchmarkError, Worker, variant_worker
from speecht5_demo.benchmark.protocol import Utterance
from speecht5_demo.benchmark.speed_picture import speed_picture
from speecht5_demo.benchmark.speed_tables import batch_table, length_table, speed_table, write_tables
from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import app
from speecht5_demo.errors import DemoError
from speecht5_demo.results import BenchmarkDocument, Spread, read, write
from speecht5_demo.variants import all_variants


def test_a_slow_round_does_not_change_a_paired_ratio() -> None:
    assert paired_ratio([2.0, 20.0, 4.0], [1.0, 10.0, 2.0]) == Spread(2.0, 2.0, 2.0, 3)


def test_spread_is_median_and_tenth_percentiles() -> None:
    assert spread([float(value) for value in range(11)]) == Spread(5.0, 1.0, 9.0, 11)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where variants are saved for those who speak them."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def document(tiny: Checkpoint, artifacts: Path) -> BenchmarkDocument:
    plan = BenchmarkPlan(
        checkpoint=tiny.spec,
        variants=("baseline", "turbo-int8"),
        artifacts=artifacts,
        repeats=2,
        characters=20,
        steps=30,
        batches=(1, 2),
        lengths=((10, 8), (20, 16)),
    )
    return run_benchmark(plan, say=lambda line: None)


BEGIN, END = "<!-- begin table: benchmark -->", "<!-- end table: benchmark -->"


def test_every_variant_is_timed_in_every_round_over_the_same_steps(document: BenchmarkDocument) -> None:
    for row in document.rows:
        assert row.rtf.n == row.times_faster.n == 2
        assert 0 < row.rtf.p10 <= row.rtf.median <= row.rtf.p90
        assert [point.steps for point in row.length] == [8, 16]
    baseline = document.rows[0]
    assert baseline.times_faster.median == 1.0


def test_a_row_says_what_serving_costs(document: BenchmarkDocument) -> None:
    turbo = document.rows[1]
    assert turbo.serving_rss_bytes > 50e6
    assert turbo.cold_start_s > 0
    assert turbo.ttfa_s > 0
    assert turbo.first_audio_s > 0
    assert [point.size for point in turbo.batch] == [1, 2]
    assert turbo.sizes.disk_bytes > 0
    assert turbo.kernels.startswith(("C++", "PyTorch"))


def test_a_turbo_step_tells_attention_from_the_rest_at_each_length(document: BenchmarkDocument) -> None:
    baseline, turbo = document.rows
    assert all(0 < (point.attention_ms_per_step or 0) < point.ms_per_step for point in turbo.length)
    assert all(point.attention_ms_per_step is None for point in baseline.length)
    cells = [line.split(" | ") for line in length_table(document).splitlines()[2:]]
    assert [row[-1].rstrip(" |") for row in cells[:2]] == ["–", "–"]
    assert all(abs(float(row[-3]) - float(row[-2]) - float(row[-1].rstrip(" |"))) < 0.02 for row in cells[2:])


def test_the_document_says_how_much_was_spoken_whatever_a_step_makes(
    document: BenchmarkDocument, tiny: Checkpoint
) -> None:
    shape, vocoder = tiny.acoustic_config, tiny.vocoder_config
    hop = 1
    for rate in vocoder.upsample_rates:
        hop *= rate
    assert document.settings.audio_s == 30 * shape.reduction_factor * hop / vocoder.sampling_rate


def test_the_document_names_its_machine_and_its_voice(
    document: BenchmarkDocument, tiny: Checkpoint, tmp_path: Path
) -> None:
    assert document.machine.threads == document.settings.threads == 1
    assert document.checkpoint.digest == tiny.digest
    assert read(write(document, tmp_path / "one.json"), BenchmarkDocument) == document


def test_the_readme_table_is_replaced_between_its_marks(document: BenchmarkDocument, tmp_path: Path) -> None:
    readme, source = tmp_path / "README.md", tmp_path / "benchmark.json"
    readme.write_text(f"# Title\n{BEGIN}\nold\n{END}\nrest\n")
    write(document, source)
    done = CliRunner().invoke(
        app,
        [
            *("benchmark", "--from", str(source), "--readme", str(readme)),
            *("--picture", str(tmp_path / "picture.svg")),
        ],
    )
    assert done.exit_code == 0, done.output
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("# Title\n")
    assert text.endswith("\nrest\n")
    assert speed_table(document) in text
    assert document.machine.cpu in text
    for name in ("baseline", "turbo-int8"):
        assert f"| {name} |" in text
    drawn = ElementTree.fromstring((tmp_path / "picture.svg").read_text())
    said = [element.text or "" for element in drawn.iter() if element.tag.endswith("title")]
    assert [words.split(":")[0] for words in said] == ["baseline", "turbo-int8"]
    assert speed_picture(document) == (tmp_path / "picture.svg").read_text()


def test_a_readme_without_marks_is_left_alone_and_says_what_to_add(
    document: BenchmarkDocument, tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n")
    with pytest.raises(DemoError, match="add the lines"):
        write_tables(readme, document)
    assert readme.read_text() == "# Title\n"


def test_a_page_with_marks_for_batches_and_lengths_gets_them(
    document: BenchmarkDocument, tmp_path: Path
) -> None:
    page = tmp_path / "speed.md"
    names = ("benchmark", "batches", "lengths")
    page.write_text("\n".join(f"<!-- begin table: {name} -->\n<!-- end table: {name} -->" for name in names))
    write_tables(page, document)
    for made in (batch_table(document), length_table(document)):
        assert made in page.read_text()


def test_a_worker_that_dies_says_why() -> None:
    with pytest.raises(BenchmarkError, match="out of order"):
        Worker("broken", [sys.executable, "-c", "raise SystemExit('out of order')"])


def test_every_named_variant_is_measured_unless_some_are_asked_for(
    tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[BenchmarkPlan] = []

    def measured(plan: BenchmarkPlan, *_: object) -> BenchmarkDocument:
        plans.append(plan)
        raise BenchmarkError("planned")

    monkeypatch.setattr("speecht5_demo.benchmark.run_benchmark", measured)
    CliRunner().invoke(app, ["benchmark", "--checkpoint", tiny.spec])
    assert plans[0].variants == tuple(variant.name for variant in all_variants())
    assert {"pruned", "pruned-int8"} <= set(plans[0].variants)


def test_an_unknown_variant_is_named_before_anything_starts(tiny: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="turbo-int9"):
        run_benchmark(BenchmarkPlan(tiny.spec, ("turbo-int9",), tmp_path), say=lambda line: None)


def test_memory_stays_flat_over_many_syntheses(
    tiny: Checkpoint, artifacts: Path, document: BenchmarkDocument
) -> None:
    worker = variant_worker(tiny.spec, "turbo-int8", 1, str(artifacts))
    try:
        for _ in range(30):
            worker.ask(Utterance, "speak", characters=40, steps=20)
        halves = [
            max(worker.ask(Utterance, "speak", characters=40, steps=20).rss_bytes for _ in range(100))
            for _ in range(2)
        ]
    finally:
        worker.close()
    # An allocator may take a block more at any moment; what leaks is more in the second half than it ever was before.
    assert halves[1] - halves[0] < 2.5e6
