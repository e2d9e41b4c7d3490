"""Who hears what, in which order: a pure function of the prepared study and the listener's id.

Nothing is drawn at run time and nothing is remembered, so a session that resumes on another replica, after
a crash or on another day goes on in the same order. A listener hears a few sentences, each in every
condition, because the comparison is made within listener and sentence; conditions are spread by Williams
squares, one row a round.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import Manifest, Stimulus
from speecht5_demo.listening.methods import Condition
from speecht5_demo.listening.williams import williams_rows


@dataclass(frozen=True)
class Trial:
    """One page of a session.

    Attributes:
        number: place in the session, from 0, practice included.
        role: test | repeat | anchor | trap | practice.
        stimulus: the clip that the rating is about.
        compared_with: the other clip of a pair, else None.
        stimulus_first: of a pair, whether `stimulus` is played before `compared_with`.
    """

    number: int
    role: str
    stimulus: Stimulus
    compared_with: Stimulus | None = None
    stimulus_first: bool = True

    @property
    def clips(self) -> tuple[Stimulus, ...]:
        """The clips in the order they are played."""
        if self.compared_with is None:
            return (self.stimulus,)
        pair = (self.stimulus, self.compared_with)
        return pair if self.stimulus_first else pair[::-1]

    @property
    def audio_s(self) -> float:
        """Seconds that hearing it once takes at least."""
        return sum(clip.audio_s for clip in self.clips)


def plan_session(manifest: Manifest, listener_id: str) -> tuple[Trial, ...]:
    """Every trial of one listener, in order."""
    study, method = manifest.study, manifest.study.question_type
    draw = _Draw(f"{manifest.digest}/{listener_id}")
    items = _items(manifest, draw)
    slots = [(condition, item) for condition, item in _rounds(manifest, items, draw)]
    extras = [("repeat", study.session.repeats), ("anchor", study.session.anchors)]
    for role, count in extras:
        start = draw.below(len(items))
        for k in range(count):
            condition = method.control(role, study.baseline, first=not draw.below(2))
            place = draw.below(len(slots) + 1)
            slots.insert(place, (condition, items[(start + k) % len(items)]))
    pages = [_page(manifest, condition, item) for condition, item in slots]
    traps = [clip for clip in manifest.stimuli if clip.role == "trap" and clip.speaker == items[0][1]]
    for clip in draw.some(traps, study.session.traps):
        # Never among the first two, where attention is high anyway, nor the very last.
        place = min(2, len(pages)) + draw.below(max(1, len(pages) - 2))
        pages.insert(place, ("trap", clip, clip if method.paired else None, True))
    practice = sorted((c for c in manifest.stimuli if c.role == "practice"), key=lambda c: c.sentence_id)
    warm_up = [
        ("practice", clip, practice[0] if method.paired else None, True)
        for clip in practice[: study.session.practice]
    ]
    return tuple(Trial(number, *page) for number, page in enumerate(warm_up + pages))


Item = tuple[str, str]
Page = tuple[str, Stimulus, Stimulus | None, bool]


def _rounds(manifest: Manifest, items: list[Item], draw: "_Draw") -> Iterator[tuple[Condition, Item]]:
    """As many rounds as sentences: each round has every condition once, all rounds together every pair once."""
    study = manifest.study
    conditions = study.question_type.conditions(study.variants, study.baseline)
    rows = williams_rows(len(conditions))
    mine, turn = [rows[draw.below(len(rows))] for _ in items], draw.below(len(items))
    share = {condition: place + turn for place, condition in enumerate(mine[0])}
    for number, row in enumerate(mine):
        for condition in row:
            yield conditions[condition], items[(share[condition] + number) % len(items)]


def _items(manifest: Manifest, draw: "_Draw") -> list[Item]:
    """The listener's sentences with their speakers: any sentence as likely as any other, speakers in turn."""
    sentences, speakers = manifest.study.sentences, manifest.speakers
    count = len(sentences)
    start, voice = draw.below(count), draw.below(len(speakers))
    strides = [stride for stride in range(1, count + 1) if math.gcd(stride, count) == 1]
    stride = strides[draw.below(len(strides))]
    chosen = []
    for k in range(manifest.study.session.sentences):
        lap = k // count
        sentence = sentences[(start + k * stride) % count]
        chosen.append((sentence.id, speakers[(voice + k + lap) % len(speakers)]))
    return chosen


def _page(manifest: Manifest, condition: Condition, item: Item) -> Page:
    clips = manifest.by_content
    try:
        clip = clips[(condition.role, condition.variant, *item)]
        against = clips[("test", condition.against, *item)] if condition.against else None
    except KeyError as error:
        raise StudyError(
            f"The study has no clip for {error}. Run: study check, or prepare it again."
        ) from error
    return condition.role, clip, against, condition.first


class _Draw:
    """Numbers from a hash: the same for the same name on every machine and in every version of Python."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1; the bias of 64 bits against a small bound is nothing."""
        self._count += 1
        digest = hashlib.sha256(f"{self._name}/{self._count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % max(1, bound)

    def some(self, things: list[Stimulus], count: int) -> list[Stimulus]:
        """`count` of them, each once before any comes again."""
        ordered = sorted(things, key=lambda thing: thing.sentence_id)
        start = self.below(len(ordered))
        return [ordered[(start + k) % len(ordered)] for k in range(count)] if ordered else []
