"""What each stage of a run trains: on what, for how long, and what it leaves.

Every stage leaves a file, and a stage whose file is there is not run again; inside the long stages, training goes on
from its last saved state. README.md tells what the stages are for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from voice_training.acoustic_losses import AcousticClips, predicted_frames
from voice_training.acoustic_model import (
    Encoding,
    new_model,
    pretrained_model,
    speaking_copy,
    with_more_frames,
)
from voice_training.acoustic_training import (
    AcousticTraining,
    Postnet,
    PostnetTraining,
    Predictions,
    predictions,
    sharpness,
)
from voice_training.copy_synthesis import copies_opinion, copy_synthesis_error, some_of_each
from voice_training.corpus import Clip, Corpus
from voice_training.devices import ALONE, ProcessGroup
from voice_training.evaluation import Reference, Validation, hear_clips
from voice_training.graph_training import GraphedAcousticTraining
from voice_training.joined_clips import joined_clips
from voice_training.pronunciation import PronouncedTexts, pronounce
from voice_training.run_folder import RunFolder, load_state
from voice_training.settings import Shares, TrainingSettings, VocoderSettings
from voice_training.teachers import Teacher
from voice_training.texts import vocabulary_texts
from voice_training.training_loop import Budget
from voice_training.vocoder import VocoderClips, VocoderTraining
from voice_training.vocoder_model import mean_vocoder, new_vocoder, open_vocoder, widened_vocoder

STAGES = ("vocoder", "letters", "acoustic", "postnet", "matched")
"""In the order in which they run; `letters`, the acoustic model at two frames a step, only from nothing."""

_MINUTE = 60.0
_MATCHED_FRAMES = 900_000

Vocoder = Callable[[], SpeechT5HifiGan]
"""Gives the vocoder as good as it is by then."""


@dataclass(frozen=True)
class RunConfig:
    """What to train and where.

    Attributes:
        folder: of the run: corpus, states, journal, pictures, and in `voice` the result.
        init: a voice's folder to go on from, or None to start from nothing.
        vocoder: a vocoder's folder to go on from in place of the voice's or of nothing; None for that.
        mean_of: folders of runs that went on from `init`: the mean of their acoustic models is taken, none is trained.
        init_share: the part that the acoustic model of `init` itself has in that mean.
        widen: the vocoder is a new one of the shape in `settings`, with those stages of the known one that fit.
        command: the command line, for the model card. machine: what it runs on, likewise.
        workers: processor cores.
    """

    settings: TrainingSettings
    teacher: Teacher
    folder: Path
    device: torch.device
    init: Path | None
    command: str
    machine: str
    workers: int
    vocoder: Path | None = None
    widen: bool = False
    mean_of: tuple[Path, ...] = ()
    init_share: float = 0.0

    @property
    def in_two(self) -> bool:
        """Whether two processes train the acoustic model together, half of the processor's cores each."""
        return self.device.type == "cpu" and self.workers > 1 and not self.mean_of

    @property
    def known_vocoder(self) -> Path | None:
        """The folder of the vocoder to go on from; None for nothing."""
        return self.vocoder or (None if self.init is None else self.init / "vocoder")


class Stages:
    """What each stage of a run trains, on what, for how long.

    Args:
        settings: of the run, on its device. encodings: of the teacher's speakers.
    """

    def __init__(
        self,
        config: RunConfig,
        settings: TrainingSettings,
        corpus: Corpus,
        folder: RunFolder,
        encodings: Mapping[str, Encoding],
    ) -> None:
        self.config, self.settings, self.corpus, self.folder = config, settings, corpus, folder
        self.encodings, self.device = encodings, config.device

    def vocoder(self, share: float | None = None) -> SpeechT5HifiGan:
        """The vocoder, trained on the teacher's own frames, for its stage's share of the time or for that one."""
        vocoder = self._start_vocoder()
        if not self.folder.has_ended("vocoder"):
            settings = self.settings.vocoder
            if self.config.widen:
                settings = settings.widened()
            elif self.config.known_vocoder is not None:
                settings = settings.warm()
            share = self._shares.vocoder if share is None else share
            self._train_vocoder("vocoder", share, vocoder, settings, self.corpus.training, None)
        return self.folder.loaded("vocoder", vocoder)

    def acoustic(self, vocoder: Vocoder, group: ProcessGroup = ALONE) -> SpeechT5ForTextToSpeech:
        """The acoustic model that spoke the development texts best, with what `vocoder` gave by then.

        In a group every process asks for it, and all train it together.
        """
        settings, share = self.settings.acoustic, self._shares.acoustic
        if self.config.init is not None:
            start = pretrained_model(self.config.init, settings, self.encodings)
            return self._train_acoustic("acoustic", share, start, vocoder, group, settings.fine_tuning_rate)
        torch.manual_seed(self.settings.seed)
        new = new_model(settings, self.corpus.mel_moments()[0], len(self.encodings))
        first_share = settings.first_share * share
        first = self._train_acoustic("letters", first_share, new, vocoder, group)
        start = with_more_frames(first, settings.reduction)
        return self._train_acoustic("acoustic", share - first_share, start, vocoder, group)

    def _train_acoustic(
        self,
        stage: str,
        share: float,
        start: SpeechT5ForTextToSpeech,
        vocoder: Vocoder,
        group: ProcessGroup,
        rate: float = 1.0,
    ) -> SpeechT5ForTextToSpeech:
        """`start`, trained for that share of the time, at that share of the learning rate."""
        if not self.folder.has_ended(stage):
            settings = replace(
                self.settings.acoustic, learning_rate=rate * self.settings.acoustic.learning_rate
            )
            reduction = start.config.reduction_factor
            kind = GraphedAcousticTraining if settings.cuda_graph else AcousticTraining
            known, seed = self.corpus.training, self.settings.seed
            longer = joined_clips(known, settings.joined_share, settings.joined_frames, seed)
            clips = self._with_tokens([*known, *longer], reduction)
            warm = stage == "acoustic"
            files = self.folder.stage(stage)
            training = kind(start, settings, clips, files, warm, group, self._pronounced(group))
            if group.rank == 0:
                validation = Validation(
                    self._references,
                    self.corpus.processor.tokenizer,
                    self.encodings,
                    self._with_tokens(self.corpus.development, reduction),
                    settings.batch_frames,
                    vocoder,
                    self.folder.path / "attention" / stage,
                    self.config.workers,
                    self.settings.evaluation.validated if self.settings.evaluation.with_mos else 0,
                )
                every = self.settings.validation_minutes * _MINUTE
                training.run(replace(self._budget(share), validation_seconds=every), validation.measure)
                self.folder.finish(stage, training.result(), training.step, training.spent)
            else:
                training.follow()
            group.wait()
        return self.folder.loaded(stage, start)

    @property
    def pronounced_texts(self) -> int:
        """Of how many texts the teacher tells the phonemes: none, where it does not."""
        return self.settings.pronounced_texts if self.config.teacher.pronounced("hello.") else 0

    def _pronounced(self, group: ProcessGroup) -> PronouncedTexts | None:
        """Texts and their phonemes, where the teacher tells them: to the first of a group, and all read that."""
        if group.rank > 0:
            group.wait()
        folder, workers, say = self.folder.path / "corpus", self.config.workers, self.folder.journal.say
        texts = vocabulary_texts(self.pronounced_texts, self.settings.seed)
        pronounced = pronounce(texts, self.config.teacher, folder, workers, say)
        if group.rank == 0:
            group.wait()
        return (
            PronouncedTexts(pronounced, self.corpus.processor.tokenizer, self.device) if pronounced else None
        )

    @functools.cached_property
    def _references(self) -> list[Reference]:
        """The development lines as the teacher reads them; heard once for all stages."""
        return hear_clips(self.corpus.development, self.config.workers)

    def sharp(self, model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
        """`model` with a postnet that gives sharp frames."""
        if not self.folder.has_ended("postnet"):
            settings = self.settings.postnet
            known = self._predictions(model, self.corpus.some(settings.clip_frames))
            held_out = self._predictions(model, self.corpus.development)
            training = PostnetTraining(model, settings, known, self.folder.stage("postnet"))
            budget = replace(self._budget(self._shares.postnet), steps=settings.steps)
            training.run(budget, lambda postnet, _: sharpness(postnet, held_out))
            self.folder.finish("postnet", training.result(), training.step, training.spent)
        self.folder.loaded("postnet", Postnet(model))
        return model

    def _predictions(self, model: SpeechT5ForTextToSpeech, clips: list[Clip]) -> Predictions:
        tokens = self._with_tokens(clips, model.config.reduction_factor)
        frames = self.settings.acoustic.batch_frames
        return predictions(speaking_copy(model), tokens, frames, self.settings.seed)

    def matched(self, acoustic: SpeechT5ForTextToSpeech) -> SpeechT5HifiGan:
        """The vocoder, trained on what the acoustic model will give it; the mean of that and before."""
        if not self.folder.has_ended("matched"):
            some = self.corpus.some(_MATCHED_FRAMES)
            tokens = self._with_tokens(some, acoustic.config.reduction_factor)
            frames = self.settings.acoustic.batch_frames
            predicted = predicted_frames(speaking_copy(acoustic), tokens, frames)
            settings = self.settings.vocoder.matched()
            clips = [some[index] for index in tokens.order]
            self._train_vocoder("matched", self._shares.matched, self.vocoder(), settings, clips, predicted)
        return mean_vocoder(self.vocoder(), self.folder.loaded("matched", self._start_vocoder()))

    def _start_vocoder(self) -> SpeechT5HifiGan:
        known = None if self.config.known_vocoder is None else open_vocoder(self.config.known_vocoder)
        if known is not None and not self.config.widen:
            return known
        torch.manual_seed(self.settings.seed)
        shape, moments = self.settings.vocoder, self.corpus.mel_moments()
        return new_vocoder(shape, *moments) if known is None else widened_vocoder(known, shape, *moments)

    def latest_vocoder(self) -> SpeechT5HifiGan:
        """The vocoder as the process beside this one last saved it."""
        vocoder = self._start_vocoder()
        nn.Module.to(vocoder.eval(), self.device)
        state = load_state(self.folder.stage("vocoder").state, self.device)
        if state is not None:
            vocoder.load_state_dict(state["average"])
        return vocoder

    def _train_vocoder(
        self,
        stage: str,
        share: float,
        vocoder: SpeechT5HifiGan,
        settings: VocoderSettings,
        clips: list[Clip],
        predicted: Tensor | None,
    ) -> None:
        held_out, asked = self._with_samples(self.corpus.development), self.settings.evaluation
        heard = some_of_each(self.corpus.development, asked.validated) if asked.with_mos else []

        def validate(model: SpeechT5HifiGan, _: int) -> dict[str, float]:
            opinion = {"predicted_mos": round(copies_opinion(model, heard), 3)} if heard else {}
            return copy_synthesis_error(model, held_out) | opinion

        training = VocoderTraining(
            vocoder, settings, self._with_samples(clips), self.folder.stage(stage), predicted
        )
        every = self.settings.validation_minutes * _MINUTE
        training.run(replace(self._budget(share), validation_seconds=every), validate)
        self.folder.finish(stage, training.result(), training.step, training.spent)

    def _with_tokens(self, clips: list[Clip], reduction: int) -> AcousticClips:
        tokenizer = self.corpus.processor.tokenizer
        ids = [tokenizer(clip.text)["input_ids"] for clip in clips]
        return AcousticClips(clips, ids, self.encodings, self.device, reduction)

    def _with_samples(self, clips: list[Clip]) -> VocoderClips:
        return VocoderClips(clips, list(self.encodings), self.device)

    @property
    def _shares(self) -> Shares:
        return self.settings.shares if self.config.init is None else self.settings.warm_shares

    def _budget(self, share: float) -> Budget:
        seconds = share * self.settings.minutes * _MINUTE
        return Budget(seconds, self.settings.save_seconds, self.settings.report_steps)
