"""What the report needs of an analysis of ratings."""

from __future__ import annotations

from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.listening.analysis.interval import bounds
from speecht5_demo.results import Collected, ListenersDocument, ListenersSettings, Score, ScoreDifference


def listeners_document(analysis: Analysis) -> ListenersDocument:
    """The document that `mos --json` writes of it, without what the report does not read."""
    view, collected = analysis.headline, analysis.collected
    return ListenersDocument(
        variants=tuple(
            Score(one.variant, one.mos, bounds(one.ci95), one.n_ratings, one.n_listeners, one.n_sentences)
            for one in view.variants
        ),
        comparisons=tuple(
            ScoreDifference(
                one.variant, found.mean, bounds(found.interval), found.n, found.n_listeners, found.n_sentences
            )
            for one in view.comparisons
            if (found := one.difference)
        ),
        collected=Collected(collected.checkpoints, collected.simulated, collected.last),
        settings=ListenersSettings(analysis.source, analysis.settings.scale),
    )
