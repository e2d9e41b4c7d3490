"""The whole chain, from sentence lists to a folder that the app loads. Killed anywhere, it goes on from there.

Every stage leaves a file, and a stage whose file is there is not run again; inside the long stages, training goes on
from its last saved state. README.md tells what the stages are for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from voice_training import VoiceTrainingError
from voice_training.acoustic_losses import AcousticClips, predicted_frames
from voice_training.acoustic_model import (
    new_model,
    pretrained_model,
    speaker_encodings,
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
from voice_training.copy_synthesis import (
    copies_opinion,
    copy_synthesis_error,
    describe_vocoder,
    measure_copies,
    some_of_each,
)
from voice_training.corpus import Clip, Corpus
from voice_training.devices import (
    ALONE,
    BackgroundProcess,
    ProcessGroup,
    first_of_two,
    half_of_the_cores,
    prepare_process,
    second_of_two,
)
from voice_training.evaluation import (
    Reference,
    Validation,
    evaluate_folder,
    harvard_sentences,
    hear_clips,
    require_libraries,
)
from voice_training.graph_training import GraphedAcousticTraining
from voice_training.model_card import FIGURES_FILE, Provenance, write_card
from voice_training.run_folder import RunFolder, load_state
from voice_training.settings import Shares, TrainingSettings, VocoderSettings
from voice_training.teachers import Teacher
from voice_training.training_loop import Budget
from voice_training.vocoder import VocoderClips, VocoderTraining
from voice_training.vocoder_model import mean_vocoder, new_vocoder, open_vocoder, widened_vocoder
from voice_training.voice import export_vocoder, export_voice

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

    @property
    def in_two(self) -> bool:
        """Whether two processes train the acoustic model together, half of the processor's cores each."""
        return self.device.type == "cpu" and self.workers > 1


class VoiceRun:
    """One run of the chain; `train()` does what is left of it.

    Raises:
        DemoError: the run cannot be carried out; said before it costs anyone hours.
    """

    def __init__(self, config: RunConfig, say: Callable[[str], None]) -> None:
        if not config.settings.minutes > 0:
            raise VoiceTrainingError("There is no time to train in: give --minutes more than 0.")
        require_libraries(config.settings.evaluation.with_mos)
        self.config, self.device = config, config.device
        self.settings = settings = config.settings.on(config.device.type)
        self.encodings = speaker_encodings(config.teacher.encoding_order)
        if config.init is not None:
            pretrained_model(config.init, settings.acoustic, self.encodings)
        known = config.init / "vocoder" if config.init is not None else None
        self._known_vocoder = config.vocoder or known
        if self._known_vocoder is not None:
            open_vocoder(self._known_vocoder)
        elif config.widen:
            raise VoiceTrainingError(
                "There is no vocoder to widen: name one with --vocoder, or a voice with --init."
            )
        texts, held_out = settings.texts, settings.development_texts
        self.corpus = Corpus(config.folder, config.teacher, texts, held_out, settings.seed, config.init)
        acoustic = settings.acoustic
        layers, heads = [acoustic.encoder_layers, acoustic.decoder_layers], acoustic.heads
        identity = {
            "seed": settings.seed,
            "teacher": config.teacher.description,
            "init": None if config.init is None else str(config.init.resolve()),
            "acoustic": [acoustic.hidden, *layers, heads, acoustic.postnet_units, acoustic.reduction],
            "vocoder": [settings.vocoder.channels, settings.vocoder.discriminator_width],
            "vocoder start": None if config.vocoder is None else str(config.vocoder.resolve()),
            **({"widened": True} if config.widen else {}),
        }
        self.folder = RunFolder(config.folder, identity, settings.seed, config.device, say)

    def train(self) -> Path:
        """Run what is left; the folder of the finished voice."""
        config, say = self.config, self.folder.journal.say
        say(f"teacher: {config.teacher.description}. {config.teacher.licence}")
        self.corpus.make(config.workers, say)
        acoustic = self._first_stages()
        acoustic = self._sharp(acoustic)
        vocoder = self._matched(acoustic)
        voice = config.folder / "voice"
        labels, processor = config.teacher.speakers, self.corpus.processor
        export_voice(acoustic, vocoder, processor, self.encodings, labels, voice)
        self._provenance().write(voice)
        asked = self.settings.evaluation
        evaluation = evaluate_folder(voice, config.teacher, asked, config.workers, self.device, say)
        evaluation.write(voice / FIGURES_FILE)
        write_card(voice)
        return voice

    def train_vocoder(self) -> Path:
        """Train and measure the vocoder alone; its folder. `train` in the same run's folder goes on from there."""
        require_libraries(with_mos=True)
        config, say = self.config, self.folder.journal.say
        say(f"teacher: {config.teacher.description}. {config.teacher.licence}")
        self.corpus.make(config.workers, say)
        vocoder, folder = self.vocoder(share=1.0), config.folder / "vocoder"
        asked = self.settings.evaluation
        say(f"evaluation: the teacher reads {asked.sentences} Harvard sentences a speaker")
        clips = self.corpus.read_aside("harvard", harvard_sentences(asked.sentences), config.workers)
        export_vocoder(vocoder, folder)
        vocoder = open_vocoder(folder)
        describe_vocoder(vocoder, measure_copies(vocoder, clips), self._provenance(), folder)
        return folder

    def _first_stages(self) -> SpeechT5ForTextToSpeech:
        """The acoustic model; its vocoder is trained before it, or at the same time in a process beside it."""
        if self.folder.has_ended("acoustic") and self.folder.has_ended("vocoder"):
            return self.acoustic(self.vocoder)
        if self.settings.side_by_side:
            beside = BackgroundProcess(functools.partial(_train_vocoder, self.config), "vocoder")
            model = self.acoustic(self._latest_vocoder)
            beside.wait()
            return model
        vocoder = self.vocoder()
        if not self.config.in_two:
            return self.acoustic(lambda: vocoder)
        second = functools.partial(_join_acoustic, self.config)
        with half_of_the_cores(self.config.workers), first_of_two(second, "acoustic model") as group:
            return self.acoustic(lambda: vocoder, group)

    def vocoder(self, share: float | None = None) -> SpeechT5HifiGan:
        """The vocoder, trained on the teacher's own frames, for its stage's share of the time or for that one."""
        vocoder = self._start_vocoder()
        if not self.folder.has_ended("vocoder"):
            settings = self.settings.vocoder
            if self.config.widen:
                settings = settings.widened()
            elif self._known_vocoder is not None:
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
            clips = self._with_tokens(self.corpus.training, reduction)
            warm = stage == "acoustic"
            training = kind(start, settings, clips, self.folder.stage(stage), warm, group)
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

    @functools.cached_property
    def _references(self) -> list[Reference]:
        """The development lines as the teacher reads them; heard once for all stages."""
        return hear_clips(self.corpus.development, self.config.workers)

    def _sharp(self, model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
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

    def _matched(self, acoustic: SpeechT5ForTextToSpeech) -> SpeechT5HifiGan:
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
        known = None if self._known_vocoder is None else open_vocoder(self._known_vocoder)
        if known is not None and not self.config.widen:
            return known
        torch.manual_seed(self.settings.seed)
        shape, moments = self.settings.vocoder, self.corpus.mel_moments()
        return new_vocoder(shape, *moments) if known is None else widened_vocoder(known, shape, *moments)

    def _latest_vocoder(self) -> SpeechT5HifiGan:
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

    @property
    def _vocoder_from(self) -> str | None:
        """Where the vocoder comes from, where that is not the voice's own."""
        if self.config.widen:
            return f"{self._known_vocoder}, of which it took the stages that fit"
        return None if self.config.vocoder is None else str(self.config.vocoder)

    def _provenance(self) -> Provenance:
        config = self.config
        results = {stage: self.folder.result(stage) for stage in STAGES if self.folder.has_ended(stage)}
        return Provenance(
            command=config.command,
            machine=config.machine,
            teacher=config.teacher.description,
            licence=config.teacher.licence,
            started_from=None if config.init is None else str(config.init),
            vocoder_from=self._vocoder_from,
            clips=len(self.corpus.training),
            hours=round(self.corpus.hours, 2),
            steps={stage: result.steps for stage, result in results.items()},
            minutes={stage: round(result.seconds / _MINUTE, 2) for stage, result in results.items()},
            processes=2 if config.in_two else 1,
        )


def _join_acoustic(config: RunConfig, rendezvous: Path) -> None:
    """What the second of the processes that train the acoustic model does."""
    prepare_process(config.device)
    with half_of_the_cores(config.workers), second_of_two(rendezvous) as group:
        run = VoiceRun(config, print)
        run.acoustic(run.vocoder, group)


def _train_vocoder(config: RunConfig) -> None:
    """What the process beside the acoustic model's does."""
    prepare_process(config.device)
    VoiceRun(config, print).vocoder()
