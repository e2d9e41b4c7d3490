"""A teacher's reading of an evaluation's sentences: a floor of its word errors, by `evaluate --teacher`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.signals import SAMPLING_RATE
from speecht5_demo.text import spoken_form
from speecht5_demo.wav import write_wav_file
from voice_training.corpus import trimmed
from voice_training.devices import in_processes
from voice_training.teachers import Line, Teacher
from voice_training.texts import normalised


@dataclass(frozen=True)
class _Job:
    teacher: Teacher
    line: Line
    path: Path


def write_readings(
    teacher: Teacher,
    sentences: Sequence[Sentence],
    folder: Path,
    workers: int,
    say: Callable[[str], None],
) -> list[str]:
    """Write `folder/SPEAKER/007.wav` for every sentence and speaker that is not there yet.

    Returns:
        Which readings there are none of, as `SPEAKER/007`: the teacher does not read such a sentence word by word.
    """
    jobs, unread = [], []
    for speaker in teacher.speakers:
        for sentence in sentences:
            text = normalised(spoken_form(sentence.text))
            path = folder / speaker / f"{sentence.number:03d}.wav"
            if text is None:
                unread.append(f"{speaker}/{path.stem}")
            elif not path.exists():
                jobs.append(_Job(teacher, Line(text, speaker), path))
    for done, (job, is_read) in enumerate(
        zip(jobs, in_processes(_write, jobs, min(workers, len(jobs))), strict=True), start=1
    ):
        if not is_read:
            unread.append(f"{job.line.speaker}/{job.path.stem}")
        if done % 20 == 0 or done == len(jobs):
            say(f"{done} of {len(jobs)} read")
    return unread


def _write(job: _Job) -> bool:
    speech = job.teacher.read(job.line)
    if speech is None:
        return False
    write_wav_file(trimmed(speech), SAMPLING_RATE, job.path, parents=True)
    return True
