"""Signed tokens: all that a listener's browser ever holds about a session, a clip or a trial.

A token is the listener's random id, a number, and a signature; it names neither clip nor variant, and all
tokens of a kind have one length, so that nothing in the page can unblind a test. It is signed rather than
stored, so any replica with the same secret can check it without asking another. That a ticket counts once
is not the token's business: the trial it names is either rated, on disk, or not.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import struct
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from speecht5_demo.errors import OutputError, StudyError
from speecht5_demo.files import write_first

SECRET_VARIABLE = "LISTENING_SECRET"
KEPT_IN = "listening-secret"
_LAYOUT = struct.Struct(">B16sHBQ")
_SIGNATURE = 17  # with the payload a multiple of 3: base64 then has one spelling for a token


class Kind(IntEnum):
    """What a token is good for."""

    SESSION = 1
    CLIP = 2
    TICKET = 3
    RECEIPT = 4


@dataclass(frozen=True)
class Token:
    """What a token says.

    Attributes:
        kind: a token of one kind is not accepted as another.
        listener_id: uuid, as text.
        trial: the trial's number in the listener's plan; 0 for a session.
        clip: which clip of the trial; 0 for other kinds.
        issued_ms: server time when it was handed out, milliseconds since 1970; 0 for clips, whose address must not
            change between two views of one page.
    """

    kind: Kind
    listener_id: str
    trial: int = 0
    clip: int = 0
    issued_ms: int = 0


class Signer:
    """Makes and checks the tokens of one study."""

    def __init__(self, secret: bytes, study_digest: str) -> None:
        self._key = hmac.digest(secret, study_digest.encode(), "sha256")

    def seal(self, token: Token) -> str:
        """The token as text, safe in a URL."""
        listener = uuid.UUID(token.listener_id).bytes
        payload = _LAYOUT.pack(token.kind, listener, token.trial, token.clip, token.issued_ms)
        return base64.urlsafe_b64encode(payload + self._sign(payload)).decode().rstrip("=")

    def open(self, text: object, kind: Kind) -> Token | None:
        """What the token says; None when it is not one of ours, not of this study, or not of this kind."""
        if not isinstance(text, str) or len(text) > 100 or not text.isascii():
            return None
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        payload, signature = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
        if len(payload) != _LAYOUT.size or not hmac.compare_digest(signature, self._sign(payload)):
            return None
        found, listener, trial, clip, issued = _LAYOUT.unpack(payload)
        if found != kind:
            return None
        return Token(Kind(found), str(uuid.UUID(bytes=listener)), trial, clip, issued)

    def name(self, purpose: str, *parts: str) -> bytes:
        """16 bytes that only this study's secret can derive from `parts`."""
        return hmac.digest(self._key, "\x00".join((purpose, *parts)).encode(), "sha256")[:16]

    def _sign(self, payload: bytes) -> bytes:
        return hmac.new(self._key, payload, hashlib.sha256).digest()[:_SIGNATURE]


def known_secrets(folders: Iterable[Path]) -> list[bytes]:
    """The secrets that there are, in the environment or in folders, none of them made for this question."""
    if os.environ.get(SECRET_VARIABLE):
        return [server_secret(Path())]
    return [server_secret(folder) for folder in dict.fromkeys(folders) if (folder / KEPT_IN).exists()]


def server_secret(folder: Path, environment: Mapping[str, str] = os.environ) -> bytes:
    """The deployment's secret: LISTENING_SECRET where it is set, else made once in `folder` with mode 0600.

    Raises:
        StudyError: the variable is too short to be a secret, or the folder cannot hold one.
    """
    if given := environment.get(SECRET_VARIABLE, ""):
        if len(given) < 16:
            raise StudyError(f"{SECRET_VARIABLE} has {len(given)} characters; give at least 16 random ones.")
        return given.encode()
    path = folder / KEPT_IN
    try:
        return write_first(path, secrets.token_hex(32).encode())
    except OutputError as error:
        raise StudyError(f"No secret can be kept: {error} Or set {SECRET_VARIABLE}.") from error
