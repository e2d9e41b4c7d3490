"""Train the acoustic model on a processor, alone or as one of a group of processes; then its postnet by itself.

Trained to be near the teacher's frames, the postnet gives their mean where it cannot know better: harmonics smear, and
a vocoder makes a hoarse voice of them. So the postnet alone goes on training, against discriminators of mel frames,
and gives up a little closeness for frames like real ones (adversarial fine-tuning as in GANSpeech, Yang et al. 2021).
What the decoder hears of itself comes before the postnet, so that reading, lengths and stops stay exactly as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_losses import (
    AcousticClips,
    Batch,
    acoustic_losses,
    decoded,
    own_frames,
    pruned_steps,
    shifted_frames,
)
from voice_training.acoustic_model import blurred
from voice_training.adversarial import AdversarialTraining, MelDiscriminators
from voice_training.devices import ALONE, ProcessGroup, mixed_precision
from voice_training.optimizers import acoustic_optimizer
from voice_training.pronunciation import PronouncedTexts, Reading
from voice_training.run_folder import StageFiles
from voice_training.settings import AcousticSettings, PostnetSettings
from voice_training.training_loop import Training, rate_factor

LARGEST_GRADIENT = 1.0
"""Norm that the gradient of a step is clipped to."""

_NO_LIMIT = 10_000
_SPEAKER_BLUR = 0.3
_ALIGNED_FROM = 3000
_DECAY = 0.999

_SELF_HEARD_SHARE = 0.4
_BETAS = (0.5, 0.9)
_LOUD_DECADES = 2.0
_LARGEST_POSTNET_GRADIENT = 5.0


class AcousticTraining(Training[SpeechT5ForTextToSpeech]):
    """One resumable training of an acoustic model.

    Args:
        start: the model to go on from when the stage has no state yet; it is trained in place.
        warm: `start` knows its letters: clips of every length and scheduled sampling from the first step.
        pronounced: texts whose phonemes the encoder learns to tell beside; None: it learns from the clips alone.
    """

    def __init__(
        self,
        start: SpeechT5ForTextToSpeech,
        settings: AcousticSettings,
        clips: AcousticClips,
        files: StageFiles,
        warm: bool,
        group: ProcessGroup = ALONE,
        pronounced: PronouncedTexts | None = None,
    ) -> None:
        self.settings, self.clips, self.warm = settings, clips, warm
        nn.Module.to(start.train(), clips.device)
        self._reading = None if pronounced is None else Reading(start, pronounced, settings, files.seed)
        parts = {**self._optimizers(start, group), **({} if self._reading is None else self._reading.parts)}
        super().__init__(start, _DECAY, parts, files, group)

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
        report |= self._read(chance)
        self.group.average(self._exchanged())
        nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        self._optimizer.step()
        if self._reading is not None:
            self._reading.step()
        return report

    def _read(self, chance: Random) -> dict[str, Tensor]:
        """Add up the gradients of a batch of pronounced texts, where there are any; the loss."""
        if self._reading is None:
            return {}
        of_this_process = Random(chance.randrange(2**62) + self.group.rank)
        return {"phonemes": self._reading.backward(self.step, of_this_process)}

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
        heads = [] if self._reading is None else self._reading.gradients
        return [
            *gradients,
            *heads,
            *(buffer for buffer in self.model.buffers() if buffer.is_floating_point()),
        ]

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


class Postnet(nn.Module):
    """The postnet of an acoustic model alone, the layers shared with it, without dropout."""

    def __init__(self, model: SpeechT5ForTextToSpeech) -> None:
        super().__init__()
        self.layers = model.speech_decoder_postnet.layers
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0

    def forward(self, before: Tensor) -> Tensor:
        """Frames as they are spoken, from frames as the decoder gives them; (B, T, 80)."""
        x = before.transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return before + x.transpose(1, 2)


@dataclass(frozen=True)
class Predictions:
    """The decoder's frames for known clips, laid end to end, and the real ones.

    Attributes:
        before: float16, (total frames, 80). real: the teacher's frames, the same shape.
        first: where each clip starts. frames: how many it has.
    """

    before: Tensor
    real: Tensor
    first: tuple[int, ...]
    frames: tuple[int, ...]

    def random_segments(self, count: int, frames: int, chance: Random) -> tuple[Tensor, Tensor]:
        """`count` segments of predicted and real frames, each (count, frames, 80)."""
        usable = [clip for clip, length in enumerate(self.frames) if length >= frames]
        chosen = chance.choices(usable, k=count)
        starts = [self.first[clip] + chance.randint(0, self.frames[clip] - frames) for clip in chosen]
        index = torch.tensor(starts, device=self.real.device)[:, None]
        index = index + torch.arange(frames, device=self.real.device)
        return self.before[index].float(), self.real[index].float()


@torch.no_grad()
def predictions(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int, seed: int) -> Predictions:
    """What the decoder gives for every clip; for some it hears some frames of its own, as it does when it speaks."""
    chance = Random(seed)
    torch.manual_seed(seed)
    before, real = [], []
    for batch in clips.batches_in_order(frames):
        with mixed_precision(clips.device):
            heard = shifted_frames(batch)
            if chance.random() < _SELF_HEARD_SHARE:
                heard = own_frames(model, batch, chance.uniform(0.1, 0.5))
            output = decoded(model, batch, heard)
        made = model.speech_decoder_postnet.feat_out(output.last_hidden_state.float())
        spoken = batch.frame_mask.bool()
        before.append(made.view(batch.mel.shape)[spoken].half())
        real.append(batch.mel[spoken].half())
    starts = torch.tensor([0, *clips.frames]).cumsum(0)[:-1].tolist()
    return Predictions(torch.cat(before), torch.cat(real), tuple(starts), tuple(clips.frames))


class PostnetTraining(AdversarialTraining[Postnet]):
    """One resumable training of the postnet of `model`, in place, on what its decoder predicts."""

    def __init__(
        self,
        model: SpeechT5ForTextToSpeech,
        settings: PostnetSettings,
        predictions: Predictions,
        files: StageFiles,
    ) -> None:
        self.settings, self.predictions = settings, predictions
        device = predictions.real.device
        torch.manual_seed(files.seed)
        postnet = Postnet(model).train()
        discriminators = MelDiscriminators(settings.discriminator_width, predictions.real.shape[1])
        nn.Module.to(postnet, device)
        nn.Module.to(discriminators, device)
        rate = settings.learning_rate
        optimizers = (
            torch.optim.AdamW(postnet.parameters(), rate, betas=_BETAS, weight_decay=0.0),
            torch.optim.AdamW(discriminators.parameters(), rate, betas=_BETAS, weight_decay=0.01),
        )
        largest = (_LARGEST_POSTNET_GRADIENT, _LARGEST_POSTNET_GRADIENT)
        super().__init__(postnet, discriminators, _DECAY, optimizers, files, True, largest)

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        for optimizer in (self.optimizer, self.discriminator_optimizer):
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate * min(
                    1.0, (self.step + 1) / self.settings.warmup_steps
                )
        before, real = self.predictions.random_segments(
            self.settings.batch, self.settings.segment_frames, self.random()
        )
        with mixed_precision(self.device):
            made = self.model(before)
        made = made.float()
        l1 = (made - real).abs().mean()
        loss = self.settings.reconstruction_weight * (l1 + 0.25 * ((made - real) ** 2).mean())
        report = {"l1": l1}
        if self.step >= self.settings.discriminators_from:
            report["discriminators"] = self._discriminator_step(made.detach(), real, before)
            report["adversarial"] = self._adversarial_loss(made, real, before)
            loss = loss + report["adversarial"]
        self._descend(loss)
        return report


@torch.no_grad()
def sharpness(postnet: Postnet, held_out: Predictions) -> dict[str, float]:
    """How far the frames are from the teacher's, and how much they change for each 1 that the teacher's loud frames do.

    `l1` is the mean distance, `bins` the change from bin to bin, `frames` the change from frame to frame.
    """
    l1, across, along = [], [], []
    for first, count in zip(held_out.first, held_out.frames, strict=True):
        real = held_out.real[first : first + count].float()
        made = postnet(held_out.before[None, first : first + count].float())[0]
        l1.append((made - real).abs().mean())
        loudness = real.clamp_min(-4.0).mean(1)
        loud = loudness > loudness.max() - _LOUD_DECADES
        across.append(_change(made[loud].T) / _change(real[loud].T))
        along.append(_change(made[loud]) / _change(real[loud]))
    values = {"l1": l1, "bins": across, "frames": along}
    return {name: round(float(torch.stack(value).mean()), 4) for name, value in values.items()}


def _change(rows: Tensor) -> Tensor:
    return (rows[1:] - rows[:-1]).abs().mean()
