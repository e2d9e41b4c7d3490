"""From what a listener answered to the row that is kept."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from speecht5_demo.listening.assignment import Trial
from speecht5_demo.listening.ledger import SessionRecord
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.playback import (
    HEADPHONES_DOUBTFUL,
    ID_UNSIGNED,
    MANY_AT_ONCE,
    Playback,
    doubts_headphones,
    flags_of,
)
from speecht5_demo.listening.rows import RatingRow


@dataclass(frozen=True)
class Answer:
    """One answer to one trial.

    Attributes:
        score: on the method's scale; for a pair, the second clip against the first, as it was asked.
        playback: what the page reports about listening.
        begun_s: when hearing could begin: the trial's ticket was handed out and its clips were fetched; server time in
            seconds since 1970.
        received_s: when the answer arrived.
        fetched: whether the trial's clips were fetched, each to its end.
    """

    listener_id: str
    session_id: str
    trial: Trial
    score: int
    playback: Playback
    begun_s: float
    received_s: float
    fetched: bool


def rating_row(manifest: Manifest, answer: Answer, record: SessionRecord) -> RatingRow:
    """The row of an answer; the same trial of the same session always has the same rating_id."""
    study, trial = manifest.study, answer.trial
    clip, other = trial.stimulus, trial.compared_with
    unusual = flags_of(
        trial, answer.score, answer.playback, answer.received_s - answer.begun_s, answer.fetched
    )
    headphones, check = record.columns.get("headphones", ""), record.columns.get("headphone_check", "")
    if doubts_headphones(headphones, check):
        unusual = (*unusual, HEADPHONES_DOUBTFUL)
    if record.columns.get("platform_participant") and record.columns.get("id_signed") == "no":
        unusual = (*unusual, ID_UNSIGNED)
    if record.columns.get("many_at_once"):
        unusual = (*unusual, MANY_AT_ONCE)
    return RatingRow(
        rating_id=str(uuid.uuid5(uuid.UUID(answer.session_id), f"trial {trial.number}")),
        study_id=study.id,
        session_id=answer.session_id,
        listener_id=answer.listener_id,
        submitted_at=datetime.fromtimestamp(answer.received_s, UTC),
        source="study",
        blind=True,
        trial=trial.number,
        position=len(record.rated) + 1,
        method=study.method,
        question=study.asked,
        role=trial.role,
        stimulus_id=clip.id,
        compared_with=other.id if other else "",
        sentence_id=clip.sentence_id,
        text=clip.text,
        speaker=clip.speaker,
        variant=clip.variant,
        checkpoint=manifest.checkpoint,
        seed=clip.seed,
        audio_sha256=clip.sha256,
        rating=study.question_type.kept(answer.score, trial.stimulus_first, trial.role),
        heard_fraction=answer.playback.heard_fraction,
        plays=answer.playback.plays,
        response_s=answer.playback.response_s,
        device=record.columns.get("device", ""),
        headphones=headphones,
        flags=unusual,
    )
