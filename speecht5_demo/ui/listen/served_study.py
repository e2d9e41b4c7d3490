"""The study that this server offers: open, being prepared, or none, and why.

A deployment that names no study of its own gets the shipped one, spoken by the running voice in the
background when the server first starts; until it is ready the page says how far it is.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.errors import DemoError
from speecht5_demo.listening.links import SECRET_VARIABLE
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import MANIFEST, Manifest, StudyBusyError, load_manifest
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.listening.writing import RatingsWriter

log = logging.getLogger(__name__)

BUSY_S = 2.0
"""Pause before looking again at a study that another process is preparing."""

Prepare = Callable[[Path, Callable[[int, int, str], None]], Manifest]
"""Makes a study in a folder, and tells clips done, clips in all and what was spoken."""


@dataclass(frozen=True)
class Preparing:
    """Why no test is open yet.

    Attributes:
        done, total: clips spoken and to speak; 0 of 0 before it is known.
        problem: one sentence, where there will be no study without somebody's help.
    """

    done: int = 0
    total: int = 0
    problem: str = ""


class ServedStudy:
    """Holds the open test as soon as there is one.

    Args:
        study: folder of the prepared study, which may not exist yet.
        ratings: folder for ratings and sessions.
        writer: this process' only writer of ratings.
        data: folder for the server's secret.
        make: prepares the shipped study in a folder; None where nothing can speak.
    """

    def __init__(
        self, study: Path, ratings: Path, writer: RatingsWriter, data: Path, make: Prepare | None = None
    ) -> None:
        self._study = study
        self._ratings = ratings
        self._writer = writer
        self._data = data
        self._make = make
        self._test: ListeningTest | None = None
        self._preparing = Preparing()

    @property
    def test(self) -> ListeningTest | None:
        """The open study, or None; see `preparing`."""
        return self._test

    @property
    def preparing(self) -> Preparing:
        """How far the preparation is."""
        return self._preparing

    def open(self) -> None:
        """Open what is prepared at once; prepare the shipped study in the background otherwise."""
        if (self._study / MANIFEST).exists():
            self._enter(lambda: load_manifest(self._study))
        elif self._make is None:
            self._preparing = Preparing(
                problem=f"No study is prepared. Its owner runs: study prepare STUDY.toml -o {self._study.name}"
            )
        else:
            make = self._make
            prepare = threading.Thread(
                target=self._enter, args=(lambda: self._patiently(make),), name="study", daemon=True
            )
            prepare.start()

    def _enter(self, manifest: Callable[[], Manifest]) -> None:
        try:
            made = manifest()
            secret = server_secret(self._data)
            self._test = ListeningTest(
                made,
                self._study,
                self._ratings,
                secret,
                writer=self._writer,
                link_secret=os.environ.get(SECRET_VARIABLE, ""),
            )
        except DemoError as error:
            log.error("The listening test is closed: %s", error)
            # Visitors read this: what is wrong, not where it lies on the server.
            self._preparing = Preparing(problem=str(error).replace(str(self._study), self._study.name))

    def _patiently(self, make: Prepare) -> Manifest:
        """Make the study, or wait for another process that is making it."""
        while True:
            try:
                return make(self._study, self._note)
            except StudyBusyError:
                time.sleep(BUSY_S)

    def _note(self, done: int, total: int, what: str) -> None:
        self._preparing = Preparing(done, total)
