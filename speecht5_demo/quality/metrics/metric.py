"""What a metric is: one object that says its name and unit, what it needs, and how it is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from speecht5_demo.quality.libraries import Library

if TYPE_CHECKING:
    from speecht5_demo.quality.subject import Subject

Better = Literal["lower", "higher", "one"]
SHARE = "share"


class Need(Enum):
    """What a metric needs beside the sound of an utterance."""

    RECOGNISER = "a recogniser"
    SPEAKER_MODEL = "a speaker model"
    RUN = "a run of an engine"
    BASELINE = "the baseline's speech"
    LOCKED = "the variant driven along the baseline"
    RECORDING = "a natural recording"


@dataclass(frozen=True)
class Measured:
    """A value, and what is to be said of it.

    Attributes:
        value: in the metric's unit.
        remark: why it is what it is, where that is not plain.
        detail: what a person wants to see beside it, such as what a recogniser heard.
    """

    value: float
    remark: str = ""
    detail: str = ""


def one(_: Subject) -> float:
    """The weight of an utterance where each counts alike."""
    return 1.0


@dataclass(frozen=True)
class Metric:
    """One figure of one utterance.

    Attributes:
        name: stable id, used in files and on the command line.
        label: what a table shows; it says what is compared.
        unit: of the value; `share` is 0 to 1, shown in percent.
        better: `lower`, `higher`, or `one` for a ratio that should be 1.
        about: a sentence or two on how it is made.
        measure: makes the figure. What it needs and has not got, and what cannot be measured, is a QualityError.
        needs: what the utterance must come with.
        libraries: modules of the optional set that `measure` imports; those of a recogniser or a speaker model are its
            own.
        weigh: what an utterance counts in a mean, such as its words.
        swept: whether a sweep over amounts of pruning measures it by default.
    """

    name: str
    label: str
    unit: str
    better: Better
    about: str
    measure: Callable[[Subject], float | Measured]
    needs: frozenset[Need] = frozenset()
    libraries: tuple[Library, ...] = ()
    weigh: Callable[[Subject], float] = one
    swept: bool = False

    @property
    def relative(self) -> bool:
        """Whether it compares with the baseline, so that the baseline itself has no value."""
        return bool(self.needs & {Need.BASELINE, Need.LOCKED})

    @property
    def of_sound(self) -> bool:
        """Whether any speech has a value, whoever or whatever spoke it."""
        return self.needs <= {Need.RECOGNISER}

    @property
    def optional(self) -> bool:
        """Whether it is measured only where recordings are given."""
        return Need.RECORDING in self.needs
