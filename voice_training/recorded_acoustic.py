"""Train the acoustic model on a GPU: every step one CUDA graph a shape, recorded once and replayed.

A model this small leaves a GPU idle while Python starts its kernels one by one.
"""

from __future__ import annotations

import functools
import random
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from voice_training.acoustic import LARGEST_GRADIENT, AcousticTraining
from voice_training.acoustic_batches import Batch
from voice_training.acoustic_losses import losses_of, shifted_frames
from voice_training.fixed_lengths import LengthGroup, LengthGroups
from voice_training.one_vector import OneVector
from voice_training.plain_model import PlainModel
from voice_training.replay import Replayed, Step


class RecordedAcousticTraining(AcousticTraining):
    """The same training, with batches of a few fixed shapes; on a processor, where nothing is recorded, as well."""

    steps: OneVector

    def _prepare(self) -> None:
        self._plain = PlainModel(self.model)
        self._groups = LengthGroups(self.clips, self.settings.frames)
        self._memory = torch.cuda.graph_pool_handle() if self.device.type == "cuda" else None
        self._by_shape: dict[tuple[LengthGroup, bool, float], Step] = {}
        self._descend = self._recorded(self.steps.step)

    def _optimizer(self) -> OneVector:
        return OneVector(self.model, LARGEST_GRADIENT)

    def _parts(self) -> dict[str, Any]:
        """A state of the other kind has no `vector`: it is gone on from with momentum from zero, and the other way."""
        return {"model": self.model, "average": self.average.model, "vector": self.steps}

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        chance = random.Random(f"{self.seed} {self.stage} {self.step}")
        torch.manual_seed(chance.randrange(2**62))
        self.steps.rate.fill_(self._rate(fraction))
        group = self._groups.draw(self._longest(), chance)
        step = self._step_for(group, self._hears_itself(chance), self._alignment_weight())
        numbers = torch.tensor([chance.uniform(0.2, 1.0), self._pruned(chance)], device=self.device)
        report = step(torch.tensor(group.draw(chance), device=self.device), numbers)
        self._descend()
        self.average.update(self.model, self.step)
        return report

    def _step_for(self, group: LengthGroup, hears_itself: bool, alignment_weight: float) -> Step:
        key = (group, hears_itself, alignment_weight)
        if key not in self._by_shape:
            self._by_shape[key] = self._recorded(functools.partial(self._gradients, *key))
        return self._by_shape[key]

    def _recorded(self, step: Step) -> Step:
        return step if self._memory is None else Replayed(step, self._memory)

    def _gradients(
        self, group: LengthGroup, hears_itself: bool, alignment_weight: float, clips: Tensor, numbers: Tensor
    ) -> dict[str, Tensor]:
        """Add up the gradients of one batch.

        Args:
            numbers: the share of frames that are the model's own where it hears itself, and the share of weights
                that layers which touch frames do without; shape (2,).
        """
        batch = self._blurred(self.clips.gathered(clips, group.steps, group.tokens))
        share, missing = numbers
        touching = self._plain.weights_that_touch_frames(missing)
        text = self._plain.encoded(batch.tokens, batch.token_mask)
        heard = shifted_frames(batch)
        if hears_itself:
            heard = self._own_frames(batch, heard, text.detach(), touching, share)
        heard = self._with_noise(heard, hears_itself)
        hidden, attentions = self._plain.decoded(heard, batch.speakers, text, batch.token_mask, touching)
        before = self._plain.frames(hidden, touching)
        loss, report = losses_of(
            before,
            self._plain.refined(before),
            self._plain.stop_scores(hidden),
            attentions,
            batch,
            alignment_weight,
        )
        loss.backward()
        return {name: value.detach() for name, value in report.items()}

    @torch.no_grad()
    def _own_frames(
        self, batch: Batch, heard: Tensor, text: Tensor, touching: list[Tensor], share: Tensor
    ) -> Tensor:
        """As `acoustic_losses.own_frames`."""
        hidden, _ = self._plain.decoded(heard, batch.speakers, text, batch.token_mask, touching)
        made = shifted_frames(replace(batch, mel=self._plain.frames(hidden, touching)))
        chosen = torch.rand(heard.shape[:2], device=heard.device) < share
        return torch.where(chosen[:, :, None], made, heard)
