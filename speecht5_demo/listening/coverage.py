"""What a number of listeners would give a study, before anyone has been asked.

Orders depend on the listener's id alone, so a plan for listeners who do not exist yet is as good as the
real one.
"""

import uuid
from collections import Counter
from dataclasses import dataclass

from speecht5_demo.listening.analysis.power import chance_of_not_worse
from speecht5_demo.listening.assignment import Trial, plan_session
from speecht5_demo.listening.balance import CANDIDATES, Balance
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.session import session_minutes


@dataclass(frozen=True)
class CountRange:
    """The fewest and the most that any of something gets."""

    fewest: int
    most: int

    @classmethod
    def of(cls, counts: Counter[str], names: list[str]) -> "CountRange":
        found = [counts[name] for name in names]
        return cls(min(found), max(found))


@dataclass(frozen=True)
class Coverage:
    """A study under a number of listeners.

    Attributes:
        listeners: how many.
        trials: pages of one session, practice included.
        minutes: of one session, about.
        ratings: test ratings for each variant.
        per_sentence: listeners for each sentence.
        per_pair: test ratings for each variant of each sentence.
        opened_by: how often a session's first test clip is of a variant.
        mean_position: of each variant among the test clips, from 0 (first) to 1 (last); 0.5 is fair.
        power: chance of "not worse" at the study's margin, were there no difference at all.
    """

    listeners: int
    trials: int
    minutes: int
    ratings: dict[str, int]
    per_sentence: CountRange
    per_pair: CountRange
    opened_by: CountRange
    mean_position: dict[str, float]
    power: float


def cover(manifest: Manifest, listeners: int) -> Coverage:
    """Plan for that many listeners."""
    study = manifest.study
    ratings: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    places: dict[str, list[float]] = {variant: [] for variant in study.variants}
    plans = _plans(manifest, listeners)
    for plan in plans:
        tests = [trial.stimulus for trial in plan if trial.role == "test"]
        sentences.update({clip.sentence_id for clip in tests})
        ratings.update(clip.variant for clip in tests)
        pairs.update(f"{clip.variant} {clip.sentence_id}" for clip in tests)
        opened[tests[0].variant] += 1
        for place, clip in enumerate(tests):
            places[clip.variant].append(place / max(1, len(tests) - 1))
    heard = [variant for variant in study.variants if ratings[variant]]
    names = [sentence.id for sentence in study.sentences]
    return Coverage(
        listeners=listeners,
        trials=len(plans[0]),
        minutes=session_minutes(plans[0]),
        ratings={variant: ratings[variant] for variant in heard},
        per_sentence=CountRange.of(sentences, names),
        per_pair=CountRange.of(pairs, [f"{variant} {name}" for variant in heard for name in names]),
        opened_by=CountRange.of(opened, heard),
        mean_position={variant: round(sum(places[variant]) / len(places[variant]), 3) for variant in heard},
        power=chance_of_not_worse(
            listeners,
            len(names),
            margin=study.margin,
            sentences_per_listener=min(study.session.sentences, len(names)),
        ),
    )


def _plans(manifest: Manifest, listeners: int) -> list[tuple[Trial, ...]]:
    """Plans of listeners who come one after the other, each given the id that evens things out most."""
    balance = Balance()
    plans = []
    for number in range(listeners):
        names = (f"planned {number}/{k}" for k in range(CANDIDATES))
        candidates = [plan_session(manifest, str(uuid.uuid5(uuid.NAMESPACE_OID, name))) for name in names]
        plans.append(candidates[balance.best(candidates)])
        balance.add(plans[-1])
    return plans
