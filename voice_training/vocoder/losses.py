"""What makes a waveform good: spectra at four resolutions, the mel frames, and small discriminators.

Spectral losses alone leave a buzz; the discriminators (on periods and on spectrograms) take it away,
as in HiFi-GAN (Kong et al. 2020) and UnivNet (Jang et al. 2021), here a tenth of their size because the
generator is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voice_training.adversarial import DiscriminatorOutput
from voice_training.corpus import log_mel

_RESOLUTIONS = ((1024, 256), (512, 128), (256, 64), (128, 32))
_AUDIBLE_FLOOR = 10**-4.2
_SPECTRA_WEIGHT = 10.0
_MEL_WEIGHT = 60.0

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


def spectral_loss(made: Tensor, real: Tensor) -> Tensor:
    """Log-magnitude distance plus spectral convergence, the mean over four resolutions; waveforms of shape (B, n)."""
    total = made.new_zeros(())
    for size, hop in _RESOLUTIONS:
        window = torch.hann_window(size, device=made.device)
        a = torch.stft(made, size, hop, size, window, return_complex=True).abs()
        b = torch.stft(real, size, hop, size, window, return_complex=True).abs()
        total = total + F.l1_loss(a.clamp_min(1e-3).log(), b.clamp_min(1e-3).log())
        total = total + 0.5 * (a - b).norm() / (b.norm() + 1e-3)
    return total / len(_RESOLUTIONS)


def mel_loss(made: Tensor, real: Tensor) -> Tensor:
    """Mean distance of the log mel frames above what is audible."""
    return F.l1_loss(log_mel(made, _AUDIBLE_FLOOR), log_mel(real, _AUDIBLE_FLOOR))


def reconstruction_loss(made: Tensor, real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Spectra and mel frames together, and each."""
    spectra, mel = spectral_loss(made, real), mel_loss(made, real)
    return _SPECTRA_WEIGHT * spectra + _MEL_WEIGHT * mel, {"spectra": spectra, "mel": mel}
