"""Screening takes out whole sessions, says why, and only where the data hold what a rule checks."""

from collections.abc import Callable

import pytest
from made_up_ratings import crowd, row

from speecht5_demo.listening.analysis.cleaning import clean
from speecht5_demo.listening.analysis.screening import asked_for, screen
from speecht5_demo.listening.ratings import RatingRow, RatingsTable

Table = Callable[[list[RatingRow]], RatingsTable]
GOOD = [row("good", f"s{k}", "baseline", 3 + k % 2) for k in range(6)]


def removed(table: RatingsTable, **options: object) -> dict[str, tuple[str, ...]]:
    return {one.listener: one.reasons for one in screen(clean(table.frame), **options).removed}  # type: ignore[arg-type]


def test_a_session_with_an_unheard_clip_is_taken_out_whole(table: Table) -> None:
    rows = [row("hasty", f"s{k}", "int8", 2 + k % 3, heard_fraction=0.4 if k == 2 else 1.0) for k in range(6)]
    found = screen(clean(table(GOOD + rows).frame))
    assert [one.listener for one in found.removed] == ["hasty"]
    assert found.removed[0].reasons == ("not-heard",)
    assert found.removed[0].ratings == 6
    assert set(found.kept["listener_id"]) == {"good"}


def test_a_session_that_hardly_varies_is_taken_out_and_a_short_one_is_not_judged(table: Table) -> None:
    flat = [row("flat", f"s{k}", "int8", 3) for k in range(8)]
    short = [row("short", f"s{k}", "int8", 3) for k in range(2)]
    assert removed(table(GOOD + flat + short)) == {"flat": ("no-variation",)}


def test_a_missed_trap_takes_its_session_out(table: Table) -> None:
    asked = {"role": "trap", "text": "Please choose two.", "variant": "baseline"}
    rows = [row("good", "trap", rating=2, **asked), row("deaf", "trap", rating=4, **asked)]
    rows += [row("deaf", f"s{k}", "baseline", 2 + k % 2) for k in range(6)]
    assert removed(table(GOOD + rows)) == {"deaf": ("trap-missed",)}


def test_the_studys_own_answer_to_a_trap_goes_before_its_text(table: Table) -> None:
    trap = row("good", "trap", "baseline", 5, role="trap", text="Please choose two.", stimulus_id="trap")
    assert removed(table([*GOOD, trap]), traps={"trap": 5}) == {}


def test_practice_is_asked_for_only_where_somebody_practised(table: Table) -> None:
    other = [row("new", f"s{k}", "baseline", 2 + k % 2) for k in range(6)]
    assert removed(table(GOOD + other)) == {}
    practised = row("good", "p", "baseline", 3, role="practice")
    assert removed(table([practised])) == {"new": ("no-practice",)}


def test_ratings_without_a_heard_fraction_are_not_called_unheard(table: Table) -> None:
    rows = [row("unknown", f"s{k}", "int8", 2 + k % 2, heard_fraction=None) for k in range(6)]
    found = screen(clean(table(rows).frame))
    assert found.removed == ()
    assert "not-heard" not in found.applied


def test_a_good_crowd_is_left_alone(table: Table) -> None:
    found = screen(clean(table(crowd({"baseline": 0, "int8": 0.2}, 10, 6)).frame))
    assert found.removed == ()
    assert len(found.kept) == 120


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Please choose two.", 2),
        ("Attention: select 5, please", 5),
        ("This is an interruption. Choose ONE.", 1),
        ("Hello", None),
    ],
)
def test_a_traps_text_says_what_it_asks_for(text: str, rating: int | None) -> None:
    assert asked_for(text) == rating
