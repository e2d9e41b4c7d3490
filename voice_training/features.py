"""Log-mel frames exactly as SpeechT5FeatureExtractor makes them, on any device and in batches.

The extractor of transformers is the reference (equal to 2e-5), but it runs frame by frame in NumPy;
training needs hundreds of hours a day.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from transformers import SpeechT5FeatureExtractor

HOP = 256
"""Samples from one frame to the next: 16 ms at 16 kHz."""

FRAME_SECONDS = HOP / 16_000
MEL_BINS = 80
_WINDOW_LENGTH = 1024


@cache
def _constants(device: torch.device) -> tuple[Tensor, Tensor]:
    extractor = SpeechT5FeatureExtractor()
    filters = torch.tensor(extractor.mel_filters, dtype=torch.float32, device=device)
    window = torch.tensor(extractor.window, dtype=torch.float32, device=device)
    return filters, window


def log_mel(samples: Tensor, floor: float = 1e-10) -> Tensor:
    """log10 of the mel spectrum of float32 `samples`: (n,) -> (1 + n // 256, 80), (B, n) -> (B, 1 + n //
    256, 80).
    """
    filters, window = _constants(samples.device)
    spectrum = torch.stft(
        samples,
        _WINDOW_LENGTH,
        HOP,
        _WINDOW_LENGTH,
        window,
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    return torch.log10((spectrum.abs().transpose(-1, -2) @ filters).clamp_min(floor))
