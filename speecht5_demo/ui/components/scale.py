"""The five-point scale that every page of this app asks with: absolute category rating, ITU-T P.800."""

from __future__ import annotations

ACR_WORDS = {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"}
