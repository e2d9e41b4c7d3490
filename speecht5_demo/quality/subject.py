"""An utterance, and all that it may be compared with: what every metric measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.signals import Samples

if TYPE_CHECKING:
    from speecht5_demo.quality.recognisers import Recogniser
    from speecht5_demo.quality.speaker_models import Embedding, SpeakerModel
    from speecht5_demo.quality.speaking import Spoken

T = TypeVar("T")

NOT_MEASURED = "not measured:"
NOT_DRIVEN = f"{NOT_MEASURED} this engine cannot be driven along given frames"


@dataclass
class Subject:
    """An utterance, and all that it may be compared with.

    Attributes:
        spoken_text: what was to be said.
        samples: what came out, at 16 kHz.
        recogniser: writes down what is said.
        spoken: the run behind the samples; None for recordings.
        baseline: the baseline's samples; None where they are not compared with.
        along: makes the length-locked samples, or None where the engine cannot be driven.
        recording: reads the natural recording.
        warped: from it, makes the recording and the re-vocoded utterance, of equal length.
        speaker_model, baseline_voice: for speaker similarity; the latter gives the baseline's embedding.
        reseeded: the same utterance under further dropout seeds.
    """

    spoken_text: str
    samples: Samples
    recogniser: Recogniser | None = None
    spoken: Spoken | None = None
    baseline: Samples | None = None
    along: Callable[[], Samples | None] | None = None
    recording: Callable[[], Samples] | None = None
    warped: Callable[[Samples], tuple[Samples, Samples]] | None = None
    speaker_model: SpeakerModel | None = None
    baseline_voice: Callable[[], Embedding] | None = None
    reseeded: tuple[Callable[[], Samples], ...] = ()
    _shared: dict[Callable[[Subject], Any], Any] = field(default_factory=dict, init=False, repr=False)

    def shared(self, make: Callable[[Subject], T]) -> T:
        """What `make` gives for this utterance, made once for all metrics that ask for it."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: T = self._shared[make]
        return found

    @cached_property
    def locked(self) -> tuple[Samples, Samples]:
        """The baseline and the variant driven along it, of equal length."""
        driven = self.along() if self.along is not None else None
        if driven is None:
            raise QualityError(NOT_DRIVEN)
        return given(self.baseline, "baseline"), driven

    @cached_property
    def recorded(self) -> Samples:
        """The natural recording."""
        return given(self.recording, "recording")()

    @cached_property
    def warped_pair(self) -> tuple[Samples, Samples]:
        """The natural recording and the utterance on its time, of equal length."""
        return given(self.warped, "recording")(self.recorded)


def given(value: T | None, name: str) -> T:
    """`value`, which an utterance may come without.

    Raises:
        QualityError: when it is None; the sentence marks it as not measured, which is no failure.
    """
    if value is None:
        raise QualityError(f"{NOT_MEASURED} there is no {name} here")
    return value
