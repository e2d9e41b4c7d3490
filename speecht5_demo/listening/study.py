"""A study as its author writes it: what is spoken, by which variants, and how it is heard.

A study is a TOML file. It says nothing about any machine, so that two laboratories can run the same one;
what was made of it on one machine is the manifest (see `manifest`). `assets/studies/example.toml` teaches
the format line by line.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.methods import ACR, METHODS, QUESTIONS, Method

IDS = ("optional", "required", "signed")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Sentence:
    """One sentence to be heard. `id` names it in every table; `text` is spoken."""

    id: str
    text: str


@dataclass(frozen=True)
class SessionPlan:
    """How much one listener hears.

    Attributes:
        sentences: sentences a listener hears, each in every condition; the length of a session follows from it.
        repeats: trials of the baseline with another seed (the noise floor).
        anchors: trials of the degraded baseline (the low end of the scale).
        traps: clips that say which answer to give.
        practice: clips before the first trial; their ratings never count.
        break_after: trials before a break is offered; 0 offers none.
        completion_code: what a crowd platform expects at the end; empty gives each session a code of its own.
        ids: optional, required (the link must name a participant) or signed (by `study links`).
    """

    sentences: int = 2
    repeats: int = 1
    anchors: int = 1
    traps: int = 1
    practice: int = 2
    break_after: int = 8
    completion_code: str = ""
    ids: str = "optional"


@dataclass(frozen=True)
class Loudness:
    """One linear gain a clip, to the same programme loudness (ITU-R BS.1770).

    Attributes:
        target_lufs: loudness that every clip is brought to; lowered for all alike where a clip would clip.
        peak_dbfs: no sample goes above this.
    """

    target_lufs: float = -26.0
    peak_dbfs: float = -1.0


@dataclass(frozen=True)
class Anchor:
    """The low anchor: noise that follows the speech (ITU-T P.810 MNRU).

    Attributes:
        q_db: speech-to-modulated-noise ratio in dB; 10 is clearly bad, 30 hardly audible.
    """

    q_db: float = 12.0


@dataclass(frozen=True)
class Study:
    """One study.

    Attributes:
        id: short name in lower case, in every row of its ratings.
        version: counts up with every change that a listener could hear or see.
        title: what listeners read at the top.
        method: the question type, a name in `methods.METHODS`.
        question: a key of `methods.QUESTIONS`, or a question in the study's own words.
        margin: MOS points that count as "not worse", fixed before the first listener.
        baseline: the variant that the others are compared with.
        variants: names of variants, the baseline among them.
        speakers: names; empty takes the checkpoint's first.
        seed: of the dropout masks of every test clip.
        checkpoint: what to speak with; empty takes the running app's.
        sentences: at least `session.sentences`.
        practice_sentences: spoken for practice, never among the test's own.
        contact: whom a listener may write to; shown with the consent. May be empty.
    """

    id: str
    title: str
    variants: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    version: int = 1
    method: str = ACR.name
    question: str = "naturalness"
    margin: float = 0.2
    baseline: str = "baseline"
    speakers: tuple[str, ...] = ()
    seed: int = 0
    checkpoint: str = ""
    practice_sentences: tuple[Sentence, ...] = ()
    contact: str = ""
    session: SessionPlan = field(default_factory=SessionPlan)
    loudness: Loudness = field(default_factory=Loudness)
    anchor: Anchor = field(default_factory=Anchor)

    def __post_init__(self) -> None:
        def need(right: bool, message: str) -> None:
            if not right:
                raise StudyError(f"{self.id or 'study'}: {message}")

        need(bool(_NAME.fullmatch(self.id)), "id must be lower-case letters, digits and -, at most 40.")
        need(bool(self.title.strip()), "title is empty; listeners see it first.")
        need(self.method in METHODS, f"method is {self.method!r}; it must be {' or '.join(METHODS)}.")
        need(bool(self.question.strip()), "question is empty; ask the listeners something.")
        need(0 < self.margin < 4, f"margin is {self.margin}; give MOS points between 0 and 4, such as 0.2.")
        need(len(self.variants) >= 2, "variants needs at least two names, the baseline among them.")
        need(len(set(self.variants)) == len(self.variants), "variants names one twice.")
        need(self.baseline in self.variants, f"baseline {self.baseline!r} is not among the variants.")
        names = [sentence.id for sentence in (*self.sentences, *self.practice_sentences)]
        need(len(set(names)) == len(names), "two sentences share an id.")
        plan = self.session
        need(plan.sentences >= 1, "session.sentences must be at least 1.")
        items = len(self.sentences) * max(1, len(self.speakers))
        need(
            items >= plan.sentences,
            f"session.sentences is {plan.sentences}, but there are only {items} sentences to hear.",
        )
        for name in ("repeats", "anchors", "traps", "practice", "break_after"):
            need(getattr(plan, name) >= 0, f"session.{name} must not be negative.")
        need(plan.repeats <= plan.sentences, "session.repeats must not exceed session.sentences.")
        need(plan.anchors <= plan.sentences, "session.anchors must not exceed session.sentences.")
        need(not plan.practice or bool(self.practice_sentences), "practice needs practice_sentences.")
        need(plan.ids in IDS, f"session.ids is {plan.ids!r}; it must be {', '.join(IDS)}.")
        need(len(plan.completion_code) <= 60, "session.completion_code is longer than 60 characters.")

    @property
    def question_type(self) -> Method:
        """What is asked, on which scale."""
        return METHODS[self.method]

    @property
    def pages(self) -> int:
        """Pages of one session, practice included."""
        plan = self.session
        conditions = len(self.question_type.conditions(self.variants, self.baseline))
        practice = min(plan.practice, len(self.practice_sentences))
        return plan.sentences * conditions + plan.repeats + plan.anchors + plan.traps + practice

    @property
    def asked(self) -> str:
        """The question in English, as it is kept with every rating."""
        return QUESTIONS.get(self.question, self.question)


def load_study(path: Path) -> Study:
    """Read a study's TOML.

    Raises:
        StudyError: the file is absent, not TOML, or says something that cannot be run; the message names the key.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} cannot be read ({error.strerror}). Name a study's TOML file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not TOML: {error}.") from error
    return study_from(written)


def study_from(written: Mapping[str, Any]) -> Study:
    """A study from the parsed TOML, or from the copy of it in a manifest."""
    given = dict(written)
    for key, prefix in (("sentences", "s"), ("practice_sentences", "p")):
        given[key] = tuple(_sentence(entry, k, prefix) for k, entry in enumerate(given.get(key, ()), start=1))
    for key, kind in (("session", SessionPlan), ("loudness", Loudness), ("anchor", Anchor)):
        given[key] = _table(kind, given.get(key, {}), f"{key}.")
    for key in ("variants", "speakers"):
        listed = given.get(key, [])
        if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
            raise StudyError(f"{key} must be a list of names.")
        given[key] = tuple(listed)
    study = _table(Study, given, "")
    assert isinstance(study, Study)
    return study


def _sentence(entry: object, number: int, prefix: str) -> Sentence:
    if isinstance(entry, str):
        entry = {"id": f"{prefix}{number:02d}", "text": entry}
    if not isinstance(entry, Mapping):
        raise StudyError(f"Sentence {number} must be a text, or a table with id and text.")
    sentence = _table(Sentence, entry, f"sentence {number}: ")
    assert isinstance(sentence, Sentence)
    if not sentence.text.strip() or len(sentence.text) > 500:
        raise StudyError(f"Sentence {sentence.id!r} has {len(sentence.text)} characters; give 1 to 500.")
    return sentence


def _table(kind: type[Any], written: object, where: str) -> object:
    """A frozen dataclass from a TOML table; unknown, missing and mistyped keys are named."""
    if not isinstance(written, Mapping):
        raise StudyError(f"{where.rstrip('. :')} must be a table.")
    known = {column.name: column for column in fields(kind)}
    if unknown := sorted(set(written) - set(known)):
        raise StudyError(f"{where}{unknown[0]} is not a known key. Known: {', '.join(known)}.")
    for name, value in written.items():
        wanted = known[name].type
        if wanted not in _PLAIN:
            continue
        accepted, words = _PLAIN[wanted]
        if not isinstance(value, accepted) or isinstance(value, bool):
            raise StudyError(f"{where}{name} is {value!r}; it must be {words}.")
    try:
        return kind(**written)
    except TypeError as error:
        missing = str(error).split("argument", 1)[-1].lstrip("s: ")
        raise StudyError(f"{where}missing: {missing}.") from error


_PLAIN: Mapping[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text in quotes"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}
