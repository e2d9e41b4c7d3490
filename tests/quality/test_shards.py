"""Shards merge into the folder that an undivided run writes, byte for byte, or say in one sentence why they do not."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import Shard, ShardError
from speecht5_demo.errors import DemoError, QualityError
from speecht5_demo.quality.evaluation import evaluate, evaluate_shard
from speecht5_demo.quality.merging import merge_into, read_shards
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.sweep import sweep_shard
from speecht5_demo.results import SweepDocument, SweepOutline, read
from speecht5_demo.variants import BASELINE, find
from tests.support.in_process import InProcess

ALL = 3


@pytest.fixture(scope="module")
def settings(tiny: Checkpoint) -> Settings:
    """Eight utterances of two variants and a floor: more than the shards, and no multiple of them."""
    speaker = tiny.speaker()
    return Settings(
        checkpoint=tiny.spec,
        variants=(BASELINE, find("int8")),
        speakers=(speaker, replace(speaker, name="another")),
        sentences=tuple(Sentence(number, f"Go {'on ' * number}now.") for number in range(1, 5)),
        metrics=("duration", "stop"),
    )


@pytest.fixture(scope="module")
def runs(tiny: Checkpoint, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An undivided run and the shards of the same, made at one time."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        evaluate(settings, tiny, folder / "whole", InProcess())
        for number in range(1, ALL + 1):
            evaluate_shard(settings, tiny, folder / f"{number}", Shard(number, ALL), InProcess())
        yield folder


@pytest.fixture
def shards(runs: Path, tmp_path: Path) -> list[Path]:
    """Copies that a test may damage."""
    return [shutil.copytree(runs / f"{number}", tmp_path / f"{number}") for number in range(1, ALL + 1)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_merged_shards_are_the_undivided_run_byte_for_byte(runs: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    merge_into(read_shards([runs / "2", runs / "3", runs / "1"]), merged)
    whole = files(runs / "whole")
    assert files(merged) == whole
    assert {"rows.jsonl", "rows.csv", "settings.json", "summary.json", "index.html"} < whole.keys()
    assert any(name.startswith("audio/int8/") for name in whole)


def test_every_utterance_is_in_one_shard(runs: Path) -> None:
    spoken = [
        {(row["sentence"], row["speaker"]) for row in map(json.loads, (runs / f"{k}" / "rows.jsonl").open())}
        for k in range(1, ALL + 1)
    ]
    counts = sorted(map(len, spoken))
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == len(set().union(*spoken))


def test_a_merged_run_is_gone_on_with_like_any_other(
    runs: Path, tiny: Checkpoint, settings: Settings, tmp_path: Path
) -> None:
    merged = tmp_path / "merged"
    merge_into(read_shards([runs / f"{number}" for number in range(1, ALL + 1)]), merged)
    before = files(merged)
    told: list[int] = []
    evaluate(settings, tiny, merged, InProcess(), on_task=lambda done, *_: told.append(done))
    assert not told
    assert files(merged)["rows.csv"] == before["rows.csv"]


def change(folder: Path, **changes: object) -> None:
    path = folder / "shard.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_missing_shard_is_named(shards: list[Path]) -> None:
    with pytest.raises(ShardError, match=r"^Shards are missing: 2/3\. .*merge all 3\.$"):
        read_shards([shards[0], shards[2]])


def test_a_doubled_shard_is_named_with_its_places(shards: list[Path]) -> None:
    again = shutil.copytree(shards[1], shards[1].with_name("again"))
    with pytest.raises(ShardError, match=r"^Shard 2/3 is there more than once: .*/2, .*/again\. Give one"):
        read_shards([*shards, again])


def test_a_folder_named_twice_is_doubled(shards: list[Path]) -> None:
    with pytest.raises(ShardError, match=r"^Shard 1/3 is there more than once"):
        read_shards([*shards, shards[0]])


def test_shards_of_different_divisions_are_told_apart(shards: list[Path]) -> None:
    change(shards[2], of=4)
    with pytest.raises(ShardError, match=r"different divisions: .*/1 is 1/3 and .*/3 is 3/4"):
        read_shards(shards)


def test_shards_of_different_runs_say_what_differs(
    shards: list[Path], settings: Settings, tiny: Checkpoint
) -> None:
    shutil.rmtree(shards[1])
    other = Settings(**{**vars(settings), "seed": 9})
    evaluate_shard(other, tiny, shards[1], Shard(2, ALL), InProcess())
    with pytest.raises(ShardError, match=r"different runs \(seed\)"):
        read_shards(shards)


def test_an_unfinished_shard_is_named(shards: list[Path]) -> None:
    change(shards[0], complete=False)
    with pytest.raises(ShardError, match=r"^Shard 1/3 in .*/1 is not finished\. Run it again"):
        read_shards(shards)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda rows: b"".join(rows[:-1]), r"/2 lacks \w+ of .*, sentence \d by .*Run that shard again"),
        (lambda rows: b"".join([*rows[:-1], b"{}\n"]), r"rows of shard 2/3 in .*/2 cannot be read"),
        (lambda rows: b"".join([*rows[:-1], b"\xff\n"]), r"rows of shard 2/3 in .*/2 cannot be read"),
    ],
    ids=["lost", "spoilt", "no text"],
)
def test_a_damaged_shard_is_named(shards: list[Path], tmp_path: Path, damage, said: str) -> None:
    rows = shards[1] / "rows.jsonl"
    rows.write_bytes(damage(rows.read_bytes().splitlines(keepends=True)))
    with pytest.raises(ShardError, match=said):
        merge_into(read_shards(shards), tmp_path / "merged")


def test_what_is_no_shard_is_said(runs: Path, tmp_path: Path) -> None:
    for folder in (runs / "whole", tmp_path):
        with pytest.raises(DemoError, match=r"shard\.json cannot be read .*--shard K/N"):
            read_shards([folder])


def test_a_shards_folder_is_nobody_elses(shards: list[Path], settings: Settings, tiny: Checkpoint) -> None:
    with pytest.raises(QualityError, match=r"holds shard 1/3\. Give each shard a folder of its own"):
        evaluate_shard(settings, tiny, shards[0], Shard(2, ALL), InProcess())
    with pytest.raises(QualityError, match="holds a shard"):
        evaluate(settings, tiny, shards[0], InProcess())


def test_a_whole_runs_folder_takes_no_shard(runs: Path, settings: Settings, tiny: Checkpoint) -> None:
    with pytest.raises(QualityError, match="holds a whole evaluation"):
        evaluate_shard(settings, tiny, runs / "whole", Shard(2, ALL), InProcess())


def test_shards_of_a_sweep_merge_with_the_times_of_the_first(
    settings: Settings, tiny: Checkpoint, tmp_path: Path
) -> None:
    outline = SweepOutline((0.0, 0.5), int8=False, repeats=1, exclude=())
    made = [
        sweep_shard(settings, tiny, outline, tmp_path / f"{number}", Shard(number, 2), InProcess())
        for number in (1, 2)
    ]
    assert made[0].times is not None
    assert made[1].times is None
    merged = tmp_path / "merged"
    merge_into(read_shards([tmp_path / "1", tmp_path / "2"]), merged)
    document = read(merged / "sweep.json", SweepDocument)
    assert [point.amount for point in document.points] == [0.0, 0.5]
    assert [point.quality["stop"].n for point in document.points] == [8, 8]
    assert document.points[1].latency_s == made[0].times.variants["custom-p50"].latency_s
    assert (merged / "sweep.html").exists()
