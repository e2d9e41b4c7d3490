"""Streaming changes when samples arrive, never which."""

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import main
from speecht5_demo.errors import SynthesisCancelled
from speecht5_demo.synthesis import Progress, Synthesizer, write_stream

TEXT = "The birch canoe slid on the smooth planks."
LONG = " ".join(
    [TEXT, "Glue the sheet to the dark blue background.", "It is easy to tell the depth of a well."] * 2
)


@pytest.fixture(scope="module")
def synthesizer(embedded: Checkpoint) -> Synthesizer:
    return Synthesizer(embedded)


@pytest.mark.parametrize(("text", "variant"), [(TEXT, "turbo"), (LONG, "turbo-int8"), ("Oh.", "baseline")])
def test_chunks_are_the_speech(synthesizer: Synthesizer, text: str, variant: str) -> None:
    """To 1e-4 in fp32; in bfloat16 a convolution's last digit depends on its length, 50 dB below the speech."""
    whole = synthesizer.speak(text, "am_michael", variant, seed=3)
    stream = synthesizer.stream(text, "am_michael", variant, seed=3)
    played = np.concatenate(list(stream))
    assert stream.speech is not None
    assert np.array_equal(played, stream.speech.samples)
    assert stream.speech.pieces == whole.pieces
    assert played.shape == whole.samples.shape
    assert np.abs(played - whole.samples).max() < (5e-3 if variant == "turbo-int8" else 1e-4)


def test_audio_comes_before_the_end(synthesizer: Synthesizer) -> None:
    steps: list[int] = []

    def on_progress(progress: Progress) -> None:
        steps.append(progress.step)

    stream = synthesizer.stream(TEXT, "am_michael", "turbo", on_progress=on_progress)
    assert len(next(stream)) > 0
    before = steps[-1]
    list(stream)
    assert before < steps[-1] / 2
    assert stream.first_audio_s is not None


def test_a_closed_stream_computes_no_more_and_leaves_the_synthesizer_free(synthesizer: Synthesizer) -> None:
    steps: list[Progress] = []
    stream = synthesizer.stream(LONG, "am_michael", "turbo", on_progress=steps.append)
    next(stream)
    stream.close()
    done = len(steps)
    assert list(stream) == []
    assert len(steps) == done
    assert stream.speech is None
    assert synthesizer.speak("Oh.", "am_michael", "turbo").audio_seconds > 0


def test_a_cancelled_stream_says_so(synthesizer: Synthesizer) -> None:
    cancelled = threading.Event()
    stream = synthesizer.stream(LONG, "am_michael", "turbo", cancelled=cancelled)
    next(stream)
    cancelled.set()
    with pytest.raises(SynthesisCancelled):
        list(stream)


def test_a_waiting_listener_keeps_nobody_from_speaking(synthesizer: Synthesizer) -> None:
    stream = synthesizer.stream(LONG, "am_michael", "turbo")
    next(stream)
    assert synthesizer.speak("Oh.", "am_michael", "turbo").audio_seconds > 0
    stream.close()


def test_a_streamed_file_is_a_whole_wav(synthesizer: Synthesizer, tmp_path: Path) -> None:
    stream = synthesizer.stream("Oh.", "am_michael", "turbo")
    with (tmp_path / "oh.wav").open("wb") as sink:
        write_stream(stream, sink)
    samples, rate = soundfile.read(tmp_path / "oh.wav", dtype="float32")
    assert rate == 16_000
    assert stream.speech is not None
    # A file's full scale is 32,767 steps of 1 / 32,768: half a step of rounding, and up to one at full scale.
    assert np.abs(samples - stream.speech.samples).max() <= 1.5 / 32768


def test_the_command_line_streams_a_wav_into_a_pipe(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    command = ["speecht5_demo", "synthesize", "Oh.", "--speaker", "am_michael", "--stream"]
    command += ["--variant", "turbo", "--checkpoint", "embedded", "-o", "-"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    piped = capfdbinary.readouterr()
    assert not ended.value.code
    expected = synthesizer.speak("Oh.", "am_michael", "turbo").samples
    heard = np.frombuffer(piped.out[piped.out.index(b"data") + 8 :], "<i2") / 32767
    assert piped.out[:4] == b"RIFF"
    assert np.abs(heard - expected).max() < 1e-3
    assert b"First audio after" in piped.err
