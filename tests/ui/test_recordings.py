"""A recording becomes a speaker where the checkpoint's encoder is installed; else its sender is told why not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.commands.options import read_speaker
from speecht5_demo.errors import SpeakerError
from speecht5_demo.listening.ratings import RatingsWriter
from speecht5_demo.quality.libraries import Library
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare import recordings
from speecht5_demo.ui.compare.plan import VoiceChoice
from speecht5_demo.ui.compare.recordings import A_MINUTE, ADDRESS, checked_recording
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.settings import Settings
from speecht5_demo.wav import wav_bytes
from tests.support.published import save_tiny_checkpoint
from tests.ui.conftest import Guest

KIND = {"content-type": "audio/wav"}


@pytest.fixture(scope="module")
def spoken(embedded: Checkpoint) -> Callable[[str, int], NDArray[np.float32]]:
    synthesizer = Synthesizer(embedded)
    text = "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background."

    def say(speaker: str, seed: int) -> NDArray[np.float32]:
        return synthesizer.speak(text, speaker, "turbo-int8", seed).samples

    return say


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A small checkpoint whose speakers are vectors of an encoder that is installed."""
    folder = tmp_path_factory.mktemp("hearing")
    save_tiny_checkpoint(folder, speaker_embedding_dim=256)
    limits = {"max_characters": 110, "max_length_ratio": 10, "speaker_encoder": "resemblyzer"}
    (folder / "speaking.json").write_text(json.dumps(limits))
    for path in (folder / "speakers").glob("*.npy"):
        np.save(path, np.random.default_rng(1).normal(size=256).astype(np.float32))
    return open_checkpoint(str(folder))


@pytest.fixture
def guest(hearing: Checkpoint, tmp_path: Path) -> Guest:
    context = AppContext(
        Settings(data=tmp_path), hearing, Synthesizer(hearing), RatingsWriter(tmp_path / "ratings")
    )
    return Guest(CompareService(context))


def web(guest: Guest) -> TestClient:
    return TestClient(Starlette(routes=guest.service.routes))


def tone(seconds: float, level: float = 0.2, rate: int = 16_000) -> bytes:
    return wav_bytes(
        (level * np.sin(np.linspace(0, 900 * seconds, round(seconds * rate)))).astype(np.float32), rate
    )


def as_flac() -> bytes:
    content = io.BytesIO()
    soundfile.write(content, np.zeros(80_000), 16_000, format="FLAC")
    return content.getvalue()


@pytest.mark.parametrize(
    ("wav", "sentence"),
    [
        (b"", "cannot be read as a WAV"),
        (b"RIFF" + bytes(100), "cannot be read as a WAV"),
        (as_flac(), "as WAV"),
        (tone(1.0), "lasts 1.0 s: record 3 to 30 s"),
        (tone(31.0), "lasts 31.0 s"),
        (tone(5.0, level=0.0), "silent"),
        (tone(5.0, level=1.5), "clipped"),
        (tone(5.0, rate=4_000), "8,000 Hz or more"),
    ],
)
def test_an_unusable_recording_is_a_sentence_that_says_what_to_do(wav: bytes, sentence: str) -> None:
    with pytest.raises(SpeakerError, match=sentence):
        checked_recording(wav, only_wav=True)


def test_any_rate_and_stereo_are_taken_as_16_kHz_mono() -> None:
    content = io.BytesIO()
    stereo = np.stack([0.2 * np.sin(np.linspace(0, 9000, 44_100 * 4))] * 2, axis=1)
    soundfile.write(content, stereo, 44_100, format="WAV")
    assert len(checked_recording(content.getvalue())) == pytest.approx(16_000 * 4, abs=2)


def test_a_recording_becomes_the_speaker_of_the_next_comparison(
    guest: Guest, spoken: Callable[[str, int], NDArray[np.float32]]
) -> None:
    answer = web(guest).post(ADDRESS, content=wav_bytes(spoken("am_michael", 0), 16_000), headers=KIND)
    assert answer.status_code == 200, answer.text
    assert answer.json()["label"].startswith("Your recording of ")
    run = guest.finish(guest.start(voice=VoiceChoice("whoever", answer.json()["speaker"]), blind=False))
    assert run.plan.speaker.vector.shape == (256,)
    assert run.plan.speaker.name.startswith("recording-")
    assert len(run.made) == 3
    assert all(card.sample.speaker == run.plan.speaker.name for card in run.made)


def test_recordings_of_one_voice_are_nearer_than_those_of_two(
    guest: Guest, spoken: Callable[[str, int], NDArray[np.float32]]
) -> None:
    def vector(speaker: str, seed: int) -> NDArray[np.float32]:
        found = guest.service.recordings.speaker(wav_bytes(spoken(speaker, seed), 16_000)).vector
        return found / np.linalg.norm(found)

    same, other, again = vector("am_michael", 1), vector("bm_george", 2), vector("am_michael", 3)
    assert same @ again > same @ other + 0.1


def test_a_checkpoint_without_an_encoder_says_so(visitor: Guest) -> None:
    answer = web(visitor).post(ADDRESS, content=tone(5.0), headers=KIND)
    assert answer.status_code == 422
    assert "names no speaker encoder" in answer.json()["problem"]
    assert visitor.service.recordings.missing == answer.json()["problem"]


def test_an_encoder_that_is_not_installed_is_named_with_the_command(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "version", lambda library: None)
    assert "pip install -r requirements-speakers.txt" in guest.service.recordings.missing


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"content-type": "application/json"}, 415),
        (bytes(recordings.LARGEST_WAV + 1), KIND, 413),
        (b"nonsense", KIND, 422),
    ],
)
def test_what_is_no_recording_is_refused(
    guest: Guest, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = web(guest).post(ADDRESS, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["problem"]


def test_an_address_sends_some_recordings_a_minute_and_no_more(guest: Guest) -> None:
    client = web(guest)
    answers: list[Any] = [
        client.post(ADDRESS, content=b"nonsense", headers=KIND) for _ in range(A_MINUTE + 1)
    ]
    assert [answer.status_code for answer in answers] == [422] * A_MINUTE + [429]


@pytest.mark.parametrize("ending", ["mp3", "ogg", "flac", "WAV"])
def test_the_command_line_takes_a_recording_of_any_common_kind(
    ending: str, hearing: Checkpoint, spoken: Callable[[str, int], NDArray[np.float32]], tmp_path: Path
) -> None:
    path = tmp_path / f"me.{ending}"
    soundfile.write(path, spoken("am_michael", 1), 16_000)
    speaker = read_speaker(hearing, str(path))
    assert speaker.source == "recording"
    assert speaker.vector.shape == (256,)


@pytest.mark.parametrize("ending", ["mp3", "ogg", "m4a"])
def test_the_command_line_says_why_a_recording_is_not_taken(
    ending: str, hearing: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / f"me.{ending}"
    path.write_bytes(b"no sound")
    with pytest.raises(SpeakerError, match="cannot be read as a WAV, FLAC, MP3 or Ogg"):
        read_speaker(hearing, str(path))
    save_tiny_checkpoint(tmp_path / "deaf")
    with pytest.raises(SpeakerError, match=rf"me\.{ending} is a recording\. .* names no speaker encoder"):
        read_speaker(open_checkpoint(str(tmp_path / "deaf")), str(path))
