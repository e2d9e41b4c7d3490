"""Promises that every question type keeps; a new one is held to them by being in the registry."""

import re
from pathlib import Path
from typing import ClassVar, cast

import numpy as np
import pytest

from speecht5_demo.errors import RatingsError, StudyError
from speecht5_demo.listening.analysis import Settings, analyse
from speecht5_demo.listening.assignment import plan_session
from speecht5_demo.listening.methods import LANGUAGES, METHODS, Method
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.simulation import Truth, simulate
from speecht5_demo.report.pieces import preference_piece
from speecht5_demo.ui.listen.texts import texts
from tests.listening.conftest import VARIANTS, VOICE, make_study, prepare_alike

PACKAGE = Path(__file__).parents[3] / "speecht5_demo"
EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
PAIRED = [one for one in METHODS.values() if one.paired]


@EVERY
def test_a_scale_has_one_label_a_step_in_every_language(method: Method) -> None:
    for language in LANGUAGES:
        labels = method.words[language]
        assert sorted(labels) == list(range(method.low, method.high + 1))
        assert len(set(labels.values())) == len(labels)


@EVERY
def test_the_page_has_every_question_in_every_language(method: Method) -> None:
    for language in LANGUAGES:
        words = texts(language)
        questions, drawn = words["questions"], words["methods"]
        assert isinstance(questions, dict)
        assert isinstance(drawn, dict)
        assert all(questions[key] for key in method.questions)
        assert all(words[key] for key in (*method.page.clips, method.page.listen))
        assert drawn[method.name]["scale"][str(method.low)] == method.words[language][method.low]


@EVERY
@pytest.mark.parametrize("rating", [None, True, 4.0, "3", 99, -99])
def test_a_rating_off_the_scale_is_refused(method: Method, rating: object) -> None:
    with pytest.raises(RatingsError, match=f"{method.name} ratings are whole numbers"):
        method.check(rating)


@EVERY
def test_a_trap_asks_for_an_answer_of_the_scale(method: Method) -> None:
    assert method.traps
    assert all(method.check(answer) == answer for answer in method.traps)


@EVERY
def test_its_name_stands_in_its_own_module_only(method: Method) -> None:
    """Code goes by what a question type says, never by which one it is."""
    literal = re.compile(f"[\"']{method.name}[\"']")
    files = [path for kind in ("*.py", "*.js") for path in PACKAGE.rglob(kind) if path.name != "__init__.py"]
    using = [path.name for path in files if literal.search(path.read_text(encoding="utf-8"))]
    assert using == [f"{type(method).__module__.rsplit('.', 1)[-1]}.py"]


def test_an_unknown_question_type_is_named_with_the_known_ones() -> None:
    with pytest.raises(StudyError, match="method is 'MUSHRA'; it must be ACR or CCR or AB"):
        make_study(method="MUSHRA")


class Clarity(Method):
    """A question type that is only here: single clips on seven steps."""

    name = "CLARITY"
    summary = "one clip, 1 to 7"
    low, high = 1, 7
    words: ClassVar = {language: {step: str(step) for step in range(1, 8)} for language in LANGUAGES}
    questions: ClassVar = {"clarity": "How clear is this speech?"}
    traps: ClassVar = {3: "This is a check. Please choose three."}
    page = METHODS["ACR"].page


def test_a_new_question_about_single_clips_goes_from_the_study_to_a_mos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast(dict[str, Method], METHODS), "CLARITY", Clarity())
    study = make_study(method="CLARITY", question="How clear is this speech?")
    manifest = prepare_alike(study, VOICE, tmp_path / "study")
    truth = Truth(mos={"baseline": 6.0, "int8": 6.0, "pruned": 4.0, "pruned-int8": 2.0})
    simulate(manifest, tmp_path / "study", tmp_path / "ratings", 20, truth, seed=3)
    analysis = analyse(read_ratings(tmp_path / "ratings"), Settings.of_study(manifest))
    found = {one.variant: one.mos for one in analysis.headline.variants}
    assert found["baseline"] > 5 > found["pruned"] > found["pruned-int8"] > 1
    assert "other-method" not in analysis.excluded


@pytest.mark.parametrize("method", PAIRED, ids=lambda one: one.name)
def test_pairs_go_from_the_study_to_a_table_of_their_own(method: Method, tmp_path: Path) -> None:
    """Prepared, planned in both orders, taken, kept on one side, analysed and printed."""
    study = make_study(method=method.name, question=next(iter(method.questions)))
    manifest = prepare_alike(study, VOICE, tmp_path / "study")
    tests = [trial for trial in plan_session(manifest, "listener") if trial.role == "test"]
    for variant in VARIANTS[1:]:
        assert {t.stimulus_first for t in tests if t.stimulus.variant == variant} == {True, False}
    truth = Truth(mos={"baseline": 4.0, "int8": 4.0, "pruned": 3.0, "pruned-int8": 1.5})
    simulate(manifest, tmp_path / "study", tmp_path / "ratings", 20, truth, seed=3)
    table = read_ratings(tmp_path / "ratings")
    assert table.frame["rating"].between(method.low, method.high).all()
    analysis = analyse(table)
    found = {one.variant: one.difference.mean for one in analysis.preferences}
    assert {one.method for one in analysis.preferences} == {method.name}
    assert np.abs(found["int8"]) < 0.3 < found["pruned"] < found["pruned-int8"]
    assert not analysis.headline.variants
    assert method.table is not None
    assert method.table.unit in preference_piece(analysis.preferences)
