"""A study of tones and ratings of it, for tests of results: nothing in it is about how it sounds."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import soundfile

from speecht5_demo.listening.manifest import Manifest, Stimulus, clip_path, save_manifest
from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingRow
from speecht5_demo.listening.study import Sentence, SessionPlan, Study

LOSSES = {"baseline": 0.0, "int8": 0.1, "pruned": 0.9}
SENTENCES = 6


def make_study(folder: Path) -> Manifest:
    """A prepared study whose clips are tones."""
    (folder / "clips").mkdir(parents=True)
    stimuli = []
    for what in range(SENTENCES):
        for place, variant in enumerate(LOSSES):
            name = hashlib.md5(f"{what} {variant}".encode()).hexdigest()
            stimuli.append(
                Stimulus(
                    id=name, role="test", sentence_id=f"s{what}", text=f"Sentence number {what}.", spoken_text="",
                    speaker="am_michael", variant=variant, seed=0, expected=None, sha256="", audio_s=0.5,
                    loudness_lufs=-26.0, gain_db=0.0, ended=True,
                )
            )  # fmt: skip
            tone = 0.1 * np.sin(np.arange(8000) * 0.05 * (1 + place))
            soundfile.write(clip_path(folder, stimuli[-1]), tone, 16000, subtype="PCM_16")
    study = Study(
        id="tones",
        title="Tones",
        variants=tuple(LOSSES),
        sentences=tuple(Sentence(f"s{what}", f"Sentence number {what}.") for what in range(SENTENCES)),
        session=SessionPlan(sentences=2, repeats=0, anchors=0, traps=0, practice=0),
    )
    manifest = Manifest(
        study=study, stimuli=tuple(stimuli), speakers=("am_michael",),
        checkpoint="embedded", checkpoint_sha256="0" * 64, sampling_rate=16000,
        target_lufs=-26.0, clip_bytes=16044, app_version="test", created_at="2026-11-23T00:00:00Z",
    )  # fmt: skip
    save_manifest(manifest, folder)
    return manifest


def write_ratings(folder: Path, source: str, listeners: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"ratings-{source}-{seed}.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(RATING_COLUMNS)
        for who in range(listeners):
            bias = rng.normal(0, 0.4)
            for what in range(SENTENCES):
                for variant, loss in LOSSES.items():
                    rating = int(np.clip(round(3.9 - loss + bias + rng.normal(0, 0.6)), 1, 5))
                    row = RatingRow(
                        study_id="tones" if source == "study" else "", session_id=f"{source}-{seed}-{who}",
                        listener_id=f"{source}-{seed}-{who}", source=source, blind=True, trial=what, position=what + 1,
                        question="How natural does this speech sound?", sentence_id=f"s{what}",
                        stimulus_id=hashlib.md5(f"{what} {variant}".encode()).hexdigest(),
                        text=f"Sentence number {what}.", speaker="am_michael", variant=variant, checkpoint="embedded",
                        audio_sha256="0" * 64, rating=rating, heard_fraction=1.0,
                    )  # fmt: skip
                    writer.writerow(row.cells())
