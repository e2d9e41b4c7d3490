"""How much speech may be asked for: counted on what will be spoken, in seconds of speech."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from speecht5_demo.errors import SynthesisError, TextError
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.plan import Plan
from speecht5_demo.ui.compare.voice_queue import BusyError
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.variants import all_variants

SECONDS_A_CHARACTER = 1 / 14
MAX_SPOKEN_CHARACTERS = 4_000
RUN_SPEECH_S = 1_200.0
"""Of all samples of a run and their repeats; about seven samples of the longest text."""
LEAST_S = 5.0
"""What the shortest run counts as: a start is work too."""
OWN_RECIPE_S = 60.0
"""What a recipe of the visitor's own counts as beside: it has to be built."""
SPAN_S = 600.0
SESSION_SPEECH_S = 2_400.0
ADDRESS_SPEECH_S = 9_600.0
REMEMBERED = 5_000


def speech_s(spoken: str) -> float:
    """Seconds that a spoken text lasts, about."""
    return len(spoken) * SECONDS_A_CHARACTER


def check_length(spoken: str) -> None:
    """Refuse what is short to write and long to speak.

    Raises:
        TextError: it would be spoken as more characters than one comparison speaks.
    """
    if len(spoken) > MAX_SPOKEN_CHARACTERS:
        raise TextError(
            Message(
                "Spoken out, this text has {characters} characters, and this page speaks up to {most} at once: "
                "numbers and symbols become words. Shorten it.",
                characters=f"{len(spoken):,}",
                most=f"{MAX_SPOKEN_CHARACTERS:,}",
            )
        )


def affordable_repeats(plan: Plan) -> int:
    """Timed runs of each variant that fit the run's budget, up to those asked for.

    Raises:
        SynthesisError: not even one does.
    """
    once = speech_s(plan.spoken_text) * len(plan.variants)
    if once > RUN_SPEECH_S:
        raise SynthesisError(
            Message(
                "This asks for about {asked} s of speech; one comparison makes up to {most} s. "
                "Shorten the text or choose fewer versions.",
                asked=f"{once:,.0f}",
                most=f"{RUN_SPEECH_S:,.0f}",
            )
        )
    return max(1, min(plan.repeats, int(RUN_SPEECH_S / max(once, 1e-9))))


class SpeechBudget:
    """Seconds of speech that a session and an address may still ask for; what was used comes back with time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def spend(self, visitor: Visitor, plan: Plan) -> None:
        """Count a run.

        Raises:
            BusyError: too much was asked for in the last minutes.
        """
        own = sum(1 for variant in plan.variants if variant not in all_variants())
        asked = (
            max(LEAST_S, speech_s(plan.spoken_text) * len(plan.variants) * plan.repeats) + own * OWN_RECIPE_S
        )
        now = time.monotonic()
        with self._lock:
            limits = ((visitor, SESSION_SPEECH_S), (visitor.address, ADDRESS_SPEECH_S))
            for key, limit in limits:
                used = self._now(key, limit, now)
                if used + asked > limit:
                    wait = (used + asked - limit) * SPAN_S / limit
                    raise BusyError(
                        Message(
                            "About {used} s of speech were asked for in the last minutes, and the voice is for "
                            "everybody. This comparison can be spoken in about {wait_s} s.",
                            used=f"{used:,.0f}",
                            wait_s=f"{wait:,.0f}",
                        ),
                        wait,
                    )
            for key, limit in limits:
                self._used[key] = (self._now(key, limit, now) + asked, now)
                self._used.move_to_end(key)
            while len(self._used) > REMEMBERED:
                self._used.popitem(last=False)

    def _now(self, key: object, limit: float, now: float) -> float:
        used, when = self._used.get(key, (0.0, now))
        return max(0.0, used - (now - when) * limit / SPAN_S)
