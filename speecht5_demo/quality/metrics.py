"""The metrics that an evaluation knows: names, units, and what each compares with what."""

from collections.abc import Iterable
from dataclasses import dataclass

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import load
from speecht5_demo.quality.perceptual import PESQ_LIBRARY
from speecht5_demo.quality.recognisers import OFFLINE
from speecht5_demo.quality.similarity import OFFLINE_SPEAKERS


@dataclass(frozen=True)
class Metric:
    """One figure of one utterance.

    Attributes:
        name: stable id, used in files and on the command line.
        label: what a table shows; it says what is compared.
        unit: of the value; `share` is 0 to 1, shown in percent.
        better: `lower`, `higher`, or `one` for a ratio that should be 1.
        about: one sentence on how it is made.
        against: what it needs beside the utterance: `text`, `baseline`, `locked` (the baseline's
            spectrogram),
            `recording`, `attention`, or nothing.
        always: False for a metric that needs a further option.
    """

    name: str
    label: str
    unit: str
    better: str
    about: str
    against: str = ""
    always: bool = True


LOCKED = "PESQ against baseline, length-locked"

METRICS: tuple[Metric, ...] = (
    Metric(
        "wer",
        "WER",
        "share",
        "lower",
        "jiwer after Whisper's English normaliser, on the spoken form.",
        "text",
    ),
    Metric("cer", "CER", "share", "lower", "Characters instead of words, otherwise as WER.", "text"),
    Metric(
        "pesq",
        LOCKED,
        "MOS-LQO",
        "higher",
        f"The variant driven frame by frame along the baseline's mel, then vocoded. {PESQ_LIBRARY}.",
        "locked",
    ),
    Metric(
        "stoi",
        "STOI against baseline, length-locked",
        "0 to 1",
        "higher",
        "Short-time objective intelligibility of the same pair, by pystoi.",
        "locked",
    ),
    Metric(
        "mcd",
        "MCD against baseline, DTW-aligned",
        "dB",
        "lower",
        "Mel-cepstral distance, c1 to c13, of the free runs after exact time warping.",
        "baseline",
    ),
    Metric(
        "f0",
        "F0 error against baseline, DTW-aligned",
        "cents",
        "lower",
        "Root mean square pitch difference along the same path, where both are voiced (Praat).",
        "baseline",
    ),
    Metric(
        "voicing",
        "Voicing error against baseline, DTW-aligned",
        "share",
        "lower",
        "Share of aligned frames voiced in one and unvoiced in the other.",
        "baseline",
    ),
    Metric(
        "duration",
        "Duration against baseline",
        "ratio",
        "one",
        "Seconds over the baseline's seconds.",
        "baseline",
    ),
    Metric(
        "stop",
        "Did not stop by itself",
        "share",
        "lower",
        "Runs that had to be cut: at the checkpoint's step limit, or at three times the baseline's steps.",
    ),
    Metric(
        "repeats",
        "Repeats in the attention",
        "per sentence",
        "lower",
        "Times the alignment went back and read again.",
        "attention",
    ),
    Metric(
        "skips",
        "Skips in the attention",
        "per sentence",
        "lower",
        "Times the alignment passed over text.",
        "attention",
    ),
    Metric(
        "monotonicity",
        "Monotonic steps of the attention",
        "share",
        "higher",
        "Share of decoder steps that do not move back in the text.",
        "attention",
    ),
    Metric(
        "predicted-mos",
        "Predicted MOS (DNSMOS P.808)",
        "predicted MOS",
        "higher",
        "A network's guess, trained on noisy calls; not an opinion of listeners.",
    ),
    Metric(
        "similarity",
        "Speaker similarity to baseline",
        "cosine",
        "higher",
        "Cosine of speaker embeddings: Resemblyzer's, or those of a transformers x-vector checkpoint.",
        "baseline",
    ),
    Metric(
        "pesq-recording",
        "PESQ against recordings, DTW-aligned",
        "MOS-LQO",
        "higher",
        f"The spectrogram warped onto the recording's time, then vocoded. {PESQ_LIBRARY}.",
        "recording",
        always=False,
    ),
    Metric(
        "mcd-recording",
        "MCD against recordings, DTW-aligned",
        "dB",
        "lower",
        "Mel-cepstral distance to the recording after exact time warping.",
        "recording",
        always=False,
    ),
)

SWEPT = ("wer", "cer", "pesq", "mcd", "f0", "duration", "stop", "repeats", "skips", "predicted-mos")
"""What a sweep over amounts of pruning measures by default."""

ASR_MODULE = {OFFLINE: ("pocketsphinx",)}
SPEAKER_MODULE = {OFFLINE_SPEAKERS: ("resemblyzer",)}
_WARPING = ("mel_cepstral_distance", "librosa")
MODULES = {
    "wer": ("jiwer",),
    "cer": ("jiwer",),
    "pesq": ("pesq",),
    "stoi": ("pystoi",),
    "mcd": _WARPING,
    "f0": (*_WARPING, "parselmouth"),
    "voicing": (*_WARPING, "parselmouth"),
    "predicted-mos": ("speechmos.dnsmos", "onnxruntime"),
    "pesq-recording": ("pesq", *_WARPING),
    "mcd-recording": _WARPING,
}
"""Modules of the optional set that a metric imports."""

BY_NAME = {metric.name: metric for metric in METRICS}


def choose(names: Iterable[str], recordings: bool) -> tuple[str, ...]:
    """Names of the metrics to compute, in their own order; `all` stands for what the options allow.

    Raises:
        QualityError: when a name is unknown or needs an option that is absent.
    """
    wanted = {name.strip() for name in names if name.strip()}
    unknown = wanted - BY_NAME.keys() - {"all"}
    if unknown:
        raise QualityError(f"No metric {', '.join(sorted(unknown))}. Choose from: all, {', '.join(BY_NAME)}.")
    possible = {metric.name for metric in METRICS if metric.always}
    if recordings:
        possible |= {"pesq-recording", "mcd-recording"}
    if "all" in wanted or not wanted:
        wanted = possible
    missing = wanted - possible
    if missing:
        raise QualityError(f"{', '.join(sorted(missing))}: give natural recordings with --references FOLDER.")
    return tuple(metric.name for metric in METRICS if metric.name in wanted)


def unavailable(metrics: Iterable[str], asr: str, speaker_model: str = OFFLINE_SPEAKERS) -> dict[str, str]:
    """The metrics whose library is absent, each with how to get it."""
    found = {}
    for name in metrics:
        modules = MODULES.get(name, ())
        if name in ("wer", "cer"):
            modules = (*modules, *ASR_MODULE.get(asr, ()))
        if name == "similarity":
            modules = SPEAKER_MODULE.get(speaker_model, ())
        try:
            for module in modules:
                load(module, BY_NAME[name].label)
        except QualityError as error:
            found[name] = str(error)
    return found
