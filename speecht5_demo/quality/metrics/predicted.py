"""Predicted opinion scores: what a network trained on ratings guesses, never what listeners said.

DNSMOS P.808 (Reddy et al. 2021, weights inside the speechmos package) was trained on noise suppression, not on
synthetic voices: it hears noise and clipping, hardly prosody. Distill-MOS (Stahl & Gamper 2025, weights inside the
distillmos package) was distilled from a large self-supervised model and taught on synthetic speech too: it sees what a
vocoder leaves.
"""

from __future__ import annotations

import contextlib
import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from speecht5_demo.quality.libraries import ALONE, Library
from speecht5_demo.quality.metrics.cepstra import LIBROSA
from speecht5_demo.quality.metrics.metric import Metric
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible

DNSMOS = Library("speechmos.dnsmos", "speechmos")
ONNXRUNTIME = Library("onnxruntime")
XLS_R_SQA = Library("xls_r_sqa", "xls-r-sqa", ALONE, unused=("torchaudio",))
DISTILLMOS = Library("distillmos", requirements=ALONE, unused=("torchaudio",))  # its reader of files
WINDOW_S = 9.01  # what the network takes; shorter speech is repeated, as speechmos does
EDGE = 160  # samples that speechmos leaves off each window before its spectrogram


@cache
def _network() -> tuple[Any, Any]:
    """speechmos' feature maker and the P.808 network, on one thread; speechmos itself runs a second, slower one too."""
    library = DNSMOS.load("Predicted MOS")
    runtime = ONNXRUNTIME.load("Predicted MOS")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    weights = Path(str(library.__file__)).parent / "dnsmos_models" / "model_v8.onnx"
    features = library.DNSMOS.__new__(library.DNSMOS)
    return features, runtime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def predicted_mos(samples: Samples) -> float:
    """The opinion score that DNSMOS P.808 predicts, about 1 to 5, the mean over windows one second apart.

    All windows count. speechmos leaves out those from the eighth on, which it rounds to a sample too few.

    Raises:
        QualityError: when the signal is silent, or speechmos is not installed.
    """
    features, network = _network()
    signal = audible(samples, "variant")
    window = int(WINDOW_S * SAMPLING_RATE)
    while len(signal) < window:
        signal = np.concatenate([signal, signal])
    scores = []
    for second in range(int(len(signal) // SAMPLING_RATE - WINDOW_S) + 1):
        piece = signal[second * SAMPLING_RATE : second * SAMPLING_RATE + window]
        mel = np.asarray(features.audio_melspec(audio=piece[:-EDGE]), dtype=np.float32)
        scores.append(network.run(None, {"input_1": mel[np.newaxis]})[0][0][0])
    return float(np.mean(scores))


@cache
def _distilled() -> Any:
    """Distill-MOS on the processor."""
    library = DISTILLMOS.load("Predicted MOS by Distill-MOS")
    with contextlib.redirect_stdout(io.StringIO()):  # it prints where its weights are
        return library.ConvTransformerSQAModel().eval()


def distilled_mos(samples: Samples) -> float:
    """The opinion score that Distill-MOS predicts, about 1 to 5, the mean over windows of 7.7 s.

    Raises:
        QualityError: when the signal is silent, or distillmos is not installed.
    """
    import torch

    signal = audible(samples, "variant")
    with torch.inference_mode():
        return float(_distilled()(torch.from_numpy(signal)[None]).mean())


METRICS = (
    Metric(
        name="predicted-mos",
        label="Predicted MOS (DNSMOS P.808)",
        unit="predicted MOS",
        better="higher",
        about="A network's guess, trained on noisy calls; not an opinion of listeners.",
        measure=lambda subject: predicted_mos(subject.samples),
        libraries=(DNSMOS, ONNXRUNTIME, LIBROSA),
        swept=True,
    ),
    Metric(
        name="distill-mos",
        label="Predicted MOS (Distill-MOS)",
        unit="predicted MOS",
        better="higher",
        about="A network's guess, trained on natural, coded and synthetic speech; not an opinion of listeners.",
        measure=lambda subject: distilled_mos(subject.samples),
        libraries=(XLS_R_SQA, DISTILLMOS),
        swept=True,
    ),
)
