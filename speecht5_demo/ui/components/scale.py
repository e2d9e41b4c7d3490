"""The five-point scale that samples are rated on: absolute category rating, worded as in ITU-T P.800."""

from __future__ import annotations

from speecht5_demo.listening.methods import ACR

QUESTION = "How does it sound?"
ACR_WORDS = tuple(ACR.words["en"][point] for point in range(ACR.low, ACR.high + 1))
"""For 1 to 5."""
