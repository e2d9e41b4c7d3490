"""From a table of ratings to everything that can be said about it.

`analyse` is the one entrance: the command line, the page and the report all print what it returns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from speecht5_demo.listening.analysis.cleaning import COUNTED, CleanedRatings, clean, valid_points
from speecht5_demo.listening.analysis.clustered import MeanDifference
from speecht5_demo.listening.analysis.mos import Mos, summarise
from speecht5_demo.listening.analysis.order import Effect, order_effects
from speecht5_demo.listening.analysis.paired import (
    Comparison,
    Pairing,
    compare,
    mean_difference_or_none,
    pair,
)
from speecht5_demo.listening.analysis.pairs import Preference, preferences
from speecht5_demo.listening.analysis.screening import Screening, flag_counts, flagged_sessions, screen
from speecht5_demo.listening.analysis.sensitivity import without_bias, without_rejected
from speecht5_demo.listening.decisions import SET_ASIDE
from speecht5_demo.listening.duplicates import CONFLICT
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.ratings import RatingsTable

NOT_ROWS = ("bad-value", "note", "empty-rating", CONFLICT, SET_ASIDE)
"""Problems that leave out no row, or one that is counted under a reason of its own."""


@dataclass(frozen=True)
class Settings:
    """What is fixed before looking.

    Attributes:
        margin: points of MOS that count as no loss.
        baseline: the variant that the others are compared with.
        study_id: take only this study; all when None.
        traps: stimulus id of a trap -> rating it asks for.
        variants: stimulus id -> variant, for the reference clips of comparison ratings.
        method: the question type whose ratings of single clips count.
        scale: the ends of its scale.
        verdicts: False where no margin was stated in the points of that scale.
    """

    margin: float = 0.2
    baseline: str = "baseline"
    study_id: str | None = None
    traps: Mapping[str, int] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    method: str = ACR.name
    scale: tuple[float, float] = (ACR.low, ACR.high)
    verdicts: bool = True

    @property
    def graded(self) -> bool:
        """Whether the points are the five grades of P.800, which have names."""
        return self.method == ACR.name and self.scale == (ACR.low, ACR.high)

    @classmethod
    def of_study(cls, manifest: Manifest, margin: float | None = None) -> Settings:
        """What a prepared study fixed beforehand; `margin` overrides its own."""
        study = manifest.study
        rated = ACR if study.question_type.paired else study.question_type
        return cls(
            margin=study.margin if margin is None else margin,
            baseline=study.baseline,
            study_id=study.id,
            traps={one.id: one.expected for one in manifest.stimuli if one.expected is not None},
            variants={one.id: one.variant for one in manifest.stimuli},
            method=rated.name,
            scale=(rated.low, rated.high),
        )


@dataclass(frozen=True)
class View:
    """One way of looking at the ratings: its MOS table and its comparisons with the baseline."""

    variants: tuple[Mos, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class NoiseFloor:
    """Baseline against itself with another seed: how far apart the same thing is rated.

    Attributes:
        difference: first minus repeat, with its interval; None without pairs.
        mean_absolute: mean size of a single listener's difference, in points; None without pairs.
    """

    difference: MeanDifference | None
    mean_absolute: float | None


@dataclass(frozen=True)
class Collected:
    """What the ratings are of.

    Attributes:
        files, rows: read.
        counted: ratings that the headline rests on.
        sessions, listeners: among them.
        first, last: ISO 8601 times of the earliest and latest of them; empty when unknown.
        studies, checkpoints, questions, conditions: their distinct values; conditions are variants.
        simulated: whether any of them came from simulated listeners.
    """

    files: int
    rows: int
    counted: int
    sessions: int
    listeners: int
    first: str
    last: str
    studies: tuple[str, ...]
    checkpoints: tuple[str, ...]
    questions: tuple[str, ...]
    conditions: tuple[str, ...]
    simulated: bool


@dataclass(frozen=True)
class Analysis:
    """Everything that can be said about some ratings.

    Attributes:
        source: whose ratings the headline holds: study | compare (casual).
        headline: all valid ratings.
        screened: what is left of them after screening.
        casual: ratings from the Compare page beside a study; None where they are the headline or absent.
        preferences: votes on pairs in a study.
        casual_preferences: votes on pairs on the Compare page.
        by: MOS by speaker, sentence and source.
        excluded: rows left out of the headline, by reason, problems of the files included.
        flagged: rows by flag.
        flagged_sessions: sessions by flag.
        problems: what was skipped or could not be read.
        notes: how files of other tools were understood, and what is missing for a comparison.
    """

    settings: Settings
    source: str
    collected: Collected
    headline: View
    screened: View
    screening: Screening
    casual: View | None
    by: Mapping[str, tuple[Mos, ...]]
    excluded: Mapping[str, int]
    flagged: Mapping[str, int]
    flagged_sessions: Mapping[str, int]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    noise_floor: NoiseFloor
    anchors: tuple[Mos, ...]
    preferences: tuple[Preference, ...]
    casual_preferences: tuple[Preference, ...]
    without_bias: View
    without_rejected: View
    rejected: tuple[str, ...]
    order: tuple[Effect, ...]


def analyse(
    table: RatingsTable, settings: Settings | None = None, simulated: Collection[str] = ()
) -> Analysis:
    """Analyse the ratings of a table; an empty one gives empty tables, not an error.

    Args:
        simulated: ids of sessions that were not taken by people (`simulated_sessions`).
    """
    settings = settings or Settings()
    cleaned = clean(table.frame, settings.study_id, settings.scale, settings.method)
    counted = cleaned.counted
    screening = screen(cleaned, settings.traps)
    kept, rejected = without_rejected(counted)
    casual_rows = cleaned.rows("casual")
    headline = _view(counted, settings)
    everyone = cleaned.frame.loc[cleaned.has(COUNTED) | cleaned.has("casual")]
    excluded = cleaned.counts()
    for problem in table.problems:
        if problem.kind in NOT_ROWS:
            continue
        excluded[problem.kind] = excluded.get(problem.kind, 0) + problem.count
    return Analysis(
        settings=settings,
        source=_source(counted),
        collected=_collected(table, cleaned, simulated),
        headline=headline,
        screened=_view(screening.kept, settings) if screening.removed else headline,
        screening=screening,
        casual=_view(casual_rows, settings) if len(casual_rows) else None,
        by={
            "speaker": summarise(counted, ("speaker",), settings.baseline, settings.scale),
            "sentence": summarise(counted, ("sentence_key",), settings.baseline, settings.scale),
            "source": summarise(everyone, ("source",), settings.baseline, settings.scale),
        },
        excluded=excluded,
        flagged=flag_counts(table.frame),
        flagged_sessions=flagged_sessions(cleaned.frame),
        problems=tuple(problem.message for problem in table.problems if problem.kind != "note"),
        notes=(
            *(problem.message for problem in table.problems if problem.kind == "note"),
            *_no_baseline(headline, settings),
        ),
        noise_floor=_noise_floor(cleaned, settings.baseline, settings.scale),
        anchors=summarise(
            valid_points(cleaned.rows("anchor"), *settings.scale), (), settings.baseline, settings.scale
        ),
        preferences=preferences(cleaned, settings.baseline, settings.variants),
        casual_preferences=preferences(cleaned, settings.baseline, source="compare"),
        without_bias=_view(without_bias(counted), settings),
        without_rejected=_view(kept, settings) if rejected else headline,
        rejected=rejected,
        order=order_effects(counted),
    )


def _view(ratings: pd.DataFrame, settings: Settings) -> View:
    if ratings.empty:
        return View((), ())
    return View(
        summarise(ratings, (), settings.baseline, settings.scale),
        compare(
            ratings,
            settings.baseline,
            settings.margin if settings.verdicts else None,
            settings.scale[1] - settings.scale[0],
        ),
    )


def _no_baseline(view: View, settings: Settings) -> list[str]:
    names = [one.variant for one in view.variants]
    if not names or settings.baseline in names:
        return []
    return [
        f"No variant is called {settings.baseline}, so nothing is compared. There are {', '.join(names)}; name the one "
        f"to compare the others with: --baseline {names[0]}"
    ]


def _source(counted: pd.DataFrame) -> str:
    return "compare" if len(counted) and bool((counted["source"] == "compare").all()) else "study"


def _noise_floor(cleaned: CleanedRatings, baseline: str, scale: tuple[float, float]) -> NoiseFloor:
    repeats = valid_points(cleaned.rows("repeat"), *scale)
    repeats = repeats.loc[(repeats["variant"] == baseline).to_numpy(dtype=bool)]
    if repeats.empty:
        return NoiseFloor(None, None)
    both = pd.concat([cleaned.counted, repeats])
    of_repeat = np.arange(len(both)) >= len(both) - len(repeats)
    of_baseline = (both["variant"] == baseline).to_numpy(dtype=bool) & ~of_repeat
    pairing = Pairing(both)
    given = pair(pairing.heard(of_baseline), pairing.heard(of_repeat))
    difference = mean_difference_or_none(given, scale[1] - scale[0])
    return NoiseFloor(difference, float(np.abs(given.values).mean()) if difference else None)


def _collected(table: RatingsTable, cleaned: CleanedRatings, simulated: Collection[str]) -> Collected:
    counted = cleaned.counted
    times = counted["submitted_at"].dropna()

    def distinct(column: str) -> tuple[str, ...]:
        return tuple(sorted(str(name) for name in counted[column].unique() if str(name)))

    return Collected(
        files=len(table.files),
        rows=len(table.frame),
        counted=len(counted),
        sessions=int(counted["session_id"].nunique()),
        listeners=int(counted["listener_id"].nunique()),
        first=times.min().isoformat() if len(times) else "",
        last=times.max().isoformat() if len(times) else "",
        studies=distinct("study_id"),
        checkpoints=distinct("checkpoint"),
        questions=distinct("question"),
        conditions=distinct("variant"),
        simulated=bool(counted["session_id"].isin(list(simulated)).any()),
    )
