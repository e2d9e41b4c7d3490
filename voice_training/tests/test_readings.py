"""A teacher's readings are what an evaluation takes for recordings."""

from pathlib import Path

import pytest

from speecht5_demo.quality.recordings import find_recording, read_recording
from speecht5_demo.quality.sentences import Sentence
from voice_training.readings import write_readings
from voice_training.teachers import Flite, Line

_UNREAD = Line("good morning.", "awb")
_SENTENCES = (Sentence(1, "Good morning."), Sentence(3, "It is 9 o'clock."))


def test_every_speakers_reading_is_found_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    say = Flite.read
    monkeypatch.setattr(Flite, "read", lambda self, line: say(self, line) if line != _UNREAD else None)
    unread = write_readings(Flite(), _SENTENCES, tmp_path, 1, told.append)
    assert unread == ["awb/001"]
    assert find_recording(tmp_path, "awb", 1) is None
    for speaker in Flite().speakers:
        for number in (1, 3) if speaker != "awb" else (3,):
            path = find_recording(tmp_path, speaker, number)
            assert path is not None
            assert 0.4 < len(read_recording(path)) / 16_000 < 4
    assert told == ["8 of 8 read"]


def test_what_is_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_readings(Flite(), _SENTENCES[:1], tmp_path, 1, lambda _: None)
    (tmp_path / "rms" / "001.wav").unlink()
    read: list[str] = []
    say = Flite.read
    monkeypatch.setattr(Flite, "read", lambda self, line: (read.append(line.speaker), say(self, line))[1])
    write_readings(Flite(), _SENTENCES[:1], tmp_path, 1, lambda _: None)
    assert read == ["rms"]
