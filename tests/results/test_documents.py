"""A document is read back as it was written, and a file that is not one is refused by name, field and remedy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from speecht5_demo.errors import ResultsError
from speecht5_demo.results import (
    BenchmarkDocument,
    EvaluationDocument,
    RunDocument,
    SweepDocument,
    read,
    write,
)
from speecht5_demo.results.files import Document, as_text, kind_of
from tests.support import results

ROOT = Path(__file__).parents[2]
DOCUMENTS: list[Document] = [
    results.benchmark(),
    results.evaluation("embedded"),
    results.sweep(results.point(0.0), results.point(0.3, (0.2, 0.4)), breaks_at=0.3),
    RunDocument("0" * 64, results.settings()),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.KIND)
def test_a_document_is_read_back_as_it_was_written(document: Document, tmp_path: Path) -> None:
    path = write(document, tmp_path / "new folder" / "one.json")
    assert read(path, type(document)) == document
    assert kind_of(path) == document.KIND
    assert [each.name for each in path.parent.iterdir()] == ["one.json"]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("results/benchmark.json", BenchmarkDocument),
        ("results/benchmark-avx2.json", BenchmarkDocument),
        ("results/evaluation/summary.json", EvaluationDocument),
        ("results/sweep/sweep.json", SweepDocument),
        ("results/sweep-int8/sweep.json", SweepDocument),
    ],
)
def test_the_published_files_are_read_and_would_be_written_the_same(name: str, form: type[Document]) -> None:
    path = ROOT / name
    assert as_text(read(path, form)) == path.read_text(encoding="utf-8")


def edited(path: Path, *place: str | int, value: object) -> None:
    content = json.loads(path.read_text())
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("schema",), 1, "schema is 1, this version reads 2"),
        (("kind",), "sweep", "holds sweep, not benchmark"),
        (("rows", 0, "rtf", "median"), "fast", r"field rows\.0\.rtf\.median"),
        (("rows", 0, "times_faster"), None, r"field rows\.0\.times_faster"),
        (("created",), 20261123, "field created"),
    ],
)
def test_a_wrong_field_is_named_with_the_file_and_the_command_that_mends_it(
    place: tuple[str | int, ...], value: object, said: str, tmp_path: Path
) -> None:
    path = write(results.benchmark(), tmp_path / "speed.json")
    edited(path, *place, value=value)
    with pytest.raises(ResultsError, match=rf"speed\.json.*{said}.*speecht5_demo benchmark --json"):
        read(path, BenchmarkDocument)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "3"])
def test_what_is_no_document_is_refused_in_a_sentence(content: str, tmp_path: Path) -> None:
    path = tmp_path / "torn.json"
    path.write_text(content)
    with pytest.raises(ResultsError, match=r"torn\.json") as raised:
        read(path, SweepDocument)
    assert "evaluate sweep" in str(raised.value)


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"cannot be read.*evaluate -o FOLDER"):
        read(tmp_path / "absent.json", EvaluationDocument)


def test_reading_results_needs_no_model() -> None:
    code = "import sys, speecht5_demo.results; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
