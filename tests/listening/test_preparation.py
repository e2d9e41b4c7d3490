"""Clips are made once, levelled alike, and tell nothing by name or size."""

import fcntl
import io
import json
import os
import wave
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.errors import StudyError
from speecht5_demo.listening import levelling
from speecht5_demo.listening.clips import smallest_file, wav_bytes
from speecht5_demo.listening.manifest import (
    Manifest,
    StudyBusyError,
    check,
    clip_path,
    load_manifest,
    save_manifest,
)
from speecht5_demo.listening.planned_clips import Batch
from speecht5_demo.listening.preparation import SpokenClip, prepare
from speecht5_demo.listening.study import Loudness
from speecht5_demo.wav import read_wav
from tests.listening.conftest import RATE, SECRET, VOICE, make_study, one_by_one, say
from tests.support.programs import converse


def test_every_clip_of_the_recipe_is_there_and_checks(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared
    roles = Counter(clip.role for clip in manifest.stimuli)
    assert roles == {"test": 24, "repeat": 6, "anchor": 6, "trap": 2, "practice": 2}
    assert check(folder) == (manifest, [])
    assert load_manifest(folder).digest == manifest.digest


def test_names_and_sizes_of_clips_tell_nothing(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared
    files = sorted((folder / "clips").iterdir())
    assert {len(path.name) for path in files} == {36}
    assert {path.stat().st_size for path in files} == {manifest.clip_bytes}
    assert [clip.id for clip in manifest.stimuli] == sorted(clip.id for clip in manifest.stimuli)


def test_clips_are_equally_loud_by_a_linear_gain_alone(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared
    test = next(clip for clip in manifest.stimuli if clip.role == "test")
    for clip in manifest.stimuli:
        samples, rate = read_wav(clip_path(folder, clip))
        assert levelling.measure(samples, rate).lufs == pytest.approx(manifest.target_lufs, abs=0.1)
    stored, _ = read_wav(clip_path(folder, test))
    raw = say(test.text, test.speaker, test.variant, test.seed).samples
    assert np.abs(stored - raw * 10 ** (test.gain_db / 20)).max() < 1e-3


def test_a_loud_target_lowers_the_whole_study_instead_of_clipping() -> None:
    clips = [say("a", "am_michael", "x", seed) for seed in range(3)]
    levels = [levelling.measure(clip.samples, RATE) for clip in clips]
    target = levelling.common_target(levels, Loudness(target_lufs=0.0, peak_dbfs=-1.0))
    peaks = [level.peak_dbfs + levelling.gain_db(level, target) for level in levels]
    assert max(peaks) == pytest.approx(-1.0)


def test_padding_is_behind_the_audio_and_not_heard() -> None:
    clip = say("a", "am_michael", "x", 1)
    data = wav_bytes(clip.samples, RATE, smallest_file(len(clip.samples)) + 5000)
    with wave.open(io.BytesIO(data)) as wav:
        assert wav.getnframes() == len(clip.samples)
    assert len(data) == smallest_file(len(clip.samples)) + 5000


def test_the_anchor_is_the_baseline_in_noise(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared
    anchor = next(clip for clip in manifest.stimuli if clip.role == "anchor")
    clean = say(anchor.text, anchor.speaker, "baseline", anchor.seed).samples
    noisy, _ = read_wav(clip_path(folder, anchor))
    noise = noisy / 10 ** (anchor.gain_db / 20) - clean
    ratio = 10 * np.log10(np.sum(clean**2) / np.sum(noise**2))
    assert ratio == pytest.approx(manifest.study.anchor.q_db, abs=0.7)


ONE_BY_ONE = """
def slow(*args):
    print('spoke', flush=True); time.sleep(0.02); return say(*args)
voice = replace(VOICE, speak=one_by_one(slow))
"""
IN_BATCHES = """
def spoken(batch):
    for first in range(0, len(batch.lines), 4):
        lines = batch.lines[first : first + 4]
        print('spoke\\n' * len(lines), end='', flush=True); time.sleep(0.05)
        yield from (say(line.text, line.speaker, batch.variant, line.seed) for line in lines)
voice = replace(VOICE, speak=lambda batches: ((batch, spoken(batch)) for batch in batches))
"""


@pytest.mark.parametrize(("speaking", "lost"), [(ONE_BY_ONE, 1), (IN_BATCHES, 4)], ids=["one", "batches"])
def test_preparing_goes_on_where_it_was_killed(tmp_path: Path, speaking: str, lost: int) -> None:
    program = (
        "import sys, time; from pathlib import Path; from dataclasses import replace\n"
        "from tests.listening.conftest import VOICE, make_study, one_by_one, say\n"
        "from speecht5_demo.listening.preparation import prepare\n"
        f"{speaking}\n"
        "prepare(make_study(), voice, Path(sys.argv[1])); print('ready', flush=True)"
    )
    spoken = 0
    for stop_after in (12, None):
        speaking_it = converse(["-c", program, str(tmp_path)], os.environ)
        for line in speaking_it.stdout:
            spoken += line == "spoke\n"
            if stop_after and spoken >= stop_after:
                break
        speaking_it.close()
    # Anchors speak nothing; a kill costs at most what was in the making, here and what had been said but not counted.
    assert spoken <= 24 + 6 + 2 + 2 + 2 * lost
    assert check(tmp_path)[1] == []
    assert not (tmp_path / ".raw").exists()


def test_every_clip_is_spoken_once_in_batches_of_a_variant_whatever_their_order(
    prepared: tuple[Manifest, Path], tmp_path: Path
) -> None:
    asked: list[Batch] = []

    def backwards(batches: Sequence[Batch]) -> Iterator[tuple[Batch, Iterator[SpokenClip]]]:
        asked.extend(batches)
        return one_by_one(say)(batches[::-1])

    told: list[tuple[int, int]] = []
    voice = replace(VOICE, speak=backwards)
    made = prepare(
        make_study(), voice, tmp_path, lambda done, total, _: told.append((done, total)), secret=SECRET
    )
    assert Counter(clip.sha256 for clip in made.stimuli) == Counter(
        clip.sha256 for clip in prepared[0].stimuli
    )
    assert [len(batch.lines) for batch in asked] == [6 + 6 + 2 + 1, 6, 6, 6 + 1]
    assert told == [(done, 40) for done in range(1, 41)]


def test_a_prepared_study_is_not_spoken_again_and_not_overwritten(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared

    def never(*_: object) -> SpokenClip:
        raise AssertionError("spoke again")

    assert prepare(make_study(), replace(VOICE, speak=one_by_one(never)), folder) == manifest
    with pytest.raises(StudyError, match="holds another study"):
        prepare(make_study(seed=1), VOICE, folder)


def test_check_names_what_was_changed_lost_or_added(tmp_path: Path) -> None:
    manifest = prepare(make_study(), VOICE, tmp_path)
    first, second = (clip_path(tmp_path, clip) for clip in manifest.stimuli[:2])
    data = bytearray(first.read_bytes())
    data[100] ^= 1
    first.write_bytes(data)
    second.unlink()
    (tmp_path / "clips" / "other.wav").write_bytes(b"")
    assert check(tmp_path)[1] == [
        f"{first.name} has changed since it was prepared.",
        f"{second.name} is absent.",
        "other.wav does not belong to the study.",
    ]


def test_a_silent_variant_is_a_clear_error(tmp_path: Path) -> None:
    def mute(*_: object) -> SpokenClip:
        return SpokenClip(np.zeros(RATE, np.float32), RATE, "", True)

    with pytest.raises(StudyError, match=r"1.00 s is silent"):
        prepare(make_study(), replace(VOICE, speak=one_by_one(mute)), tmp_path)


def test_a_folder_without_a_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="study prepare"):
        load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StudyError, match="another format"):
        load_manifest(tmp_path)


def test_two_processes_never_prepare_one_folder_together(tmp_path: Path) -> None:
    (tmp_path / ".preparing").touch()
    with (tmp_path / ".preparing").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StudyBusyError, match="another process"):
            prepare(make_study(), VOICE, tmp_path)
    assert prepare(make_study(), VOICE, tmp_path)


def test_check_names_a_clip_that_the_recipe_asks_for_and_the_manifest_lacks(tmp_path: Path) -> None:
    manifest = prepare(make_study(), VOICE, tmp_path)
    gone = next(clip for clip in manifest.stimuli if clip.role == "test")
    save_manifest(replace(manifest, stimuli=tuple(c for c in manifest.stimuli if c is not gone)), tmp_path)
    assert check(tmp_path)[1] == [
        f"There is no clip for test {gone.variant} of {gone.sentence_id} by {gone.speaker}.",
        f"{gone.id}.wav does not belong to the study.",
    ]


def test_the_seeds_of_a_study_come_from_the_deployments_secret(tmp_path: Path) -> None:
    """Whoever knows the recipe cannot speak its clips again; the deployment can, to the last sample."""

    def made(name: str, secret: bytes, **changes: object) -> Manifest:
        return prepare(make_study(**changes), VOICE, tmp_path / name, secret=secret)

    first, again, other = made("a", b"one"), made("b", b"one"), made("c", b"two")
    assert {clip.sha256 for clip in first.stimuli} == {clip.sha256 for clip in again.stimuli}
    assert not {clip.sha256 for clip in first.stimuli} & {clip.sha256 for clip in other.stimuli}
    assert not {clip.seed for clip in first.stimuli} & {
        clip.seed for clip in made("d", b"one", id="another").stimuli
    }
    assert all(clip.seed > 1000 for clip in (*first.stimuli, *other.stimuli))
    assert len({clip.seed for clip in first.stimuli}) == 2


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match=r"No study can be made in .*Name a folder"):
        prepare(make_study(), VOICE, tmp_path / "file" / "study")
