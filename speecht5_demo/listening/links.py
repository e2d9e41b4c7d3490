"""What a crowd platform puts into the link: which parameters there are, and when they are not to be believed.

Who knows another participant's id could take their place, and anybody can make an id up. A researcher who has the list
of ids signs each with STUDY_LINK_SECRET (`study links`); an id without a right signature is then refused, or, where the
study leaves ids free, kept and marked.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from speecht5_demo.listening.views import RefusedError

SECRET_VARIABLE = "STUDY_LINK_SECRET"
SIGNATURE = "signature"
LONGEST = 128
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "platform_participant": ("PROLIFIC_PID", "workerId", "participant"),
    "platform_study": ("STUDY_ID", "hitId", "study"),
    "platform_session": ("SESSION_ID", "assignmentId", "session"),
}
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
_PLACEHOLDER = re.compile(
    r"\{.*\}|\$\{?.*\}?|<.*>|\[.*\]|%.*%|undefined|null|none", re.DOTALL | re.IGNORECASE
)
_OWN_NAMES = frozenset(name.casefold() for names in PARAMETERS.values() for name in names)


@dataclass(frozen=True)
class Arrival:
    """What a link says.

    Attributes:
        columns: platform_participant, platform_study and platform_session; empty where the link has none.
        preview: whether a platform shows the page to somebody who has not taken the task.
        signed: whether the participant's id carries a right signature.
    """

    columns: Mapping[str, str]
    preview: bool
    signed: bool

    @property
    def participant(self) -> str:
        """The participant's id, or nothing."""
        return self.columns["platform_participant"]


def sign_id(secret: str, study_id: str, participant: str) -> str:
    """The signature that a link to a study carries beside a participant's id."""
    digest = hmac.digest(secret.encode(), f"link\x00{study_id}\x00{participant}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:15]).decode()


def read_link(parameters: Mapping[str, object], study_id: str, secret: str, ids: str) -> Arrival:
    """What a link's parameters say.

    Args:
        secret: STUDY_LINK_SECRET of this deployment, or nothing.
        ids: optional | required | signed, as the study asks.

    Raises:
        RefusedError: a placeholder was not filled in, a signature is wrong, or the study asks for an id.
    """
    columns = {}
    for column, names in PARAMETERS.items():
        name = next((one for one in names if words(parameters.get(one), LONGEST)), "")
        value = words(parameters.get(name), LONGEST)
        if value and _is_placeholder(value):
            raise RefusedError(
                "placeholder",
                f"The link still says {name}={value} instead of an id. If you run this study: let the platform fill "
                "the id in where it builds the link, and try the link from there.",
            )
        columns[column] = value
    preview = columns["platform_session"] == PREVIEW
    participant = columns["platform_participant"]
    given = words(parameters.get(SIGNATURE), LONGEST)
    signed = bool(secret and participant and given) and hmac.compare_digest(
        sign_id(secret, study_id, participant).encode(), given.encode()
    )
    if (given and secret and participant and not signed) or (ids == "signed" and not signed and not preview):
        raise RefusedError(
            "not-signed", "This link is not one that the study gave out. Open the link you were sent."
        )
    if ids != "optional" and not participant and not preview:
        raise RefusedError("no-id", "This study is by invitation: open it from the link that names your id.")
    return Arrival(columns, preview, signed)


def words(value: object, longest: int) -> str:
    """Text that can be written, trimmed and of bounded length; anything else is empty."""
    if not isinstance(value, str):
        return ""
    return (
        value[: 4 * longest]
        .encode("utf-8", errors="replace")
        .decode()
        .strip("\ufeff\u200b \t\r\n\x00")[:longest]
    )


def _is_placeholder(value: str) -> bool:
    plain = unquote(value).strip()
    return bool(_PLACEHOLDER.fullmatch(plain)) or plain.casefold() in _OWN_NAMES
