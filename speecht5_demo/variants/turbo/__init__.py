"""The folded form of a checkpoint that the turbo engine runs: weights, how they are made, and how they are stored."""

from speecht5_demo.variants.turbo.fold import fold, fold_vocoder
from speecht5_demo.variants.turbo.linear import Linear, quantized
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape

__all__ = ["AcousticShape", "Linear", "TurboWeights", "VocoderShape", "fold", "fold_vocoder", "quantized"]
