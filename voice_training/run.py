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

from voice_training.acoustic_model import FIRST_REDUCTION
from voice_training.acoustic_stages import AcousticStages
from voice_training.corpus import WHOLE_FRAMES
from voice_training.crew import Crew, first_of_two, second_of_two
from voice_training.devices import for_device, prepare_process
from voice_training.errors import VoiceTrainingError
from voice_training.export import export_voice, export_with_vocoder
from voice_training.listening import require_libraries
from voice_training.materials import Materials
from voice_training.measuring import examine_folder
from voice_training.model_card import Making
from voice_training.order import Order
from voice_training.processes import Beside, half_of_the_cores
from voice_training.run_folder import RunFolder
from voice_training.settings import Shares
from voice_training.vocoder_stages import VocoderStages

STAGES = ("vocoder", "vocoder-twin", "letters", "acoustic", "sharpened", "matched")
"""In the order in which they run; `letters`, the acoustic model at two frames a step, only from nothing and where it
ends at four; `vocoder-twin` beside a `vocoder` whose acoustic model is kept.
"""
_MINUTE = 60.0
_HEARD_BEST = "the weights with the fewest word errors in free-running speech on development texts"
_UNHEARD_BEST = "the weights with the least loss on development texts, lines without an end counted"
_LAST = "half and half, the weights that it went on from and the average of the last ones"


class VoiceRun:
    """One run of the chain; `train()` does what is left of it."""

    def __init__(self, order: Order, say: Callable[[str], None]) -> None:
        _check(order)
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
        voice = self.order.folder / "voice"
        if self.order.keep_acoustic and self.order.init is not None:
            export_with_vocoder(self.order.init, self._vocoder_alone(), voice)
        else:
            self._train_both(voice)
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

    def _train_both(self, voice: Path) -> None:
        """The acoustic model, and the vocoder where it is not kept, written to the folder `voice`."""
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
        export_voice(acoustic, matched, self.materials.processor, voice)

    def first_vocoder(self) -> SpeechT5HifiGan:
        """The vocoder after its first stage."""
        return self._vocoders.first(self._seconds(self._shares.vocoder))

    def _spoken_best(self, vocoder: SpeechT5HifiGan) -> SpeechT5ForTextToSpeech:
        """The acoustic model; two processes train it on a processor, half of the cores each."""
        seconds = self._seconds(self._shares.acoustic)
        if not self.order.in_two or self.folder.has_ended("acoustic"):
            return self._acoustics.spoken_best(seconds, lambda: vocoder)
        second = functools.partial(_train_acoustic_beside, self.order)
        with half_of_the_cores(self.order.workers), first_of_two(second, "acoustic model") as crew:
            return self._acoustics.spoken_best(seconds, lambda: vocoder, crew)

    def acoustic_beside(self, crew: Crew) -> None:
        """Train the acoustic model as the second process of a crew."""
        self._acoustics.spoken_best(self._seconds(self._shares.acoustic), self.first_vocoder, crew)

    def _vocoder_alone(self) -> SpeechT5HifiGan:
        """The vocoder, where nothing else is trained, halfway between before and after.

        On a processor two are trained, half of the cores each, and after is their mean.
        """
        if not self.order.twins:
            return self._vocoders.halfway(self.first_vocoder())
        beside = Beside(functools.partial(_train_vocoder_twin, self.order), "vocoder's twin")
        with half_of_the_cores(self.order.workers):
            self.first_vocoder()
        beside.wait()
        return self._vocoders.halfway(self._vocoders.mean_of_twins())

    def vocoder_twin(self) -> None:
        """Train the second of two vocoders."""
        self._vocoders.twin(self._seconds(self._shares.vocoder))

    @property
    def _shares(self) -> Shares:
        if self.order.keep_acoustic:
            return self.settings.vocoder_shares
        if self.order.keep_vocoder:
            return self.settings.kept_shares
        return self.settings.shares if self.order.init is None else self.settings.warm_shares

    def _seconds(self, share: float) -> float:
        return share * self.settings.minutes * _MINUTE

    def _making(self) -> Making:
        if self.order.keep_acoustic:
            kept = _LAST
        else:
            kept = _HEARD_BEST if self.order.listen else _UNHEARD_BEST
        results = {stage: self.folder.result(stage) for stage in STAGES if self.folder.has_ended(stage)}
        return Making(
            command=self.order.command,
            machine=self.order.machine,
            started_from=self.order.started_from,
            clips=len(self.materials.training),
            hours=round(self.materials.hours, 2),
            steps={stage: result.steps for stage, result in results.items()},
            minutes={stage: round(result.spent / _MINUTE, 2) for stage, result in results.items()},
            kept=kept,
            acoustic=self._kept_acoustic(),
            vocoder_shares=self._vocoders.shares,
            processes=2 if self.order.in_two and not self.order.keep_acoustic else 1,
        )

    def _kept_acoustic(self) -> Making | None:
        """How the acoustic model that this run keeps was made, where its voice says so."""
        voice = self.order.init
        if voice is None or not self.order.keep_acoustic or not Making.is_told(voice):
            return None
        made = Making.read(voice)
        return made.acoustic or made


def _train_acoustic_beside(order: Order, meeting: Path) -> None:
    """What the second of the processes that train the acoustic model does."""
    prepare_process(order.device)
    with half_of_the_cores(order.workers), second_of_two(meeting) as crew:
        VoiceRun(order, print).acoustic_beside(crew)


def _train_vocoder_twin(order: Order) -> None:
    """What the process beside the first of two vocoders does."""
    prepare_process(order.device)
    with half_of_the_cores(order.workers):
        VoiceRun(order, print).vocoder_twin()


def _train_vocoder_alone(order: Order) -> None:
    """What the process beside the acoustic model's does."""
    prepare_process(order.device)
    VoiceRun(order, print).first_vocoder()


def _check(order: Order) -> None:
    """Refuse an order that cannot be carried out."""
    if not order.settings.minutes > 0:
        raise VoiceTrainingError("There is no time to train in: give --minutes more than 0.")
    reduction = order.settings.acoustic.reduction
    if reduction < FIRST_REDUCTION or WHOLE_FRAMES % reduction:
        raise VoiceTrainingError(f"{reduction} frames a step cannot be trained: give --frames-a-step 2 or 4.")
    if order.keep_vocoder and order.vocoder_from is None:
        raise VoiceTrainingError("There is no vocoder to keep: name a voice with --init or --init-vocoder.")
    if order.keep_acoustic and order.init is None:
        raise VoiceTrainingError("There is no acoustic model to keep: name a voice with --init.")
    if order.keep_acoustic and order.keep_vocoder:
        raise VoiceTrainingError(
            "Nothing would be trained: give --keep-vocoder or --keep-acoustic, not both."
        )
    if order.keep_acoustic and order.reshaped:
        raise VoiceTrainingError(
            f"{order.init} has another number of frames a step, and its acoustic model is to be kept: "
            "leave out --frames-a-step."
        )
