"""The whole chain, from sentence lists to a folder that the app loads. Killed anywhere, it goes on from
there.

Every stage leaves a file, and a stage whose file is there is not run again; inside the long stages, training
goes on from its last saved state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.errors import VoiceTrainingError
from speecht5_demo.voice_training.acoustic_model import FIRST_REDUCTION
from speecht5_demo.voice_training.acoustic_stages import AcousticStages
from speecht5_demo.voice_training.corpus import WHOLE_FRAMES
from speecht5_demo.voice_training.export import export_voice
from speecht5_demo.voice_training.listening import require_libraries
from speecht5_demo.voice_training.materials import Materials
from speecht5_demo.voice_training.measuring import examine_folder
from speecht5_demo.voice_training.model_card import Making
from speecht5_demo.voice_training.order import Order
from speecht5_demo.voice_training.processes import Beside
from speecht5_demo.voice_training.run_folder import RunFolder
from speecht5_demo.voice_training.settings import Shares, for_device, prepare_process
from speecht5_demo.voice_training.twins import half_of_the_cores
from speecht5_demo.voice_training.vocoder_stages import VocoderStages

STAGES = ("vocoder", "letters", "acoustic", "twin", "sharpened", "matched")
"""In the order in which they run; `letters`, the acoustic model at two frames a step, only from nothing and where it
ends at four; `twin` beside `acoustic`.
"""
_MINUTE = 60.0
_HEARD_BEST = "the weights with the fewest word errors in free-running speech on development texts"
_UNHEARD_BEST = "the weights with the least loss on development texts, lines without an end counted"


class VoiceRun:
    """One run of the chain; `train()` does what is left of it."""

    def __init__(self, order: Order, say: Callable[[str], None]) -> None:
        if not order.settings.minutes > 0:
            raise VoiceTrainingError("There is no time to train in: give --minutes more than 0.")
        reduction = order.settings.acoustic.reduction
        if reduction < FIRST_REDUCTION or WHOLE_FRAMES % reduction:
            raise VoiceTrainingError(
                f"{reduction} frames a step cannot be trained: give --frames-a-step 2 or 4."
            )
        if order.keep_vocoder and order.vocoder_from is None:
            raise VoiceTrainingError(
                "There is no vocoder to keep: name a voice with --init or --init-vocoder."
            )
        if order.listen:
            require_libraries(order.settings.examination.with_mos)
        self.order = order
        self.settings = for_device(order.settings, order.device)
        self.materials = Materials(self.settings, order.folder, order.init, order.device, order.workers)
        self.folder = RunFolder(order, self.settings, say)
        self._vocoders = VocoderStages(order, self.settings, self.materials, self.folder)
        self._acoustics = AcousticStages(order, self.settings, self.materials, self.folder)

    def train(self) -> Path:
        """Run what is left; the folder of the finished voice."""
        self.materials.prepare(self.folder.journal.say)
        shares = self._shares
        if self.settings.side_by_side and not self.order.keep_vocoder:
            beside = Beside(functools.partial(_train_vocoder_alone, self.order), "vocoder")
            acoustic = self._acoustics.spoken_best(self._seconds(shares.acoustic), self._vocoders.latest)
            beside.wait()
        else:
            vocoder = self.first_vocoder()
            acoustic = self._spoken_best(vocoder)
        acoustic = self._acoustics.sharpened(self._seconds(shares.sharpened), acoustic)
        matched = self._vocoders.matched(self._seconds(shares.matched), acoustic)
        voice = self.order.folder / "voice"
        export_voice(acoustic, matched, self.materials.processor, voice)
        self._making().write(voice)
        if self.order.listen:
            examine_folder(
                voice,
                self.settings.examination,
                self.order.workers,
                self.order.device,
                self.folder.journal.say,
            )
        return voice

    def first_vocoder(self) -> SpeechT5HifiGan:
        """The vocoder after its first stage."""
        return self._vocoders.first(self._seconds(self._shares.vocoder))

    def _spoken_best(self, vocoder: SpeechT5HifiGan) -> SpeechT5ForTextToSpeech:
        """The acoustic model; on a processor that goes on from a voice, the mean of two, half of the cores each."""
        seconds = self._seconds(self._shares.acoustic)
        if not self.order.twins:
            return self._acoustics.spoken_best(seconds, lambda: vocoder)
        beside = Beside(functools.partial(_train_twin_alone, self.order), "twin")
        with half_of_the_cores(self.order.workers):
            self._acoustics.spoken_best(seconds, lambda: vocoder)
        beside.wait()
        return self._acoustics.mean_of_twins(lambda: vocoder)

    def twin(self) -> None:
        """Train the second of two acoustic models."""
        vocoder = self.first_vocoder()
        self._acoustics.twin(self._seconds(self._shares.acoustic), lambda: vocoder)

    @property
    def _shares(self) -> Shares:
        if self.order.keep_vocoder:
            return self.settings.kept_shares
        return self.settings.shares if self.order.init is None else self.settings.warm_shares

    def _seconds(self, share: float) -> float:
        return share * self.settings.minutes * _MINUTE

    def _making(self) -> Making:
        results = {stage: self.folder.result(stage) for stage in STAGES if self.folder.has_ended(stage)}
        return Making(
            command=self.order.command,
            machine=self.order.machine,
            started_from=self.order.started_from,
            clips=len(self.materials.training),
            hours=round(self.materials.hours, 2),
            steps={stage: result.steps for stage, result in results.items()},
            minutes={stage: round(result.spent / _MINUTE, 2) for stage, result in results.items()},
            kept=_HEARD_BEST if self.order.listen else _UNHEARD_BEST,
        )


def _train_twin_alone(order: Order) -> None:
    """What the process beside the first of two acoustic models does."""
    prepare_process(order.device)
    with half_of_the_cores(order.workers):
        VoiceRun(order, print).twin()


def _train_vocoder_alone(order: Order) -> None:
    """What the process beside the acoustic model's does."""
    prepare_process(order.device)
    VoiceRun(order, print).first_vocoder()
