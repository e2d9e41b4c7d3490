"""How big a variant is, from files that were really saved: nothing here is estimated."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speecht5_demo.sizes import Sizes
from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE


@dataclass(frozen=True)
class TensorCounts:
    """What is counted in memory rather than on disk; see `Sizes` for what the fields are."""

    resident_bytes: int
    parameters: int
    nonzero_parameters: int


def sizes_of(folder: Path, counts: TensorCounts) -> Sizes:
    """Sizes of a variant that lies saved in `folder`."""
    acoustic, vocoder = folder / ACOUSTIC_FILE, folder / VOCODER_FILE
    acoustic_bytes, vocoder_bytes = acoustic.stat().st_size, vocoder.stat().st_size
    return Sizes(
        disk_bytes=acoustic_bytes + vocoder_bytes,
        zip_bytes=zipped_bytes(acoustic) + zipped_bytes(vocoder),
        resident_bytes=counts.resident_bytes,
        parameters=counts.parameters,
        nonzero_parameters=counts.nonzero_parameters,
        acoustic_disk_bytes=acoustic_bytes,
        vocoder_disk_bytes=vocoder_bytes,
    )


class _Counter(io.RawIOBase):
    """A sink that only counts, so that compressing a large model needs no second copy of it."""

    def __init__(self) -> None:
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.count += size
        return size


def zipped_bytes(path: Path) -> int:
    """Bytes of the file after deflate at its fastest level."""
    sink = _Counter()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(path, path.name)
    return sink.count
