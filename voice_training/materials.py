"""What every stage of a run works with: texts, clips and the tokenizer, each made or read once."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import torch
from transformers import SpeechT5FeatureExtractor, SpeechT5Processor, SpeechT5Tokenizer

from voice_training.acoustic_batches import AcousticClips
from voice_training.clip_store import ClipStore
from voice_training.corpus import Clip, make_corpus, read_shards
from voice_training.errors import VoiceTrainingError
from voice_training.settings import TrainingSettings
from voice_training.texts import TextSets, make_texts
from voice_training.tokenizer import TOKENIZER_FILE, make_processor

_SAMPLE_CLIPS = 2000


class Materials:
    """Data of one run, under `folder`; `init` is the voice that it goes on from, whose tokenizer it keeps."""

    def __init__(
        self, settings: TrainingSettings, folder: Path, init: Path | None, device: torch.device, workers: int
    ) -> None:
        if init is not None and not (init / TOKENIZER_FILE).is_file():
            raise VoiceTrainingError(
                f"{init} is no voice: it has no {TOKENIZER_FILE}. Give a voice's folder."
            )
        self.settings, self.init, self.device, self.workers = settings, init, device, workers
        self._corpus = folder / "corpus"
        self._tokenizer_folder = folder / "tokenizer"

    @cached_property
    def texts(self) -> TextSets:
        """What is read."""
        return make_texts(self.settings.texts, self.settings.seed, held_out=self.settings.held_out_texts)

    def prepare(self, say: Callable[[str], None]) -> None:
        """Let the teacher read what it has not read yet."""
        texts = self.texts
        make_corpus(self._corpus, texts.training, texts.development, self.settings.seed, self.workers, say)

    @cached_property
    def training(self) -> list[Clip]:
        """Every training clip."""
        return read_shards(sorted(self._corpus.glob("training-*.npz")))

    def some(self, frames: int) -> list[Clip]:
        """The first training clips, up to so many frames together and at least one."""
        ends = list(itertools.accumulate(clip.frames for clip in self.training))
        return self.training[: max(1, bisect.bisect_right(ends, frames))]

    @cached_property
    def development(self) -> list[Clip]:
        """Every development text by every speaker."""
        return read_shards([self._corpus / "development.npz"])

    @cached_property
    def processor(self) -> SpeechT5Processor:
        """Tokenizer and feature extractor."""
        if self.init is None:
            return make_processor(self._tokenizer_folder)
        tokenizer = SpeechT5Tokenizer.from_pretrained(self.init, normalize=False, local_files_only=True)
        return SpeechT5Processor(SpeechT5FeatureExtractor(), tokenizer)

    def with_tokens(self, clips: list[Clip], reduction: int) -> AcousticClips:
        """Clips as an acoustic model of `reduction` frames a step trains on them."""
        tokenizer = self.processor.tokenizer
        ids = [tokenizer(clip.text)["input_ids"] for clip in clips]
        return AcousticClips(clips, ids, self.device, reduction)

    def with_samples(self, clips: list[Clip]) -> ClipStore:
        """Clips as the vocoder trains on them."""
        return ClipStore.of(clips, self.device, with_samples=True)

    def mel_moments(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation of a frame, each of shape (80,)."""
        return ClipStore.of(self.training[:_SAMPLE_CLIPS], torch.device("cpu"), with_samples=False).moments()

    @property
    def hours(self) -> float:
        """Length of the training clips."""
        return sum(len(clip.samples) for clip in self.training) / 16_000 / 3600
