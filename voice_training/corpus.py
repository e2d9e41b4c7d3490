"""The training set: what the teacher said, as waveforms, mel frames and the times of the characters.

It is made in shards of a few hundred texts, each written under another name and then renamed, so a run that
is killed goes on where it stopped and never reads half a shard. Shards do not depend on each other: all
cores make them.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from speecht5_demo.quality.flite import SAMPLING_RATE, SPEAKERS, TeacherSpeech, flite
from voice_training.features import FRAME_SECONDS, HOP, MEL_BINS, log_mel
from voice_training.processes import in_processes

SHARD_TEXTS = 250
WHOLE_FRAMES = 4
"""Every clip has a multiple of so many mel frames: whole steps for an acoustic model that predicts two or four at once.
"""

_LEAD_SECONDS = 0.06
_TAIL_SECONDS = 0.25
"""Kept before the first and after the last sound. A tail of silence is what teaches the student to end
cleanly.
"""

_FADE_SECONDS = 0.04
_DITHER = 1e-4
"""Standard deviation of the noise added to every sample: the teacher's digital silence would be -10 in log
mel.
"""

_LONGEST_FRAMES = 1000
_PUNCTUATION = ",.?!;:-'"


@dataclass(frozen=True)
class Clip:
    """One text read by one speaker.

    Attributes:
        samples: int16 at 16 kHz, shape (256 * frames,).
        mel: float16, log10 mel, shape (frames, 80).
        centres: seconds at which each token is spoken: word start, every character, end; shape (len(text) +
            2,).
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


def trimmed(speech: TeacherSpeech) -> npt.NDArray[np.float32]:
    """The speech from 60 ms before its first sound to 250 ms after its last, faded out, with no dither."""
    start = max(0.0, speech.words[0].start - _LEAD_SECONDS)
    length = int((speech.words[-1].end + _TAIL_SECONDS - start) * SAMPLING_RATE)
    length -= length % (WHOLE_FRAMES * HOP)
    kept = speech.samples[int(start * SAMPLING_RATE) :][:length].copy()
    fade = min(len(kept), int(_FADE_SECONDS * SAMPLING_RATE))
    kept[len(kept) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.pad(kept, (0, length - len(kept)))


def make_clip(text: str, speaker: str, noise: np.random.Generator) -> Clip | None:
    """`text` spoken by the teacher as a clip, or None where its words cannot be timed or it is too long."""
    speech = flite().say(text, speaker)
    if speech is None:
        return None
    samples = trimmed(speech)
    samples = samples + noise.normal(0, _DITHER, len(samples)).astype(np.float32)
    frames = len(samples) // HOP
    if not 16 <= frames <= _LONGEST_FRAMES:
        return None
    mel = log_mel(torch.from_numpy(samples))[:frames].numpy()
    return Clip(
        text=text,
        speaker=speaker,
        samples=(samples * 32767).clip(-32768, 32767).astype(np.int16),
        mel=mel.astype(np.float16),
        centres=_token_centres(text, speech, frames * FRAME_SECONDS),
    )


def _token_centres(text: str, speech: TeacherSpeech, seconds: float) -> npt.NDArray[np.float32]:
    """When each token is spoken: letters share their word's time evenly, punctuation lies in the pause
    after it.
    """
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
    temporary = path.with_suffix(".partial")
    with temporary.open("wb") as file:
        np.savez(
            file,
            index=np.frombuffer(json.dumps(index).encode(), dtype=np.uint8),
            samples=np.concatenate([clip.samples for clip in clips] or [np.zeros(0, np.int16)]),
            mel=np.concatenate([clip.mel for clip in clips] or [np.zeros((0, MEL_BINS), np.float16)]),
            centres=np.concatenate([clip.centres for clip in clips] or [np.zeros(0, np.float32)]),
        )
    os.replace(temporary, path)


def read_shards(paths: Iterable[Path]) -> list[Clip]:
    """Every clip of the shards, in their order."""
    clips: list[Clip] = []
    for path in paths:
        with np.load(path) as shard:
            samples, mel, centres = shard["samples"], shard["mel"], shard["centres"]
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
    lines: tuple[tuple[str, str], ...]
    seed: int


def _make_shard(job: _ShardJob) -> int:
    torch.set_num_threads(1)
    noise = np.random.default_rng(job.seed)
    clips = [clip for text, speaker in job.lines if (clip := make_clip(text, speaker, noise)) is not None]
    write_shard(job.path, clips)
    return len(clips)


def make_corpus(
    folder: Path,
    training: Sequence[str],
    development: Sequence[str],
    seed: int,
    workers: int,
    say: Callable[[str], None],
) -> None:
    """Write `development.npz` (every text by every speaker) and `training-0000.npz`... (one random speaker
    a text).

    Shards that exist are kept. `say` hears one line a shard.
    """
    flite()
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    lines = [(text, chance.choice(SPEAKERS)) for text in training]
    jobs = [
        _ShardJob(
            folder / "development.npz", tuple((text, name) for text in development for name in SPEAKERS), seed
        )
    ]
    for number, first in enumerate(range(0, len(lines), SHARD_TEXTS)):
        part = tuple(lines[first : first + SHARD_TEXTS])
        jobs.append(_ShardJob(folder / f"training-{number:04d}.npz", part, seed + 1 + number))
    missing = [job for job in jobs if not job.path.exists()]
    if not missing:
        return
    for done, clips in enumerate(in_processes(_make_shard, missing, workers), start=1):
        say(f"teacher: shard {done} of {len(missing)}, {clips} clips")
