"""What the owner decides about sessions, as readers of ratings see it."""

from pathlib import Path

import pytest

from speecht5_demo.errors import RatingsError
from speecht5_demo.hosting.dataset import csv_text
from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.decisions import Decision, Decisions, DecisionsWriter, session_digest, standing
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.session_decisions import SessionDecisions
from speecht5_demo.listening.sessions import read_sessions
from tests.hosting.test_hosting import rating, write

ONE, OTHER = "session 1", "session 2"
DIGEST = session_digest(ONE)


def decided(*actions: str) -> Decisions:
    """What counts after some decisions, one a second; a minus stands before one that is found late."""
    made = [
        Decision(session=DIGEST, action=action.lstrip("-"), at=f"2026-01-01T00:00:0{number}Z")
        for number, action in enumerate(actions)
    ]
    late = [one for one, action in zip(made, actions, strict=True) if action.startswith("-")]
    return standing([one for one in made if one not in late] + late)


@pytest.mark.parametrize(
    ("actions", "aside", "deleted"),
    [
        ((), False, False),
        (("set-aside",), True, False),
        (("set-aside", "take-back"), False, False),
        (("-set-aside", "take-back"), False, False),
        (("set-aside", "take-back", "set-aside"), True, False),
        (("set-aside", "delete"), False, True),
        (("delete", "take-back"), False, True),
        (("delete", "set-aside"), False, True),
    ],
)
def test_the_last_decision_by_time_counts_and_a_deletion_is_final(
    actions: tuple[str, ...], aside: bool, deleted: bool
) -> None:
    found = decided(*actions)
    assert (found.aside(ONE) is not None, found.is_deleted(ONE)) == (aside, deleted)
    assert found.aside(OTHER) is None
    assert not found.is_deleted(OTHER)


def test_a_session_set_aside_is_kept_marked_counted_apart_and_counts_again_when_taken_back(
    tmp_path: Path,
) -> None:
    write(tmp_path, [rating(number) for number in range(12)])
    decisions = SessionDecisions(tmp_path)
    before = analyse(read_ratings(tmp_path))
    decisions.set_aside(ONE, "=HYPERLINK(), the children played")
    table = read_ratings(tmp_path)
    assert len(table.frame) == 12
    assert csv_text(table.frame).count("set-aside") == 4
    after = analyse(table)
    assert after.excluded["set-aside"] == 4
    assert sum(one.n_ratings for one in after.headline.variants) == 8
    assert any("set aside" in message for message in after.problems)
    (seen,) = [one for one in decisions.seen() if one.session_id == ONE]
    assert seen.aside is not None
    assert seen.aside.reason == "=HYPERLINK(), the children played"
    assert seen.flags == (), "it is no flag of the listener's"
    decisions.take_back(ONE)
    assert analyse(read_ratings(tmp_path)).headline == before.headline


def test_a_table_of_few_columns_knows_of_decisions_too(tmp_path: Path) -> None:
    write(tmp_path, [rating(number) for number in range(6)])
    SessionDecisions(tmp_path).delete(ONE)
    # As if a copy of the file had come back from somewhere.
    write(tmp_path, [rating(number) for number in range(6)], "ratings-copy.csv")
    frame = read_ratings(tmp_path, only=("rating", "variant", "listener_id", "sentence_id")).frame
    assert len(frame) == 6 - 2 + 4
    assert ONE not in set(read_ratings(tmp_path).frame["session_id"].cat.categories)
    assert ONE not in read_sessions(tmp_path).index


def test_a_file_named_alone_heeds_the_decisions_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path, [rating(number) for number in range(6)])
    DecisionsWriter(tmp_path).append(Decision(session=DIGEST, action="delete"))
    assert len(read_ratings(path).frame) == 4


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda decisions: decisions.set_aside(ONE, " "), "Say why"),
        (lambda decisions: decisions.set_aside(ONE, "x" * 201), "at most 200"),
        (lambda decisions: decisions.take_back(ONE), "not set aside"),
        (lambda decisions: decisions.delete("nobody"), "no such session"),
    ],
)
def test_what_cannot_be_decided_is_one_sentence_and_changes_nothing(
    action: "object", words: str, tmp_path: Path
) -> None:
    write(tmp_path, [rating(number) for number in range(6)])
    with pytest.raises(RatingsError, match=words):
        action(SessionDecisions(tmp_path))  # type: ignore[operator]
    assert not list(tmp_path.glob("decisions-*.csv")) or "delete" not in "".join(
        path.read_text() for path in tmp_path.glob("decisions-*.csv")
    )
