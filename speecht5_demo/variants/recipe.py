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


@dataclass(frozen=True)
class Turbo:
    """Fold the checkpoint for the turbo engine; always the last step.

    Attributes:
        storage: (pattern, storage) pairs over the names of *folded* layers, such as `decoder.0.qkv`, `encoder.3.up`,
            `prenet.0` or `head`; storage is `fp32`, `int8` or `int4`, the first match decides, no match means fp32.
        vocoder: `fp32`; `bf16`, which a CPU without bfloat16 computes in fp32; or `int8`, which is bf16 but for the
            wide residual convolutions, whose weights and inputs have 8 bits.
    """

    storage: tuple[tuple[str, str], ...] = ()
    vocoder: str = "fp32"


Step = Prune | QuantizeDynamic | Turbo


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

    @property
    def streams(self) -> bool:
        """Whether its engine gives samples while it speaks: the turbo engine does, transformers' own loop does not."""
        return any(isinstance(step, Turbo) for step in self.steps)
