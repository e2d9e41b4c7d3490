"""From what a page sent to what will be spoken. A raw post to the queue passes through here too."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SpeakerError, SynthesisError, TextError, VariantError
from speecht5_demo.messages import Message
from speecht5_demo.speakers import Speaker, blend, find_speaker
from speecht5_demo.synthesis.plan import MAX_SEED
from speecht5_demo.text import spoken_form
from speecht5_demo.variants import BASELINE, REPORT_VARIANTS, Variant, custom, find
from speecht5_demo.variants.patterns import written_patterns

MAX_CHARACTERS = 2000
MAX_VARIANTS = 8
MAX_REPEATS = 10
MAX_PRUNED_PERCENT = 95
SMALL_HIDDEN_SIZE = 512


@dataclass(frozen=True)
class OwnVariant:
    """A visitor's own recipe, as the page sends it.

    Attributes:
        wanted: whether it joins the comparison.
        pruned_percent: 0 to 95.
        int8: quantise afterwards.
        include, exclude: name patterns, separated by commas or line breaks.
    """

    wanted: Any = False
    pruned_percent: Any = 0
    int8: Any = False
    include: Any = ""
    exclude: Any = ""


@dataclass(frozen=True)
class VoiceChoice:
    """Who shall speak, as the page sends it.

    Attributes:
        name: a speaker of the checkpoint.
        upload: token of an uploaded x-vector, which then takes that speaker's place.
        blend_with: a second speaker, or empty.
        share_percent: how much of the second one, 0 to 100.
    """

    name: Any
    upload: Any = None
    blend_with: Any = None
    share_percent: Any = 0


@dataclass(frozen=True)
class Plan:
    """A checked request.

    Attributes:
        text: as written.
        spoken_text: as it will be spoken.
        speaker: who speaks.
        seed: of the dropout masks; of a blind run drawn in secret, so that nobody can make the same samples before the
            reveal.
        variants: in the order chosen, each once.
        repeats: timed runs of each.
        blind: names and figures hidden until all samples are rated. One sample alone has no name to hide.
        listenable: whether the samples are speech; where they are noise, only speed and size are shown.
        for_program: whether a program asked; nobody rates what it gets.
        pairs: whether samples are voted on in pairs instead of being rated by themselves.
        word: in the link of a comparison with a secret seed, which is made of it; empty where the seed is public.
    """

    text: str
    spoken_text: str
    speaker: Speaker
    seed: int
    variants: tuple[Variant, ...]
    repeats: int
    blind: bool
    listenable: bool
    for_program: bool = False
    pairs: bool = False
    word: str = ""


def make_plan(
    checkpoint: Checkpoint,
    *,
    text: Any,
    voice: VoiceChoice,
    uploaded: Callable[[str], Speaker],
    seed: Any,
    variants: Any,
    own: OwnVariant,
    repeats: Any,
    blind: Any,
    pairs: Any = False,
    for_program: bool = False,
) -> Plan:
    """Check every input.

    Args:
        uploaded: the speaker of an upload's token.
        pairs: True votes on pairs, which are always blind.
        seed: of an open run; None draws one.

    Raises:
        TextError, SpeakerError, VariantError, SynthesisError: an input is unusable; the sentence says which.
    """
    written = checked_text(text)
    chosen = _variants(variants, own)
    in_pairs = pairs is True and checkpoint.listenable
    if in_pairs and (len(chosen) < 2 or BASELINE not in chosen):
        raise VariantError(
            Message(
                "Pairs compare versions with {baseline}: choose it and at least one other.",
                baseline=BASELINE.label,
            )
        )
    hidden = (blind is not False or in_pairs) and checkpoint.listenable and len(chosen) > 1
    return Plan(
        text=written,
        spoken_text=spoken_form(written, checkpoint.letters, checkpoint.language),
        speaker=_speaker(checkpoint, voice, uploaded),
        seed=secrets.randbelow(MAX_SEED + 1)
        if hidden or seed is None
        else whole_number(seed, Message("The seed"), 0, MAX_SEED),
        variants=chosen,
        repeats=whole_number(repeats, Message("The number of repeats"), 1, MAX_REPEATS),
        blind=hidden,
        listenable=checkpoint.listenable,
        pairs=in_pairs,
        for_program=for_program,
    )


def preselected(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Variants chosen for a first visit: all of the report's where they are quick, else its two ends."""
    if checkpoint.acoustic_config.hidden_size <= SMALL_HIDDEN_SIZE:
        return REPORT_VARIANTS
    return (REPORT_VARIANTS[0], REPORT_VARIANTS[-1])


def whole_number(value: Any, what: str, low: int, high: int) -> int:
    """`value` as an integer from `low` to `high`.

    Raises:
        SynthesisError: it is none.
    """
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not low <= number <= high or number != int(number):
        raise SynthesisError(
            Message(
                "{what} must be a whole number from {low} to {high}; got {given}.",
                what=what,
                low=low,
                high=f"{high:,}",
                given=f"{value!r:.40}",
            )
        )
    return int(number)


def checked_text(text: Any) -> str:
    """`text`, when it is text of a length that this page speaks.

    Raises:
        TextError: it is not.
    """
    if not isinstance(text, str):
        raise TextError(Message("The text must be text. Type a sentence, then press Speak."))
    if len(text) > MAX_CHARACTERS:
        raise TextError(
            Message(
                "The text has {characters} characters and this page speaks up to {most} at once. "
                "Shorten it, or use the command line for long texts.",
                characters=f"{len(text):,}",
                most=f"{MAX_CHARACTERS:,}",
            )
        )
    return text


def _speaker(checkpoint: Checkpoint, voice: VoiceChoice, uploaded: Callable[[str], Speaker]) -> Speaker:
    if voice.upload:
        first = uploaded(str(voice.upload))
    elif isinstance(voice.name, str):
        first = find_speaker(checkpoint.speakers, voice.name)
    else:
        raise SpeakerError(
            Message("Choose one of the speakers: {speakers}.", speakers=", ".join(checkpoint.speakers))
        )
    if not voice.blend_with:
        return first
    share = whole_number(voice.share_percent, Message("The share of the second speaker, in percent,"), 0, 100)
    return blend(first, find_speaker(checkpoint.speakers, str(voice.blend_with)), share / 100)


def _variants(names: Any, own: OwnVariant) -> tuple[Variant, ...]:
    if (
        not isinstance(names, Sequence)
        or isinstance(names, str)
        or not all(isinstance(n, str) for n in names)
    ):
        raise VariantError(Message("Choose the variants as a list of names."))
    chosen = [find(name) for name in dict.fromkeys(names)]
    if own.wanted is True:
        percent = whole_number(
            own.pruned_percent, Message("The share to prune, in percent,"), 0, MAX_PRUNED_PERCENT
        )
        chosen.append(custom(percent / 100, own.int8 is True, _patterns(own.include), _patterns(own.exclude)))
    if not chosen:
        raise VariantError(Message("Choose at least one variant, then press Speak."))
    if len(chosen) > MAX_VARIANTS:
        raise VariantError(
            Message(
                "{chosen} variants are too many for one comparison: choose up to {most}.",
                chosen=len(chosen),
                most=MAX_VARIANTS,
            )
        )
    return tuple(chosen)


def _patterns(written: Any) -> tuple[str, ...]:
    if not isinstance(written, str) or len(written) > 1000:
        raise VariantError(
            Message("Write name patterns as short text, separated by commas, such as *.prenet.*")
        )
    return written_patterns(written)
