"""The folded form of a checkpoint that the turbo engine runs: weights, how they are made, and how they are stored."""

from speecht5_demo.variants.manifest import artifact_folder, default_root
from speecht5_demo.variants.turbo.artifact import (
    load_artifact,
    save_artifact,
    turbo_sizes,
    turbo_weights,
)
from speecht5_demo.variants.turbo.build import build_turbo, measure_turbo
from speecht5_demo.variants.turbo.fold import fold, fold_vocoder
from speecht5_demo.variants.turbo.linear import Linear, quantized
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape

__all__ = [
    "AcousticShape",
    "Linear",
    "TurboWeights",
    "VocoderShape",
    "artifact_folder",
    "build_turbo",
    "default_root",
    "fold",
    "fold_vocoder",
    "load_artifact",
    "measure_turbo",
    "quantized",
    "save_artifact",
    "turbo_sizes",
    "turbo_weights",
]
