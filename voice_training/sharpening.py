"""Sharpen the frames that the acoustic model speaks.

Trained to be near the teacher's frames, the postnet gives their mean where it cannot know better: harmonics smear, and
a vocoder makes a hoarse voice of them. Here the postnet alone goes on training, against judges of mel frames, and gives
up a little nearness for frames like real ones (adversarial fine-tuning as in GANSpeech, Yang et al. 2021). What the
decoder hears of itself comes before the postnet, so that reading, lengths and stops stay exactly as they were.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_batches import AcousticClips
from voice_training.acoustic_losses import decoded, own_frames, shifted_frames
from voice_training.adversarial import AdversarialTraining, descend, discriminator_loss
from voice_training.loop import Journal
from voice_training.mel_judges import MelDiscriminators, sharpness_loss
from voice_training.mixed_precision import mixed_precision
from voice_training.settings import SharpeningSettings

_SELF_HEARD_SHARE = 0.4
_BETAS = (0.5, 0.9)
_LOUD_DECADES = 2.0


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
class Guesses:
    """The decoder's guesses at known clips, laid end to end.

    Attributes:
        before: float16, (total frames, 80). real: the teacher's frames, the same shape.
        first: where each clip starts. frames: how many it has.
    """

    before: Tensor
    real: Tensor
    first: tuple[int, ...]
    frames: tuple[int, ...]

    def random_pieces(self, count: int, frames: int, chance: random.Random) -> tuple[Tensor, Tensor]:
        """`count` pieces: guesses and real frames, each (count, frames, 80); every long enough clip is as likely."""
        usable = [clip for clip, length in enumerate(self.frames) if length >= frames]
        chosen = chance.choices(usable, k=count)
        starts = [self.first[clip] + chance.randint(0, self.frames[clip] - frames) for clip in chosen]
        index = torch.tensor(starts, device=self.real.device)[:, None]
        index = index + torch.arange(frames, device=self.real.device)
        return self.before[index].float(), self.real[index].float()


@torch.no_grad()
def guesses(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int, seed: int) -> Guesses:
    """What the decoder gives for every clip, some of them while it hears some frames of its own, as it does when it
    speaks.
    """
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
    return Guesses(torch.cat(before), torch.cat(real), tuple(starts), tuple(clips.frames))


class SharpeningTraining(AdversarialTraining[Postnet]):
    """One resumable training of the postnet of `model`, in place, on `heard` of the same model."""

    def __init__(
        self,
        model: SpeechT5ForTextToSpeech,
        settings: SharpeningSettings,
        heard: Guesses,
        state_path: Path,
        journal: Journal,
        seed: int,
        stage: str = "sharpened",
    ) -> None:
        self.settings, self.heard, self.seed = settings, heard, seed
        self.device = heard.real.device
        torch.manual_seed(seed)
        postnet = Postnet(model).train()
        judges = MelDiscriminators(settings.judges_width, heard.real.shape[1])
        nn.Module.to(postnet, self.device)
        nn.Module.to(judges, self.device)
        rate = settings.learning_rate
        self._postnet_steps = torch.optim.AdamW(postnet.parameters(), rate, betas=_BETAS, weight_decay=0.0)
        self._judge_steps = torch.optim.AdamW(judges.parameters(), rate, betas=_BETAS, weight_decay=0.01)
        steps: dict[str, torch.optim.Optimizer] = {
            "generator_steps": self._postnet_steps,
            "judge_steps": self._judge_steps,
        }
        super().__init__(postnet, judges, 0.999, steps, state_path, journal, stage)

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        for steps in (self._postnet_steps, self._judge_steps):
            for group in steps.param_groups:
                group["lr"] = self.settings.learning_rate * min(1.0, (self.step + 1) / self.settings.warm_up)
        chance = random.Random(f"{self.seed} {self.stage} {self.step}")
        before, real = self.heard.random_pieces(self.settings.batch, self.settings.piece_frames, chance)
        with mixed_precision(self.device):
            made = self.generator(before)
        made = made.float()
        l1 = (made - real).abs().mean()
        loss = self.settings.nearness * (l1 + 0.25 * ((made - real) ** 2).mean())
        report = {"l1": l1}
        if self.step >= self.settings.judges_from:
            report["judges"] = self._teach_judges(made.detach(), real, before)
            report["adversarial"] = self._judged(made, real, before)
            loss = loss + report["adversarial"]
        descend(loss, self.generator, self._postnet_steps, largest_gradient=5.0)
        return report

    def _teach_judges(self, made: Tensor, real: Tensor, before: Tensor) -> Tensor:
        with mixed_precision(self.device):
            judgements = self.judges(torch.cat([real, made]), torch.cat([before, before]))
        loss = discriminator_loss(judgements)
        descend(loss, self.judges, self._judge_steps, largest_gradient=5.0)
        return loss

    def _judged(self, made: Tensor, real: Tensor, before: Tensor) -> Tensor:
        self.judges.requires_grad_(False)
        with mixed_precision(self.device):
            judgements = self.judges(made, before)
            with torch.no_grad():
                targets = self.judges(real, before)
        self.judges.requires_grad_(True)
        return sharpness_loss(judgements, targets)


@torch.no_grad()
def sharpness(postnet: Postnet, held_out: Guesses) -> dict[str, float]:
    """How near the frames are to the teacher's (`l1`), and how much change they have from bin to bin (`bins`) and from
    frame to frame (`frames`) for each 1 that the teacher's loud frames have.
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
