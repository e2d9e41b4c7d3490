"""What a process says does not depend on what it said before, so that two runs agree however they share the work."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measurer import TaskMeasurer, Utterance, baseline_file
from speecht5_demo.quality.plan import RECORDINGS, TEACHER, Settings, Task
from speecht5_demo.quality.recognisers import SPHINX
from speecht5_demo.quality.sentences import read_sentences
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.subject import Subject
from speecht5_demo.variants import find
from speecht5_demo.wav import write_wav_file


def test_each_floor_is_heard_on_recordings_of_its_own(
    embedded: Checkpoint, speech: Samples, tmp_path: Path
) -> None:
    speaker = embedded.speaker("am_michael")
    folders = {RECORDINGS: tmp_path / "natural", TEACHER: tmp_path / "teacher"}
    for level, folder in zip((0.5, 0.25), folders.values(), strict=True):
        write_wav_file(level * speech, SAMPLING_RATE, folder / "am_michael" / "001.wav", parents=True)
    measurer = TaskMeasurer(
        Settings(
            "embedded",
            (),
            (speaker,),
            read_sentences("2"),
            ("duration",),
            references=folders[RECORDINGS],
            teacher=folders[TEACHER],
        )
    )
    natural, taught = (
        measurer.subject(Utterance(Task(floor, "am_michael", 1, ()))).samples for floor in folders
    )
    np.testing.assert_allclose(natural, 0.5 * speech, atol=1e-4)
    np.testing.assert_allclose(taught, 0.25 * speech, atol=1e-4)
    with pytest.raises(QualityError, match="no recording of sentence 2 by am_michael"):
        measurer.subject(Utterance(Task(TEACHER, "am_michael", 2, ())))


@pytest.mark.parametrize("variant", ["baseline", "int8"])
def test_further_seeds_are_those_that_a_run_of_its_own_would_speak(
    embedded: Checkpoint, variant: str
) -> None:
    speaker = embedded.speaker("am_michael")

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
        first = measurer.subject(Utterance(Task("baseline", "am_michael", 1, ())))
        if variant == "baseline":
            return first
        (kept,) = (
            made.content for made in measurer.made if made.path == baseline_file(Path(), "am_michael", 1)
        )
        return measurer.subject(Utterance(Task(variant, "am_michael", 1, ()), kept))

    (second,) = spoken(0, 2).reseeded
    np.testing.assert_array_equal(second(), spoken(1, 1).samples)
