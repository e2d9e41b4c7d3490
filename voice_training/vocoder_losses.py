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

from voice_training.adversarial import Judgement, taken_for_real
from voice_training.features import log_mel

_RESOLUTIONS = ((1024, 256), (512, 128), (256, 64), (128, 32))
Playback = list[Tensor]
"""A shift for each of a judge's layers and one for its score, each of shape (B, channels, 1, 1)."""

_AUDIBLE_FLOOR = 10**-4.2
_SPECTRA_WEIGHT = 10.0
_MEL_WEIGHT = 60.0
_MATCHING_WEIGHT = 2.0


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

    def forward(self, samples: Tensor, told: Playback) -> Judgement:
        rest = samples.shape[1] % self.period
        if rest:
            samples = F.pad(samples[:, None], (0, self.period - rest), "reflect")[:, 0]
        # Time runs along the rows: a processor convolves long rows twice as fast as long columns.
        x = samples.reshape(len(samples), 1, -1, self.period).transpose(2, 3)
        return _judge(x, self.layers, self.score, told)


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

    def forward(self, samples: Tensor, told: Playback) -> Judgement:
        spectrum = torch.stft(
            samples.float(), self.size, self.hop, self.size, self.window, return_complex=True
        )
        x = torch.log10(spectrum.abs().clamp_min(1e-4))[:, None] + 1
        return _judge(x, self.layers, self.score, told)


class SpeakerShifts(nn.Module):
    """What a judge is told of the speaker: a shift of every layer's channels, and of the score by the last features.

    Nothing at first; what to make of the speaker is learnt. A judge that knows who speaks tells real from made with
    less, as a projection discriminator does (Miyato and Koyama 2018).
    """

    def __init__(self, layers: nn.ModuleList, speakers: int) -> None:
        super().__init__()
        channels = [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)]
        self.shifts = nn.ModuleList(nn.Embedding(speakers, count) for count in [*channels, channels[-1]])
        for shift in self.shifts.parameters():
            nn.init.zeros_(shift)

    def forward(self, speakers: Tensor) -> Playback:
        return [shift(speakers)[:, :, None, None] for shift in self.shifts]


def _judge(x: Tensor, layers: nn.ModuleList, score: nn.Module, told: Playback) -> Judgement:
    *shifts, projection = told
    features = []
    for layer, shift in zip(layers, shifts, strict=True):
        x = layer(x)
        x = F.leaky_relu(x + shift.to(x.dtype), 0.1, inplace=True)
        features.append(x)
    return score(x) + (x * projection.to(x.dtype)).sum(1, keepdim=True), features


class Discriminators(nn.Module):
    """The judges: one for each of the periods, and two of spectrograms.

    Args:
        width: channels of the first layers. speakers: how many there are. periods: in samples; may be none.
    """

    def __init__(self, width: int, speakers: int, periods: Sequence[int]) -> None:
        super().__init__()
        judges: list[PeriodDiscriminator | SpectrogramDiscriminator] = []
        judges += [PeriodDiscriminator(period, width) for period in periods]
        judges += [SpectrogramDiscriminator(size, size // 4, width * 3 // 2) for size in (512, 256)]
        self.judges = nn.ModuleList(judges)
        self.told = nn.ModuleList(SpeakerShifts(judge.layers, speakers) for judge in judges)

    def forward(self, samples: Tensor, speakers: Tensor) -> list[Judgement]:
        """Judgements of waveforms of shape (B, n), spoken by `speakers`, shape (B,)."""
        return [judge(samples, told(speakers)) for judge, told in zip(self.judges, self.told, strict=True)]


def spectral_loss(made: Tensor, real: Tensor) -> Tensor:
    """Log-magnitude distance plus spectral convergence, the mean over four resolutions; waveforms of shape
    (B, n).
    """
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


def reconstruction_loss(made: Tensor, real: Tensor, share: float = 1.0) -> tuple[Tensor, dict[str, Tensor]]:
    """Spectra and mel frames together, `share` of their full weight."""
    spectra, mel = spectral_loss(made, real), mel_loss(made, real)
    return share * (_SPECTRA_WEIGHT * spectra + _MEL_WEIGHT * mel), {"spectra": spectra, "mel": mel}


def generator_loss(made: list[Judgement], real: list[Judgement]) -> Tensor:
    """To be taken for real, with features like those of real speech."""
    matching = torch.stack(
        [
            (mine - theirs).abs().mean(dtype=torch.float32) / len(features)
            for (_, features), (_, targets) in zip(made, real, strict=True)
            for mine, theirs in zip(features, targets, strict=True)
        ]
    ).sum()
    return taken_for_real(made) + _MATCHING_WEIGHT * matching
