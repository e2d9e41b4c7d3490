"""One rounding and one header, wherever audio leaves the program."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speecht5_demo.errors import SynthesisError
from speecht5_demo.wav import Tags, WavStream, as_float32, as_int16, read_wav, wav_bytes, write_wav_file


def test_samples_are_rounded_to_the_nearest_and_clipped_at_full_scale() -> None:
    samples = np.array([0.0, 0.25, -0.5, 1.0, -1.0, 2.0, -2.0, 0.6 / 32767], np.float32)
    assert as_int16(samples).tolist() == [0, 8192, -16384, 32767, -32767, 32767, -32767, 1]


def test_what_was_rounded_once_stays_as_it_is() -> None:
    pcm = np.arange(-32767, 32768, dtype=np.int16)
    assert (as_int16(as_float32(pcm)) == pcm).all()


def test_a_file_is_what_any_reader_of_wav_understands(tmp_path: Path) -> None:
    samples = np.sin(np.linspace(0, 300, 5000)).astype(np.float32)
    path = write_wav_file(samples, 16_000, tmp_path / "a.wav")
    read, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000
    assert (read == as_int16(samples)).all()
    ours, rate = read_wav(path)
    assert rate == 16_000
    assert (ours == as_float32(read)).all()


def test_a_stream_ends_as_the_same_file_and_can_be_played_before() -> None:
    samples = np.sin(np.linspace(0, 300, 5000)).astype(np.float32)
    sink = io.BytesIO()
    stream = WavStream(sink, 16_000)
    stream.write(samples[:2000])
    early, _ = soundfile.read(io.BytesIO(sink.getvalue()), dtype="int16")
    assert (early == as_int16(samples[:2000])).all()
    stream.write(samples[2000:])
    stream.close()
    assert sink.getvalue() == wav_bytes(samples, 16_000)


def test_a_tagged_file_says_what_it_is_and_holds_the_same_samples(tmp_path: Path) -> None:
    samples = np.sin(np.linspace(0, 300, 5001)).astype(np.float32)
    tags = Tags("Grüß Gott 👋", "a checkpoint, am_michael", "Synthetic speech: int8.", "speecht5-demo")
    path = write_wav_file(samples, 16_000, tmp_path / "a.wav", tags=tags)
    with soundfile.SoundFile(path) as file:
        assert (file.title, file.artist, file.comment) == (tags.title, tags.artist, tags.comment)
        assert (file.read(dtype="int16") == as_int16(samples)).all()
    assert (read_wav(path)[0] == as_float32(as_int16(samples))).all()
    sink = io.BytesIO()
    stream = WavStream(sink, 16_000, tags)
    stream.write(samples)
    stream.close()
    assert sink.getvalue() == path.read_bytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_never_written_as_noise(bad: float, tmp_path: Path) -> None:
    samples = np.zeros(100, np.float32)
    samples[7] = bad
    with pytest.raises(SynthesisError, match="1 of 100 samples are not finite"):
        write_wav_file(samples, 16_000, tmp_path / "a.wav")
    assert not list(tmp_path.iterdir())
