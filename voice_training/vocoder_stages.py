"""The stages of a run that train its vocoder: on the teacher's frames, then on the acoustic model's."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.acoustic_losses import predicted_frames
from voice_training.acoustic_model import speaking_copy
from voice_training.corpus import Clip
from voice_training.loop import load_state, mean_weights
from voice_training.materials import Materials
from voice_training.order import Order
from voice_training.run_folder import RunFolder
from voice_training.settings import TrainingSettings, VocoderSettings
from voice_training.vocoder import (
    VocoderTraining,
    copy_synthesis_error,
    midway,
    new_vocoder,
)

_MATCHED_FRAMES = 900_000
_MATCHED_JUDGES_FROM = 100


class VocoderStages:
    """`vocoder`, `vocoder-twin` (beside it, on processors, where nothing else is trained) and `matched`.

    A stage that has ended is not run again, and none is where the vocoder is kept.
    """

    def __init__(
        self, order: Order, settings: TrainingSettings, materials: Materials, folder: RunFolder
    ) -> None:
        self._order, self._settings, self._materials, self._folder = order, settings, materials, folder

    def _known(self) -> SpeechT5HifiGan:
        """The vocoder that the run starts from, as it is."""
        vocoder = self._start()
        nn.Module.to(vocoder.eval(), self._folder.device)
        return vocoder

    def first(self, seconds: float) -> SpeechT5HifiGan:
        """The vocoder, trained on the teacher's own frames, or as it is where the order keeps it."""
        return self._known() if self._order.keep_vocoder else self._on_the_teachers("vocoder", seconds)

    def twin(self, seconds: float) -> SpeechT5HifiGan:
        """The second of two vocoders that go on from one: other batches."""
        return self._on_the_teachers("vocoder-twin", seconds)

    def mean_of_twins(self) -> SpeechT5HifiGan:
        """The mean of what `vocoder` and `vocoder-twin` ended with.

        Models that go on gently from the same weights stay in one basin, where their mean errs less than either.
        Source: model soups; Wortsman et al. 2022, arXiv 2203.05482.
        """
        first, second = (self._folder.result(stage) for stage in ("vocoder", "vocoder-twin"))
        vocoder = self._known()
        vocoder.load_state_dict(mean_weights(first.weights, second.weights))
        return vocoder

    def halfway(self, trained: SpeechT5HifiGan) -> SpeechT5HifiGan:
        """The mean of the vocoder that the run goes on from and of what became of it.

        Its errors on development clips go to the journal.
        """
        known = self._known()
        mean = midway(known, trained)
        held_out = self._materials.with_samples(self._materials.development)
        for name, vocoder in (("before", known), ("trained", trained), ("halfway", mean)):
            self._folder.journal.note(name, "validation", **copy_synthesis_error(vocoder, held_out))
        return mean

    def _on_the_teachers(self, stage: str, seconds: float) -> SpeechT5HifiGan:
        vocoder = self._start()
        if not self._folder.has_ended(stage):
            self._train(stage, seconds, vocoder, self._first_settings, self._materials.training, None)
        return self._folder.loaded(stage, vocoder)

    @property
    def _first_settings(self) -> VocoderSettings:
        new = self._order.vocoder_from is None
        return self._settings.vocoder if new else self._settings.warm_vocoder

    @property
    def shares(self) -> dict[str, float] | None:
        """Share of the vocoder's training that each speaker has; None where it has as much as it has clips."""
        shares = self._first_settings.shares
        if shares is None or self._order.keep_vocoder:
            return None
        return dict(zip(SPEAKERS, shares, strict=True))

    def latest(self) -> SpeechT5HifiGan:
        """The vocoder as the process beside this one last saved it."""
        vocoder = self._known()
        state = load_state(self._folder.state("vocoder"), self._folder.device)
        if state is not None:
            vocoder.load_state_dict(state["average"])
        return vocoder

    def matched(self, seconds: float, acoustic: SpeechT5ForTextToSpeech) -> SpeechT5HifiGan:
        """The vocoder, trained on what the acoustic model will give it; midway between that and before.

        Where the order keeps it: as it is.
        """
        if self._order.keep_vocoder:
            return self._known()
        start = self._start()
        if not self._folder.has_ended("matched"):
            clips, frames = self._predicted(acoustic)
            before = self._folder.loaded("vocoder", start)
            settings = replace(self._settings.vocoder, discriminators_from=_MATCHED_JUDGES_FROM)
            self._train("matched", seconds, before, settings, clips, frames)
        first, last = self._folder.loaded("vocoder", start), self._folder.loaded("matched", self._start())
        return midway(first, last)

    def _start(self) -> SpeechT5HifiGan:
        folder = self._order.vocoder_from
        if folder is not None:
            return SpeechT5HifiGan.from_pretrained(folder / "vocoder", dtype=torch.float32)
        torch.manual_seed(self._settings.seed)
        return new_vocoder(self._settings.vocoder, *self._materials.mel_moments())

    def _train(
        self,
        stage: str,
        seconds: float,
        vocoder: SpeechT5HifiGan,
        settings: VocoderSettings,
        clips: list[Clip],
        predicted: Tensor | None,
    ) -> None:
        training = VocoderTraining(
            vocoder,
            settings,
            self._materials.with_samples(clips),
            self._folder.state(stage),
            self._folder.journal,
            self._settings.seed,
            predicted,
            stage,
        )
        held_out = self._materials.with_samples(self._materials.development)
        training.run(
            seconds,
            self._settings.save_seconds,
            self._settings.report_steps,
            lambda model: copy_synthesis_error(model, held_out),
        )
        self._folder.finish(stage, training.average.model.state_dict(), training.step, training.spent)

    def _predicted(self, acoustic: SpeechT5ForTextToSpeech) -> tuple[list[Clip], Tensor]:
        """Some clips, and the frames that the acoustic model predicts for them, in the same order."""
        clips = self._materials.some(_MATCHED_FRAMES)
        tokens = self._materials.with_tokens(clips, acoustic.config.reduction_factor)
        predicted = predicted_frames(speaking_copy(acoustic), tokens, self._settings.acoustic.frames)
        return [clips[i] for i in tokens.order], predicted
