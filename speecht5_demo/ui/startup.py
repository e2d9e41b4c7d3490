"""What is looked at before anything slow is loaded: whether the server can have its address and its folder.

Imports nothing but the standard library and our own files, so that a wrong choice is answered at once.
"""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from speecht5_demo.errors import OutputError
from speecht5_demo.files import telling_why
from speecht5_demo.ui.settings import Settings, SettingsError

LOOPBACK = "127.0.0.1"
_ANY = ("0.0.0.0", "::")


def check(settings: Settings) -> None:
    """Whether this process can serve what the settings ask for.

    Raises:
        SettingsError: it cannot; the sentence names HOST, PORT or DATA_DIR.
    """
    check_address(settings.host, settings.port)
    check_data(settings.data)


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
