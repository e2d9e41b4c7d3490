"""The whole chain, from sentence lists to a folder that the app loads. Killed anywhere, it goes on from
there.

Every stage leaves a file, and a stage whose file is there is not run again; inside the long stages,
training goes on from its last saved state.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn
from transformers import (
    SpeechT5FeatureExtractor,
    SpeechT5ForTextToSpeech,
    SpeechT5HifiGan,
    SpeechT5Processor,
    SpeechT5Tokenizer,
)

from speecht5_demo.errors import VoiceTrainingError
from speecht5_demo.voice_training.acoustic import AcousticTraining, validation_losses
from speecht5_demo.voice_training.acoustic_batches import AcousticClips
from speecht5_demo.voice_training.acoustic_losses import predicted_frames
from speecht5_demo.voice_training.acoustic_model import SPOKEN_KEEP, fold_dropout, new_model, trainable_model
from speecht5_demo.voice_training.clip_store import ClipStore
from speecht5_demo.voice_training.corpus import Clip, make_corpus, read_shards
from speecht5_demo.voice_training.evaluation import (
    TeacherLine,
    development_score,
    development_texts,
    listen_to_teacher,
    measure,
)
from speecht5_demo.voice_training.export import export_voice
from speecht5_demo.voice_training.listening import require_libraries
from speecht5_demo.voice_training.loop import Journal, load_state, save_state
from speecht5_demo.voice_training.measuring import measure_folder
from speecht5_demo.voice_training.model_card import Making, write_card
from speecht5_demo.voice_training.pictures import draw_attention
from speecht5_demo.voice_training.settings import TrainingSettings, for_device
from speecht5_demo.voice_training.speaking import Utterance, Voice
from speecht5_demo.voice_training.teacher import SPEAKERS
from speecht5_demo.voice_training.texts import TextSets, make_texts
from speecht5_demo.voice_training.tokenizer import TOKENIZER_FILE, make_processor
from speecht5_demo.voice_training.vocoder import VocoderTraining, copy_synthesis_error, new_vocoder

_MATCHED_FRAMES = 900_000
_WARM_JUDGES_FROM = 100
_MINUTE = 60.0


@dataclass(frozen=True)
class Order:
    """What to train and where.

    Attributes:
        folder: of the run: corpus, states, journal, pictures, and in `voice` the result.
        init: a voice's folder to go on from, or None to start from nothing.
        command: the command line, for the model card.
        machine: what it runs on, for the model card.
    """

    settings: TrainingSettings
    folder: Path
    device: torch.device
    init: Path | None
    command: str
    machine: str
    workers: int


class VoiceRun:
    """One run of the chain; `train()` does what is left of it."""

    def __init__(self, order: Order, say: Callable[[str], None]) -> None:
        self.order = order
        self.settings = for_device(order.settings, order.device)
        self.folder, self.device = order.folder, order.device
        self.journal = Journal(order.folder / "journal.jsonl", say)
        if order.init is not None and not (order.init / TOKENIZER_FILE).is_file():
            raise VoiceTrainingError(
                f"{order.init} is no voice: it has no {TOKENIZER_FILE}. Give a voice's folder."
            )
        if not order.settings.minutes > 0:
            raise VoiceTrainingError("There is no time to train in: give --minutes more than 0.")

    def train(self) -> Path:
        """Run what is left; the folder of the finished voice."""
        require_libraries(self.settings.with_mos)
        texts = make_texts(self.settings.texts, self.settings.seed, held_out=self.settings.held_out_texts)
        self._make_corpus(texts)
        vocoder_share, acoustic_share, matched_share = self.settings.shares
        vocoder = self._vocoder("vocoder", vocoder_share, self._first_vocoder, predicted=False)
        acoustic = self._acoustic(acoustic_share, vocoder, texts)
        vocoder = self._vocoder("matched", matched_share, lambda: vocoder, predicted=True)
        voice = self.folder / "voice"
        export_voice(acoustic, vocoder, self._processor, voice)
        self._examine(voice)
        return voice

    def _make_corpus(self, texts: TextSets) -> None:
        folder = self.folder / "corpus"
        make_corpus(
            folder,
            texts.training,
            texts.development,
            self.settings.seed,
            self.order.workers,
            self.journal.say,
        )

    @cached_property
    def _training_clips(self) -> list[Clip]:
        clips = read_shards(sorted((self.folder / "corpus").glob("training-*.npz")))
        self.journal.note("corpus", "read", clips=len(clips), hours=round(_hours(clips), 2))
        return clips

    @cached_property
    def _development_clips(self) -> list[Clip]:
        return read_shards([self.folder / "corpus" / "development.npz"])

    @cached_property
    def _processor(self) -> SpeechT5Processor:
        if self.order.init is None:
            return make_processor(self.folder / "tokenizer")
        tokenizer = SpeechT5Tokenizer.from_pretrained(self.order.init, normalize=False, local_files_only=True)
        return SpeechT5Processor(SpeechT5FeatureExtractor(), tokenizer)

    def _with_tokens(self, clips: list[Clip]) -> AcousticClips:
        tokenizer = self._processor.tokenizer
        return AcousticClips(clips, [tokenizer(clip.text)["input_ids"] for clip in clips], self.device)

    # --- vocoder ---

    def _first_vocoder(self) -> SpeechT5HifiGan:
        if self.order.init is not None:
            return SpeechT5HifiGan.from_pretrained(self.order.init / "vocoder", dtype=torch.float32)
        torch.manual_seed(self.settings.seed)
        some = ClipStore.of(self._training_clips[:2000], torch.device("cpu"), with_samples=False)
        return new_vocoder(self.settings.vocoder, *some.moments())

    def _vocoder(
        self, stage: str, share: float, first: Callable[[], SpeechT5HifiGan], predicted: bool
    ) -> SpeechT5HifiGan:
        """The vocoder after `stage`: on the teacher's frames, or on frames that the acoustic model
        predicts.
        """
        result = self.folder / f"{stage}-result.pt"
        vocoder = first()
        state = load_state(result, self.device)
        if state is None:
            frames, clips = None, self._training_clips
            if predicted:
                frames, clips = self._predicted_frames()
            training = VocoderTraining(
                vocoder,
                self.settings.vocoder,
                ClipStore.of(clips, self.device, with_samples=True),
                self.folder / f"{stage}-state.pt",
                self.journal,
                self.settings.seed,
                judged_from=(
                    _WARM_JUDGES_FROM
                    if predicted or self.order.init is not None
                    else self.settings.vocoder.discriminators_from
                ),
                predicted=frames,
                stage=stage,
            )
            held_out = ClipStore.of(self._development_clips, self.device, with_samples=True)
            training.run(
                share * self.settings.minutes * _MINUTE,
                self.settings.save_seconds,
                self.settings.report_steps,
                lambda model: copy_synthesis_error(model, held_out),
            )
            state = {
                "model": training.average.model.state_dict(),
                "step": training.step,
                "spent": training.spent,
            }
            save_state(result, state)
        vocoder.load_state_dict(state["model"])
        nn.Module.to(vocoder.eval(), self.device)
        return vocoder

    def _predicted_frames(self) -> tuple[torch.Tensor, list[Clip]]:
        """Frames that the best acoustic model predicts for some clips, and those clips in the same order."""
        acoustic = self._first_acoustic()
        best = load_state(self.folder / "acoustic-result.pt", self.device)
        if best is None:
            raise VoiceTrainingError(
                f"{self.folder / 'acoustic-result.pt'} is gone: start the run in a new folder."
            )
        acoustic.load_state_dict(best["model"])
        nn.Module.to(acoustic, self.device)
        frames, clips = 0, []
        for clip in self._training_clips:
            frames += clip.frames
            if frames > _MATCHED_FRAMES:
                break
            clips.append(clip)
        tokens = self._with_tokens(clips)
        return predicted_frames(_spoken(acoustic), tokens, self.settings.acoustic.frames), [
            clips[i] for i in tokens.order
        ]

    # --- acoustic model ---

    def _first_acoustic(self) -> SpeechT5ForTextToSpeech:
        if self.order.init is not None:
            return trainable_model(self.order.init)
        torch.manual_seed(self.settings.seed)
        some = ClipStore.of(self._training_clips[:2000], torch.device("cpu"), with_samples=False)
        return new_model(self.settings.acoustic, some.moments()[0])

    def _acoustic(self, share: float, vocoder: SpeechT5HifiGan, texts: TextSets) -> SpeechT5ForTextToSpeech:
        """The acoustic model that spoke the development texts best."""
        result = self.folder / "acoustic-result.pt"
        acoustic = self._first_acoustic()
        state = load_state(result, self.device)
        if state is None:
            training = AcousticTraining(
                acoustic,
                self.settings.acoustic,
                self._with_tokens(self._training_clips),
                self.folder / "acoustic-state.pt",
                self.journal,
                self.settings.seed,
                warm=self.order.init is not None,
            )
            held_out = self._with_tokens(self._development_clips)
            chosen = development_texts(texts.development, self.settings.development_texts)
            teacher = listen_to_teacher(chosen, SPEAKERS, self.order.workers, with_mos=False)

            def measured(model: SpeechT5ForTextToSpeech, step: int) -> dict[str, float]:
                losses = validation_losses(model, held_out, self.settings.acoustic.frames)
                return losses | self._speak_development(model, vocoder, teacher, step)

            training.run(
                share * self.settings.minutes * _MINUTE,
                self.settings.save_seconds,
                self.settings.report_steps,
                self.settings.evaluate_minutes * _MINUTE,
                measured,
            )
            best = load_state(training.best_path, self.device)
            if best is None:
                raise VoiceTrainingError(f"{training.best_path} is gone: start the run in a new folder.")
            state = best | {"steps": training.step, "spent": training.spent}
            save_state(result, state)
        acoustic.load_state_dict(state["model"])
        nn.Module.to(acoustic.eval(), self.device)
        return acoustic

    def _speak_development(
        self,
        model: SpeechT5ForTextToSpeech,
        vocoder: SpeechT5HifiGan,
        teacher: list[TeacherLine],
        step: int,
    ) -> dict[str, float]:
        """Free-running figures, and a picture of where the voice listens in its longest text, a panel a
        speaker.
        """
        voice = Voice(_spoken(model), vocoder, self._processor.tokenizer)
        figures, utterances = measure(voice, teacher, 0, self.order.workers, with_mos=False)
        longest = [
            max((u for u in utterances if u.line.speaker == speaker), key=_text_length).attention
            for speaker in SPEAKERS
        ]
        draw_attention(longest, self.folder / "attention" / f"step-{step:06d}.png")
        return development_score(figures)

    # --- the result ---

    def _examine(self, folder: Path) -> None:
        """Measure the exported folder as the app will load it, and write its figures and its card."""
        examination = measure_folder(
            folder,
            self.settings.test_texts,
            self.settings.test_seeds,
            self.settings.with_mos,
            self.order.workers,
            self.device,
            self.journal.say,
        )
        examination.write(folder / "figures.json")
        write_card(folder, self._making(), examination)

    def _making(self) -> Making:
        steps: dict[str, int] = {}
        minutes: dict[str, float] = {}
        for stage in ("vocoder", "acoustic", "matched"):
            state = load_state(self.folder / f"{stage}-result.pt", torch.device("cpu")) or {}
            steps[stage] = int(state.get("steps", state.get("step", 0)))
            minutes[stage] = float(state.get("spent", 0.0)) / _MINUTE
        return Making(
            command=self.order.command,
            machine=self.order.machine,
            started_from=None if self.order.init is None else f"the voice in {self.order.init}",
            clips=len(self._training_clips),
            hours=_hours(self._training_clips),
            steps=steps,
            minutes=minutes,
        )


def _spoken(model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
    """A copy with the dropout that it will speak with."""
    speaking = copy.deepcopy(model)
    fold_dropout(speaking.eval(), SPOKEN_KEEP)
    return speaking


def _text_length(utterance: Utterance) -> int:
    return len(utterance.line.text)


def _hours(clips: list[Clip]) -> float:
    return sum(len(clip.samples) for clip in clips) / 16_000 / 3600
