"""What a variant is: a name, a sentence, and an ordered tuple of steps. Data, not subclasses.

A step says *what* is done to the checkpoint; the modules named after the steps do it. Patterns are shell-style
(`fnmatch`) and match the full dotted name of a module, such as `speecht5.decoder.prenet.layers.0`.
"""

from __future__ import annotations

from dataclasses import dataclass

EVERYTHING = ("*",)


@dataclass(frozen=True)
class Prune:
    """Zero the smallest weights of each selected `torch.nn.Linear` (L1, unstructured).

    Attributes:
        amount: share of the weights of each layer to zero, 0 to 0.95.
        include: patterns of module names to prune.
        exclude: patterns of module names to leave alone; wins over `include`.
    """

    amount: float
    include: tuple[str, ...] = EVERYTHING
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuantizeDynamic:
    """Store the weights of the selected `torch.nn.Linear` as int8 and quantise activations on the fly.

    Attributes:
        include: patterns of module names to quantise.
        exclude: patterns of module names to keep in fp32; wins over `include`.
    """

    include: tuple[str, ...] = EVERYTHING
    exclude: tuple[str, ...] = ()


Step = Prune | QuantizeDynamic


@dataclass(frozen=True)
class Variant:
    """A checkpoint after a recipe of steps.

    Attributes:
        name: stable id, used on the command line and in the ratings.
        label: short title for a card.
        explanation: one sentence for a person who chooses.
        steps: applied in this order; empty for the baseline.
    """

    name: str
    label: str
    explanation: str
    steps: tuple[Step, ...] = ()
