"""Fine-tune the postnet, so that the frames that the acoustic model speaks are sharp.

Trained to be near the teacher's frames, the postnet gives their mean where it cannot know better: harmonics smear, and
a vocoder makes a hoarse voice of them. Here the postnet alone goes on training, against discriminators of mel frames,
and gives up a little closeness for frames like real ones (adversarial fine-tuning as in GANSpeech, Yang et al. 2021).
What the decoder hears of itself comes before the postnet, so that reading, lengths and stops stay exactly as they were.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic.batches import AcousticClips
from voice_training.acoustic.losses import decoded, own_frames, shifted_frames
from voice_training.adversarial import AdversarialTraining, DiscriminatorOutput
from voice_training.devices import mixed_precision
from voice_training.run_folder import StageFiles
from voice_training.settings import PostnetSettings

_SELF_HEARD_SHARE = 0.4
_BETAS = (0.5, 0.9)
_LOUD_DECADES = 2.0
_DECAY = 0.999
_LARGEST_GRADIENT = 5.0

_LOWER_BINS = 40
_INAUDIBLE = -4.5
_MIDDLE = -2.0
_KERNELS = ((3, 5), (5, 5), (5, 3), (3, 3))
_STRIDES = ((1, 2), (2, 2), (2, 2), (1, 1))
_FINE_STRIDES = ((1, 1), (2, 2), (2, 2), (1, 2))


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

    def random_segments(self, count: int, frames: int, chance: random.Random) -> tuple[Tensor, Tensor]:
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
    chance = random.Random(seed)
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


class MelDiscriminator(nn.Module):
    """A score for every patch of a picture of mel frames."""

    def __init__(self, width: int, bins: int, strides: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.bins = bins
        channels = [2, width, 2 * width, 3 * width, 3 * width]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, kernel, stride, (kernel[0] // 2, kernel[1] // 2))
            for (a, b), kernel, stride in zip(itertools.pairwise(channels), _KERNELS, strides, strict=True)
        )
        self.score = nn.Conv2d(channels[-1], 1, 3, 1, 1)

    def forward(self, frames: Tensor, before: Tensor) -> DiscriminatorOutput:
        both = torch.stack([frames, before], 1)[..., : self.bins].clamp_min(_INAUDIBLE) - _MIDDLE
        x = both.contiguous(memory_format=torch.channels_last)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.score(x), features


class MelDiscriminators(nn.Module):
    """One looks at all bins, one at the lower half without loss of detail, where the harmonics lie.

    Each sees the frames beside those that the decoder gave before the postnet, so that sharp frames of other words do
    not pass. `bins` is how many a frame has.
    """

    def __init__(self, width: int, bins: int) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            [
                MelDiscriminator(width, bins, _STRIDES),
                MelDiscriminator(width, min(bins, _LOWER_BINS), _FINE_STRIDES),
            ]
        )

    def forward(self, frames: Tensor, before: Tensor) -> list[DiscriminatorOutput]:
        """Scores of `frames`, made from `before`; both of shape (B, T, bins)."""
        return [discriminator(frames, before) for discriminator in self.discriminators]


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
        largest = (_LARGEST_GRADIENT, _LARGEST_GRADIENT)
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
