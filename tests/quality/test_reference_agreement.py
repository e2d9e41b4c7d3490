"""The metrics agree with the tools they come from, on pairs whose answer is known."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics.cepstra import COEFFICIENTS, TO_DECIBEL, align
from speecht5_demo.quality.metrics.perceptual import pesq, stoi
from speecht5_demo.quality.metrics.pitch import pitch_errors
from speecht5_demo.quality.metrics.predicted import predicted_mos
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from tests.quality.conftest import noisy

SILENCE = np.zeros(SAMPLING_RATE, np.float32)
HUM = (0.5 * np.sin(2 * np.pi * 20 * np.arange(SAMPLING_RATE) / SAMPLING_RATE)).astype(np.float32)
BABBLE_AT_0_DB = 1.083  # the example in pesq's own documentation: speech.wav against speech_bab_0dB.wav


def tone(hertz: float, seconds: float = 1.0) -> Samples:
    """A buzz with harmonics, so that a pitch tracker has something to hold."""
    time = np.arange(int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    waves = [np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 8)]
    return (0.2 * np.sum(waves, axis=0)).astype(np.float32)


def test_speech_against_itself_is_the_maximum_of_pesq(speech: Samples) -> None:
    assert pesq(speech, speech) == pytest.approx(4.644, abs=5e-4)


def test_pesq_falls_with_noise_and_a_10_db_pair_lies_above_the_documented_0_db_pair(speech: Samples) -> None:
    scores = [pesq(speech, noisy(speech, snr)) for snr in (40, 25, 10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] < 4.644
    assert pesq(speech, noisy(speech, 0)) <= BABBLE_AT_0_DB < 1.5
    assert 1.0 < scores[-1] < 2.0


def test_pesq_of_a_pair_of_unequal_length_is_refused_not_cut(speech: Samples) -> None:
    with pytest.raises(QualityError, match="not aligned"):
        pesq(speech, speech[:-1])


def test_pesq_says_why_it_has_no_score() -> None:
    with pytest.raises(QualityError, match="no utterance"):
        pesq(HUM, HUM)
    with pytest.raises(QualityError, match="silence"):
        pesq(tone(200), SILENCE)


def test_stoi_is_one_for_equal_speech_and_falls_with_noise(speech: Samples) -> None:
    assert stoi(speech, speech) == pytest.approx(1.0, abs=1e-6)
    assert stoi(speech, noisy(speech, 0)) < stoi(speech, noisy(speech, 10)) < 0.99


def test_stoi_of_too_little_speech_says_so() -> None:
    short = tone(200, seconds=0.2)
    with pytest.raises(QualityError, match="384 ms"):
        stoi(short, short)


def test_speech_has_no_cepstral_distance_from_itself(speech: Samples) -> None:
    assert align(speech, speech).distance_db == 0.0


def test_cepstral_distance_is_the_librarys_own_on_two_files(speech: Samples, tmp_path: Path) -> None:
    library = importlib.import_module("mel_cepstral_distance")
    other = noisy(speech, 20)[2000:]
    for name, samples in (("one.wav", speech), ("two.wav", other)):
        soundfile.write(tmp_path / name, np.clip(samples, -1, 1), SAMPLING_RATE, subtype="PCM_16")
    theirs, _ = library.compare_audio_files(
        tmp_path / "one.wav", tmp_path / "two.wav", s=0, D=COEFFICIENTS, align_target="mfcc", dtw_radius=50
    )
    assert align(speech, other).distance_db == pytest.approx(theirs * TO_DECIBEL, rel=0.01)


def test_silence_has_no_cepstral_distance_but_a_reason(speech: Samples) -> None:
    with pytest.raises(QualityError, match="variant: silence"):
        align(speech, SILENCE)


def test_an_octave_is_twelve_hundred_cents() -> None:
    one, two = tone(120), tone(240)
    path = np.repeat(np.arange(100)[:, None], 2, axis=1)
    found = pitch_errors(one, two, path)
    assert found.cents == pytest.approx(1200, abs=5)
    assert found.voicing == 0.0


def test_pitch_of_unvoiced_noise_is_not_guessed() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, SAMPLING_RATE).astype(np.float32)
    with pytest.raises(QualityError, match="voiced in both"):
        pitch_errors(tone(120), noise, np.repeat(np.arange(100)[:, None], 2, axis=1))


@pytest.mark.parametrize("seconds", [1.2, 1.6, 1.9])
def test_predicted_mos_is_what_speechmos_predicts(speech: Samples, seconds: float) -> None:
    part = speech[: int(seconds * SAMPLING_RATE)]
    theirs = importlib.import_module("speechmos.dnsmos").run(part, SAMPLING_RATE)["p808_mos"]
    assert predicted_mos(part) == pytest.approx(float(theirs), abs=1e-4)


def test_predicted_mos_hears_what_speechmos_leaves_out_after_sixteen_seconds(speech: Samples) -> None:
    clean = np.tile(speech, 12)[: 25 * SAMPLING_RATE]
    worse = np.concatenate(
        [clean[: 16 * SAMPLING_RATE], np.clip(noisy(clean[16 * SAMPLING_RATE :], 0), -1, 1)]
    )
    theirs = [importlib.import_module("speechmos.dnsmos").run(one, SAMPLING_RATE) for one in (clean, worse)]
    assert theirs[0]["p808_mos"] == theirs[1]["p808_mos"]
    assert predicted_mos(worse) < predicted_mos(clean) - 0.2


def test_predicted_mos_hears_noise(speech: Samples) -> None:
    assert predicted_mos(np.clip(noisy(speech, 0), -1, 1)) < predicted_mos(speech)
