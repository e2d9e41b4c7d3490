"""Each measure falls, or rises, step by step where speech gets worse: with noise, band limits and pruning."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import butter, sosfiltfilt
from scipy.stats import spearmanr

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.metrics.cepstra import align
from speecht5_demo.quality.metrics.perceptual import pesq, stoi, visqol
from speecht5_demo.quality.metrics.predicted import distilled_mos, predicted_mos
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.recognisers import Recogniser
from speecht5_demo.quality.sentences import read_sentences
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.speaking import bounded, speak, speak_along
from speecht5_demo.results import SweepDocument, read
from speecht5_demo.synthesis import Engine, SpeechPlan, plan_speech
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.variants import Prune, Variant, find
from tests.quality.conftest import noisy

Pair = Callable[[Samples, Samples], float]

SNRS_DB = (40, 30, 20, 10, 0)
CUTOFFS_HZ = (7000, 5000, 4000, 3000, 2000)
AMOUNTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
"""Closer where the voice changes; from 0.6 on there is little of it left to lose."""
FEW_WORDS = (0.0, 0.4, 0.8)
"""The words of three sentences do not tell less than that apart, and from 0.5 on all of them are lost."""
SENTENCES, SPEAKER = "3", "am_michael"
ONE_WINDOW_S = 7.68
"""What Distill-MOS hears at once; of longer samples it hears windows that overlap, each as dear as the first."""
PUBLISHED = Path(__file__).resolve().parents[2] / "results"


def distance_db(reference: Samples, other: Samples) -> float:
    return align(reference, other).distance_db


def noised(speech: Samples, snrs_db: Sequence[float] = SNRS_DB) -> list[Samples]:
    return [np.clip(noisy(speech, snr), -1, 1) for snr in snrs_db]


def band_limited(speech: Samples, cutoffs_hz: Sequence[float] = CUTOFFS_HZ) -> list[Samples]:
    filters = [butter(6, cutoff, fs=SAMPLING_RATE, output="sos") for cutoff in cutoffs_hz]
    return [sosfiltfilt(each, speech).astype(np.float32) for each in filters]


def falls(values: list[float]) -> bool:
    """Whether every value is below the one before it."""
    return all(later < earlier for earlier, later in pairwise(values))


@pytest.mark.parametrize(
    ("measure", "snrs_db", "cutoffs_hz"),
    [
        (pesq, SNRS_DB, CUTOFFS_HZ),
        # Its speech mode looks at the telephone's band, hears no noise above 30 dB, and gives up at 20 dB.
        (visqol, (30, 28, 26, 24, 22), (3000, 2500, 2000, 1500)),
        (stoi, SNRS_DB, (4000, 3000, 2000, 1000)),
        # Below 3 kHz what is left has so little shape that the distance falls again.
        (lambda one, other: -distance_db(one, other), SNRS_DB, (7000, 5000, 4000, 3000)),
    ],
    ids=["pesq", "visqol", "stoi", "mcd"],
)
def test_measures_against_the_clean_signal_follow_noise_and_band_limits(
    speech: Samples, measure: Pair, snrs_db: Sequence[float], cutoffs_hz: Sequence[float]
) -> None:
    assert falls([measure(speech, worse) for worse in noised(speech, snrs_db)])
    assert falls([measure(speech, worse) for worse in band_limited(speech, cutoffs_hz)])


@pytest.mark.parametrize(
    "measure",
    [
        lambda one, whisper: pesq(one, one),
        lambda one, whisper: visqol(one, one),
        lambda one, whisper: stoi(one, one),
        lambda one, whisper: predicted_mos(one),
        lambda one, whisper: distilled_mos(one),
        lambda one, whisper: whisper.transcribe(one),
    ],
    ids=["pesq", "visqol", "stoi", "predicted-mos", "distill-mos", "wer"],
)
def test_a_measure_leaves_torch_its_threads_so_that_speech_stays_the_same_to_the_bit(
    speech: Samples,
    whisper: Recogniser,
    baseline_engine: Engine,
    plan: SpeechPlan,
    measure: Callable[[Samples, Recogniser], object],
) -> None:
    torch.set_num_threads(1)
    measure(speech, whisper)
    assert torch.get_num_threads() == 1
    np.testing.assert_array_equal(speak(baseline_engine, plan).samples, speech)


@pytest.mark.parametrize("measure", [predicted_mos, distilled_mos])
@pytest.mark.parametrize("ladder", [noised, band_limited])
def test_predicted_opinions_follow_noise_and_band_limits(
    speech: Samples, ladder: Callable[[Samples], list[Samples]], measure: Callable[[Samples], float]
) -> None:
    assert spearmanr([measure(worse) for worse in ladder(speech)], range(5)).statistic < -0.85


def pruned_turbo(amount: float) -> Variant:
    """Weights pruned as the report prunes them, in the loop that takes a third of the time."""
    return replace(find("turbo"), name=f"turbo-p{amount}", steps=(Prune(amount=amount), *find("turbo").steps))


class Ladder:
    """What pruning does to a few sentences, amount by amount, and what another dropout seed does.

    Distill-MOS hears them one after the other as one sample: it takes as long for one of them.
    """

    def __init__(self, checkpoint: Checkpoint, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        baseline = make_engine(checkpoint, find("turbo"))
        speaker = checkpoint.speaker(SPEAKER)
        texts = [sentence.text for sentence in read_sentences(SENTENCES)]
        self._plans = [plan_speech(checkpoint, text, speaker, seed=0) for text in texts]
        self._reseeded = [plan_speech(checkpoint, text, speaker, seed=1) for text in texts]
        self._baseline = [speak(baseline, plan) for plan in self._plans]
        self.points = {
            amount: self._measured(make_engine(checkpoint, pruned_turbo(amount)), amount in FEW_WORDS)
            for amount in AMOUNTS
            if amount
        }
        self.floor = self._measured(baseline, reseeded=True)
        self.unpruned = self._measured(baseline)

    def _measured(self, engine: Engine, words: bool = True, reseeded: bool = False) -> dict[str, float]:
        rows: dict[str, list[float]] = {}
        sentences: list[Samples] = []
        plans = self._reseeded if reseeded else self._plans
        for plan, spoken in zip(plans, self._baseline, strict=True):
            free = speak(engine, bounded(plan, spoken.prenet_inputs)).samples
            locked = speak_along(engine, plan, spoken.prenet_inputs)
            found = {
                "pesq": pesq(spoken.samples, locked),
                "visqol": visqol(spoken.samples, locked),
                "stoi": stoi(spoken.samples, locked),
                "mcd": -distance_db(spoken.samples, free),
                "predicted-mos": predicted_mos(free),
            }
            if words:
                heard = self._recogniser.transcribe(free).text
                found["wer"] = -word_errors(plan.spoken_text, heard).wer
            for name, value in found.items():
                rows.setdefault(name, []).append(value)
            sentences.append(free)
        together = np.concatenate(sentences)[: int(ONE_WINDOW_S * SAMPLING_RATE)]
        return {
            "distill-mos": distilled_mos(together),
            **{name: float(np.mean(values)) for name, values in rows.items()},
        }


@pytest.fixture(scope="module")
def ladder(embedded: Checkpoint, whisper: Recogniser) -> Ladder:
    return Ladder(embedded, whisper)


UNMINDED = {"predicted-mos": 0.3, "distill-mos": 0.3}
"""The most pruning that a predicted opinion does not mind: other words, if they are well spoken."""


@pytest.mark.parametrize("name", ["pesq", "visqol", "stoi", "mcd", "predicted-mos", "distill-mos", "wer"])
def test_a_measure_follows_the_amount_of_pruning(ladder: Ladder, name: str) -> None:
    amounts = [
        amount for amount in (FEW_WORDS if name == "wer" else AMOUNTS) if amount >= UNMINDED.get(name, 0.0)
    ]
    values = [(ladder.points.get(amount) or ladder.unpruned)[name] for amount in amounts]
    assert spearmanr(amounts, values).statistic < -0.85


@pytest.mark.parametrize("sweep", ["sweep", "sweep-int8"])
@pytest.mark.parametrize("name", ["wer", "pesq", "visqol", "mcd", "distill-mos"])
def test_measures_of_the_published_sweeps_follow_the_amount_of_pruning(sweep: str, name: str) -> None:
    points = read(PUBLISHED / sweep / "sweep.json", SweepDocument).points
    found = {point.amount: point.quality[name].mean for point in points if name in point.quality}
    assert len(found) >= 9
    # What no longer stops by itself has nothing left to lose: it is only below all that still does.
    stops = {point.amount: point.quality["stop"].mean < 0.05 for point in points}
    speaks = [amount for amount in found if stops[amount] and amount >= UNMINDED.get(name, 0.0)]
    trend = spearmanr(speaks, [found[amount] for amount in speaks]).statistic
    assert len(speaks) >= 3
    assert abs(trend) > 0.8
    worse = np.sign(trend)
    assert all(worse * found[amount] > worse * found[speaks[-2]] for amount in found if amount > speaks[-1])


@pytest.mark.parametrize("name", ["pesq", "visqol", "stoi", "mcd", "predicted-mos", "distill-mos", "wer"])
def test_another_dropout_seed_costs_less_than_pruning_that_breaks_the_voice(
    ladder: Ladder, name: str
) -> None:
    assert ladder.floor[name] > ladder.points[0.8][name]
