"""What passes between a page and the listening test: where a session stands, and why something was not taken."""

from dataclasses import asdict, dataclass

from speecht5_demo.errors import DemoError

STEPS = ("consent", "about", "level", "headphone-check")
"""Asked once, in this order, before the first clip; the step's name is the event that ends it."""

DEVICES = ("computer", "phone", "tablet", "other")
HEADPHONES = ("headphones", "earphones", "loudspeaker")


class RefusedError(DemoError):
    """Something a listener sent was not taken.

    Attributes:
        reason: one of
            not-ours        a token of another study, or changed
            not-in-plan     no such trial in this session
            already-rated   the first rating of the trial counts
            not-a-rating    off the scale
            not-heard       sooner than the clips last
            not-now         the session is elsewhere
            not-an-answer   none of the answers to choose from
            not-yours       the session belongs to another browser
            other-id        another participant's id than the session began with
            preview         a crowd platform's preview cannot be taken
            placeholder     the link was never filled in
            not-signed, no-id   the study asks for an id, or for a signed one
            busy            too many sessions from one network
            gone            a clip is no longer there
            deleted         the owner deleted the session
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class View:
    """Everything a page may know.

    Attributes:
        token: of the session; the browser keeps it.
        step: one of STEPS, practice | trial | break | end.
        done, total: rated pages and all pages of the session.
        ticket: to rate the current trial with; empty when there is none to rate.
        clips: addresses of the current trial's clips, in playing order.
        upcoming: addresses of the next trial's clips, to load them early.
        number, of: which clip this is among the practice clips, or among the others.
        method, question: how and what to ask.
        title, contact: of the study.
        minutes: how long a whole session takes, about.
        code: completion code; empty before the end.
        preview: whether the consent is only shown, and cannot be given.
    """

    token: str
    step: str
    done: int
    total: int
    method: str
    question: str
    title: str
    contact: str
    minutes: int
    number: int = 0
    of: int = 0
    ticket: str = ""
    clips: tuple[str, ...] = ()
    upcoming: tuple[str, ...] = ()
    code: str = ""
    preview: bool = False

    def as_json(self) -> dict[str, object]:
        """For the wire."""
        return asdict(self)
