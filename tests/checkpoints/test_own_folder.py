"""A fine-tune in a folder: its letters, its language, and speakers or none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.errors import SpeakerError
from speecht5_demo.speakers import load_upload
from speecht5_demo.synthesis import Synthesizer


@pytest.fixture
def folder(tiny: Checkpoint, tmp_path: Path) -> Path:
    """A copy of the small checkpoint."""
    return Path(shutil.copytree(tiny.spec, tmp_path / "own"))


def test_letters_are_those_that_the_tokenizer_knows_in_either_case(tiny: Checkpoint) -> None:
    assert tiny.letters == frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("added_tokens.json", {"ä": 41, "ß": 42, "<mask>": 39}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"41": {"content": "ä"}, "42": {"content": "ß"}}}),
    ],
)
def test_letters_that_a_fine_tune_added_are_known(
    folder: Path, file: str, content: dict[str, object]
) -> None:
    (folder / file).write_text(json.dumps(content))
    opened = open_checkpoint(str(folder))
    assert {"ä", "ß", "z"} <= opened.letters
    assert not {"ö", "<mask>"} & opened.letters


LIMITS = {"max_characters": 180, "max_length_ratio": 20}


@pytest.mark.parametrize(
    ("files", "setting", "language"),
    [
        ({}, "", "en"),
        ({}, "de_DE:en", "en"),
        ({}, "fr", "fr"),
        ({"README.md": "---\nlicense: mit\nlanguage:\n- de\n- en\n---\n# Voice"}, "fr", "de"),
        ({"README.md": "---\nlanguage: pt-BR\n---\n"}, "", "pt"),
        ({"README.md": "# Voice\nlanguage: de\n"}, "", "en"),
        (
            {
                "speaking.json": json.dumps(LIMITS | {"language": "nl"}),
                "README.md": "---\nlanguage: de\n---\n",
            },
            "",
            "nl",
        ),
    ],
)
def test_the_language_is_what_the_checkpoint_says_else_what_the_setting_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], setting: str, language: str
) -> None:
    monkeypatch.setenv("LANGUAGE", setting)
    for name, content in files.items():
        (folder / name).write_text(content)
    assert open_checkpoint(str(folder)).language == language


def test_the_setting_makes_no_other_language_of_the_built_in_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    assert open_checkpoint("embedded").language == "en"


@pytest.mark.parametrize("variant", ["baseline", "turbo-small"])
def test_a_folder_without_speakers_speaks_with_a_file_and_asks_no_hub(
    folder: Path, tmp_path: Path, variant: str
) -> None:
    shutil.rmtree(folder / "speakers")
    np.save(tmp_path / "mine.npy", np.ones((1, 1, 512)))
    opened = open_checkpoint(str(folder))
    voice = load_upload(tmp_path / "mine.npy", opened.vector_size)
    assert Synthesizer(opened).speak("Oh.", voice, variant).audio_seconds > 0
    with pytest.raises(SpeakerError, match=r"HF_HUB_OFFLINE .* -s NAME\.npy"):
        opened.speaker()


def test_a_folder_of_other_vectors_without_speakers_says_what_to_give(folder: Path) -> None:
    shutil.rmtree(folder / "speakers")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"speaker_embedding_dim": 192}))
    with pytest.raises(SpeakerError, match="own comes without a speaker: give a file of 192 values"):
        open_checkpoint(str(folder)).speaker("am_michael")
