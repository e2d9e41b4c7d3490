"""Audio files by their ending: WAV from our own code, the others from libsndfile where it can write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speecht5_demo.errors import OutputError
from speecht5_demo.files import whole_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speecht5_demo.wav import Tags

WAV = ".wav"
_OTHERS = {
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
"""Ending -> format and coding, as libsndfile calls them."""
ENDINGS = (WAV, *_OTHERS)
_BLOCK = 16_000  # libsndfile's Vorbis coder overflows its stack on long blocks


def check_ending(path: Path) -> None:
    """Whether a file of that name can be written here; a device or a pipe takes WAV whatever its name.

    Raises:
        OutputError: naming the endings there are.
    """
    ending = path.suffix.lower()
    if ending == WAV or _is_special(path):
        return
    if ending not in _OTHERS:
        found = f"the ending {path.suffix} is not known" if path.suffix else "its name has no ending"
        raise OutputError(f"Cannot write {path}: {found}. Choose one of {', '.join(ENDINGS)}.")
    import soundfile

    if not soundfile.check_format(*_OTHERS[ending]):
        raise OutputError(
            f"Cannot write {path}: the libsndfile of this machine ({soundfile.__libsndfile_version__}) "
            f"does not write {ending}. Choose {WAV}."
        )


def write_audio(
    samples: NDArray[Any],
    sampling_rate: int,
    path: Path,
    *,
    parents: bool = False,
    tags: Tags | None = None,
) -> Path:
    """Write mono samples in [-1, 1] as what the ending says, whole or not at all, and return the path.

    Args:
        tags: what the file says of itself.

    Raises:
        OutputError: the ending is not known, or the file cannot be written.
        SynthesisError: a sample is not finite.
    """
    from speecht5_demo.wav import as_float32, as_int16, write_wav_file

    check_ending(path)
    ending = path.suffix.lower()
    if ending == WAV or _is_special(path):
        return write_wav_file(samples, sampling_rate, path, parents=parents, tags=tags)
    import soundfile

    pcm = as_int16(samples)
    form, coding = _OTHERS[ending]
    data = pcm if coding == "PCM_16" else as_float32(pcm)
    with whole_file(path, parents=parents) as aside:
        try:
            with soundfile.SoundFile(aside, "w", sampling_rate, 1, coding, format=form) as file:
                if tags is not None:
                    write_tags(file, tags)
                for first in range(0, len(data), _BLOCK):
                    file.write(data[first : first + _BLOCK])
        except soundfile.LibsndfileError as error:
            raise OutputError(f"Cannot write {path}: {error.error_string} Choose another place.") from error
    return path


def write_tags(file: Any, tags: Tags) -> None:
    """Put tags into a `soundfile.SoundFile` that is about to be written.

    LAME takes the bytes of an MP3's tags for Latin-1, whatever they are: there they are plain ASCII.
    """
    from anyascii import anyascii

    plain = anyascii if file.format == "MP3" else str
    file.title, file.artist = plain(tags.title), plain(tags.artist)
    file.comment, file.software = plain(tags.comment), plain(tags.software)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
