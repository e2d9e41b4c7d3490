"""What a process says does not depend on what it said before, so that two runs agree however they share the work."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.measurer import TaskMeasurer, Utterance, baseline_file
from speecht5_demo.quality.plan import TEACHER, Settings, Task
from speecht5_demo.quality.recognisers import SPHINX
from speecht5_demo.quality.sentences import read_sentences
from speecht5_demo.quality.subject import Subject
from speecht5_demo.variants import find


def test_the_teacher_says_a_sentence_alike_whatever_it_said_before(embedded: Checkpoint) -> None:
    speaker = embedded.speaker("slt")
    measurer = TaskMeasurer(
        Settings("embedded", (), (speaker,), read_sentences("2"), ("duration",), teacher=True)
    )
    first, _, again = (
        measurer.subject(Utterance(Task(TEACHER, "slt", number, ()))).samples for number in (1, 2, 1)
    )
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("variant", ["baseline", "int8"])
def test_further_seeds_are_those_that_a_run_of_its_own_would_speak(
    embedded: Checkpoint, variant: str
) -> None:
    speaker = embedded.speaker("slt")

    def spoken(seed: int, seeds: int) -> Subject:
        settings = Settings(
            "embedded",
            (find("int8"),),
            (speaker,),
            read_sentences("1"),
            ("wer",),
            SPHINX,
            seed=seed,
            seeds=seeds,
        )
        measurer = TaskMeasurer(settings)
        first = measurer.subject(Utterance(Task("baseline", "slt", 1, ())))
        if variant == "baseline":
            return first
        (kept,) = (made.content for made in measurer.made if made.path == baseline_file(Path(), "slt", 1))
        return measurer.subject(Utterance(Task(variant, "slt", 1, ()), kept))

    (second,) = spoken(0, 2).reseeded
    np.testing.assert_array_equal(second(), spoken(1, 1).samples)
