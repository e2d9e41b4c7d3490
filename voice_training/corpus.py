"""What the teacher read, as waveforms, mel frames and the times of the characters.

It is made in shards of a few hundred texts, each written under another name and then renamed, so that a run that is
killed goes on where it stopped and never reads half a shard. Shards do not depend on each other: all cores make them.
"""

from __future__ import annotations

import bisect
import io
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor
from transformers import SpeechT5FeatureExtractor, SpeechT5Processor, SpeechT5Tokenizer

from speecht5_demo.files import whole_file
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from voice_training import VoiceTrainingError
from voice_training.devices import in_processes
from voice_training.teacher_speech import TeacherSpeech
from voice_training.teachers import Line, Teacher
from voice_training.texts import TOKENIZER_FILE, TextSets, make_processor, make_texts

HOP = 256
"""Samples from one mel frame to the next: 16 ms."""

FRAME_SECONDS = HOP / SAMPLING_RATE
MEL_BINS = 80
WHOLE_FRAMES = 4
"""Every clip has a multiple of so many mel frames: whole steps at two or four frames a step."""

_SHARD_TEXTS = 250
_WINDOW = 1024
_LEAD_SECONDS = 0.06
_TAIL_SECONDS = 0.25
"""Kept before the first and after the last sound. A tail of silence is what teaches a voice to end cleanly."""

_FADE_SECONDS = 0.04
_DITHER = 1e-4
"""Standard deviation of the noise added to every sample: a synthesizer's digital silence would be -10 in log mel."""

_FRAME_LIMITS = (16, 1000)
_FEWEST_CLIPS = 8
_PUNCTUATION = ",.?!;:-'"
_SAMPLED_CLIPS, _SAMPLED_FRAMES = 2000, 200_000


@cache
def _mel_constants(device: torch.device) -> tuple[Tensor, Tensor]:
    extractor = SpeechT5FeatureExtractor()
    filters = torch.tensor(extractor.mel_filters, dtype=torch.float32, device=device)
    window = torch.tensor(extractor.window, dtype=torch.float32, device=device)
    return filters, window


def log_mel(samples: Tensor, floor: float = 1e-10) -> Tensor:
    """log10 of the mel spectrum of float32 `samples`: (n,) -> (1 + n // 256, 80), (B, n) -> (B, 1 + n // 256, 80).

    As SpeechT5FeatureExtractor makes it, to 2e-5, which runs frame by frame in NumPy: training needs hundreds of hours
    a day.
    """
    filters, window = _mel_constants(samples.device)
    spectrum = torch.stft(
        samples, _WINDOW, HOP, _WINDOW, window, center=True, pad_mode="reflect", return_complex=True
    )
    return torch.log10((spectrum.abs().transpose(-1, -2) @ filters).clamp_min(floor))


@dataclass(frozen=True)
class Clip:
    """One text read by one speaker.

    Attributes:
        samples: int16 at 16 kHz, shape (256 * frames,).
        mel: float16, log10 mel, shape (frames, 80).
        centres: seconds at which each token is spoken: start, every character, end; shape (len(text) + 2,).
    """

    text: str
    speaker: str
    samples: npt.NDArray[np.int16]
    mel: npt.NDArray[np.float16]
    centres: npt.NDArray[np.float32]

    @property
    def frames(self) -> int:
        """Mel frames of 16 ms."""
        return len(self.mel)


def trimmed(speech: TeacherSpeech) -> Samples:
    """The speech from 60 ms before its first sound to 250 ms after its last, faded out, with no dither."""
    start = max(0.0, speech.words[0].start - _LEAD_SECONDS)
    length = int((speech.words[-1].end + _TAIL_SECONDS - start) * SAMPLING_RATE)
    length -= length % (WHOLE_FRAMES * HOP)
    kept = speech.samples[int(start * SAMPLING_RATE) :][:length].copy()
    fade = min(len(kept), int(_FADE_SECONDS * SAMPLING_RATE))
    kept[len(kept) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.pad(kept, (0, length - len(kept)))


def make_clip(teacher: Teacher, line: Line, noise: np.random.Generator) -> Clip | None:
    """The line as the teacher reads it, or None where its words cannot be timed or it is too long."""
    speech = teacher.read(line)
    if speech is None:
        return None
    samples = trimmed(speech)
    samples = samples + noise.normal(0, _DITHER, len(samples)).astype(np.float32)
    frames = len(samples) // HOP
    if not _FRAME_LIMITS[0] <= frames <= _FRAME_LIMITS[1]:
        return None
    mel = log_mel(torch.from_numpy(samples))[:frames].numpy()
    return Clip(
        text=line.text,
        speaker=line.speaker,
        samples=(samples * 32767).clip(-32768, 32767).astype(np.int16),
        mel=mel.astype(np.float16),
        centres=_token_centres(line.text, speech, frames * FRAME_SECONDS),
    )


def _token_centres(text: str, speech: TeacherSpeech, seconds: float) -> npt.NDArray[np.float32]:
    """When each token is spoken: letters share their word's time evenly, punctuation lies in the pause after it."""
    offset = max(0.0, speech.words[0].start - _LEAD_SECONDS)
    spans = [(word.start - offset, word.end - offset) for word in speech.words]
    written = text.split()
    centres: list[float] = []
    previous_end = 0.0
    for index, (word, (start, end)) in enumerate(zip(written, spans, strict=True)):
        following = spans[index + 1][0] if index + 1 < len(spans) else seconds
        after_pause = index > 0 and written[index - 1][-1] in _PUNCTUATION
        centres.append(previous_end + (start - previous_end) * (0.75 if after_pause else 0.5))
        letters = len(word.rstrip(_PUNCTUATION))
        marks = len(word) - letters
        centres.extend(start + (end - start) * (i + 0.5) / letters for i in range(letters))
        centres.extend(end + (following - end) * 0.4 * (i + 1) / marks for i in range(marks))
        previous_end = end
    centres.append(seconds - 0.02)
    return np.maximum.accumulate(np.array(centres)).astype(np.float32)


def write_shard(path: Path, clips: Sequence[Clip]) -> None:
    """Save clips as one file, complete or not at all."""
    index = [{"text": clip.text, "speaker": clip.speaker, "frames": clip.frames} for clip in clips]
    with whole_file(path) as aside, aside.open("wb") as file:
        np.savez(
            file,
            index=np.frombuffer(json.dumps(index).encode(), dtype=np.uint8),
            samples=_as_flac(np.concatenate([clip.samples for clip in clips] or [np.zeros(0, np.int16)])),
            mel=np.concatenate([clip.mel for clip in clips] or [np.zeros((0, MEL_BINS), np.float16)]),
            centres=np.concatenate([clip.centres for clip in clips] or [np.zeros(0, np.float32)]),
        )


def _as_flac(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """The same samples in half of the bytes; none in none, which the format cannot say."""
    if not samples.size:
        return np.zeros(0, np.uint8)
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLING_RATE, format="FLAC", subtype="PCM_16")
    return np.frombuffer(file.getvalue(), np.uint8)


def _from_flac(flac: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    if not flac.size:
        return np.zeros(0, np.int16)
    samples: npt.NDArray[np.int16] = soundfile.read(io.BytesIO(flac.tobytes()), dtype="int16")[0]
    return samples


def read_shards(paths: Iterable[Path]) -> list[Clip]:
    """Every clip of the shards, in their order."""
    clips: list[Clip] = []
    for path in paths:
        with np.load(path) as shard:
            samples, mel, centres = _from_flac(shard["samples"]), shard["mel"], shard["centres"]
            index = json.loads(shard["index"].tobytes())
        frame = token = 0
        for entry in index:
            frames, tokens = entry["frames"], len(entry["text"]) + 2
            clips.append(
                Clip(
                    text=entry["text"],
                    speaker=entry["speaker"],
                    samples=samples[frame * HOP : (frame + frames) * HOP],
                    mel=mel[frame : frame + frames],
                    centres=centres[token : token + tokens],
                )
            )
            frame, token = frame + frames, token + tokens
    return clips


@dataclass(frozen=True)
class _ShardJob:
    path: Path
    teacher: Teacher
    lines: tuple[Line, ...]
    seed: int


def _make_shard(job: _ShardJob) -> int:
    torch.set_num_threads(1)
    noise = np.random.default_rng(job.seed)
    clips = [clip for line in job.lines if (clip := make_clip(job.teacher, line, noise)) is not None]
    write_shard(job.path, clips)
    return len(clips)


class Corpus:
    """The clips of one run, and the tokenizer that reads their texts; each made or read once.

    Args:
        folder: of the run.
        init: the voice that the run goes on from, whose tokenizer it keeps.
    """

    def __init__(
        self, folder: Path, teacher: Teacher, texts: int, held_out: int, seed: int, init: Path | None
    ) -> None:
        if init is not None and not (init / TOKENIZER_FILE).is_file():
            raise VoiceTrainingError(
                f"{init} is no voice: it has no {TOKENIZER_FILE}. Give a voice's folder."
            )
        self.teacher = teacher
        self._folder, self._init = folder, init
        self._count, self._held_out, self._seed = texts, held_out, seed

    @cached_property
    def texts(self) -> TextSets:
        """What a teacher that reads anything is asked to read."""
        return make_texts(self._count, self._seed, self._held_out)

    def make(self, workers: int, say: Callable[[str], None]) -> None:
        """Let the teacher read what it has not read yet; `say` hears one line a shard.

        Raises:
            VoiceTrainingError: what was read is not enough to train on.
        """
        folder = self._folder / "corpus"
        folder.mkdir(parents=True, exist_ok=True)
        lines = self.teacher.training_lines(self.texts, self._seed)
        held_out = tuple(self.teacher.development_lines(self.texts))
        jobs = [_ShardJob(self._development_shard, self.teacher, held_out, self._seed)]
        for number, first in enumerate(range(0, len(lines), _SHARD_TEXTS)):
            part = tuple(lines[first : first + _SHARD_TEXTS])
            path = folder / f"training-{number:04d}.npz"
            jobs.append(_ShardJob(path, self.teacher, part, self._seed + 1 + number))
        missing = [job for job in jobs if not job.path.exists()]
        for done, clips in enumerate(in_processes(_make_shard, missing, min(workers, len(missing))), start=1):
            say(f"teacher: shard {done} of {len(missing)}, {clips} clips")
        if len(self.training) < _FEWEST_CLIPS or not self.development:
            raise VoiceTrainingError(
                f"The teacher read {len(self.training)} clips for training and {len(self.development)} held out: "
                "give it more texts or recordings (a clip is of 0.3 to 16 seconds)."
            )

    def read_aside(self, name: str, texts: Sequence[str], workers: int) -> list[Clip]:
        """The texts read by every speaker, kept in shards of that name, a speaker each; nothing is trained on them."""
        shards = {
            self._folder / "corpus" / f"{name}-{speaker}.npz": tuple(Line(text, speaker) for text in texts)
            for speaker in self.teacher.encoding_order
        }
        missing = [
            _ShardJob(path, self.teacher, lines, self._seed)
            for path, lines in shards.items()
            if not path.exists()
        ]
        for _ in in_processes(_make_shard, missing, min(workers, len(missing))):
            pass
        return read_shards(shards)

    @property
    def _development_shard(self) -> Path:
        return self._folder / "corpus" / "development.npz"

    @cached_property
    def training(self) -> list[Clip]:
        """Every training clip."""
        return read_shards(sorted((self._folder / "corpus").glob("training-*.npz")))

    @cached_property
    def development(self) -> list[Clip]:
        """Every clip that was held out."""
        return read_shards([self._development_shard])

    def some(self, frames: int) -> list[Clip]:
        """The first training clips, up to so many frames together and at least one."""
        ends = list(itertools.accumulate(clip.frames for clip in self.training))
        return self.training[: max(1, bisect.bisect_right(ends, frames))]

    @cached_property
    def processor(self) -> SpeechT5Processor:
        """Tokenizer and feature extractor."""
        if self._init is None:
            return make_processor(self._folder / "tokenizer")
        tokenizer = SpeechT5Tokenizer.from_pretrained(self._init, normalize=False, local_files_only=True)
        return SpeechT5Processor(SpeechT5FeatureExtractor(), tokenizer)

    def mel_moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of a training frame, each of shape (80,)."""
        frames = np.concatenate([clip.mel for clip in self.training[:_SAMPLED_CLIPS]])[:_SAMPLED_FRAMES]
        some = torch.from_numpy(frames).float()
        return some.mean(0), some.std(0)

    @property
    def hours(self) -> float:
        """Length of the training clips."""
        return sum(len(clip.samples) for clip in self.training) / SAMPLING_RATE / 3600
