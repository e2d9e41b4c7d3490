"""A prepared study in the store: made once, played by every server and after every restart with the same clips.

Names of clips are random, and a session's plan and tokens hold for one set of clips. So a study that was prepared is
kept as one file, whole or not at all, named by its recipe and by the voice that speaks it; of two servers that prepare
at the same time, the first one's is everybody's. It tells which clip is which: it never goes to a public dataset.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from speecht5_demo.errors import OutputError, StudyError
from speecht5_demo.files import whole_folder
from speecht5_demo.hosting.store import HostingError, Store
from speecht5_demo.listening.manifest import CLIPS, FORMAT, MANIFEST, Manifest, check, load_manifest
from speecht5_demo.listening.study import Study

log = logging.getLogger(__name__)

TRIES, PAUSE_S = 6, 5.0
"""A store that is away for a moment must not cost the sessions that were begun."""
LARGEST_FILE = 50_000_000
_CLIP = re.compile(rf"{CLIPS}/[0-9a-f]{{32}}\.wav")


def kept_name(study: Study, voice_digest: str) -> str:
    """What the copy of a study is called, the same for the same recipe and voice."""
    told = json.dumps([FORMAT, voice_digest, asdict(study)], sort_keys=True, ensure_ascii=False)
    return f"{re.sub('[^a-z0-9-]', '-', study.id.lower())[:40]}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.zip"


def kept_or_prepared(store: Store, name: str, folder: Path, prepare: Callable[[], Manifest]) -> Manifest:
    """The study as the store has it; prepared, and kept there, where it has none.

    Args:
        store: used by nobody else at the same time.
        name: of the copy.
        folder: where the study shall lie.
        prepare: makes it in the folder.

    Raises:
        StudyError: it cannot be made.
    """
    if (copy := _fetched(store, name)) is not None and (manifest := _unpacked(copy, folder)) is not None:
        log.info("The prepared study came from %s.", store.label)
        return manifest
    manifest = prepare()
    mine = packed(folder)
    try:
        theirs = store.put_study(name, mine)
    except HostingError as error:
        log.warning("The prepared study could not be kept in %s: %s", store.label, error)
        return manifest
    if theirs == mine:
        log.info("The prepared study is kept in %s.", store.label)
        return manifest
    return _unpacked(theirs, folder) or manifest


def packed(folder: Path) -> bytes:
    """A prepared study as one file; the same bytes for the same study."""
    manifest = load_manifest(folder)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        names = [MANIFEST, *(f"{CLIPS}/{stimulus.id}.wav" for stimulus in manifest.stimuli)]
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), (folder / name).read_bytes())
    return buffer.getvalue()


def _fetched(store: Store, name: str) -> bytes | None:
    for attempt in range(1, TRIES + 1):
        try:
            store.open()
            return store.get_study(name)
        except HostingError as error:
            log.warning("The prepared study could not be asked for (%d of %d): %s", attempt, TRIES, error)
            if attempt < TRIES:
                time.sleep(PAUSE_S)
    return None


def _unpacked(copy: bytes, folder: Path) -> Manifest | None:
    """Put a copy into the folder, whole and checked clip by clip; None where it is no whole study."""
    try:
        with zipfile.ZipFile(io.BytesIO(copy)) as archive, whole_folder(folder) as aside:
            (aside / CLIPS).mkdir()
            for entry in archive.infolist():
                known = entry.filename == MANIFEST or _CLIP.fullmatch(entry.filename)
                if not known or entry.file_size > LARGEST_FILE:
                    raise StudyError(f"{entry.filename!r} does not belong to a study.")
                (aside / entry.filename).write_bytes(archive.read(entry))
            manifest, wrong = check(aside)
            if wrong:
                raise StudyError(wrong[0])
        return manifest
    except (zipfile.BadZipFile, StudyError, OutputError) as error:
        log.warning("The kept study is not used: %s", error)
        return None
