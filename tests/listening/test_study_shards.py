"""A study prepared in shards is the study that one machine prepares, byte for byte, or says in a sentence why not."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.distributed import Shard, ShardError
from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import check
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.study import Sentence
from speecht5_demo.listening.study_shards import merge_study, prepare_shard, read_study_shards
from tests.listening.conftest import VOICE, make_study, one_by_one, say

SECRET = b"a secret of sixteen bytes"
STUDY = make_study(sentences=tuple(Sentence(f"h{k}", f"Sentence number {k}.") for k in range(20)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        prepare(STUDY, VOICE, folder / "whole", secret=SECRET)
        for number in (1, 2, 3):
            prepare_shard(STUDY, VOICE, folder / f"{number}", Shard(number, 3), secret=SECRET)
        yield folder


@pytest.fixture
def shards(made: Path, tmp_path: Path) -> list[Path]:
    """Copies that a test may damage."""
    return [shutil.copytree(made / f"{number}", tmp_path / f"{number}") for number in (1, 2, 3)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_merged_shards_are_the_undivided_study_byte_for_byte(made: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    merge_study(read_study_shards([made / "3", made / "1", made / "2"]), merged, [b"another secret", SECRET])
    assert files(merged) == files(made / "whole")
    assert check(merged)[1] == []


def test_no_clip_is_spoken_by_two_shards_and_none_when_they_are_merged(made: Path) -> None:
    clips = [{path.name for path in (made / f"{number}" / ".raw").iterdir()} for number in (1, 2, 3)]
    assert all(clips)
    assert sum(map(len, clips)) == len(set().union(*clips))


def test_a_shard_goes_on_where_it_was_stopped(shards: list[Path]) -> None:
    kept = sorted((shards[0] / ".raw").iterdir())
    kept[0].unlink()
    spoken = []

    def speak(*line):
        spoken.append(line)
        return say(*line)

    prepare_shard(STUDY, replace(VOICE, speak=one_by_one(speak)), shards[0], Shard(1, 3), secret=SECRET)
    assert len(spoken) == 1
    assert sorted((shards[0] / ".raw").iterdir()) == kept


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda shards: shards[:2], r"^Shards are missing: 3/3\."),
        (lambda shards: [*shards, shards[1]], r"^Shard 2/3 is there more than once"),
    ],
    ids=["missing", "doubled"],
)
def test_missing_and_doubled_shards_are_named(shards: list[Path], change, said: str) -> None:
    with pytest.raises(ShardError, match=said):
        read_study_shards(change(shards))


@pytest.mark.parametrize(
    ("study", "voice", "secret", "said"),
    [
        (replace(STUDY, title="Another"), VOICE, SECRET, "recipe"),
        (STUDY, replace(VOICE, digest="e" * 64), SECRET, "checkpoint"),
        (STUDY, VOICE, b"of another machine", "secret, see LISTENING_SECRET"),
    ],
    ids=["recipe", "checkpoint", "secret"],
)
def test_shards_of_different_runs_say_what_differs(
    shards: list[Path], study, voice, secret: bytes, said: str
) -> None:
    shutil.rmtree(shards[1])
    prepare_shard(study, voice, shards[1], Shard(2, 3), secret=secret)
    with pytest.raises(ShardError, match=rf"different runs \({said}\)"):
        read_study_shards(shards)


def test_an_unfinished_or_foreign_shard_is_named(shards: list[Path]) -> None:
    path = shards[2] / "shard.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "complete": False}))
    with pytest.raises(ShardError, match=r"^Shard 3/3 in .*/3 is not finished"):
        read_study_shards(shards)
    path.write_text("{}")
    with pytest.raises(StudyError, match=r"3/shard\.json is no shard of a study"):
        read_study_shards(shards)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda clip: clip.unlink(), "No shard holds"),
        (lambda clip: clip.write_bytes(b"PK\3\4"), "is damaged"),
    ],
    ids=["lost", "damaged"],
)
def test_a_lost_or_damaged_clip_is_a_sentence(shards: list[Path], tmp_path: Path, damage, said: str) -> None:
    damage(sorted((shards[0] / ".raw").iterdir())[0])
    with pytest.raises(ShardError, match=said):
        merge_study(read_study_shards(shards), tmp_path / "merged", [SECRET])


def test_another_secret_is_a_sentence(made: Path, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="made with another secret"):
        merge_study(read_study_shards([made / f"{k}" for k in (1, 2, 3)]), tmp_path / "merged", [b"wrong"])


def test_a_shards_folder_is_nobody_elses(shards: list[Path], made: Path) -> None:
    with pytest.raises(StudyError, match=r"holds shard 1/3 of test-study"):
        prepare_shard(STUDY, VOICE, shards[0], Shard(2, 3), secret=SECRET)
    with pytest.raises(StudyError, match="holds a whole study"):
        prepare_shard(STUDY, VOICE, made / "whole", Shard(2, 3), secret=SECRET)
