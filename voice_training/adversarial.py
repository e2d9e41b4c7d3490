"""Training against discriminators: the steps, their losses, and the discriminators of waveforms and of mel frames.

Losses on spectra alone leave a buzz; discriminators of periods and of spectrograms take it away, as in HiFi-GAN (Kong
et al. 2020) and UnivNet (Jang et al. 2021), here far smaller because the generator is. Those of mel frames keep a
postnet from giving the mean of what it cannot know.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voice_training.devices import mixed_precision
from voice_training.run_folder import StageFiles
from voice_training.training_loop import Training

G = TypeVar("G", bound=nn.Module)

_MATCHING_WEIGHT = 2.0

_LOWER_BINS = 40
_INAUDIBLE = -4.5
_MIDDLE = -2.0
_KERNELS = ((3, 5), (5, 5), (5, 3), (3, 3))
_STRIDES = ((1, 2), (2, 2), (2, 2), (1, 1))
_FINE_STRIDES = ((1, 1), (2, 2), (2, 2), (1, 2))

DiscriminatorOutput = tuple[Tensor, list[Tensor]]
"""A discriminator's map of scores (1 real, 0 made) and the features that led to it."""


class AdversarialTraining(Training[G]):
    """A training of a generator, whose discriminators are called with what they look at and a condition.

    Args:
        relative_features: features are matched relative to their own size, layer by layer.
        largest_gradients: norms that the generator's and the discriminators' gradients are clipped to.
    """

    def __init__(
        self,
        generator: G,
        discriminators: nn.Module,
        decay: float,
        optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
        files: StageFiles,
        relative_features: bool,
        largest_gradients: tuple[float, float],
    ) -> None:
        self.discriminators = discriminators
        self.optimizer, self.discriminator_optimizer = optimizers
        self._relative, self._largest = relative_features, largest_gradients
        parts: Mapping[str, Any] = {
            "discriminators": discriminators,
            "optimizer": self.optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        super().__init__(generator, decay, parts, files)

    def _descend(self, loss: Tensor) -> None:
        """One step of the generator."""
        _descend(loss, self.model, self.optimizer, self._largest[0])

    def _discriminator_step(self, made: Tensor, real: Tensor, condition: Tensor) -> Tensor:
        """One step of the discriminators; their loss."""
        with mixed_precision(self.device):
            outputs = self.discriminators(torch.cat([real, made]), torch.cat([condition, condition]))
        loss = discriminator_loss(outputs)
        _descend(loss, self.discriminators, self.discriminator_optimizer, self._largest[1])
        return loss

    def _adversarial_loss(self, made: Tensor, real: Tensor, condition: Tensor) -> Tensor:
        self.discriminators.requires_grad_(False)
        with mixed_precision(self.device):
            outputs = self.discriminators(made, condition)
            with torch.no_grad():
                targets = self.discriminators(real, condition)
        self.discriminators.requires_grad_(True)
        return generator_loss(outputs, targets, self._relative)


def _descend(loss: Tensor, model: nn.Module, optimizer: torch.optim.Optimizer, largest: float) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), largest)
    optimizer.step()


def discriminator_loss(outputs: list[DiscriminatorOutput]) -> Tensor:
    """Least squares: the first half of each batch is real, the second half made."""
    losses = []
    for score, _ in outputs:
        real, made = score.float().chunk(2)
        losses.append(((1 - real) ** 2).mean() + (made**2).mean())
    return torch.stack(losses).sum()


def generator_loss(
    made: list[DiscriminatorOutput], real: list[DiscriminatorOutput], relative: bool
) -> Tensor:
    """To be taken for real, with features like those of what is real."""
    taken = torch.stack([((1 - score.float()) ** 2).mean() for score, _ in made]).sum()
    distances = []
    for (_, features), (_, targets) in zip(made, real, strict=True):
        for mine, theirs in zip(features, targets, strict=True):
            distance = (mine - theirs).abs().mean(dtype=torch.float32) / len(features)
            distances.append(distance / theirs.abs().mean(dtype=torch.float32) if relative else distance)
    return taken + _MATCHING_WEIGHT * torch.stack(distances).sum()


Shifts = list[Tensor]
"""A shift for each of a discriminator's layers and one for its score, each of shape (B, channels, 1, 1)."""


class PeriodDiscriminator(nn.Module):
    """Looks at every p-th sample as a picture."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        channels = [1, width, 2 * width, 4 * width, 8 * width]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, (1, 5), (1, 3), (0, 2)) for a, b in itertools.pairwise(channels)
        )
        self.score = nn.Conv2d(channels[-1], 1, (1, 3), 1, (0, 1))

    def forward(self, samples: Tensor, shifts: Shifts) -> DiscriminatorOutput:
        rest = samples.shape[1] % self.period
        if rest:
            samples = F.pad(samples[:, None], (0, self.period - rest), "reflect")[:, 0]
        # Time runs along the rows: a processor convolves long rows twice as fast as long columns.
        x = samples.reshape(len(samples), 1, -1, self.period).transpose(2, 3)
        return _output(x, self.layers, self.score, shifts)


class SpectrogramDiscriminator(nn.Module):
    """Looks at a log spectrogram."""

    window: Tensor

    def __init__(self, size: int, hop: int, width: int) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        self.register_buffer("window", torch.hann_window(size))
        self.layers = nn.ModuleList(
            (
                nn.Conv2d(1, width, (7, 5), (2, 2), (3, 2)),
                nn.Conv2d(width, width, (5, 3), (2, 1), (2, 1)),
                nn.Conv2d(width, width, (5, 3), (2, 2), (2, 1)),
                nn.Conv2d(width, width, (3, 3), 1, 1),
            )
        )
        self.score = nn.Conv2d(width, 1, 3, 1, 1)

    def forward(self, samples: Tensor, shifts: Shifts) -> DiscriminatorOutput:
        spectrum = torch.stft(
            samples.float(), self.size, self.hop, self.size, self.window, return_complex=True
        )
        x = torch.log10(spectrum.abs().clamp_min(1e-4))[:, None] + 1
        return _output(x, self.layers, self.score, shifts)


class SpeakerShifts(nn.Module):
    """What a discriminator is told of the speaker: shifts of all channels, and of the score by the last features.

    Nothing at first; what to make of the speaker is learnt. A discriminator that knows who speaks tells real from made
    with less, as a projection discriminator does (Miyato and Koyama 2018).
    """

    def __init__(self, layers: nn.ModuleList, speakers: int) -> None:
        super().__init__()
        channels = [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)]
        self.shifts = nn.ModuleList(nn.Embedding(speakers, count) for count in [*channels, channels[-1]])
        for shift in self.shifts.parameters():
            nn.init.zeros_(shift)

    def forward(self, speakers: Tensor) -> Shifts:
        return [shift(speakers)[:, :, None, None] for shift in self.shifts]


def _output(x: Tensor, layers: nn.ModuleList, score: nn.Module, shifts: Shifts) -> DiscriminatorOutput:
    *of_layers, projection = shifts
    features = []
    for layer, shift in zip(layers, of_layers, strict=True):
        x = layer(x)
        x = F.leaky_relu(x + shift.to(x.dtype), 0.1, inplace=True)
        features.append(x)
    return score(x) + (x * projection.to(x.dtype)).sum(1, keepdim=True), features


class Discriminators(nn.Module):
    """One for each of the periods, and one for each window of spectrograms.

    Args:
        width: channels of the first layers. speakers: how many there are.
        periods, windows: in samples; there may be no periods.
    """

    def __init__(self, width: int, speakers: int, periods: Sequence[int], windows: Sequence[int]) -> None:
        super().__init__()
        parts: list[PeriodDiscriminator | SpectrogramDiscriminator] = []
        parts += [PeriodDiscriminator(period, width) for period in periods]
        parts += [SpectrogramDiscriminator(size, size // 4, width * 3 // 2) for size in windows]
        self.parts = nn.ModuleList(parts)
        self.shifts = nn.ModuleList(SpeakerShifts(part.layers, speakers) for part in parts)

    def forward(self, samples: Tensor, speakers: Tensor) -> list[DiscriminatorOutput]:
        """Scores and features of waveforms of shape (B, n), spoken by `speakers`, shape (B,)."""
        return [part(samples, shifts(speakers)) for part, shifts in zip(self.parts, self.shifts, strict=True)]


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
