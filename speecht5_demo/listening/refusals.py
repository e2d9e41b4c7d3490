"""What was not taken from listeners, and why: one line a refusal, which says nothing of who sent it."""

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

COLUMNS = ("at", "study_id", "reason")
STEM = "refusals"
REASONS: Mapping[str, str] = {
    "not-heard": "a rating sooner than its clips last",
    "already-rated": "a second answer to a trial",
    "not-ours": "a ticket that was made up, changed, or is another study's",
    "not-in-plan": "a trial that the session does not have",
    "not-a-rating": "an answer that is not on the scale",
    "not-an-answer": "a choice that the page does not offer",
    "not-now": "an answer out of turn",
    "not-yours": "the link of a session that another browser began",
    "other-id": "another participant's id at the consent",
    "not-signed": "an id without a right signature",
    "no-id": "a link without an id, where the study asks for one",
    "placeholder": "a link that the platform did not fill in",
    "preview": "a platform's preview that was sent on as if it were taken",
    "busy": "more sessions than one network may begin",
    "deleted": "an answer of a session that was deleted",
    "gone": "a clip that is no longer on the server",
}
"""What each reason means, for the owner of a study."""


def count_refusals(folder: Path, study_id: str) -> dict[str, int]:
    """Refusals of a study by reason, from all files of all servers on a folder; lines that are none are passed over."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob(f"{STEM}*.csv")):
        try:
            with path.open(encoding="utf-8", errors="replace", newline="") as stream:
                rows = [row for row in csv.reader(stream) if len(row) == len(COLUMNS)]
        except (OSError, csv.Error):
            continue
        found.update(reason for _, study, reason in rows if study == study_id and reason in REASONS)
    return dict(found.most_common())
