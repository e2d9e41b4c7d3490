"""The measuring libraries are an optional set: a metric whose library is absent says how to get it."""

import importlib
import importlib.metadata
from types import ModuleType

from speecht5_demo.errors import QualityError

DISTRIBUTIONS = {
    "jiwer": "jiwer",
    "pocketsphinx": "pocketsphinx",
    "pesq": "pesq",
    "pystoi": "pystoi",
    "mel_cepstral_distance": "mel-cepstral-distance",
    "librosa": "librosa",
    "parselmouth": "praat-parselmouth",
    "speechmos": "speechmos",
    "onnxruntime": "onnxruntime",
    "soundfile": "soundfile",
    "resemblyzer": "resemblyzer",
}
WITHOUT_DEPENDENCIES = ("resemblyzer",)


def load(module: str, metric: str) -> ModuleType:
    """The module called `module`, imported for `metric`.

    Raises:
        QualityError: when it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        distribution = DISTRIBUTIONS.get(module.split(".")[0], module)
        files = "requirements-quality.txt"
        if distribution in WITHOUT_DEPENDENCIES:
            files = "requirements-speakers.txt --no-deps"
        raise QualityError(
            f"{metric} needs {distribution}, which does not load here ({error}). "
            f"Run `make quality`, or `pip install -r {files}`."
        ) from error


def versions() -> dict[str, str]:
    """The version of every measuring library that is installed, by distribution."""
    found = {}
    for distribution in sorted(set(DISTRIBUTIONS.values())):
        try:
            found[distribution] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
