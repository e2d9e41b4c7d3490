"""What a program asked for, checked: the fields of OpenAI's `audio/speech`, and `seed`, which is ours.

Fields that this voice cannot honour are refused by name, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SpeakerError, SynthesisError, TextError, VariantError
from speecht5_demo.ui.compare.budget import check_length
from speecht5_demo.ui.compare.plan import MAX_CHARACTERS, OwnVariant, Plan, VoiceChoice, make_plan
from speecht5_demo.ui.speech_api.encoders import DEFAULT_FORMAT, FORMATS, can_encode
from speecht5_demo.ui.speech_api.problem import ApiProblem
from speecht5_demo.variants import find

_KNOWN = ("model", "input", "voice", "response_format", "speed", "instructions", "stream_format", "seed")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class SpeechRequest:
    """One checked request.

    Attributes:
        plan: what to speak.
        audio_format: one of `FORMATS`.
    """

    plan: Plan
    audio_format: str


def read_request(checkpoint: Checkpoint, sent: Mapping[str, object]) -> SpeechRequest:
    """Check every field.

    Raises:
        ApiProblem: naming the field.
    """
    if not checkpoint.listenable:
        raise ApiProblem("This server runs a model that does not speak: it serves no speech.", status=404)
    for name in sent:
        if name not in _KNOWN:
            raise ApiProblem(f"There is no field {name[:40]!r}.", name[:40], "unknown_parameter")
    audio_format = _audio_format(sent.get("response_format"))
    _check_unserved(sent)
    model, voice = _name(sent, "model"), _voice(sent)
    try:
        find(model)
    except VariantError as error:
        raise ApiProblem(str(error), "model", "model_not_found", 404) from error
    seed = sent.get("seed")
    try:
        plan = make_plan(
            checkpoint,
            text=_text(sent),
            voice=VoiceChoice(voice),
            uploaded=_nobody,
            seed=0 if seed is None else seed,
            variants=[model],
            own=OwnVariant(),
            repeats=1,
            blind=False,
            for_program=True,
        )
        check_length(plan.spoken_text)
    except TextError as error:
        raise ApiProblem(str(error), "input") from error
    except SpeakerError as error:
        raise ApiProblem(str(error), "voice", "voice_not_found") from error
    except SynthesisError as error:
        raise ApiProblem(str(error), "seed") from error
    return SpeechRequest(plan, audio_format)


def _audio_format(sent: Any) -> str:
    wanted = DEFAULT_FORMAT if sent is None else sent
    if not isinstance(wanted, str) or wanted not in FORMATS:
        raise ApiProblem(
            f"response_format is one of {', '.join(FORMATS)}.", "response_format", "unsupported_format"
        )
    if not can_encode(wanted):
        raise ApiProblem(
            f"The libsndfile of this server does not write {wanted}: ask for wav, flac or pcm.",
            "response_format",
            "unsupported_format",
        )
    return wanted


def _check_unserved(sent: Mapping[str, object]) -> None:
    if sent.get("speed") not in (None, 1, 1.0) or isinstance(sent.get("speed"), bool):
        raise ApiProblem(
            "This voice has one speed: leave speed out, or send 1.", "speed", "unsupported_value"
        )
    if sent.get("instructions") not in (None, ""):
        raise ApiProblem(
            "This voice takes no instructions: leave the field out.", "instructions", "unsupported_value"
        )
    if sent.get("stream_format") not in (None, "audio"):
        raise ApiProblem(
            "Speech is streamed as audio: leave stream_format out, or send audio.",
            "stream_format",
            "unsupported_value",
        )


def _name(sent: Mapping[str, object], field: str) -> str:
    value = sent.get(field)
    if value is None:
        raise ApiProblem(f"The field {field} is missing.", field, "missing_required_parameter")
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise ApiProblem(f"{field} is a name of up to {_LONGEST_NAME} characters.", field, "invalid_type")
    return value


def _voice(sent: Mapping[str, object]) -> str:
    """A name, or OpenAI's other way to write one: `{"id": name}`."""
    voice = sent.get("voice")
    return _name({"voice": voice.get("id") if isinstance(voice, dict) else voice}, "voice")


def _text(sent: Mapping[str, object]) -> str:
    text = sent.get("input")
    if text is None:
        raise ApiProblem("The field input is missing.", "input", "missing_required_parameter")
    if not isinstance(text, str):
        raise ApiProblem("input is text.", "input", "invalid_type")
    if len(text) > MAX_CHARACTERS:
        raise ApiProblem(
            f"input has {len(text):,} characters; up to {MAX_CHARACTERS:,} are spoken at once.",
            "input",
            "string_above_max_length",
        )
    return text


def _nobody(token: str) -> Any:
    raise SpeakerError("A program names a speaker.")
