"""Names of columns: ours, those that other tools give them, and how a header is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from speecht5_demo.listening.rows import RATING_COLUMNS

ALIASES: Mapping[str, tuple[str, ...]] = {
    "listener_id": (
        "listener", "worker", "workerid", "worker_id", "participant", "participant_id", "subject", "subject_id",
        "participant_code", "rater", "rater_id", "user", "user_id", "assessor", "annotator", "prolific_pid",
        "evaluator", "judge", "respondent",
        "evaluator_id", "annotator_id", "assessor_id",
    ),
    "stimulus_id": ("stimulus", "file", "file_url", "filename", "file_name", "short_file_name", "clip", "wav", "audio",
                    "audio_url", "audio_file", "wav_file", "clip_name", "url"),
    "sentence_id": (
        "sentence", "utterance", "utterance_id", "utt", "utt_id", "utt_no", "item", "prompt_id", "text_id",
        "sent_id", "trial_id",
    ),
    "variant": (
        "system", "system_id", "system_name", "tts_system", "sys", "model",
        "method_name", "condition", "condition_name", "condition_num", "algorithm",
        "rating_stimulus",
    ),
    "rating": ("score", "vote", "votes", "mos", "opinion", "acr", "answer", "grade", "mos_score", "opinion_score",
               "rating_score", "quality", "overall_quality", "naturalness"),
    "session_id": ("session", "hitid", "assignmentid"),
    "study_id": ("study",),
}  # fmt: skip
"""Names that other tools give our columns, tried where ours is not there and only one of them is."""
_SQUEEZED: Mapping[str, str] = {name.replace("_", ""): name for name in (*RATING_COLUMNS, *ALIASES)}
"""`listenerid` and the like: how a header in camel case reads once its case is gone."""


def plain_name(name: str) -> str:
    """A header as it is compared: lower case, words joined by `_`."""
    return re.sub(r"[\s\-.]+", "_", name.strip().casefold())


def our_name(name: str) -> str:
    """A header as we compare it, also without what Mechanical Turk puts around it: answer_rating_label is rating."""
    inner = re.sub(r"_label$", "", re.sub(r"^(?:answer|input)_", "", name))
    known = inner in RATING_COLUMNS or any(inner in names for names in ALIASES.values())
    name = inner if inner != name and known else name
    return _SQUEEZED.get(name.replace("_", ""), name)


def is_known(cell: str) -> bool:
    name = our_name(plain_name(cell))
    return name in RATING_COLUMNS or any(name in names for names in ALIASES.values())
