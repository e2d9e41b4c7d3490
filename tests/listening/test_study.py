"""A study says what it means, and a mistake in it is named."""

from pathlib import Path

import pytest

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.study import load_study

STUDIES = Path(__file__).parents[2] / "assets" / "studies"


@pytest.mark.parametrize("name", ["report.toml", "example.toml"])
def test_shipped_studies_are_valid(name: str) -> None:
    study = load_study(STUDIES / name)
    assert study.baseline == "baseline"
    assert len(study.sentences) >= 6
    assert study.margin == 0.2


def test_the_example_explains_every_key_of_the_format() -> None:
    written = (STUDIES / "example.toml").read_text(encoding="utf-8")
    keys = [
        "id",
        "version",
        "title",
        "contact",
        "method",
        "question",
        "margin",
        "baseline",
        "variants",
        "checkpoint",
    ]
    keys += ["speakers", "seed", "sentences", "practice_sentences", "repeats", "anchors", "traps", "practice"]
    keys += ["break_after", "completion_code", "target_lufs", "peak_dbfs", "q_db"]
    for key in keys:
        assert f"\n{key} = " in written or f"\n# {key} = " in written


@pytest.mark.parametrize(("changed", "to", "message"), [
    ('id = "example"', 'id = "Ex ample"', "id must be"),
    ('method = "ACR"', 'method = "MUSHRA"', "method is 'MUSHRA'"),
    ("margin = 0.2", "margin = 9", "margin is 9"),
    ("margin = 0.2", 'margin = "small"', "margin is 'small'; it must be a number"),
    ("margin = 0.2", "marign = 0.2", "marign is not a known key"),
    ('baseline = "baseline"', 'baseline = "fp32"', "not among the variants"),
    ('variants = ["baseline", "int8", "pruned-int8"]', 'variants = "int8"', "variants must be a list"),
    ('id = "harvard-1-7"', 'id = "harvard-1-5"', "two sentences share an id"),
    ("[session]\nsentences = 2", "[session]\nsentences = 99", "only 6 sentences"),
    ("break_after = 6", "break_after = 6.5", "must be a whole number"),
    ('title = "How natural does this voice sound?"', "", "missing.*title"),
    ("seed = 0", "seed = ", "is not TOML"),
])  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, changed: str, to: str, message: str) -> None:
    written = (STUDIES / "example.toml").read_text(encoding="utf-8")
    assert changed in written
    path = tmp_path / "study.toml"
    path.write_text(written.replace(changed, to), encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        load_study(path)


def test_an_absent_study_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nowhere\.toml cannot be read"):
        load_study(tmp_path / "nowhere.toml")
