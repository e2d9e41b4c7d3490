"""Too little is said to be too little: no chart, no interval and no verdict is drawn from it."""

import re
from pathlib import Path

import pytest

from speecht5_demo.listening.analysis import Settings, analyse
from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.report.document import document

HEAD = "rating_id,study_id,session_id,listener_id,source,blind,role,sentence_id,text,speaker,variant,method,rating\n"


def analysis(
    folder: Path,
    listeners: int,
    sentences: int,
    settings: Settings | None = None,
    top: int = 5,
    method: str = "ACR",
) -> Analysis:
    """Every listener rates every sentence in two variants; grades vary with both."""
    rows = [
        f"{listener}-{sentence}-{variant},s,l{listener},l{listener},study,true,test,{sentence},Text.,bf_emma,{variant},{method},"
        f"{(3 * listener + 2 * sentence + (variant == 'int8')) % top + 1}\n"
        for listener in range(listeners)
        for sentence in range(sentences)
        for variant in ("baseline", "int8")
    ]
    path = folder / "ratings-1.csv"
    path.write_text(HEAD + "".join(rows))
    return analyse(read_ratings([path]), settings or Settings())


@pytest.mark.parametrize(("listeners", "sentences"), [(1, 1), (2, 1), (2, 40), (40, 1)])
def test_from_too_little_nothing_is_drawn_or_judged(listeners: int, sentences: int, tmp_path: Path) -> None:
    page = document(analysis(tmp_path, listeners, sentences))
    assert "<svg" not in page
    assert "Too few ratings for a chart or an interval" in page
    assert "undecided" not in page.split("<h2>Methods</h2>")[0]
    assert not re.search(r"\b1 (listeners|ratings|sentences|pairs|sessions)\b", page)


def test_enough_is_drawn_and_one_of_a_thing_is_one(tmp_path: Path) -> None:
    page = document(analysis(tmp_path, 8, 6))
    assert page.count('aria-label="Mean opinion scores:') == 3
    assert "8 listeners, 6 sentences" in page


def test_another_scale_is_drawn_on_itself_and_has_no_grades(tmp_path: Path) -> None:
    page = document(analysis(tmp_path, 8, 6, Settings(scale=(0, 100), verdicts=False), top=90))
    assert "mean opinion score, 0 to 100" in page
    assert "1 bad to 5 excellent" not in page
    assert "Distribution of grades" not in page


def test_another_question_from_1_to_5_has_no_grades_of_acr(tmp_path: Path) -> None:
    page = document(analysis(tmp_path, 8, 6, Settings(method="EFFORT"), method="EFFORT"))
    assert "mean opinion score, 1 to 5" in page
    assert "EFFORT, 1 to 5; question" in page
    for of_acr in ("1 bad to 5 excellent", "Distribution of grades", "Absolute category rating"):
        assert of_acr not in page
