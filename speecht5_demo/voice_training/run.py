"""The whole chain, from sentence lists to a folder that the app loads. Killed anywhere, it goes on from
there.

Every stage leaves a file, and a stage whose file is there is not run again; inside the long stages, training
goes on from its last saved state.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.errors import VoiceTrainingError
from speecht5_demo.voice_training.acoustic import AcousticTraining
from speecht5_demo.voice_training.acoustic_losses import predicted_frames
from speecht5_demo.voice_training.acoustic_model import (
    FIRST_REDUCTION,
    new_model,
    speaking_copy,
    with_more_frames,
)
from speecht5_demo.voice_training.corpus import WHOLE_FRAMES, Clip
from speecht5_demo.voice_training.export import export_voice
from speecht5_demo.voice_training.listening import require_libraries
from speecht5_demo.voice_training.loop import Journal, load_state, save_state
from speecht5_demo.voice_training.materials import Materials
from speecht5_demo.voice_training.measuring import examine_folder
from speecht5_demo.voice_training.model_card import Making
from speecht5_demo.voice_training.order import Order
from speecht5_demo.voice_training.processes import Beside
from speecht5_demo.voice_training.rehearsal import Rehearsal
from speecht5_demo.voice_training.settings import for_device, prepare_process
from speecht5_demo.voice_training.vocoder import (
    VocoderTraining,
    copy_synthesis_error,
    midway,
    new_vocoder,
)
from speecht5_demo.voice_training.warm_start import trainable_model

Model = TypeVar("Model", bound=nn.Module)

STAGES = ("vocoder", "letters", "acoustic", "matched")
"""In the order in which they run; `letters`, the acoustic model at two frames a step, only from nothing and where it
ends at four.
"""
_MATCHED_FRAMES = 900_000
_WARM_JUDGES_FROM = 100
_MINUTE = 60.0


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
        if order.listen:
            require_libraries(order.settings.examination.with_mos)
        self.order = order
        self.settings = for_device(order.settings, order.device)
        self.folder, self.device = order.folder, order.device
        self.materials = Materials(self.settings, order.folder, order.init, order.device, order.workers)
        self._claim_folder()
        self.journal = Journal(order.folder / "journal.jsonl", say)

    def _claim_folder(self) -> None:
        """Note what the folder's states belong to, and refuse a folder whose states belong to something
        else.
        """
        settings, init = self.order.settings, self.order.init
        identity = {
            "seed": settings.seed,
            "init": None if init is None else str(init.resolve()),
            "init_vocoder": None
            if self.order.vocoder_from is None
            else str(self.order.vocoder_from.resolve()),
            "acoustic": [
                settings.acoustic.hidden,
                settings.acoustic.encoder_layers,
                settings.acoustic.decoder_layers,
                settings.acoustic.heads,
                settings.acoustic.postnet_units,
                settings.acoustic.reduction,
            ],
            "vocoder": [settings.vocoder.channels, self.settings.vocoder.discriminator_width],
        }
        path = self.folder / "identity.json"
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            differing = [name for name, value in identity.items() if found.get(name) != value]
            if differing:
                raise VoiceTrainingError(
                    f"{self.folder} holds another run (its {', '.join(differing)} differ): "
                    "repeat that run's command, or name a new folder with --folder."
                )
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(identity) + "\n", encoding="utf-8")

    def train(self) -> Path:
        """Run what is left; the folder of the finished voice."""
        self.materials.prepare(self.journal.say)
        warm = self.order.init is not None
        shares = self.settings.warm_shares if warm else self.settings.shares
        vocoder_share, acoustic_share, matched_share = shares
        if self.settings.side_by_side:
            beside = Beside(functools.partial(_train_vocoder_alone, self.order, vocoder_share), "vocoder")
            acoustic = self._acoustic(acoustic_share, self._latest_vocoder)
            beside.wait()
        else:
            vocoder = self.vocoder(vocoder_share)
            acoustic = self._acoustic(acoustic_share, lambda: vocoder)
        vocoder = self.vocoder(vocoder_share)
        matched = self._matched_vocoder(matched_share, vocoder, acoustic)
        vocoder = midway(self.vocoder(vocoder_share), matched)
        voice = self.folder / "voice"
        export_voice(acoustic, vocoder, self.materials.processor, voice)
        self._making().write(voice)
        if self.order.listen:
            examine_folder(
                voice, self.settings.examination, self.order.workers, self.device, self.journal.say
            )
        return voice

    def _result(self, stage: str) -> Path:
        return self.folder / f"{stage}-result.pt"

    def _seconds(self, share: float) -> float:
        return share * self.settings.minutes * _MINUTE

    # --- vocoder ---

    def _start_vocoder(self) -> SpeechT5HifiGan:
        """The vocoder that training starts from."""
        folder = self.order.vocoder_from
        if folder is not None:
            return SpeechT5HifiGan.from_pretrained(folder / "vocoder", dtype=torch.float32)
        torch.manual_seed(self.settings.seed)
        return new_vocoder(self.settings.vocoder, *self.materials.mel_moments())

    def _latest_vocoder(self) -> SpeechT5HifiGan:
        """The vocoder as the process beside this one last saved it."""
        vocoder = self._start_vocoder()
        state = load_state(self.folder / "vocoder-state.pt", self.device)
        if state is not None:
            vocoder.load_state_dict(state["average"])
        nn.Module.to(vocoder.eval(), self.device)
        return vocoder

    def vocoder(self, share: float) -> SpeechT5HifiGan:
        """The vocoder, trained on the teacher's own frames."""
        vocoder = self._start_vocoder()
        if not self._result("vocoder").exists():
            warm = self.order.vocoder_from is not None
            judged_from = _WARM_JUDGES_FROM if warm else self.settings.vocoder.discriminators_from
            self._train_vocoder("vocoder", share, vocoder, judged_from, self.materials.training, None)
        return self._loaded("vocoder", vocoder)

    def _matched_vocoder(
        self, share: float, vocoder: SpeechT5HifiGan, acoustic: SpeechT5ForTextToSpeech
    ) -> SpeechT5HifiGan:
        """The vocoder, trained on what the acoustic model will give it."""
        if not self._result("matched").exists():
            clips, frames = self._predicted_frames(acoustic)
            self._train_vocoder("matched", share, vocoder, _WARM_JUDGES_FROM, clips, frames)
        return self._loaded("matched", vocoder)

    def _train_vocoder(
        self,
        stage: str,
        share: float,
        vocoder: SpeechT5HifiGan,
        judged_from: int,
        clips: list[Clip],
        predicted: Tensor | None,
    ) -> None:
        training = VocoderTraining(
            vocoder,
            self.settings.vocoder,
            self.materials.with_samples(clips),
            self.folder / f"{stage}-state.pt",
            self.journal,
            self.settings.seed,
            judged_from,
            predicted,
            stage,
        )
        held_out = self.materials.with_samples(self.materials.development)
        training.run(
            self._seconds(share),
            self.settings.save_seconds,
            self.settings.report_steps,
            lambda model: copy_synthesis_error(model, held_out),
        )
        self._finish(stage, training.average.model.state_dict(), training.step, training.spent)

    def _predicted_frames(self, acoustic: SpeechT5ForTextToSpeech) -> tuple[list[Clip], Tensor]:
        """Some clips, and the frames that the acoustic model predicts for them, in the same order."""
        frames, clips = 0, []
        for clip in self.materials.training:
            frames += clip.frames
            if frames > _MATCHED_FRAMES:
                break
            clips.append(clip)
        tokens = self.materials.with_tokens(clips, self.settings.acoustic.reduction)
        predicted = predicted_frames(speaking_copy(acoustic), tokens, self.settings.acoustic.frames)
        return [clips[i] for i in tokens.order], predicted

    # --- acoustic model ---

    def _acoustic(self, share: float, vocoder: Callable[[], SpeechT5HifiGan]) -> SpeechT5ForTextToSpeech:
        """The acoustic model that spoke the development texts best, with what `vocoder` gave by then."""
        init, settings = self.order.init, self.settings.acoustic
        if init is not None:
            known = trainable_model(init, settings.postnet_units, settings.reduction)
            return self._trained_acoustic("acoustic", share, known, True, vocoder)
        torch.manual_seed(self.settings.seed)
        new = new_model(settings, self.materials.mel_moments()[0])
        if settings.reduction == FIRST_REDUCTION:
            return self._trained_acoustic("acoustic", share, new, False, vocoder)
        letters = settings.letters_share * share
        first = self._trained_acoustic("letters", letters, new, False, vocoder)
        wider = with_more_frames(first, settings.reduction)
        return self._trained_acoustic("acoustic", share - letters, wider, True, vocoder)

    def _trained_acoustic(
        self,
        stage: str,
        share: float,
        start: SpeechT5ForTextToSpeech,
        warm: bool,
        vocoder: Callable[[], SpeechT5HifiGan],
    ) -> SpeechT5ForTextToSpeech:
        """`start`, trained for its share of the time."""
        if not self._result(stage).exists():
            reduction = start.config.reduction_factor
            training = AcousticTraining(
                start,
                self.settings.acoustic,
                self.materials.with_tokens(self.materials.training, reduction),
                self.folder / f"{stage}-state.pt",
                self.journal,
                self.settings.seed,
                warm,
                stage,
            )
            pictures = self.folder / "attention" / stage
            rehearsal = Rehearsal(self.materials, reduction, vocoder, pictures, self.order.listen)
            training.run(
                self._seconds(share),
                self.settings.save_seconds,
                self.settings.report_steps,
                self.settings.evaluate_minutes * _MINUTE,
                rehearsal.measure,
            )
            best = _state_in(training.best_path, self.device)
            self._finish(stage, best["model"], training.step, training.spent)
        return self._loaded(stage, start)

    # --- results ---

    def _finish(self, stage: str, weights: dict[str, Any], steps: int, spent: float) -> None:
        save_state(self._result(stage), {"model": weights, "steps": steps, "spent": spent})

    def _loaded(self, stage: str, model: Model) -> Model:
        """`model` with the weights that the stage ended with, on the device, in evaluation mode."""
        model.load_state_dict(_state_in(self._result(stage), self.device)["model"])
        nn.Module.to(model.eval(), self.device)
        return model

    def _making(self) -> Making:
        ran = [stage for stage in STAGES if self._result(stage).exists()]
        states = {stage: _state_in(self._result(stage), torch.device("cpu")) for stage in ran}
        return Making(
            command=self.order.command,
            machine=self.order.machine,
            started_from=self.order.started_from,
            clips=len(self.materials.training),
            hours=round(self.materials.hours, 2),
            steps={stage: int(state["steps"]) for stage, state in states.items()},
            minutes={stage: round(state["spent"] / _MINUTE, 2) for stage, state in states.items()},
        )


def _train_vocoder_alone(order: Order, share: float) -> None:
    """What the process beside the acoustic model's does."""
    prepare_process(order.device)
    VoiceRun(order, print).vocoder(share)


def _state_in(path: Path, device: torch.device) -> dict[str, Any]:
    state = load_state(path, device)
    if state is None:
        raise VoiceTrainingError(f"{path} is gone: start the run in a new folder.")
    return state
