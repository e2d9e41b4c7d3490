"""The whole chain, from sentence lists to a folder that the app loads. Killed anywhere, it goes on from there.

What a stage does is in `stages`; this says which follows which, in how many processes, and what is made of the last.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.checkpoints.weight_files import weights_in
from voice_training import VoiceTrainingError
from voice_training.acoustic_model import pretrained_model, speaker_encodings
from voice_training.copy_synthesis import describe_vocoder, measure_copies
from voice_training.corpus import Corpus
from voice_training.devices import (
    BackgroundProcess,
    first_of_two,
    half_of_the_cores,
    prepare_process,
    second_of_two,
)
from voice_training.evaluation import evaluate_folder, harvard_sentences, require_libraries
from voice_training.model_card import FIGURES_FILE, Provenance, write_card
from voice_training.run_folder import RunFolder, mean_of_runs, result_file
from voice_training.stages import STAGES, RunConfig, Stages
from voice_training.vocoder_model import open_vocoder
from voice_training.voice import export_vocoder, export_voice

_MINUTE = 60.0


class VoiceRun:
    """One run of the chain; `train()` does what is left of it.

    Raises:
        DemoError: the run cannot be carried out; said before it costs anyone hours.
    """

    def __init__(self, config: RunConfig, say: Callable[[str], None]) -> None:
        if not config.settings.minutes > 0:
            raise VoiceTrainingError("There is no time to train in: give --minutes more than 0.")
        require_libraries(config.settings.evaluation.with_mos)
        self.config = config
        self.settings = settings = config.settings.on(config.device.type)
        self.encodings = speaker_encodings(config.teacher.encoding_order)
        start = None
        if config.init is not None:
            start = pretrained_model(config.init, settings.acoustic, self.encodings).state_dict()
        if config.known_vocoder is not None:
            open_vocoder(config.known_vocoder)
        elif config.widen:
            raise VoiceTrainingError(
                "There is no vocoder to widen: name one with --vocoder, or a voice with --init."
            )
        if config.mean_of and config.init is None:
            raise VoiceTrainingError(
                "Runs that start from nothing have no mean, runs that went on from one voice do: name it with --init."
            )
        if not 0 <= config.init_share < 1:
            raise VoiceTrainingError(
                "--init-share is a part of the mean: give a number from 0 to less than 1."
            )
        if config.init_share and not config.mean_of:
            raise VoiceTrainingError(
                "--init-share is a part of a mean: name the runs it is of with --mean-of, or leave it out."
            )
        texts, held_out = settings.texts, settings.development_texts
        self.corpus = Corpus(config.folder, config.teacher, texts, held_out, settings.seed, config.init)
        acoustic = settings.acoustic
        layers, heads = [acoustic.encoder_layers, acoustic.decoder_layers], acoustic.heads
        identity = {
            "seed": settings.seed,
            "teacher": config.teacher.description,
            "init": _digest(config.init and config.init / "model"),
            "acoustic": [acoustic.hidden, *layers, heads, acoustic.postnet_units, acoustic.reduction],
            "vocoder": [settings.vocoder.channels, settings.vocoder.discriminator_width],
            "vocoder start": _digest(config.known_vocoder),
            **({"widened": True} if config.widen else {}),
            **({"mean of": [str(run.resolve()) for run in config.mean_of]} if config.mean_of else {}),
            **({"init share": config.init_share} if config.init_share else {}),
        }
        wanted = config.mean_of and not result_file(config.folder, "acoustic").exists()
        self._mean = (
            mean_of_runs(config.mean_of, "acoustic", identity, config.device, start, config.init_share)
            if wanted
            else None
        )
        self.folder = RunFolder(config.folder, identity, settings.seed, config.device, say)
        self.stages = Stages(config, settings, self.corpus, self.folder, self.encodings)

    def train(self) -> Path:
        """Run what is left; the folder of the finished voice."""
        config, say = self.config, self.folder.journal.say
        say(f"teacher: {config.teacher.description}. {config.teacher.licence}")
        self.corpus.make(config.workers, say)
        acoustic = self._first_stages()
        acoustic = self.stages.sharp(acoustic)
        vocoder = self.stages.matched(acoustic)
        voice = config.folder / "voice"
        labels, processor = config.teacher.speakers, self.corpus.processor
        export_voice(acoustic, vocoder, processor, self.encodings, labels, voice)
        self._provenance().write(voice)
        asked = self.settings.evaluation
        evaluation = evaluate_folder(voice, config.teacher, asked, config.workers, config.device, say)
        evaluation.write(voice / FIGURES_FILE)
        write_card(voice)
        return voice

    def train_vocoder(self) -> Path:
        """Train and measure the vocoder alone; its folder. `train` in the same run's folder goes on from there."""
        require_libraries(with_mos=True)
        config, say = self.config, self.folder.journal.say
        say(f"teacher: {config.teacher.description}. {config.teacher.licence}")
        self.corpus.make(config.workers, say)
        vocoder, folder = self.stages.vocoder(share=1.0), config.folder / "vocoder"
        asked = self.settings.evaluation
        say(f"evaluation: the teacher reads {asked.sentences} Harvard sentences a speaker")
        clips = self.corpus.read_aside("harvard", harvard_sentences(asked.sentences), config.workers)
        export_vocoder(vocoder, folder)
        vocoder = open_vocoder(folder)
        describe_vocoder(vocoder, measure_copies(vocoder, clips), self._provenance(), folder)
        return folder

    def _first_stages(self) -> SpeechT5ForTextToSpeech:
        """The acoustic model; its vocoder is trained before it, or at the same time in a process beside it."""
        if self._mean is not None:
            self.folder.finish("acoustic", self._mean.weights, self._mean.steps, self._mean.seconds)
        if self.folder.has_ended("acoustic") and self.folder.has_ended("vocoder"):
            return self.stages.acoustic(self.stages.vocoder)
        if self.settings.side_by_side:
            beside = BackgroundProcess(functools.partial(_train_vocoder, self.config), "vocoder")
            model = self.stages.acoustic(self.stages.latest_vocoder)
            beside.wait()
            return model
        vocoder = self.stages.vocoder()
        if not self.config.in_two:
            return self.stages.acoustic(lambda: vocoder)
        second = functools.partial(_join_acoustic, self.config)
        with half_of_the_cores(self.config.workers), first_of_two(second, "acoustic model") as group:
            return self.stages.acoustic(lambda: vocoder, group)

    @property
    def _vocoder_from(self) -> str | None:
        """Where the vocoder comes from, where that is not the voice's own."""
        if self.config.widen:
            return f"{self.config.known_vocoder}, of which it took the stages that fit"
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
            runs=len(config.mean_of) or 1,
            init_share=config.init_share,
            pronounced=self.stages.pronounced_texts if "acoustic" in results else 0,
        )


def _digest(folder: Path | None) -> str | None:
    """Of the weights that a part of a run starts with, wherever they lie; None for nothing."""
    return None if folder is None else weights_in(folder).digest()


def _join_acoustic(config: RunConfig, rendezvous: Path) -> None:
    """What the second of the processes that train the acoustic model does."""
    prepare_process(config.device)
    with half_of_the_cores(config.workers), second_of_two(rendezvous) as group:
        stages = VoiceRun(config, print).stages
        stages.acoustic(stages.vocoder, group)


def _train_vocoder(config: RunConfig) -> None:
    """What the process beside the acoustic model's does."""
    prepare_process(config.device)
    VoiceRun(config, print).stages.vocoder()
