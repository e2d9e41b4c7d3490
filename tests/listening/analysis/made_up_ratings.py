"""Ratings with a known truth."""

from typing import Any

import numpy as np

from speecht5_demo.listening.ratings import RatingRow


def row(listener: str, sentence: str, variant: str, rating: int, **changed: Any) -> RatingRow:
    """A valid rating; `changed` overrides any column."""
    columns: dict[str, Any] = {
        "study_id": "harvard",
        "session_id": f"session of {listener}",
        "listener_id": listener,
        "source": "study",
        "blind": True,
        "trial": 0,
        "position": 1,
        "question": "How natural does this speech sound?",
        "stimulus_id": f"{variant} {sentence}",
        "sentence_id": sentence,
        "text": "Glue the sheet to the dark blue background.",
        "speaker": "am_michael",
        "variant": variant,
        "checkpoint": "embedded",
        "audio_sha256": "0" * 64,
        "rating": rating,
        "heard_fraction": 1.0,
    }
    return RatingRow(**{**columns, **changed})


def crowd(
    losses: dict[str, float], listeners: int = 20, sentences: int = 12, seed: int = 0, **changed: Any
) -> list[RatingRow]:
    """A crossed study: every listener rates every sentence in every variant; `losses` in points below 3.8."""
    rng = np.random.default_rng(seed)
    bias, ease = rng.normal(0, 0.4, listeners), rng.normal(0, 0.2, sentences)
    rows = []
    for who in range(listeners):
        order = rng.permutation(sentences * len(losses))
        for place, (what, (variant, loss)) in enumerate(
            (what, item) for what in range(sentences) for item in losses.items()
        ):
            points = 3.8 - loss + bias[who] + ease[what] + rng.normal(0, 0.7)
            rating = int(np.clip(round(points), 1, 5))
            placed = {"position": int(order[place]) + 1, "trial": int(order[place]), **changed}
            rows.append(row(f"listener {who:02d}", f"sentence {what:02d}", variant, rating, **placed))
    return rows
