"""The analysis as one JSON document: the form in which a result travels and is quoted.

An interval is `[low, high]` or null; what is null has its reason in `why`. Numbers are never NaN.
"""

from __future__ import annotations

from speecht5_demo.listening.analysis.analysis import Analysis, View
from speecht5_demo.listening.analysis.clustered import MeanDifference
from speecht5_demo.listening.analysis.interval import Interval, NotEnough, bounds
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.analysis.order import Effect
from speecht5_demo.listening.analysis.paired import Comparison
from speecht5_demo.listening.analysis.pairs import Preference
from speecht5_demo.listening.analysis.screening import LEAST_VARIANCE
from speecht5_demo.listening.playback import MUST_HEAR
from speecht5_demo.results.files import SCHEMA
from speecht5_demo.results.listeners import ListenersDocument

Json = dict[str, object]


def as_json(analysis: Analysis, name_sessions: bool = True) -> Json:
    """The document of `mos --json`.

    Args:
        analysis: of ratings.
        name_sessions: list the sessions that screening takes out; only the study's owner should see them.
    """
    floor = analysis.noise_floor
    collected = analysis.collected
    return {
        "kind": ListenersDocument.KIND,
        "schema": SCHEMA,
        **_view(analysis.headline),
        "excluded": dict(analysis.excluded),
        "settings": {
            "margin": analysis.settings.margin,
            "baseline": analysis.settings.baseline,
            "scale": list(analysis.settings.scale),
            "study": analysis.settings.study_id,
            "source": analysis.source,
            "interval": "crossed random effects (Ribeiro et al. 2011), t on min(listeners, sentences) - 1",
            "screening": {
                "heard_fraction": MUST_HEAR,
                "variance": LEAST_VARIANCE,
                "applied": list(analysis.screening.applied),
            },
        },
        "screened": {
            **_view(analysis.screened),
            "removed_by_rule": analysis.screening.removed_by_rule,
            "removed": [
                {
                    "session": one.session,
                    "listener": one.listener,
                    "reasons": list(one.reasons),
                    "ratings": one.ratings,
                }
                for one in (analysis.screening.removed if name_sessions else ())
            ],
        },
        "casual": _view(analysis.casual) if analysis.casual else None,
        "by": {name: [_mos(one) for one in rows] for name, rows in analysis.by.items()},
        "noise_floor": {
            **(_difference(floor.difference) if floor.difference else {"difference": None}),
            "mean_absolute": floor.mean_absolute,
        },
        "anchors": [_mos(one) for one in analysis.anchors],
        "preferences": [_preference(one) for one in analysis.preferences],
        "casual_preferences": [_preference(one) for one in analysis.casual_preferences],
        "sensitivity": {
            "p913_bias_subtracted": _view(analysis.without_bias),
            "bt500": {**_view(analysis.without_rejected), "rejected": list(analysis.rejected)},
        },
        "order": [_effect(one) for one in analysis.order],
        "flagged": dict(analysis.flagged),
        "flagged_sessions": dict(analysis.flagged_sessions),
        "problems": list(analysis.problems),
        "notes": list(analysis.notes),
        "collected": {
            "files": collected.files,
            "rows": collected.rows,
            "counted": collected.counted,
            "sessions": collected.sessions,
            "listeners": collected.listeners,
            "first": collected.first,
            "last": collected.last,
            "studies": list(collected.studies),
            "checkpoints": list(collected.checkpoints),
            "questions": list(collected.questions),
            "conditions": list(collected.conditions),
            "simulated": collected.simulated,
        },
    }


def _view(view: View) -> Json:
    return {
        "variants": [_mos(one) for one in view.variants],
        "comparisons": [_comparison(one) for one in view.comparisons],
    }


def _mos(one: Mos) -> Json:
    why = {
        name: found.reason
        for name in ("ci95", "ci95_listener", "ci95_naive", "ci95_anytime")
        if isinstance(found := getattr(one, name), NotEnough)
    }
    return {
        **{("sentence" if column == "sentence_key" else column): value for column, value in one.group},
        "variant": one.variant,
        "mos": one.mos,
        "ci95": _bounds(one.ci95),
        "ci95_listener": _bounds(one.ci95_listener),
        "ci95_naive": _bounds(one.ci95_naive),
        "ci95_anytime": _bounds(one.ci95_anytime),
        "n_ratings": one.n_ratings,
        "n_listeners": one.n_listeners,
        "n_sentences": one.n_sentences,
        "counts": {str(point): n for point, n in enumerate(one.counts, start=1)},
        **({"why": why} if why else {}),
    }


def _comparison(one: Comparison) -> Json:
    found = one.difference
    return {
        "variant": one.variant,
        "baseline": one.baseline,
        "difference": found.mean if found else None,
        "ci95": _bounds(found.interval) if found else None,
        "p": found.p if found else None,
        "p_holm": one.p_holm,
        "verdict": one.verdict,
        "listeners_needed": one.needed.listeners,
        "verdict_text": one.text,
        "upper95": found.upper if found else None,
        "lower95": found.lower if found else None,
        "ci95_anytime": _bounds(one.anytime),
        "wilcoxon_p": one.wilcoxon_p,
        "n_pairs": found.n if found else 0,
        "n_listeners": found.n_listeners if found else 0,
        "n_sentences": found.n_sentences if found else 0,
    }


def _preference(one: Preference) -> dict[str, object]:
    return {
        "method": one.method,
        "variant": one.variant,
        "baseline": one.baseline,
        **_difference(one.difference),
        "better": one.better,
        "same": one.same,
        "worse": one.worse,
    }


def _difference(found: MeanDifference) -> Json:
    return {
        "difference": found.mean,
        "ci95": _bounds(found.interval),
        "p": found.p,
        "n_pairs": found.n,
        "n_listeners": found.n_listeners,
        "n_sentences": found.n_sentences,
        **({"why": found.interval.reason} if isinstance(found.interval, NotEnough) else {}),
    }


def _effect(one: Effect) -> Json:
    return {
        "effect": one.name,
        "meaning": one.meaning,
        "value": one.value,
        "ci95": _bounds(one.ci95),
        "p": one.p,
        "n_listeners": one.n_listeners,
        **({"why": one.ci95.reason} if isinstance(one.ci95, NotEnough) else {}),
    }


def _bounds(found: Interval | NotEnough) -> list[float] | None:
    ends = bounds(found)
    return list(ends) if ends else None
