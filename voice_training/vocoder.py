"""Train the vocoder: mel frames in, waveform out.

It is a SpeechT5HifiGan of the stock class, four stages of four samples each, a tenth of the published one.
First it learns on the teacher's own frames; at the end also on frames that the acoustic model predicts
under teacher forcing, which are a little blurred, so that it learns to speak crisply from what it will
really be given.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.adversarial import AdversarialTraining, descend, discriminator_loss
from voice_training.channels_last import speak_channels_last
from voice_training.clip_store import ClipStore
from voice_training.loop import Journal, mean_weights, rate_factor
from voice_training.mixed_precision import mixed_precision
from voice_training.replay import Replayed, Step
from voice_training.settings import VocoderSettings
from voice_training.vocoder_losses import (
    Discriminators,
    generator_loss,
    reconstruction_loss,
)

_PREDICTED_SHARE = 0.7
_UNJUDGED_NEARNESS = 0.4


def new_vocoder(settings: VocoderSettings, mean: Tensor, scale: Tensor) -> SpeechT5HifiGan:
    """An untrained vocoder for frames of that mean and deviation (each of shape (80,))."""
    config = SpeechT5HifiGanConfig(
        upsample_initial_channel=settings.channels,
        upsample_rates=[4, 4, 4, 4],
        upsample_kernel_sizes=[8, 8, 8, 8],
        resblock_kernel_sizes=[3, 7],
        resblock_dilation_sizes=[[1, 3], [1, 3]],
        normalize_before=True,
    )
    vocoder = SpeechT5HifiGan(config)
    for module in vocoder.modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(2))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    vocoder.mean.copy_(mean)
    vocoder.scale.copy_(scale)
    return vocoder


class VocoderTraining(AdversarialTraining[SpeechT5HifiGan]):
    """One resumable training of a vocoder.

    Args:
        start: the vocoder to go on from when there is no state in `state_path` yet; it is trained in place.
        predicted: frames by the acoustic model for `clips.mel`, same shape; 70 % of the pieces use them.
    """

    def __init__(
        self,
        start: SpeechT5HifiGan,
        settings: VocoderSettings,
        clips: ClipStore,
        state_path: Path,
        journal: Journal,
        seed: int,
        predicted: Tensor | None = None,
        stage: str = "vocoder",
    ) -> None:
        self.settings, self.clips, self.predicted = settings, clips, predicted
        self.seed = seed
        self.device = clips.mel.device
        torch.manual_seed(seed)
        nn.Module.to(start.train(), self.device)
        judges: Any = Discriminators(settings.discriminator_width, len(SPEAKERS), settings.periods)
        layout = torch.channels_last if self.device.type == "cpu" else torch.preserve_format
        judges.to(self.device, memory_format=layout)
        graph = settings.one_graph
        self.generator_steps = _optimizer(start, settings.learning_rate, graph)
        self.judge_steps = _optimizer(judges, settings.learning_rate * settings.judges_rate, graph)
        self._unjudged: Step = Replayed(self._learn_alone) if graph else self._learn_alone
        self._judged: Step = Replayed(self._learn_judged) if graph else self._learn_judged
        self._watched: Step = Replayed(self._judges_learn) if graph else self._judges_learn
        steps: dict[str, torch.optim.Optimizer] = {
            "generator_steps": self.generator_steps,
            "judge_steps": self.judge_steps,
        }
        super().__init__(start, judges, 0.998, steps, state_path, journal, stage)

    def run(
        self,
        seconds: float,
        save_seconds: float,
        report_steps: int,
        validate: Callable[[SpeechT5HifiGan], dict[str, float]],
        steps: int | None = None,
    ) -> None:
        """Train until `seconds` of training are spent or so many steps done, over all resumptions."""
        torch.backends.cudnn.benchmark = True  # every piece has one length, so that the search is made once
        super().run(seconds, save_seconds, report_steps, validate, steps)
        torch.backends.cudnn.benchmark = False

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        factor = rate_factor(self.step, fraction, self.settings.warm_up)
        for steps, rate in ((self.generator_steps, 1.0), (self.judge_steps, self.settings.judges_rate)):
            for group in steps.param_groups:
                _set_rate(group, self.settings.learning_rate * rate * factor)
        batch = self._batch()
        if self.step < self.settings.judges_alone:
            return self._watched(*batch)
        judged = self.step >= self.settings.discriminators_from
        return self._judged(*batch) if judged else self._unjudged(*batch)

    def _made(self, mel: Tensor) -> Tensor:
        with mixed_precision(self.device):
            made: Tensor = (
                speak_channels_last(self.generator, mel) if self.device.type == "cpu" else self.generator(mel)
            )
        return made.float()

    def _judges_learn(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step of the discriminators alone."""
        with torch.no_grad():
            made = self._made(mel)
        return {"judges": self._teach_judges(made, real, speakers)}

    def _learn_alone(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step by spectra alone."""
        loss, report = reconstruction_loss(self._made(mel), real, _UNJUDGED_NEARNESS)
        descend(loss, self.generator, self.generator_steps, largest_gradient=20.0)
        return report

    def _learn_judged(self, mel: Tensor, real: Tensor, speakers: Tensor) -> dict[str, Tensor]:
        """A step of the discriminators, then one of the generator."""
        made = self._made(mel)
        loss, report = reconstruction_loss(made, real, self.settings.nearness)
        report["judges"] = self._teach_judges(made.detach(), real, speakers)
        self.judges.requires_grad_(False)
        with mixed_precision(self.device):
            judgements = self.judges(made, speakers)
            with torch.no_grad():
                targets = self.judges(real, speakers)
        report["adversarial"] = generator_loss(judgements, targets)
        self.judges.requires_grad_(True)
        loss = loss + report["adversarial"]
        descend(loss, self.generator, self.generator_steps, largest_gradient=20.0)
        return report

    def _teach_judges(self, made: Tensor, real: Tensor, speakers: Tensor) -> Tensor:
        with mixed_precision(self.device):
            judgements = self.judges(torch.cat([real, made]), torch.cat([speakers, speakers]))
        loss = discriminator_loss(judgements)
        descend(loss, self.judges, self.judge_steps, largest_gradient=10.0)
        return loss

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        chance = random.Random(f"{self.seed} {self.stage} {self.step}")
        frames = self.settings.piece_frames
        pieces = self.clips.random_pieces(self.settings.batch, frames, chance, self.settings.shares)
        mel = self.clips.mel[pieces.index].float()
        if self.predicted is not None:
            from_model = torch.tensor([chance.random() < _PREDICTED_SHARE for _ in range(len(mel))])
            chosen = from_model.to(mel.device)[:, None, None]
            mel = torch.where(chosen, self.predicted[pieces.index].float(), mel)
        return mel, self.clips.waveforms(pieces.start, frames), pieces.speakers


def _optimizer(model: nn.Module, rate: float, graph: bool) -> torch.optim.AdamW:
    """`graph`: for steps that are recorded as a CUDA graph, in which the learning rate has to be a tensor."""
    return torch.optim.AdamW(
        model.parameters(),
        torch.tensor(rate, device="cuda") if graph else rate,
        betas=(0.8, 0.99),
        weight_decay=0.01,
        foreach=True,
        capturable=graph,
    )


def _set_rate(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


@torch.no_grad()
def midway(first: SpeechT5HifiGan, second: SpeechT5HifiGan) -> SpeechT5HifiGan:
    """A vocoder of the mean weights of two that are one training's, stages apart.

    What is trained on predicted frames sounds better and blurs some words; halfway the built-in voice kept the better
    sound and had fewer word errors on development texts than at either end. What is trained further with small batches
    gains clarity and loses sound; halfway keeps most of both.
    """
    mean = copy.deepcopy(first)
    mean.load_state_dict(mean_weights(first.state_dict(), second.state_dict()))
    return mean


@torch.no_grad()
def copy_synthesis_error(vocoder: SpeechT5HifiGan, clips: ClipStore, pieces: int = 64) -> dict[str, float]:
    """How far re-made speech is from the real, on the same pieces each time: spectral and mel loss."""
    chosen = clips.random_pieces(pieces, 48, random.Random(0))
    made = vocoder(clips.mel[chosen.index].float())
    _, report = reconstruction_loss(made, clips.waveforms(chosen.start, 48))
    return {name: round(float(value), 4) for name, value in report.items()}
