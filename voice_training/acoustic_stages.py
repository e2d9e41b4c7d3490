"""The stages of a run that train its acoustic model: letters, frames, and how sharp the frames are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from voice_training.acoustic import AcousticTraining
from voice_training.acoustic_model import (
    FIRST_REDUCTION,
    new_model,
    speaking_copy,
    with_more_frames,
)
from voice_training.corpus import Clip
from voice_training.crew import ALONE, Crew
from voice_training.materials import Materials
from voice_training.order import Order
from voice_training.recorded_acoustic import RecordedAcousticTraining
from voice_training.rehearsal import Rehearsal
from voice_training.run_folder import RunFolder, state_in
from voice_training.settings import TrainingSettings
from voice_training.sharpening import Guesses, Postnet, SharpeningTraining, guesses, sharpness
from voice_training.warm_start import trainable_model

_MINUTE = 60.0


class AcousticStages:
    """`letters` (from nothing, where it ends at four frames a step), `acoustic` and `sharpened`.

    A stage that has ended is not run again.
    """

    def __init__(
        self, order: Order, settings: TrainingSettings, materials: Materials, folder: RunFolder
    ) -> None:
        self._order, self._settings, self._materials, self._folder = order, settings, materials, folder

    def spoken_best(
        self, seconds: float, vocoder: Callable[[], SpeechT5HifiGan], crew: Crew = ALONE
    ) -> SpeechT5ForTextToSpeech:
        """The acoustic model that spoke the development texts best, with what `vocoder` gave by then.

        In a crew every process asks for it, and all train it together.
        """
        settings = self._settings.acoustic
        if self._order.init is not None:
            rate = 1.0 if self._order.reshaped else settings.warm_rate
            return self._trained(
                "acoustic", seconds, self._known(self._order.init), True, vocoder, crew, rate
            )
        torch.manual_seed(self._settings.seed)
        new = new_model(settings, self._materials.mel_moments()[0])
        if settings.reduction == FIRST_REDUCTION:
            return self._trained("acoustic", seconds, new, False, vocoder, crew)
        letters = settings.letters_share * seconds
        first = self._trained("letters", letters, new, False, vocoder, crew)
        wider = with_more_frames(first, settings.reduction)
        return self._trained("acoustic", seconds - letters, wider, True, vocoder, crew)

    def _known(self, voice: Path) -> SpeechT5ForTextToSpeech:
        """The acoustic model of the voice gone on from."""
        return trainable_model(voice, self._settings.acoustic)

    def _rehearsal(self, stage: str, vocoder: Callable[[], SpeechT5HifiGan]) -> Rehearsal:
        pictures = self._folder.path / "attention" / stage
        reduction = FIRST_REDUCTION if stage == "letters" else self._settings.acoustic.reduction
        return Rehearsal(
            self._materials, reduction, vocoder, pictures, self._order.listen, self._order.workers
        )

    def _trained(
        self,
        stage: str,
        seconds: float,
        start: SpeechT5ForTextToSpeech,
        warm: bool,
        vocoder: Callable[[], SpeechT5HifiGan],
        crew: Crew,
        rate: float = 1.0,
    ) -> SpeechT5ForTextToSpeech:
        """`start`, trained for that time, at that share of the learning rate; gently where it keeps its shape."""
        if not self._folder.has_ended(stage):
            settings = self._settings.acoustic
            kind = RecordedAcousticTraining if settings.one_graph else AcousticTraining
            training = kind(
                start,
                replace(settings, learning_rate=rate * settings.learning_rate),
                self._materials.with_tokens(self._materials.training, start.config.reduction_factor),
                self._folder.state(stage),
                self._folder.journal,
                self._settings.seed,
                warm,
                stage,
                crew,
            )
            if crew.rank == 0:
                self._lead(training, seconds, vocoder)
            else:
                training.follow()
            crew.wait()
        return self._folder.loaded(stage, start)

    def _lead(
        self, training: AcousticTraining, seconds: float, vocoder: Callable[[], SpeechT5HifiGan]
    ) -> None:
        """Train for that time, measure in between, and keep the best."""
        stage = training.stage
        training.run(
            seconds,
            self._settings.save_seconds,
            self._settings.report_steps,
            self._settings.evaluate_minutes * _MINUTE,
            self._rehearsal(stage, vocoder).measure,
        )
        best = state_in(training.best_path, self._folder.device)
        self._folder.finish(stage, best["model"], training.step, training.spent)

    def sharpened(self, seconds: float, model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
        """`model` with a postnet that gives sharp frames."""
        if not self._folder.has_ended("sharpened"):
            settings = self._settings.sharpening
            training = SharpeningTraining(
                model,
                settings,
                self._guesses(model, self._materials.some(settings.frames)),
                self._folder.state("sharpened"),
                self._folder.journal,
                self._settings.seed,
            )
            held_out = self._guesses(model, self._materials.development)
            training.run(
                seconds,
                self._settings.save_seconds,
                self._settings.report_steps,
                lambda postnet: sharpness(postnet, held_out),
                settings.steps,
            )
            weights = training.average.model.state_dict()
            self._folder.finish("sharpened", weights, training.step, training.spent)
        self._folder.loaded("sharpened", Postnet(model))
        return model

    def _guesses(self, model: SpeechT5ForTextToSpeech, clips: list[Clip]) -> Guesses:
        tokens = self._materials.with_tokens(clips, model.config.reduction_factor)
        return guesses(speaking_copy(model), tokens, self._settings.acoustic.frames, self._settings.seed)
