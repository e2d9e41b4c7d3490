"""The five-point scale that samples are rated on: absolute category rating, worded as in ITU-T P.800."""

from __future__ import annotations

QUESTION = "How does it sound?"
ACR_WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
"""For 1 to 5."""
