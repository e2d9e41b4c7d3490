"""Studies spoken by a checkpoint: ties the recipe in `listening` to the models in `synthesis`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.preparation import Line, Progress, SpokenClip, Voice, prepare
from speecht5_demo.listening.study import Study
from speecht5_demo.synthesis import Line as SpokenLine
from speecht5_demo.synthesis import Speech, Synthesizer, speak_many
from speecht5_demo.variants import find

SHIPPED_STUDY = Path(__file__).resolve().parents[1] / "assets" / "studies" / "report.toml"


def voice_of(synthesizer: Synthesizer, cancelled: threading.Event | None = None) -> Voice:
    """A checkpoint as something that a study can be spoken with.

    Raises:
        StudyError: the checkpoint makes no speech worth listening to.
    """
    checkpoint: Checkpoint = synthesizer.checkpoint
    if not checkpoint.listenable:
        raise StudyError(
            f"{checkpoint.spec} makes no intelligible speech; prepare a study with another checkpoint."
        )

    def speak(text: str, speaker: str, variant: str, seed: int) -> SpokenClip:
        return _clip(synthesizer.speak(text, speaker, variant, seed=seed, cancelled=cancelled))

    def speak_all(lines: Sequence[Line], variant: str) -> Iterator[SpokenClip]:
        asked = [SpokenLine(line.text, line.speaker, line.seed) for line in lines]
        yield from map(_clip, speak_many(synthesizer, asked, variant, cancelled, background=True))

    return Voice(checkpoint.spec, checkpoint.digest, tuple(checkpoint.speakers), speak, speak_all)


def _clip(speech: Speech) -> SpokenClip:
    return SpokenClip(speech.samples, speech.sampling_rate, speech.spoken_text, speech.ended)


def prepare_study(
    study: Study,
    synthesizer: Synthesizer,
    folder: Path,
    on_progress: Progress | None = None,
    cancelled: threading.Event | None = None,
    secret: bytes = b"",
) -> Manifest:
    """Make a study's clips with a checkpoint, or finish making them.

    Args:
        secret: of the deployment that plays the study, where its seeds come from.

    Raises:
        VariantError: a variant of the recipe is unknown.
        StudyError: the study cannot be made; see `prepare`.
    """
    for name in study.variants:
        find(name)
    return prepare(study, voice_of(synthesizer, cancelled), folder, on_progress, secret)
