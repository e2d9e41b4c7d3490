"""Studies spoken by a checkpoint: ties the recipe in `listening` to the models in `synthesis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.distributed import Executor
from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.planned_clips import Batch
from speecht5_demo.listening.preparation import Progress, SpokenClip, Voice, prepare
from speecht5_demo.listening.study import Study
from speecht5_demo.synthesis import Line as SpokenLine
from speecht5_demo.synthesis import Speech, Synthesizer, speak_many
from speecht5_demo.variants import find
from speecht5_demo.variants.networks import NETWORKS

SHIPPED_STUDY = Path(__file__).resolve().parents[1] / "assets" / "studies" / "report.toml"


def voice_of(synthesizer: Synthesizer) -> Voice:
    """A checkpoint as something that a study can be spoken with.

    Raises:
        StudyError: the checkpoint makes no speech worth listening to.
    """
    checkpoint: Checkpoint = synthesizer.checkpoint
    if not checkpoint.listenable:
        raise StudyError(
            f"{checkpoint.spec} makes no intelligible speech; prepare a study with another checkpoint."
        )

    def speak(batches: Sequence[Batch]) -> Iterator[tuple[Batch, Iterator[SpokenClip]]]:
        return ((batch, _spoken(synthesizer, batch, background=True)) for batch in batches)

    return Voice(checkpoint.spec, checkpoint.digest, tuple(checkpoint.speakers), speak)


@dataclass(frozen=True)
class SpeakingJob:
    """The job of a study: speaking batches of lines on one thread, whose last bits do not depend on a machine's cores.

    Attributes:
        checkpoint: its spec.
        digest: sha256 of its weights; another machine may hold others under the same name.
    """

    checkpoint: str
    digest: str

    @property
    def imports(self) -> tuple[str, ...]:
        """The networks."""
        return (NETWORKS,)

    def open(self) -> Callable[[Batch], Iterator[SpokenClip]]:
        """Load the checkpoint.

        Raises:
            CheckpointError, StudyError: it does not open, or is another.
        """
        import torch

        torch.set_num_threads(1)
        source = open_checkpoint(self.checkpoint)
        if source.digest != self.digest:
            raise StudyError(
                f"A worker finds other weights under {self.checkpoint}. Give all machines the same checkpoint."
            )
        synthesizer = Synthesizer(source, capacity=1)
        return lambda batch: _spoken(synthesizer, batch)


def _spoken(synthesizer: Synthesizer, batch: Batch, background: bool = False) -> Iterator[SpokenClip]:
    asked = [SpokenLine(line.text, line.speaker, line.seed) for line in batch.lines]
    return map(_clip, speak_many(synthesizer, asked, batch.variant, background=background))


def distributed_voice(synthesizer: Synthesizer, executor: Executor) -> Voice:
    """A checkpoint as something that a study can be spoken with, by the workers of an executor.

    Raises:
        StudyError: the checkpoint makes no speech worth listening to.
    """
    voice = voice_of(synthesizer)

    def speak(batches: Sequence[Batch]) -> Iterator[tuple[Batch, Sequence[SpokenClip]]]:
        if not batches:
            return
        with executor.start(SpeakingJob(voice.checkpoint, voice.digest)) as workers:
            for outcome in workers.do(batches):
                if outcome.lost:
                    raise StudyError(
                        f"{outcome.item.variant} could not speak a batch of {len(outcome.item.lines)} lines: "
                        f"{outcome.lost.rstrip(',')}. Run it again: it goes on where it stopped."
                    )
                yield outcome.item, outcome.results

    return replace(voice, speak=speak)


def _clip(speech: Speech) -> SpokenClip:
    return SpokenClip(speech.samples, speech.sampling_rate, speech.spoken_text, speech.ended)


def prepare_study(
    study: Study,
    synthesizer: Synthesizer,
    folder: Path,
    on_progress: Progress | None = None,
    secret: bytes = b"",
) -> Manifest:
    """Make a study's clips with a checkpoint in this process, or finish making them.

    Args:
        secret: of the deployment that plays the study, where its seeds come from.

    Raises:
        VariantError: a variant of the recipe is unknown.
        StudyError: the study cannot be made; see `prepare`.
    """
    check_variants(study)
    return prepare(study, voice_of(synthesizer), folder, on_progress, secret)


def check_variants(study: Study) -> None:
    """Raises VariantError where a variant of the recipe is unknown."""
    for name in study.variants:
        find(name)
