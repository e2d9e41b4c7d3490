"""A variant driven along the baseline has the baseline's length, and only its own faults."""

import numpy as np
import pytest
import torch
from transformers import SpeechT5FeatureExtractor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.metrics.perceptual import pesq
from speecht5_demo.quality.recordings import find_recording, read_recording, warped_onto
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.speaking import Spoken, speak, speak_along
from speecht5_demo.synthesis import ReferenceEngine, SpeechPlan
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.variants import all_variants, custom, find
from speecht5_demo.variants.build import build
from speecht5_demo.wav import write_wav_file


def test_baseline_along_itself_says_exactly_what_it_said(
    baseline_engine: ReferenceEngine, plan: SpeechPlan, spoken: Spoken
) -> None:
    again = speak_along(baseline_engine, plan, spoken.prenet_inputs)
    np.testing.assert_array_equal(again, spoken.samples)


@pytest.mark.parametrize("name", [variant.name for variant in all_variants() if variant.name != "baseline"])
def test_every_variant_can_be_driven_to_the_baselines_length(
    embedded: Checkpoint, plan: SpeechPlan, spoken: Spoken, name: str
) -> None:
    driven = speak_along(make_engine(embedded, find(name)), plan, spoken.prenet_inputs)
    assert len(driven) == len(spoken.samples)
    assert 1.0 < pesq(spoken.samples, driven) < 4.644


def test_a_broken_variant_keeps_the_length_and_loses_the_score(
    embedded: Checkpoint, plan: SpeechPlan, spoken: Spoken
) -> None:
    scores = []
    for amount in (0.1, 0.8):
        engine = ReferenceEngine(build(embedded, custom(amount, int8=False)))
        driven = speak_along(engine, plan, spoken.prenet_inputs)
        scores.append(pesq(spoken.samples, driven))
    assert scores[0] > scores[1]


def test_the_exact_engine_along_the_baseline_says_what_the_baseline_said(
    embedded: Checkpoint, plan: SpeechPlan, spoken: Spoken
) -> None:
    """`turbo` keeps fp32 weights: driven along the baseline, only its bf16 vocoder may differ."""
    driven = speak_along(make_engine(embedded, find("turbo")), plan, spoken.prenet_inputs)
    assert pesq(spoken.samples, driven) > 4.0


def test_driving_leaves_the_engine_as_it_was(
    baseline_engine: ReferenceEngine, plan: SpeechPlan, spoken: Spoken
) -> None:
    speak_along(baseline_engine, plan, spoken.prenet_inputs)
    np.testing.assert_array_equal(speak(baseline_engine, plan).samples, spoken.samples)


def test_speech_warped_onto_a_slower_recording_of_itself_fits_it(
    embedded: Checkpoint, spoken: Spoken, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recordings")
    slower = embedded.load_vocoder()
    frames = np.repeat(spoken.mel, 2, axis=0)
    with torch.inference_mode():
        stretched = slower(torch.from_numpy(frames)).reshape(-1).numpy()
    write_wav_file(stretched, SAMPLING_RATE, folder / "bf_emma" / "007.wav", parents=True)
    path = find_recording(folder, "bf_emma", 7)
    assert path is not None
    recording = read_recording(path)
    one, other = warped_onto(recording, spoken.samples, spoken.mel, slower)
    assert len(one) == len(other)
    assert abs(len(one) - len(recording)) < 256
    # PESQ is of no use here: of a signal that falls silent halfway it says anything from 1 to 3.
    assert _mel_distance(one, other) < 0.25 * _mel_distance(one, _cut(spoken.samples, len(one)))


def test_a_recording_at_another_rate_and_in_stereo_is_read_as_16_khz_mono(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    import soundfile

    folder = tmp_path_factory.mktemp("recordings")
    time = np.arange(44_100) / 44_100
    wave = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(folder / "3.wav", np.stack([wave, wave], axis=1), 44_100)
    path = find_recording(folder, "anyone", 3)
    assert path is not None
    samples = read_recording(path)
    assert len(samples) == SAMPLING_RATE
    assert np.abs(np.fft.rfft(samples)).argmax() == pytest.approx(440, abs=1)


def _cut(samples: Samples, size: int) -> Samples:
    return np.pad(samples, (0, max(0, size - len(samples))))[:size].astype(np.float32)


def _mel_distance(one: Samples, other: Samples) -> float:
    """Mean difference of log10 mel frames above what is audible."""
    extractor = SpeechT5FeatureExtractor()
    first, second = (
        np.maximum(extractor(audio_target=samples, sampling_rate=SAMPLING_RATE)["input_values"][0], -4.0)
        for samples in (one, other)
    )
    return float(np.abs(first - second).mean())
