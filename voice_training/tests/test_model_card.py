"""What a voice says of how it was made."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from voice_training import VoiceTrainingError
from voice_training.model_card import Provenance, card, write_card

_MADE = Provenance(
    command="python -m voice_training train --minutes 240",
    machine="a processor, 2 cores",
    teacher="the free synthesizer flite",
    licence="flite is free.",
    started_from=None,
    clips=31_952,
    hours=36.9,
    steps={"vocoder": 1000, "acoustic": 2000, "matched": 300},
    minutes={"vocoder": 60.0, "acoustic": 120.0, "matched": 36.0},
    processes=2,
)


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUILT_IN, tmp_path / "voice"))


def told(voice: Path, provenance: Provenance) -> str:
    provenance.write(voice)
    write_card(voice)
    return " ".join((voice / "README.md").read_text(encoding="utf-8").split())


def test_the_card_of_the_built_in_voice_is_what_its_files_say() -> None:
    assert (BUILT_IN / "README.md").read_text(encoding="utf-8") == card(BUILT_IN)


def test_the_card_gives_the_command_and_every_stage(voice: Path) -> None:
    text = told(voice, _MADE)
    assert (
        "`python -m voice_training train --minutes 240` on a processor, 2 cores. It started from nothing."
        in text
    )
    assert "31,952 clips, 36.9 hours, read by the free synthesizer flite" in text
    assert "| matched | 300 | 36.0 |" in text
    assert text.endswith("flite is free.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"processes": 2}, "taken by 2 processes together"),
        ({"started_from": "assets/voice"}, "It went on from the voice in assets/voice."),
        (
            {"vocoder_from": "assets/voice/vocoder"},
            "Its vocoder went on from the one in assets/voice/vocoder.",
        ),
        ({"steps": {"acoustic": 1}, "minutes": {"acoustic": 1.0}}, "did without their smallest weights"),
        (
            {"steps": {"matched": 1}, "minutes": {"matched": 1.0}},
            "mean of what the stages `vocoder` and `matched`",
        ),
        ({"pronounced": 36_000}, "from the phonemes of 36,000 texts that nobody read."),
        ({"runs": 3}, "the mean of what 3 runs from one start ended with"),
        (
            {"runs": 2, "init_share": 0.2},
            "the mean of 20 % of the start and, for the rest, what 2 runs from one",
        ),
        ({"note": "Its vowels were mixed by hand."}, "Its vowels were mixed by hand."),
    ],
)
def test_a_sentence_is_in_the_card_only_where_it_is_true(voice: Path, changes: dict, sentence: str) -> None:
    plain = replace(_MADE, processes=1, steps={"vocoder": 1}, minutes={"vocoder": 1.0})
    assert sentence not in told(voice, plain)
    assert sentence in told(voice, replace(plain, **changes))


def test_a_voice_that_no_one_command_made_names_none(voice: Path) -> None:
    text = told(voice, replace(_MADE, command=None, steps={}, minutes={}, note="By hand."))
    assert "`python" not in text
    assert "| stage |" not in text


def test_a_folder_that_does_not_say_how_it_was_made_gets_no_card(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match=r"no provenance\.json"):
        write_card(tmp_path)
