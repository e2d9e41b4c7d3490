"""What is looked at before anything slow is loaded: whether the server can have its address and its folder.

Imports nothing but the standard library and our own files, so that a wrong choice is answered at once.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from speecht5_demo.errors import OutputError
from speecht5_demo.files import telling_why
from speecht5_demo.ui.settings import Settings, SettingsError

LOOPBACK = "127.0.0.1"
_ANY = ("0.0.0.0", "::")
ROOT_PATH = "GRADIO_ROOT_PATH"
_ONE_OR_NONE = ("", "0", "1")
SWITCHES = {
    "PREPARE_STUDY": (*_ONE_OR_NONE, "yes", "no", "true", "false", "on", "off"),
    "TRUST_PROXY": _ONE_OR_NONE,
    "SPEECHT5_DEMO_NATIVE": _ONE_OR_NONE,
}
SECRETS = ("STUDY_LINK_SECRET", "LISTENING_SECRET")
SHORTEST_SECRET = 16
DATASETS = ("RATINGS_REPO", "STUDY_REPO")
FOLDERS = ("STUDY_DIR", "RATINGS_DIR", "LANGUAGES_DIR")
KERNELS = (
    *("amx", "avx512-vnni", "avx512", "avx-vnni", "avx2"),
    *("neon-i8mm", "neon-dotprod"),
)
"""What SPEECHT5_DEMO_KERNELS can hold: names of `synthesis/native/levels.py`, which takes seconds to import."""
CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
"""What LANGUAGE can hold, as `checkpoints/language.py` reads it."""
_OF_THE_SYSTEM = re.compile(r"(?:C|POSIX|[a-z]{2,3}(?:_[A-Z]{2})?)(?:\.[\w-]+)?(?:@\w+)?")
"""In LANGUAGE, several with colons: many systems set it so, for gettext, and then it says nothing of a checkpoint."""
_DATASET = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
_PATH = re.compile(r"(/[\w.~-]+)+/?|/")


def check(settings: Settings) -> None:
    """Whether this process can serve what the settings ask for.

    Raises:
        SettingsError: it cannot; the sentence names HOST, PORT or DATA_DIR.
    """
    check_values(os.environ)
    check_address(settings.host, settings.port)
    check_data(settings.data)


def check_values(environment: Mapping[str, str]) -> None:
    """Whether each variable holds what it can hold; one that is empty counts as left out.

    Raises:
        SettingsError: one does not; the sentence names it and what it takes.
    """
    names = (*SWITCHES, *SECRETS, *DATASETS, *FOLDERS, ROOT_PATH, "LANGUAGE", "SPEECHT5_DEMO_KERNELS")
    given = {name: environment.get(name, "").strip() for name in names}
    for name, takes in SWITCHES.items():
        if given[name].lower() not in takes:
            raise SettingsError(f"{name} is {given[name]!r}: give 1 or 0, or leave it out.")
    for name in SECRETS:
        if 0 < len(given[name]) < SHORTEST_SECRET:
            raise SettingsError(
                f"{name} has {len(given[name])} characters: give at least {SHORTEST_SECRET} random ones, "
                "or leave it out."
            )
    for name in DATASETS:
        if given[name] and not _DATASET.fullmatch(given[name]):
            raise SettingsError(
                f"{name} is {given[name]!r}, which is no id of a dataset: write it as user/name."
            )
    for name in FOLDERS:
        if given[name] and Path(given[name]).exists() and not Path(given[name]).is_dir():
            raise SettingsError(f"{name} is {given[name]!r}, which is no folder: name another one.")
    language, kernels = given["LANGUAGE"], given["SPEECHT5_DEMO_KERNELS"]
    if language and not (CODE.fullmatch(language) or all(map(_OF_THE_SYSTEM.fullmatch, language.split(":")))):
        raise SettingsError(
            f"LANGUAGE is {language!r}: give the code of a language, such as de or pt-BR, or leave it out."
        )
    if kernels and kernels not in KERNELS:
        raise SettingsError(
            f"SPEECHT5_DEMO_KERNELS is {kernels!r}: give {', '.join(KERNELS[:-1])} or {KERNELS[-1]}, or leave it out."
        )
    if given[ROOT_PATH] and not _PATH.fullmatch(given[ROOT_PATH]):
        raise SettingsError(
            f"{ROOT_PATH} is {given[ROOT_PATH]!r}: give a path such as /demo, without an address."
        )


def check_address(host: str, port: int) -> None:
    """Whether a server can listen there; Gradio also wants the port on the loopback address."""
    for name in dict.fromkeys((host, LOOPBACK)):
        try:
            (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
                name.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
        except (OSError, UnicodeError) as error:
            raise SettingsError(
                f"HOST is {host!r}, which is no address that this machine knows. {_OTHER_HOST}"
            ) from error
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                raise refused(host, port, error) from error


_OTHER_HOST = "Give HOST=127.0.0.1 for this machine alone, or HOST=0.0.0.0 for its network."


def refused(host: str, port: int, error: OSError) -> SettingsError:
    """Why a server cannot listen at `host` and `port`."""
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return SettingsError(f"HOST is {host!r}, which is no address of this machine. {_OTHER_HOST}")
    if error.errno == errno.EACCES:
        return SettingsError(f"PORT {port} is not for every user: give one from 1024 on, such as PORT=7860.")
    other = port + 1 if port < 65535 else port - 1
    return SettingsError(
        f"PORT {port} is in use on this machine: stop what listens there, or choose another, as in PORT={other}."
    )


def check_data(folder: Path) -> None:
    """Whether the folder of ratings can be written; it is made where it is not there."""
    try:
        with telling_why(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OutputError as error:
        raise SettingsError(
            f"DATA_DIR is {str(folder)!r}, where no rating could be kept ({error.reason}): "
            "name a folder that this user may write to."
        ) from error


def spare_loopback(host: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Keep a proxy of the environment out of what the server asks itself, as Gradio does when it starts."""
    own = [LOOPBACK, "localhost", "::1", *([] if host in _ANY else [host])]
    for name in ("NO_PROXY", "no_proxy"):
        known = [part.strip() for part in environment.get(name, "").split(",") if part.strip()]
        environment[name] = ",".join(known + [one for one in own if one not in known])
