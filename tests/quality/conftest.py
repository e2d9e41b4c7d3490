"""Speech to measure: one sentence of the built-in voice, spoken once for all tests."""

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.recognisers import (
    FoundRecogniser,
    Recogniser,
    find_recogniser,
    open_recogniser,
)
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.speaking import Spoken, speak
from speecht5_demo.synthesis import ReferenceEngine, SpeechPlan, plan_speech
from speecht5_demo.variants import find
from speecht5_demo.variants.build import build

TEXT = "It's easy to tell the depth of a well."


@pytest.fixture(scope="session")
def plan(embedded: Checkpoint) -> SpeechPlan:
    return plan_speech(embedded, TEXT, embedded.speaker("bf_emma"), seed=0)


@pytest.fixture(scope="session")
def baseline_engine(embedded: Checkpoint) -> ReferenceEngine:
    return ReferenceEngine(build(embedded, find("baseline")))


@pytest.fixture(scope="session")
def spoken(baseline_engine: ReferenceEngine, plan: SpeechPlan) -> Spoken:
    return speak(baseline_engine, plan)


@pytest.fixture(scope="session")
def speech(spoken: Spoken) -> Samples:
    return spoken.samples


@pytest.fixture(scope="session")
def found_whisper() -> FoundRecogniser:
    return find_recogniser()


@pytest.fixture(scope="session")
def whisper(found_whisper: FoundRecogniser) -> Recogniser:
    return open_recogniser(found_whisper)


def noisy(samples: Samples, snr_db: float) -> Samples:
    """The samples with white noise at a signal-to-noise ratio."""
    noise = np.random.default_rng(0).normal(size=samples.size)
    gain = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return (samples + gain * noise).astype(np.float32)
