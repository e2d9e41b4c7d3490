"""A click on Save: checked, written to the disk, and only then confirmed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from speecht5_demo.errors import DemoError, RatingsError
from speecht5_demo.listening.methods import AB, ACR
from speecht5_demo.listening.playback import MUST_HEAR, NOT_ALL_HEARD
from speecht5_demo.listening.ratings import RatingRow, RatingsWriter
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.link import listener_of
from speecht5_demo.ui.compare.pairs import QUESTION as QUESTION_OF_PAIRS
from speecht5_demo.ui.compare.pairs import PairTrial
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.compare.rated import REVEALED, RatedBefore
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.view import board_view

log = logging.getLogger(__name__)
QUESTION = "How does it sound?"
CORRECTION = "correction"
MOST_CORRECTIONS = 20
_DEVICES = ("touch", "mouse")


def rate(runs: Runs, writer: RatingsWriter, rated: RatedBefore, sent: Any) -> dict[str, object]:
    """Keep one rating.

    A rating may be corrected until the names are revealed: `correct` then comes with it, and a new row takes the place
    of the earlier one.

    Args:
        runs: where the ticket is looked up.
        writer: returns when the row is on the disk.
        rated: is told of it.
        sent: what the page, or anybody, posted: `ticket`, `rating`, `plays`, `heard_fraction`, `response_s`,
            `listener`, `device`.

    Returns:
        `{"saved": True, "rating": ..., "board": snapshot}` once the row is safe; a ticket used before answers
        with the rating it was used for. `{"saved": False, "problem": sentence}` otherwise; the ticket stays
        good.
    """
    try:
        if not isinstance(sent, dict):
            raise RatingsError(
                Message("A rating needs a ticket and a score. Reload the page and rate again.")
            )
        if found := runs.trial(sent.get("ticket")):
            return _vote(*found, writer, rated, sent)
        run, card = runs.card(sent.get("ticket"))
        if run.plan.pairs:
            raise RatingsError(Message("This comparison is voted on in pairs."))
        with run.saving:
            correcting = card.rating is not None and sent.get("correct") is True
            if correcting:
                _check_correction(run, card)
            if card.rating is None or (correcting and sent.get("rating") != card.rating):
                row = rating_row(run, card, sent)
                _keep(row, writer)
                rated.note(row)
                card.rating, card.rating_id = row.rating, row.rating_id
    except DemoError as error:
        return {"saved": False, "problem": problem_of(error)}
    return {"saved": True, "rating": card.rating, "board": board_view(run)}


def _vote(
    run: Run, trial: PairTrial, writer: RatingsWriter, rated: RatedBefore, sent: Mapping[str, object]
) -> dict[str, object]:
    """Keep the vote on a pair, or its correction."""
    with run.saving:
        correcting = trial.vote is not None and sent.get("correct") is True
        if correcting:
            _check_correction(run, trial)
        if trial.vote is None or (correcting and sent.get("rating") != trial.vote):
            row = vote_row(run, trial, sent)
            _keep(row, writer)
            rated.note(row)
            trial.vote, trial.rating_id = trial.kept(row.rating), row.rating_id
    return {"saved": True, "rating": trial.vote, "board": board_view(run)}


def _keep(row: RatingRow, writer: RatingsWriter) -> None:
    """Have a row on the disk.

    Raises:
        RatingsError: the disk does not take it; the log says why.
    """
    try:
        writer.append(row)
    except RatingsError as error:
        if isinstance(str(error), Message):
            raise
        log.warning("a rating could not be kept: %s", error)
        raise RatingsError(
            Message("The server's disk does not take it at present, and its log says why.")
        ) from error


def vote_row(run: Run, trial: PairTrial, sent: Mapping[str, object]) -> RatingRow:
    """The row of a vote: the version against the baseline.

    Raises:
        RatingsError: the vote is not -1, 0 or 1.
    """
    vote = AB.check(sent.get("rating"))
    row = rating_row(run, trial.version, {**sent, "rating": 1})
    flags = [flag for flag in row.flags if flag not in (CORRECTION, REVEALED)]
    return replace(
        row,
        method=AB.name,
        question=QUESTION_OF_PAIRS,
        trial=trial.number,
        position=run.trials.index(trial) + 1,
        compared_with=trial.baseline.clip.sha256[:16],
        rating=trial.kept(vote),
        corrects=trial.rating_id,
        flags=(
            *flags,
            *([CORRECTION] if trial.rating_id else []),
            *([REVEALED] if trial.vote is None and run.one_left else []),
        ),
    )


def _check_correction(run: Run, card: Card | PairTrial) -> None:
    if run.revealed:
        raise RatingsError(Message("The names are known by now, so this rating stands."))
    if card.corrections >= MOST_CORRECTIONS:
        raise RatingsError(Message("This rating was changed often enough; it stands as it is."))
    card.corrections += 1


def rating_row(run: Run, card: Card, sent: Mapping[str, object]) -> RatingRow:
    """The row of the ratings file for what was sent.

    Raises:
        RatingsError: the score is not a whole number from 1 to 5, or the sample is no sample.
    """
    if not run.plan.listenable:
        raise RatingsError(Message("This checkpoint does not speak: its samples cannot be rated."))
    sample, heard = card.sample, _number(sent.get("heard_fraction"), 1)
    plays = _number(sent.get("plays"), 10_000)
    flags = [
        *([NOT_ALL_HEARD] if heard is None or heard < MUST_HEAR else []),
        *([] if sample.ended else ["cut-off"]),
        *([CORRECTION] if card.rating_id else []),
        *([REVEALED] if card.rating is None and run.one_left else []),
    ]
    device = sent.get("device")
    return RatingRow(
        study_id="",
        session_id=run.session_id,
        listener_id=listener_of(sent.get("listener")) or f"session-{run.session_id}",
        source="compare",
        blind=run.plan.blind,
        trial=card.index,
        position=card.index + 1,
        question=QUESTION,
        stimulus_id=card.clip.sha256[:16],
        sentence_id="text-" + hashlib.sha256(sample.spoken_text.encode()).hexdigest()[:12],
        text=sample.text,
        speaker=sample.speaker,
        variant=card.variant.name,
        checkpoint=sample.checkpoint,
        seed=sample.seed,
        audio_sha256=card.clip.sha256,
        rating=ACR.check(sent.get("rating")),
        heard_fraction=heard,
        plays=None if plays is None else int(plays),
        response_s=_number(sent.get("response_s"), 86_400),
        device=device if device in _DEVICES else "",
        flags=tuple(flags),
        corrects=card.rating_id,
    )


def _number(value: object, most: float) -> float | None:
    """A number from 0 to `most`; None for whatever else was sent."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return float(value)
