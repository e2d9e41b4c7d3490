"""Train the acoustic model: characters and a speaker in, mel frames and a stop out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_batches import AcousticClips, Batch
from voice_training.acoustic_losses import acoustic_losses, own_frames, shifted_frames
from voice_training.crew import ALONE, Crew
from voice_training.lookup import look_up_distances_by_product
from voice_training.loop import (
    Average,
    Clock,
    Journal,
    Means,
    load_state,
    rate_factor,
    save_state,
)
from voice_training.mixed_precision import mixed_precision
from voice_training.optimizers import acoustic_optimizer
from voice_training.pruned_steps import pruned_steps
from voice_training.settings import AcousticSettings
from voice_training.speaker_vectors import blurred

LARGEST_GRADIENT = 1.0
"""Norm that the gradient of a step is clipped to."""

_NO_LIMIT = 10_000
_SPEAKER_BLUR = 0.3
_ALIGNED_FROM = 3000
_OVER = 2.0
"""What the first process of a crew says in place of a share of the time when there is no further step."""

Measurement = Callable[[SpeechT5ForTextToSpeech, int], dict[str, float]]
"""Measures the averaged model at a step; of its values, `score` (lower is better) chooses what is kept."""


class AcousticTraining:
    """One resumable training of an acoustic model.

    Args:
        start: the model to go on from when there is no state in `state_path` yet; it is trained in place.
        warm: `start` is trained already: clips of every length and scheduled sampling from the first step.
    """

    def __init__(
        self,
        start: SpeechT5ForTextToSpeech,
        settings: AcousticSettings,
        clips: AcousticClips,
        state_path: Path,
        journal: Journal,
        seed: int,
        warm: bool,
        stage: str = "acoustic",
        crew: Crew = ALONE,
    ) -> None:
        self.settings, self.clips, self.warm = settings, clips, warm
        self.state_path, self.journal, self.seed, self.stage = state_path, journal, seed, stage
        self.device, self.crew = clips.device, crew
        self.model = start.train()
        if self.device.type == "cuda":
            look_up_distances_by_product(self.model)
        nn.Module.to(self.model, self.device)
        self.average = Average(self.model, decay=0.999)
        self.steps: Any = self._optimizer()
        self.step = 0
        self.spent = 0.0
        self.best_score = float("inf")
        state = load_state(state_path, self.device)
        if state is not None:
            parts = self._parts()
            for name in parts.keys() & state.keys():
                parts[name].load_state_dict(state[name])
            self.step, self.spent, self.best_score = state["step"], state["spent"], state["best_score"]
            if crew.rank == 0:
                momentum = "kept" if parts.keys() <= state.keys() else "from zero"
                journal.note(stage, "resumed", step=self.step, spent_s=round(self.spent), momentum=momentum)
        self._prepare()
        crew.wait()

    def _prepare(self) -> None:
        """What else a kind of training needs before its first step."""

    @property
    def best_path(self) -> Path:
        """Weights of the averaged model that measured best so far."""
        return self.state_path.with_name(f"{self.stage}-best.pt")

    def _parts(self) -> dict[str, Any]:
        return {"model": self.model, "average": self.average.model, "steps": self.steps}

    def run(
        self,
        seconds: float,
        save_seconds: float,
        report_steps: int,
        measure_seconds: float,
        measure: Measurement,
    ) -> None:
        """Train until `seconds` of training are spent, over all resumptions; keep the best by `measure`.

        In a crew this is the first process's part, which keeps the time, measures and saves; the others :meth:`follow`.
        """
        clock = Clock(self.spent, seconds)
        means = Means()
        saved = since = clock.seconds
        reported = self.step
        measured = clock.seconds // measure_seconds
        while clock.seconds < seconds:
            means.add(self._learn(self.crew.agreed(clock.fraction)))
            self.step += 1
            if self.step % report_steps == 0:
                rate = (clock.seconds - since) / (self.step - reported)
                self.journal.note(
                    self.stage, "losses", step=self.step, seconds_a_step=round(rate, 4), **means.take()
                )
                since, reported = clock.seconds, self.step
            if clock.seconds // measure_seconds > measured:
                measured = clock.seconds // measure_seconds
                clock.outside(lambda: self._measure(measure))
            if clock.seconds - saved > save_seconds:
                saved = clock.seconds
                self._save(clock)
        self.crew.agreed(_OVER)
        clock.outside(lambda: self._measure(measure))
        self._save(clock)

    def follow(self) -> None:
        """Take every step that the first process of the crew takes."""
        while (fraction := self.crew.agreed(0.0)) != _OVER:
            self._learn(fraction)
            self.step += 1

    def _measure(self, measure: Measurement) -> None:
        values = measure(self.average.model, self.step)
        self.journal.note(self.stage, "validation", step=self.step, **values)
        if values["score"] <= self.best_score:
            self.best_score = values["score"]
            save_state(
                self.best_path, {"model": self.average.model.state_dict(), "step": self.step, **values}
            )

    def _save(self, clock: Clock) -> None:
        self.spent = clock.seconds
        state = {name: part.state_dict() for name, part in self._parts().items()}
        state |= {"step": self.step, "spent": self.spent, "best_score": self.best_score}
        clock.outside(lambda: save_state(self.state_path, state))

    def _optimizer(self) -> Any:
        """What takes the steps."""
        return acoustic_optimizer(self.model, self.settings.learning_rate, self.crew)

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        chance = random.Random(f"{self.seed} {self.stage} {self.step}")
        torch.manual_seed(chance.randrange(2**62) + self.crew.rank)
        for group in self.steps.param_groups:
            group["lr"] = self._rate(fraction)
        batch = self._blurred(
            self.clips.random_batch(
                self.settings.frames, self._longest(), chance, self.crew.rank, self.crew.size
            )
        )
        sampled = self._hears_itself(chance)
        self.steps.zero_grad()
        with pruned_steps(self.model, self._pruned(chance)):
            with mixed_precision(self.device):
                heard = (
                    own_frames(self.model, batch, chance.uniform(0.2, 1.0))
                    if sampled
                    else shifted_frames(batch)
                )
                loss, report = acoustic_losses(
                    self.model, batch, self._with_noise(heard, sampled), self._alignment_weight()
                )
            loss.backward()
        self.crew.average(self._exchanged())
        nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        self.steps.step()
        self.average.update(self.model, self.step)
        return report

    def _rate(self, fraction: float) -> float:
        """The learning rate at that share of the time."""
        return self.settings.learning_rate * rate_factor(self.step, fraction, self.settings.warm_up)

    def _hears_itself(self, chance: random.Random) -> bool:
        """Whether a step hears frames of the model's own."""
        return (self.warm or self.step >= self.settings.sampling_from) and chance.random() < 0.5

    def _alignment_weight(self) -> float:
        return 0.1 if self.warm or self.step >= _ALIGNED_FROM else 0.3

    @staticmethod
    def _blurred(batch: Batch) -> Batch:
        """With speakers that are clouds, not points."""
        return replace(batch, speakers=blurred(batch.speakers, _SPEAKER_BLUR))

    @staticmethod
    def _with_noise(heard: Tensor, sampled: bool) -> Tensor:
        """What the decoder hears in training; the model's own frames have errors enough."""
        noise = torch.randn_like(heard) * (0.03 if sampled else 0.1)
        noise[:, 0] = 0
        return heard + noise

    def _exchanged(self) -> list[Tensor]:
        """What a crew has to have in common before a step: gradients, and what batch normalisation has counted."""
        gradients = [weights.grad for weights in self.model.parameters() if weights.grad is not None]
        return [*gradients, *(buffer for buffer in self.model.buffers() if buffer.is_floating_point())]

    def _pruned(self, chance: random.Random) -> float:
        """The share of weights that a step does without."""
        if chance.random() >= self.settings.pruned_steps:
            return 0.0
        return chance.uniform(0.0, self.settings.pruned_most)

    def _longest(self) -> int:
        if self.warm:
            return _NO_LIMIT
        return next((frames for until, frames in self.settings.first_lengths if self.step < until), _NO_LIMIT)


@torch.no_grad()
def validation_losses(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int) -> dict[str, float]:
    """Teacher-forced losses on held-out clips, the mean over batches; the prenet's dropout has a fixed
    seed.
    """
    torch.manual_seed(0)
    means: dict[str, float] = {}
    batches = clips.batches_in_order(frames)
    for batch in batches:
        with mixed_precision(clips.device):
            _, report = acoustic_losses(model, batch, shifted_frames(batch), 0.0)
        for name, value in report.items():
            means[name] = means.get(name, 0.0) + float(value) / len(batches)
    return {name: round(value, 4) for name, value in means.items()}
