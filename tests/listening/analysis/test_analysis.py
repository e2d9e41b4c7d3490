"""From files of ratings to tables and verdicts: what counts, what does not, and what is said about it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up_ratings import crowd, row

from speecht5_demo.listening.analysis import Settings, analyse, as_json
from speecht5_demo.listening.ratings import RatingRow, RatingsTable, read_ratings

Table = Callable[[list[RatingRow]], RatingsTable]


def test_known_losses_come_back_with_the_right_verdicts(table: Table) -> None:
    found = analyse(table(crowd({"baseline": 0, "int8": 0.0, "pruned": 1.0}, 40, 15)))
    document = as_json(found)
    verdicts = {one["variant"]: one["verdict"] for one in document["comparisons"]}
    assert verdicts == {"int8": "not worse", "pruned": "worse"}
    assert document["variants"][0]["variant"] == "baseline"
    assert document["variants"][0]["n_ratings"] == 40 * 15
    assert document["variants"][0]["n_sentences"] == 15


def test_mos_and_difference_are_plain_means_of_the_ratings(table: Table) -> None:
    rows = crowd({"baseline": 0, "int8": 0.3}, listeners=5, sentences=4)
    document = as_json(analyse(table(rows)))
    base = np.array([one.rating for one in rows if one.variant == "baseline"])
    int8 = np.array([one.rating for one in rows if one.variant == "int8"])
    assert document["variants"][0]["mos"] == pytest.approx(base.mean(), abs=1e-9)
    assert document["comparisons"][0]["difference"] == pytest.approx((base - int8).mean(), abs=1e-9)
    points = np.bincount(base, minlength=6)[1:]
    assert list(document["variants"][0]["counts"].values()) == points.tolist()


def test_only_blind_test_ratings_reach_mos_and_every_other_row_has_its_reason(table: Table) -> None:
    others = [
        row("a", "s", "int8", 1, blind=False),
        row("a", "s", "int8", 1, role="practice"),
        row("a", "s", "int8", 1, role="trap"),
        row("a", "s", "int8", 1, role="anchor"),
        row("a", "s", "int8", 1, method="CCR", compared_with="x"),
        row("a", "s", "", 1),
        row("", "s", "int8", 1),
    ]
    found = analyse(table([row("a", "s", "int8", 5), row("b", "t", "int8", 5), *others]))
    assert found.headline.variants[0].mos == 5
    assert found.excluded == {
        "not-blind": 1,
        "practice": 1,
        "trap": 1,
        "anchor": 1,
        "pair": 1,
        "missing-variant": 1,
        "missing-listener": 1,
    }
    assert found.collected.counted + sum(found.excluded.values()) == found.collected.rows


def test_what_is_no_rating_is_counted_as_invalid_and_halves_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "ratings-own.csv"
    lines = [
        "rating_id,listener_id,sentence_id,variant,rating",
        "1,a,s,int8,4",
        "2,a,t,int8,9",
        "3,a,u,int8,3.5",
    ]
    path.write_text("\n".join([*lines, "4,a,v,int8,", "5,a,w,int8,5"]) + "\n1,2")
    found = analyse(read_ratings(path))
    assert found.headline.variants[0].mos == pytest.approx((4 + 3.5 + 5) / 3)
    assert found.headline.variants[0].counts == (0, 0, 0, 2, 1)
    assert found.excluded["invalid-rating"] == 2
    assert found.excluded["torn-line"] == 1


def test_compare_page_ratings_stay_apart_from_a_study_and_lead_where_there_is_none(table: Table) -> None:
    casual = crowd({"baseline": 2.0}, listeners=3, sentences=3, source="compare", study_id="")
    alone = analyse(table(casual))
    assert alone.source == "compare"
    assert alone.collected.counted == 9
    beside = analyse(table(crowd({"baseline": 0}, listeners=3, sentences=3)))
    assert beside.source == "study"
    assert beside.collected.counted == 9
    assert beside.excluded["casual"] == 9
    assert beside.casual is not None
    assert beside.casual.variants[0].n_ratings == 9
    assert beside.casual.variants[0].mos < beside.headline.variants[0].mos


def test_one_study_can_be_taken_out_of_a_folder_of_several(table: Table) -> None:
    rows = crowd({"baseline": 0}, 3, 3) + crowd({"baseline": 0}, 2, 2, study_id="other")
    found = analyse(table(rows), Settings(study_id="other"))
    assert found.collected.counted == 4
    assert found.excluded == {"other-study": 9}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row("a", "s", "baseline", 4), row("a", "s", "int8", 3)], "1 listener"),
        (crowd({"baseline": 0, "int8": 0}, listeners=5, sentences=1), "1 sentence"),
        (
            [row(f"l{k}", f"s{j}", v, 4) for k in range(4) for j in range(4) for v in ("baseline", "int8")],
            "vary",
        ),
        ([row("a", "s", "baseline", 4), row("b", "t", "int8", 3)], "no listener rated the same sentence"),
    ],
)
def test_too_little_data_is_said_to_be_too_little(table: Table, rows: list[RatingRow], reason: str) -> None:
    document = as_json(analyse(table(rows)))
    json.dumps(document, allow_nan=False)
    comparison = document["comparisons"][0]
    assert comparison["verdict"] == "not enough data"
    assert reason in comparison["verdict_text"]
    assert comparison["ci95"] is None
    assert comparison["p_holm"] is None


def test_no_ratings_at_all_is_an_empty_table_not_a_crash(tmp_path: Path) -> None:
    document = as_json(analyse(read_ratings(tmp_path)))
    assert document["variants"] == document["comparisons"] == []


def test_undecided_names_how_many_more_listeners_would_decide(table: Table) -> None:
    rows = crowd({"baseline": 0, "int8": 0.15}, listeners=8, sentences=8)
    comparison = as_json(analyse(table(rows)))["comparisons"][0]
    assert comparison["verdict"] == "undecided"
    assert comparison["listeners_needed"] > 0
    assert f"about {comparison['listeners_needed']} more listeners" in comparison["verdict_text"]


def test_the_noise_floor_is_baseline_against_its_repeat(table: Table) -> None:
    rows = crowd({"baseline": 0}, listeners=6, sentences=5)
    repeats = [
        row(one.listener_id, one.sentence_id, "baseline", max(1, one.rating - 1), role="repeat", seed=1)
        for one in rows
    ]
    floor = analyse(table(rows + repeats)).noise_floor
    assert floor.difference is not None
    expected = np.mean([one.rating - max(1, one.rating - 1) for one in rows])
    assert floor.difference.mean == pytest.approx(expected, abs=1e-9)
    assert floor.mean_absolute == pytest.approx(expected, abs=1e-9)


def test_comparison_ratings_are_turned_to_one_side_whatever_the_order(table: Table) -> None:
    clips = [row("z", f"s{k}", v, 3, stimulus_id=f"{v}{k}") for k in range(3) for v in ("baseline", "int8")]
    rows = list(clips)
    for who in ("a", "b", "c"):
        for k in range(3):
            points = -2 if k == 2 and who == "a" else -1
            forward = {"stimulus_id": f"int8{k}", "compared_with": f"baseline{k}"}
            backward = {"stimulus_id": f"baseline{k}", "compared_with": f"int8{k}"}
            rows.append(row(who, f"s{k}", "int8", points, method="CCR", **forward))
            rows.append(row(who, f"s{k}", "baseline", 1, method="CCR", **backward))
    (found,) = analyse(table(rows)).preferences
    assert found.difference.mean == pytest.approx(19 / 18, abs=1e-9)
    assert (found.better, found.same, found.worse) == (0, 0, 18)


def test_pairs_never_mix_speakers(table: Table) -> None:
    """The same sentence by another speaker is another clip, not a pair."""
    rows = [
        row(who, sentence, variant, rating + (speaker == "bf_emma") * 2, speaker=speaker)
        for who, sentence, rating in (("a", "s", 2), ("a", "t", 3), ("b", "s", 1), ("b", "t", 3))
        for variant, speaker in (("baseline", "am_michael"), ("baseline", "bf_emma"), ("int8", "bf_emma"))
    ]
    comparison = as_json(analyse(table(rows)))["comparisons"][0]
    assert comparison["difference"] == 0
    assert comparison["n_pairs"] == 4


def test_flags_are_counted_and_leave_the_rating_in(table: Table) -> None:
    rows = [row("a", "s", "int8", 3, flags=("slow", "away")), row("b", "s", "int8", 4, flags=("slow",))]
    found = analyse(table(rows))
    assert found.flagged == {"away": 1, "slow": 2}
    assert found.collected.counted == 2
