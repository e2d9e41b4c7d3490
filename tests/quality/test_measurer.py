"""What a process says does not depend on what it said before, so that two runs agree however they share the work."""

from pathlib import Path

import numpy as np

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.measurer import TaskMeasurer
from speecht5_demo.quality.plan import TEACHER, Settings, Task
from speecht5_demo.quality.sentences import read_sentences


def test_the_teacher_says_a_sentence_alike_whatever_it_said_before(
    embedded: Checkpoint, tmp_path: Path
) -> None:
    speaker = embedded.speaker("slt")
    measurer = TaskMeasurer(
        Settings("embedded", (), (speaker,), read_sentences("2"), ("duration",), teacher=True), tmp_path
    )
    first, _, again = (measurer.subject(Task(TEACHER, "slt", number, ())).samples for number in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
