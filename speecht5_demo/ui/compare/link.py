"""The link of a comparison: what it takes to speak it again, as it stands behind the # of an address.

That part of an address is sent to no server; the page hands it over when it is opened. The link of a blind comparison
holds a random word instead of the seed. The seed is made of that word, the recipe and the deployment's secret: so the
same server speaks the same samples again, and nobody can know the seed before the names are revealed. Another word,
text or version gives another seed.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode

from speecht5_demo.errors import DemoError, TextError
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.messages import Message
from speecht5_demo.synthesis.plan import MAX_SEED
from speecht5_demo.ui.compare.plan import OwnVariant, Plan, VoiceChoice
from speecht5_demo.ui.settings import Settings

LONGEST = 20_000
_WORD = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LISTENER = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True)
class RunLink:
    """What a link says; nothing of it is checked before a plan is made of it.

    Attributes:
        text: to speak.
        voice: who speaks.
        seed: where names are shown, or what stands in the field.
        variants: names of versions.
        own: the visitor's own version.
        repeats: timed runs.
        blind: whether names are hidden.
        pairs: whether samples are voted on in pairs.
        word: of a comparison that was spoken; empty for what was only typed.
        recipe: whether it says how the visitor's own version is made, be it wanted or not.
    """

    text: str
    voice: VoiceChoice
    seed: int | None
    variants: tuple[str, ...]
    own: OwnVariant
    repeats: int
    blind: bool
    word: str = ""
    pairs: bool = False
    recipe: bool = False

    def written(self) -> str:
        """As it stands in an address."""
        voice, own = self.voice, self.own
        parts = {
            "text": self.text,
            "voice": voice.name,
            **({"upload": voice.upload} if voice.upload else {}),
            **({"blend": voice.blend_with, "share": voice.share_percent} if voice.blend_with else {}),
            **({} if self.seed is None else {"seed": self.seed}),
            "versions": " ".join(self.variants),
            **(_recipe(own) if own.wanted is True else {}),
            "repeats": self.repeats,
            "blind": int(self.blind),
            **({"pairs": 1} if self.pairs else {}),
            **({"run": self.word} if self.word else {}),
        }  # fmt: skip
        return urlencode(parts)

    @classmethod
    def read(cls, written: object) -> RunLink:
        """A link from what an address carried.

        Raises:
            TextError: it is none.
        """
        if not isinstance(written, str) or len(written) > LONGEST:
            raise TextError(Message("This link is not one of a comparison. Type a sentence and press Speak."))
        try:
            given = {name: values[-1] for name, values in parse_qs(written, max_num_fields=40).items()}
        except ValueError as error:
            raise TextError(
                Message("This link has too many parts. Type a sentence and press Speak.")
            ) from error
        if "text" not in given or "voice" not in given:
            raise TextError(Message("This link does not say what to speak. Type a sentence and press Speak."))
        word = given.get("run", "")
        own = OwnVariant(
            given.get("own", str(int("pruned" in given))) == "1",
            _number(given.get("pruned")) or 0,
            given.get("int8") == "1",
            given.get("include", ""),
            given.get("exclude", ""),
        )
        voice = VoiceChoice(
            given["voice"],
            given.get("upload"),
            given.get("blend", ""),
            _number(given.get("share")) or 0,
        )
        return cls(
            text=given["text"],
            voice=voice,
            seed=_number(given.get("seed")),
            variants=tuple(given.get("versions", "").split()),
            own=own,
            repeats=_number(given.get("repeats")) or 1,
            blind=given.get("blind") == "1",
            word=word if _WORD.fullmatch(word) else "",
            pairs=given.get("pairs") == "1",
            recipe="pruned" in given,
        )


@dataclass(frozen=True)
class Arrival:
    """What a page brings when it is opened.

    Attributes:
        link: behind the # of its address.
        draft: what stood in its fields before it was loaded again.
        listener: the visitor's random word.
    """

    link: RunLink | None
    draft: RunLink | None
    listener: str

    @classmethod
    def read(cls, sent: object) -> Arrival:
        """From the JSON that the page sends.

        Raises:
            TextError: the link is none.
        """
        try:
            given = json.loads(sent) if isinstance(sent, str) and len(sent) <= 3 * LONGEST else {}
        except ValueError:
            given = {}
        given = given if isinstance(given, dict) else {}
        link, draft = given.get("link"), given.get("draft")
        return cls(
            RunLink.read(link) if link else None,
            RunLink.read(draft) if draft else None,
            listener_of(given.get("listener")),
        )


def listener_of(sent: object) -> str:
    """A visitor's random word; empty where none was sent."""
    return sent if isinstance(sent, str) and _LISTENER.fullmatch(sent) else ""


class SealedSeeds:
    """Seeds and orders that only this deployment can make.

    Args:
        settings: where the deployment's secret is.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            secret = server_secret(settings.data)
        except DemoError:  # nowhere to keep one: links then hold until the server ends
            secret = Random().randbytes(32)
        self._key = hmac.digest(secret, b"compare", "sha256")

    def seed(self, word: str, plan: Plan) -> int:
        """Of a blind comparison."""
        recipe = [plan.text, plan.speaker.name, *sorted(variant.name for variant in plan.variants)]
        return int.from_bytes(self._digest("seed", word, *recipe)) % (MAX_SEED + 1)

    def order(self, word: str, listener: str) -> Random:
        """What shuffles the samples: for a listener the same each time, for another one different."""
        return Random(self._digest("order", word, listener))

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, json.dumps(parts).encode(), "sha256")


def _number(written: Any) -> int | None:
    """A whole number as an address carries it; None for anything else."""
    try:
        number = float(written) if written is not None and len(written) <= 20 else 0.5
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _recipe(own: OwnVariant) -> dict[str, Any]:
    return {
        "pruned": own.pruned_percent,
        "int8": int(own.int8 is True),
        "include": own.include,
        "exclude": own.exclude,
    }
