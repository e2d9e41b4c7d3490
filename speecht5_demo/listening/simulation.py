"""Listeners who do not exist, with opinions we know: the whole chain in seconds, and statistics checked
against truth.

A simulated listener takes the same `ListeningTest` that a page talks to, with signed tickets and rows on disk; only
the clock is advanced instead of waited for. What each of them thinks follows the model that the analysis assumes: a
true MOS for each variant, plus what the listener, the sentence and their meeting with the variant add, plus noise.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.assignment import Trial
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import Manifest


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated crowd, in MOS points; spreads are standard deviations.

    Attributes:
        mos: true MOS by variant; `anchor` is the low anchor's.
        otherwise: true MOS of a variant that `mos` does not name.
        listener: how much listeners differ in general.
        listener_variant: how much they differ about a variant.
        sentence: how much sentences differ.
        sentence_variant: how much a variant suits one sentence more than another.
        noise: of a single rating.
        careless: share of listeners who do not listen and answer at random.
    """

    mos: Mapping[str, float] = field(default_factory=lambda: {"baseline": 3.7, "anchor": 1.6})
    otherwise: float = 3.7
    listener: float = 0.6
    listener_variant: float = 0.15
    sentence: float = 0.3
    sentence_variant: float = 0.1
    noise: float = 0.75
    careless: float = 0.0


def load_truth(path: Path) -> Truth:
    """Read a truth file: the attributes of `Truth` as TOML, `[mos]` as a table.

    Raises:
        StudyError: it cannot be read, or names something unknown.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        numbers = {name: float(value) for name, value in written.items() if name != "mos"}
        mos = {str(name): float(value) for name, value in dict(written.get("mos", {})).items()}
        return Truth(mos=mos, **numbers)
    except OSError as error:
        raise StudyError(f"{path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise StudyError(
            f"{path} is no truth file: {error}. Known: {', '.join(Truth.__annotations__)}."
        ) from error


class Crowd:
    """Opinions of simulated listeners, the same for the same seed."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self._truth = truth
        self._seed = seed

    def opinion(self, listener: int, trial: Trial) -> float:
        """What the listener thinks of the clip before it becomes a whole number; of a pair, second against first."""
        clip, truth = trial.stimulus, self._truth
        name = "anchor" if trial.role == "anchor" else clip.variant
        value = (
            truth.mos.get(name, truth.otherwise)
            + truth.listener_variant * self._draw("lv", listener, name)
            + truth.sentence_variant * self._draw("sv", clip.sentence_id, name)
            + truth.noise * self._draw("n", listener, trial.number)
        )
        if trial.compared_with is None:
            shared = truth.listener * self._draw("l", listener)
            return value + shared + truth.sentence * self._draw("s", clip.sentence_id)
        other = trial.compared_with
        against = (
            truth.mos.get(other.variant, truth.otherwise)
            + truth.listener_variant * self._draw("lv", listener, other.variant)
            + truth.sentence_variant * self._draw("sv", other.sentence_id, other.variant)
        )
        return against - value if trial.stimulus_first else value - against

    def is_careless(self, listener: int) -> bool:
        """Whether this one does not listen."""
        return self._rng("careless", listener).random() < self._truth.careless

    def at_random(self, listener: int, trial: Trial, low: int, high: int) -> int:
        """An answer without listening."""
        return int(self._rng("random", listener, trial.number).integers(low, high + 1))

    def _draw(self, *name: object) -> float:
        return float(self._rng(*name).standard_normal())

    def _rng(self, *name: object) -> np.random.Generator:
        words = np.frombuffer(repr((self._seed, *name)).encode(), np.uint8).astype(np.uint32)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))


class _Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def simulate(
    manifest: Manifest,
    folder: Path,
    ratings: Path,
    listeners: int,
    truth: Truth,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Let a crowd take the study; its files go to `ratings`. Returns the number of ratings written."""
    clock = _Clock()
    crowd = Crowd(truth, seed)
    test = ListeningTest(manifest, folder, ratings, f"simulation {seed}".encode(), clock, durable=False)
    method = manifest.study.question_type
    written = 0
    for number in range(listeners):
        link = {"participant": f"simulated-{seed}-{number}", "study": "simulation"}
        view = test.enter(None, link)
        listener_id = test.listener_of(view.token)
        assert listener_id is not None
        plan, careless = test.plan(listener_id), crowd.is_careless(number)
        while view.step != "end":
            clock.now += 2.0
            if view.step not in ("practice", "trial"):
                answers = {
                    "language": "en",
                    "device": "computer",
                    "headphones": "headphones",
                    "result": "6/6",
                    "parameters": link,
                }
                view = test.answer(view.token, view.step, answers)
                continue
            trial = plan[view.done]
            receipts = [test.clip(name)[1] for name in view.clips]
            listened = 0.96 if careless else 1.2
            clock.now += listened * trial.audio_s + 1.5
            if careless:
                score = crowd.at_random(number, trial, method.low, method.high)
            elif trial.role == "trap":
                score = trial.stimulus.expected or 0
            else:
                score = method.answer(crowd.opinion(number, trial))
            view = test.rate(view.ticket, score, 1.0, 1, listened * trial.audio_s + 1.5, receipts)
            written += 1
        if on_progress:
            on_progress(number + 1, listeners)
    test.close()
    return written
