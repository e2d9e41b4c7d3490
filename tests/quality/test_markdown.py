"""A README's tables come from result files, and from nowhere else."""

from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.commands.tables import tables
from speecht5_demo.errors import DemoError
from speecht5_demo.quality.plan import RESEEDED, Settings
from speecht5_demo.quality.publish import publish_evaluation
from speecht5_demo.quality.records import Records, Row, read_rows, read_table
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.summary import SUMMARY, summarise
from speecht5_demo.results import write
from speecht5_demo.variants import find


@pytest.fixture
def results(embedded: Checkpoint, tmp_path: Path) -> Path:
    settings = Settings(
        checkpoint="embedded",
        variants=(find("baseline"), find("int8")),
        speakers=(embedded.speaker("bf_emma"),),
        sentences=tuple(Sentence(number, f"Sentence {number}.") for number in range(1, 7)),
        metrics=("wer", "pesq"),
    )
    records = Records(tmp_path / "run", settings.document())
    for number in range(1, 7):
        records.append(
            [
                Row("baseline", "bf_emma", number, "wer", 0.25, 8, detail='said "so", they say'),
                Row("int8", "bf_emma", number, "wer", 0.375, 8),
                Row("int8", "bf_emma", number, "pesq", 1.875),
                Row(RESEEDED, "bf_emma", number, "pesq", None, 1, "PESQ: no utterance detected."),
            ]
        )
    records.write_table()
    records.close()
    write(summarise(list(records.rows.values()), settings, embedded, {}), tmp_path / "run" / SUMMARY)
    publish_evaluation(tmp_path / "run", tmp_path / "results" / "evaluation")
    return tmp_path / "results"


def test_tables_and_pictures_are_rewritten_between_their_marks(results: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    marks = "".join(
        f"## {name}\n<!-- begin table: {name} -->\nout of date\n<!-- end table: {name} -->\n"
        for name in ("claims", "evaluation", "pairs")
    )
    readme.write_text(f"# Title\n{marks}The end.\n")
    tables([readme], results, tmp_path / "pictures")
    text = readme.read_text()
    assert "| WER, % | 25.0 [25.0, 25.0] | 37.5 [37.5, 37.5] | – |" in text
    assert "| PESQ against baseline, length-locked, MOS-LQO | – | 1.88 [1.88, 1.88] | failed (6) |" in text
    assert "](pictures/quality-pesq.svg)" in text
    assert "| Dynamic INT8 | 1 | 25.0 | 37.5 | +12.5 | +12.5 to +12.5 | 0.0 | 6 |" in text
    assert (tmp_path / "pictures" / "quality-wer.svg").read_text().startswith("<svg")
    assert "out of date" not in text
    assert text.startswith("# Title\n")
    assert text.endswith("The end.\n")
    tables([readme], results, tmp_path / "pictures")
    assert readme.read_text() == text


def test_a_readme_without_the_marks_is_left_alone(results: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing here\n")
    with pytest.raises(DemoError, match="begin table: claims"):
        tables([readme], results, tmp_path / "pictures")
    assert readme.read_text() == "nothing here\n"


def test_published_rows_are_the_rows(results: Path, tmp_path: Path) -> None:
    assert read_table(results / "evaluation") == read_rows(tmp_path / "run")
