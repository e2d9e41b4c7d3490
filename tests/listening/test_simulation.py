"""Invented listeners go through the real session, and the truth put in comes out."""

from pathlib import Path

import pytest

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.coverage import cover
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.listening.simulation import Truth, load_truth, simulate

TRUTH = Truth(mos={"baseline": 4.0, "int8": 3.9, "pruned": 3.5, "pruned-int8": 2.5, "anchor": 1.5})


def test_true_differences_come_out_of_a_simulated_crowd(
    prepared: tuple[Manifest, Path], tmp_path: Path
) -> None:
    written = simulate(*prepared, tmp_path, 80, TRUTH, seed=3)
    frame = read_ratings(tmp_path).frame
    assert written == len(frame) == 80 * 13
    assert frame["rating_id"].is_unique
    means = frame[frame["role"] == "test"].groupby("variant")["rating"].mean()
    for variant in ("int8", "pruned", "pruned-int8"):
        true = TRUTH.mos["baseline"] - TRUTH.mos[variant]
        assert means["baseline"] - means[variant] == pytest.approx(true, abs=0.4)
    assert frame.loc[frame["role"] == "anchor", "rating"].mean() < 2.2
    assert (frame["flags"] == "").all()
    assert (read_sessions(tmp_path)["ended_at"] != "").sum() == 80


def test_the_same_seed_is_the_same_crowd(prepared: tuple[Manifest, Path], tmp_path: Path) -> None:
    columns = ["listener_id", "trial", "rating"]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(*prepared, tmp_path / name, 5, TRUTH, seed=seed)
    first, again, other = (read_ratings(tmp_path / name).frame[columns] for name in "abc")
    assert first.astype(str).equals(again.astype(str))
    assert first["rating"].tolist() != other["rating"].tolist()


def test_careless_listeners_are_seen_by_traps_and_clock(
    prepared: tuple[Manifest, Path], tmp_path: Path
) -> None:
    # Four in five answer a trap wrongly; of so many, half or less would be seven standard deviations away.
    simulate(*prepared, tmp_path, 80, Truth(careless=1.0), seed=1)
    frame = read_ratings(tmp_path).frame
    traps = frame[frame["role"] == "trap"]
    assert traps["flags"].str.contains("trap-wrong").mean() > 0.5


def test_pairs_are_simulated_by_the_same_code(prepared_pairs: tuple[Manifest, Path], tmp_path: Path) -> None:
    simulate(*prepared_pairs, tmp_path, 40, TRUTH, seed=5)
    tests = read_ratings(tmp_path).frame.query("role == 'test'")
    means = tests.groupby("variant")["rating"].mean()
    assert means["pruned-int8"] < means["pruned"] < means["int8"]
    assert means["pruned-int8"] == pytest.approx(-1.5, abs=0.4)


def test_a_truth_file_is_read_and_its_mistakes_named(tmp_path: Path) -> None:
    path = tmp_path / "truth.toml"
    path.write_text("noise = 0.5\n[mos]\nbaseline = 4.1\n", encoding="utf-8")
    assert load_truth(path) == Truth(mos={"baseline": 4.1}, noise=0.5)
    path.write_text("nose = 0.5\n", encoding="utf-8")
    with pytest.raises(StudyError, match="nose"):
        load_truth(path)


def test_a_plan_covers_every_variant_alike(prepared: tuple[Manifest, Path]) -> None:
    few, many = cover(prepared[0], 10), cover(prepared[0], 60)
    assert many.ratings == dict.fromkeys(prepared[0].study.variants, 120)
    assert many.per_sentence.fewest >= 8
    assert all(0.3 < place < 0.7 for place in many.mean_position.values())
    assert 0 <= few.power <= many.power <= 1
