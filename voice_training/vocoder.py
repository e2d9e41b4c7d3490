"""The vocoder's training, and its losses on spectra.

It learns first on the teacher's own frames, then on those of the acoustic model. The latter, predicted under teacher
forcing, are a little blurred: the vocoder learns to speak crisply from what it will be given.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5HifiGan

from voice_training.adversarial import AdversarialTraining, Discriminators
from voice_training.corpus import HOP, Clip, log_mel
from voice_training.devices import mixed_precision
from voice_training.optimizers import GraphedStep, Step
from voice_training.run_folder import StageFiles
from voice_training.settings import VocoderSettings
from voice_training.training_loop import Budget, rate_factor
from voice_training.vocoder_model import speak_channels_last

_RESOLUTIONS = ((1024, 256), (512, 128), (256, 64), (128, 32))
_AUDIBLE_FLOOR = 10**-4.2
_SPECTRA_WEIGHT = 10.0
_MEL_WEIGHT = 60.0

_PREDICTED_SHARE = 0.7
_WEIGHT_ALONE = 0.4
_DECAY = 0.998
_LARGEST_GRADIENTS = (20.0, 10.0)
_BETAS = (0.8, 0.99)


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


@dataclass(frozen=True)
class Segments:
    """Segments of clips.

    Attributes:
        start: first frame of each, shape (count,). index: which frames they are, shape (count, frames).
        speakers: who speaks each, as a place among the speakers, shape (count,).
    """

    start: Tensor
    index: Tensor
    speakers: Tensor


class VocoderClips:
    """All clips of a set, laid end to end on the training device, so that a batch is one gather and no copy.

    Attributes:
        mel: float16, shape (total frames, 80). samples: int16, shape (total frames * 256,).
    """

    def __init__(self, clips: Sequence[Clip], speakers: Sequence[str], device: torch.device) -> None:
        self.speakers = len(speakers)
        self.mel = torch.from_numpy(np.concatenate([clip.mel for clip in clips])).to(device)
        self.samples = torch.from_numpy(np.concatenate([clip.samples for clip in clips])).to(device)
        self._frames = [clip.frames for clip in clips]
        self._first = np.cumsum([0, *self._frames[:-1]]).tolist()
        self._usable: dict[int, list[int]] = {}
        self._speakers = [speakers.index(clip.speaker) for clip in clips]

    def random_segments(self, count: int, frames: int, chance: random.Random) -> Segments:
        """`count` random segments of so many frames."""
        chosen = chance.choices(self._long_enough(frames), k=count)
        starts = [self._first[clip] + chance.randint(0, self._frames[clip] - frames) for clip in chosen]
        start = torch.tensor(starts, device=self.mel.device)
        index = start[:, None] + torch.arange(frames, device=self.mel.device)
        speakers = torch.tensor([self._speakers[clip] for clip in chosen], device=self.mel.device)
        return Segments(start, index, speakers)

    def _long_enough(self, frames: int) -> list[int]:
        if frames not in self._usable:
            self._usable[frames] = [clip for clip, length in enumerate(self._frames) if length >= frames]
        return self._usable[frames]

    def waveforms(self, start: Tensor, frames: int) -> Tensor:
        """The samples of segments, float32 in [-1, 1], shape (segments, frames * 256)."""
        index = start[:, None] * HOP + torch.arange(frames * HOP, device=self.samples.device)
        return self.samples[index].float() / 32768


class VocoderTraining(AdversarialTraining[SpeechT5HifiGan]):
    """One resumable training of a vocoder.

    Args:
        start: the vocoder to go on from when the stage has no state yet; it is trained in place.
        predicted: frames by the acoustic model for `clips.mel`, same shape; 70 % of the segments use them.
    """

    def __init__(
        self,
        start: SpeechT5HifiGan,
        settings: VocoderSettings,
        clips: VocoderClips,
        files: StageFiles,
        predicted: Tensor | None = None,
    ) -> None:
        self.settings, self.clips, self.predicted = settings, clips, predicted
        device = clips.mel.device
        torch.manual_seed(files.seed)
        nn.Module.to(start.train(), device)
        discriminators: Any = Discriminators(
            settings.discriminator_width, clips.speakers, settings.periods, settings.windows
        )
        layout = torch.channels_last if device.type == "cpu" else torch.preserve_format
        discriminators.to(device, memory_format=layout)
        graph = settings.cuda_graph
        self._reconstructing: Step = (
            GraphedStep(self._reconstruction_step) if graph else self._reconstruction_step
        )
        self._adversarial: Step = GraphedStep(self._adversarial_step) if graph else self._adversarial_step
        self._catching_up: Step = GraphedStep(self._catch_up_step) if graph else self._catch_up_step
        optimizers = (
            _optimizer(start, settings.learning_rate, graph),
            _optimizer(discriminators, settings.learning_rate * settings.discriminator_rate, graph),
        )
        super().__init__(start, discriminators, _DECAY, optimizers, files, False, _LARGEST_GRADIENTS)

    def run(self, budget: Budget, validate: Callable[[SpeechT5HifiGan, int], dict[str, float]]) -> None:
        """Train until the budget is spent."""
        torch.backends.cudnn.benchmark = True  # every segment has one length, so that the search is made once
        super().run(budget, validate)
        torch.backends.cudnn.benchmark = False

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        settings = self.settings
        rate = settings.learning_rate * rate_factor(self.step, fraction, settings.warmup_steps)
        _set_rate(self.optimizer, rate)
        _set_rate(self.discriminator_optimizer, rate * settings.discriminator_rate)
        batch = self._batch()
        learnt = self.step - settings.discriminators_from
        if learnt < 0:
            return self._reconstructing(*batch)
        return (
            self._catching_up(*batch) if learnt < settings.discriminators_alone else self._adversarial(*batch)
        )

    def _made(self, mel: Tensor) -> Tensor:
        with mixed_precision(self.device):
            made: Tensor = (
                speak_channels_last(self.model, mel) if self.device.type == "cpu" else self.model(mel)
            )
        return made.float()

    def _catch_up_step(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step of the discriminators alone."""
        with torch.no_grad():
            made = self._made(mel)
        return {"discriminators": self._discriminator_step(made, real, speakers)}

    def _reconstruction_step(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step by spectra alone."""
        loss, report = reconstruction_loss(self._made(mel), real)
        self._descend(_WEIGHT_ALONE * loss)
        return report

    def _adversarial_step(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step of the discriminators, then one of the generator."""
        made = self._made(mel)
        loss, report = reconstruction_loss(made, real)
        report["discriminators"] = self._discriminator_step(made.detach(), real, speakers)
        report["adversarial"] = self._adversarial_loss(made, real, speakers)
        self._descend(self.settings.reconstruction_weight * loss + report["adversarial"])
        return report

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        chance = self.random()
        frames = self.settings.segment_frames
        segments = self.clips.random_segments(self.settings.batch, frames, chance)
        mel = self.clips.mel[segments.index].float()
        if self.predicted is not None:
            from_model = torch.tensor([chance.random() < _PREDICTED_SHARE for _ in range(len(mel))])
            chosen = from_model.to(mel.device)[:, None, None]
            mel = torch.where(chosen, self.predicted[segments.index].float(), mel)
        return mel, self.clips.waveforms(segments.start, frames), segments.speakers


def _optimizer(model: nn.Module, rate: float, graph: bool) -> torch.optim.AdamW:
    """`graph`: for steps that are recorded as a CUDA graph, in which the learning rate has to be a tensor."""
    return torch.optim.AdamW(
        model.parameters(),
        torch.tensor(rate, device="cuda") if graph else rate,
        betas=_BETAS,
        weight_decay=0.01,
        foreach=True,
        capturable=graph,
    )


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
