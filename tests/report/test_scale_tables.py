"""The tables of docs/scale.md are arithmetic on what was measured, and follow it."""

from pathlib import Path

import pytest

from speecht5_demo.commands.tables import SHIPPED_STUDY, tables
from speecht5_demo.errors import ResultsError
from speecht5_demo.listening.study import load_study
from speecht5_demo.report.result_files import read_results
from speecht5_demo.report.scale_tables import (
    Crowd,
    duration,
    large_run_markdown,
    listeners_markdown,
    overhead_markdown,
    read_crowd,
)
from speecht5_demo.results import DistributedDocument, DistributedRun, write
from tests.support.results import CREATED, MACHINE, benchmark, timed, voice

ROOT = Path(__file__).resolve().parents[2]


def distributed(*runs: DistributedRun) -> DistributedDocument:
    return DistributedDocument(
        created=CREATED, machine=MACHINE, checkpoint=voice("embedded"), variants=("baseline", "int8"),
        metrics=("wer", "pesq"), sentences=10, speakers=1, workers=2, utterances=30, audio_seconds=3.0,
        baseline_bytes=300_000.0, rows_bytes=2_000.0, runs=runs,
    )  # fmt: skip


PAIRS = (
    DistributedRun("local", 100.0, 80.0, 60.0, 2.0), DistributedRun("ray", 110.0, 84.0, 66.0, 2.0),
    DistributedRun("local", 100.0, 80.0, 60.0, 2.0), DistributedRun("ray", 120.0, 84.0, 63.0, 2.0),
    DistributedRun("local", 200.0, 160.0, 60.0, 2.0), DistributedRun("ray", 190.0, 168.0, 63.0, 5.0),
)  # fmt: skip


def cells(markdown: str, first: str) -> list[str]:
    (row,) = (line for line in markdown.splitlines() if line.startswith(f"| {first}"))
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def test_a_large_run_is_divided_among_processors() -> None:
    document = benchmark(timed("baseline", rtf=0.9), timed("int8", rtf=0.3))
    hours = (0.9 + 0.3) * 40_000 * document.settings.audio_s / 3600
    text = large_run_markdown(document, distributed(*PAIRS))
    assert cells(text, "2 variants speak") == [
        f"{hours:,.0f}", duration(hours / 8), duration(hours / 80), duration(hours / 800),
    ]  # fmt: skip
    measured = 60 / 30 * 80_000 / 3600
    assert cells(text, "the built-in voice speaks")[0] == f"{measured:,.0f}"
    assert cells(text, "full size speaks")[0] == f"{hours + measured:,.0f}"
    assert "80,000 utterances" in text
    assert "2.00 processor-seconds" in text
    assert "every metric" not in large_run_markdown(document, None)


@pytest.mark.parametrize(
    ("hours", "said"), [(0.001, "1 min"), (1.0, "60 min"), (2.4, "2.4 h"), (47, "47 h"), (240, "10.0 days")]
)
def test_a_duration_is_said_as_people_say_it(hours: float, said: str) -> None:
    assert duration(hours) == said


def test_rays_overhead_is_the_median_over_pairs_and_says_who_else_was_there() -> None:
    text = overhead_markdown(distributed(*PAIRS))
    assert cells(text, "processor-seconds") == ["60.0", "63.0", "+5.0%"]
    assert cells(text, "wall time, from start") == ["100.0", "120.0", "+10.0%"]
    assert cells(text, "wall time, from the first") == ["80.0", "84.0", "+5.0%"]
    assert "2.0 to 5.0 on 2 processors: others had a part" in text
    assert "others" not in overhead_markdown(distributed(*PAIRS[:2]))


def test_listeners_need_processes_by_what_one_was_seen_to_answer() -> None:
    study = load_study(SHIPPED_STUDY)
    text = listeners_markdown(Crowd(200, 40.0, 134), study, clip_seconds=5.0)
    most = 100_000 * study.pages
    assert cells(text, "10 ")[-4:-1] == ["0.05", "1", f"{10 * study.pages * 160_000 / 1e9:.2f}"]
    assert cells(text, "100,000")[1:4] == [f"{most:,}", f"{most / 3600:,.2f}", str(-(-most // (3600 * 40)))]


def test_the_crowd_is_what_the_page_of_attacks_says(tmp_path: Path) -> None:
    crowd = read_crowd(ROOT / "docs" / "attack.md")
    assert crowd.listeners >= 100
    assert crowd.rate > 1
    (tmp_path / "attack.md").write_text("nothing")
    with pytest.raises(ResultsError, match="make attack"):
        read_crowd(tmp_path / "attack.md")


def test_the_page_is_rewritten_from_files_and_the_new_file_answers_no_claim(tmp_path: Path) -> None:
    results = tmp_path / "results"
    write(benchmark(timed("baseline", rtf=0.9)), results / "benchmark.json")
    write(distributed(*PAIRS), results / "distributed.json")
    assert not read_results([results]).problems
    page = tmp_path / "scale.md"
    names = ("scale", "ray", "listeners")
    page.write_text("".join(f"<!-- begin table: {n} -->\n<!-- end table: {n} -->\n" for n in names))
    (tmp_path / "attack.md").write_text((ROOT / "docs" / "attack.md").read_text())
    tables([page], results, tmp_path / "pictures")
    text = page.read_text()
    assert text.count("|---") >= 3
    assert "+5.0%" in text
