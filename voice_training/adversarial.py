"""Training against discriminators, whatever the two look at: least squares and matched features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from voice_training.devices import mixed_precision
from voice_training.run_folder import StageFiles
from voice_training.training_loop import Training

G = TypeVar("G", bound=nn.Module)

DiscriminatorOutput = tuple[Tensor, list[Tensor]]
"""A discriminator's map of scores (1 real, 0 made) and the features that led to it."""

_MATCHING_WEIGHT = 2.0


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
