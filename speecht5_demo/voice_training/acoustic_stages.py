"""The stages of a run that train its acoustic model: letters, frames, and how sharp the frames are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.errors import VoiceTrainingError
from speecht5_demo.voice_training.acoustic import AcousticTraining
from speecht5_demo.voice_training.acoustic_model import (
    FIRST_REDUCTION,
    new_model,
    speaking_copy,
    with_more_frames,
)
from speecht5_demo.voice_training.corpus import Clip
from speecht5_demo.voice_training.loop import mean_weights
from speecht5_demo.voice_training.materials import Materials
from speecht5_demo.voice_training.order import Order
from speecht5_demo.voice_training.rehearsal import Rehearsal
from speecht5_demo.voice_training.run_folder import RunFolder, state_in
from speecht5_demo.voice_training.settings import TrainingSettings
from speecht5_demo.voice_training.sharpening import Guesses, Postnet, SharpeningTraining, guesses, sharpness
from speecht5_demo.voice_training.warm_start import trainable_model

_MINUTE = 60.0


class AcousticStages:
    """`letters` (from nothing, where it ends at four frames a step), `acoustic`, `twin` (beside it, on processors) and
    `sharpened`; a stage that has ended is not run again.
    """

    def __init__(
        self, order: Order, settings: TrainingSettings, materials: Materials, folder: RunFolder
    ) -> None:
        self._order, self._settings, self._materials, self._folder = order, settings, materials, folder

    def spoken_best(self, seconds: float, vocoder: Callable[[], SpeechT5HifiGan]) -> SpeechT5ForTextToSpeech:
        """The acoustic model that spoke the development texts best, with what `vocoder` gave by then."""
        settings = self._settings.acoustic
        if self._order.init is not None:
            return self._gone_on("acoustic", seconds, vocoder)
        torch.manual_seed(self._settings.seed)
        new = new_model(settings, self._materials.mel_moments()[0])
        if settings.reduction == FIRST_REDUCTION:
            return self._trained("acoustic", seconds, new, False, vocoder)
        letters = settings.letters_share * seconds
        first = self._trained("letters", letters, new, False, vocoder)
        wider = with_more_frames(first, settings.reduction)
        return self._trained("acoustic", seconds - letters, wider, True, vocoder)

    def twin(self, seconds: float, vocoder: Callable[[], SpeechT5HifiGan]) -> SpeechT5ForTextToSpeech:
        """The second of two acoustic models that go on from one voice: other batches, by another seed."""
        return self._gone_on("twin", seconds, vocoder)

    def mean_of_twins(self, vocoder: Callable[[], SpeechT5HifiGan]) -> SpeechT5ForTextToSpeech:
        """The mean of what `acoustic` and `twin` ended with; its figures go to the journal."""
        model = self._known()
        first, second = (self._folder.result(stage) for stage in ("acoustic", "twin"))
        model.load_state_dict(mean_weights(first.weights, second.weights))
        nn.Module.to(model.eval(), self._folder.device)
        if not self._folder.has_ended("sharpened"):
            steps = first.steps + second.steps
            rehearsal = self._rehearsal("mean", vocoder, self._order.workers)
            self._folder.journal.note("mean", "validation", step=steps, **rehearsal.measure(model, steps))
        return model

    def _known(self) -> SpeechT5ForTextToSpeech:
        """The acoustic model of the voice gone on from."""
        if self._order.init is None:
            raise VoiceTrainingError("There is no voice to go on from: give --init.")
        settings = self._settings.acoustic
        return trainable_model(self._order.init, settings.postnet_units, settings.reduction)

    def _gone_on(
        self, stage: str, seconds: float, vocoder: Callable[[], SpeechT5HifiGan]
    ) -> SpeechT5ForTextToSpeech:
        """The voice's acoustic model, trained further; gently where it keeps its shape."""
        rate = 1.0 if self._order.reshaped else self._settings.acoustic.warm_rate
        return self._trained(stage, seconds, self._known(), True, vocoder, rate)

    def _rehearsal(self, stage: str, vocoder: Callable[[], SpeechT5HifiGan], workers: int) -> Rehearsal:
        pictures = self._folder.path / "attention" / stage
        reduction = FIRST_REDUCTION if stage == "letters" else self._settings.acoustic.reduction
        return Rehearsal(self._materials, reduction, vocoder, pictures, self._order.listen, workers)

    def _trained(
        self,
        stage: str,
        seconds: float,
        start: SpeechT5ForTextToSpeech,
        warm: bool,
        vocoder: Callable[[], SpeechT5HifiGan],
        rate: float = 1.0,
    ) -> SpeechT5ForTextToSpeech:
        """`start`, trained for that time, at that share of the learning rate."""
        if not self._folder.has_ended(stage):
            reduction = start.config.reduction_factor
            settings = self._settings.acoustic
            training = AcousticTraining(
                start,
                replace(settings, learning_rate=rate * settings.learning_rate),
                self._materials.with_tokens(self._materials.training, reduction),
                self._folder.state(stage),
                self._folder.journal,
                self._settings.seed,
                warm,
                stage,
            )
            workers = 1 if self._order.twins else self._order.workers
            training.run(
                seconds,
                self._settings.save_seconds,
                self._settings.report_steps,
                self._settings.evaluate_minutes * _MINUTE,
                self._rehearsal(stage, vocoder, workers).measure,
            )
            best = state_in(training.best_path, self._folder.device)
            self._folder.finish(stage, best["model"], training.step, training.spent)
        return self._folder.loaded(stage, start)

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
