"""What a question type is: the scale, its words, what is played, and what becomes of the answers."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.errors import RatingsError

LANGUAGES = ("en", "de", "fr", "es", "hi", "zh-CN")


@dataclass(frozen=True)
class Condition:
    """What a sentence is heard in.

    Attributes:
        role: test | repeat | anchor.
        variant: what is rated.
        against: the variant it is compared with; empty where a clip is rated by itself.
        first: whether the rated clip is played before the other one.
    """

    role: str
    variant: str
    against: str = ""
    first: bool = True


@dataclass(frozen=True)
class TrialPage:
    """How the page draws a trial; part of what it gets with its words.

    Attributes:
        clips: keys of the page's texts that label the players, in playing order.
        listen: key of the text that asks to listen first.
        numbers: before each answer: `plain` 5, `signed` +3, `key` the key that chooses it.
        highest_first: whether the highest value stands at the top.
    """

    clips: tuple[str, ...]
    listen: str
    numbers: str
    highest_first: bool


@dataclass(frozen=True)
class PairTable:
    """How the analysis prints answers about pairs.

    Attributes:
        caption: of the table.
        unit: head of the column with the mean of "baseline against variant".
        better, same, worse: heads of the counts, of the variant against the baseline.
    """

    caption: str
    unit: str
    better: str = "better"
    same: str = "same"
    worse: str = "worse"


class Method(ABC):
    """One question type. A new one is a module with a subclass, named in `methods/__init__.py`.

    Attributes:
        name: as it stands in studies and in every row of a ratings file.
        summary: for help and error messages.
        low, high: the ends of the scale; answers are whole numbers.
        words: the label of every step, by language.
        questions: in English, by the key that a study names; the page has them in every language.
        traps: what a trap clip says, by the answer it asks for.
        page: how the page draws a trial.
        table: how pairs are printed; None where clips are rated by themselves, which gives a MOS.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    low: ClassVar[int]
    high: ClassVar[int]
    words: ClassVar[Mapping[str, Mapping[int, str]]]
    questions: ClassVar[Mapping[str, str]]
    traps: ClassVar[Mapping[int, str]]
    page: ClassVar[TrialPage]
    table: ClassVar[PairTable | None] = None

    @property
    def paired(self) -> bool:
        """Whether a trial is two clips."""
        return len(self.page.clips) == 2

    @property
    def labels(self) -> list[str]:
        """Of every step from the lowest to the highest, in English."""
        return [self.words["en"][value] for value in range(self.low, self.high + 1)]

    def check(self, rating: object) -> int:
        """`rating` as a whole number of the scale; anything else, `True` and 4.0 included, is refused."""
        if isinstance(rating, bool) or not isinstance(rating, int) or not self.low <= rating <= self.high:
            raise RatingsError(
                f"{self.name} ratings are whole numbers from {self.low} to {self.high}, not {rating!r:.40}."
            )
        return rating

    def conditions(self, variants: Sequence[str], baseline: str) -> list[Condition]:
        """Everything that each of a listener's sentences is heard in."""
        if not self.paired:
            return [Condition("test", variant) for variant in variants]
        others = [variant for variant in variants if variant != baseline]
        return [Condition("test", variant, baseline, first) for variant in others for first in (True, False)]

    def control(self, role: str, baseline: str, first: bool) -> Condition:
        """What a repeat or an anchor is heard in: the baseline, by itself or against itself."""
        return Condition(role, baseline, baseline if self.paired else "", first)

    def kept(self, score: int, stimulus_first: bool, role: str) -> int:
        """The rating as it is written, stimulus against `compared_with`.

        A pair is asked as "second against first". A trap asks for an answer of its own, whatever came first.
        """
        return -score if self.paired and stimulus_first and role != "trap" else score

    def answer(self, opinion: float) -> int:
        """The step that somebody of that opinion chooses; of a pair, an opinion of the second against the first."""
        return max(self.low, min(self.high, round(opinion)))
