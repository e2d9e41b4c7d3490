"""Train the acoustic model on a processor, alone or as one of a group of processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic.batches import AcousticClips, Batch
from voice_training.acoustic.losses import acoustic_losses, own_frames, pruned_steps, shifted_frames
from voice_training.devices import mixed_precision
from voice_training.optimizers import acoustic_optimizer
from voice_training.processes import ALONE, ProcessGroup
from voice_training.run_folder import StageFiles
from voice_training.settings import AcousticSettings
from voice_training.speaker_encoding import blurred
from voice_training.training_loop import Training, rate_factor

LARGEST_GRADIENT = 1.0
"""Norm that the gradient of a step is clipped to."""

_NO_LIMIT = 10_000
_SPEAKER_BLUR = 0.3
_ALIGNED_FROM = 3000
_DECAY = 0.999


class AcousticTraining(Training[SpeechT5ForTextToSpeech]):
    """One resumable training of an acoustic model.

    Args:
        start: the model to go on from when the stage has no state yet; it is trained in place.
        warm: `start` knows its letters: clips of every length and scheduled sampling from the first step.
    """

    def __init__(
        self,
        start: SpeechT5ForTextToSpeech,
        settings: AcousticSettings,
        clips: AcousticClips,
        files: StageFiles,
        warm: bool,
        group: ProcessGroup = ALONE,
    ) -> None:
        self.settings, self.clips, self.warm = settings, clips, warm
        nn.Module.to(start.train(), clips.device)
        super().__init__(start, _DECAY, self._optimizers(start, group), files, group)

    def _optimizers(self, model: SpeechT5ForTextToSpeech, group: ProcessGroup) -> Mapping[str, Any]:
        self._optimizer = acoustic_optimizer(model, self.settings.learning_rate, group)
        return {"optimizer": self._optimizer}

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        chance = self.random()
        torch.manual_seed(chance.randrange(2**62) + self.group.rank)
        for settings in self._optimizer.param_groups:
            settings["lr"] = self._rate(fraction)
        batch = self._blurred(
            self.clips.random_batch(
                self.settings.batch_frames, self._longest(), chance, self.group.rank, self.group.size
            )
        )
        sampled = self._samples_itself(chance)
        self._optimizer.zero_grad()
        with pruned_steps(self.model, self._pruned(chance)):
            with mixed_precision(self.device):
                heard = (
                    own_frames(self.model, batch, chance.uniform(0.2, 1.0))
                    if sampled
                    else shifted_frames(batch)
                )
                loss, report = acoustic_losses(
                    self.model, batch, self._with_noise(heard, sampled), self._alignment_weight()
                )
            loss.backward()
        self.group.average(self._exchanged())
        nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        self._optimizer.step()
        return report

    def _rate(self, fraction: float) -> float:
        """The learning rate at that share of the time."""
        return self.settings.learning_rate * rate_factor(self.step, fraction, self.settings.warmup_steps)

    def _samples_itself(self, chance: Random) -> bool:
        """Whether a step hears frames of the model's own."""
        return (self.warm or self.step >= self.settings.sampling_from) and chance.random() < 0.5

    def _alignment_weight(self) -> float:
        return 0.1 if self.warm or self.step >= _ALIGNED_FROM else 0.3

    def _blurred(self, batch: Batch) -> Batch:
        """With speakers that are clouds, not points."""
        return replace(batch, speakers=blurred(batch.speakers, _SPEAKER_BLUR, self.clips.speakers))

    @staticmethod
    def _with_noise(heard: Tensor, sampled: bool) -> Tensor:
        """What the decoder hears in training; the model's own frames have errors enough."""
        noise = torch.randn_like(heard) * (0.03 if sampled else 0.1)
        noise[:, 0] = 0
        return heard + noise

    def _exchanged(self) -> list[Tensor]:
        """What a group has in common before a step: gradients, and what batch normalisation has counted."""
        gradients = [weights.grad for weights in self.model.parameters() if weights.grad is not None]
        return [*gradients, *(buffer for buffer in self.model.buffers() if buffer.is_floating_point())]

    def _pruned(self, chance: Random) -> float:
        """The share of weights that a step does without."""
        if chance.random() >= self.settings.pruned_steps:
            return 0.0
        return chance.uniform(0.0, self.settings.pruned_most)

    def _longest(self) -> int:
        if self.warm:
            return _NO_LIMIT
        return next(
            (frames for until, frames in self.settings.length_curriculum if self.step < until), _NO_LIMIT
        )


@torch.no_grad()
def validation_losses(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int) -> dict[str, float]:
    """Teacher-forced losses on held-out clips, the mean over batches; the prenet's dropout has a fixed seed."""
    torch.manual_seed(0)
    means: dict[str, float] = {}
    batches = clips.batches_in_order(frames)
    for batch in batches:
        with mixed_precision(clips.device):
            _, report = acoustic_losses(model, batch, shifted_frames(batch), 0.0)
        for name, value in report.items():
            means[name] = means.get(name, 0.0) + float(value) / len(batches)
    return {name: round(value, 4) for name, value in means.items()}
