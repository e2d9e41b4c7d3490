"""The Linear layers of a model that a step's patterns choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from torch import nn

from speecht5_demo.errors import VariantError
from speecht5_demo.messages import Message
from speecht5_demo.variants.patterns import selected


def selected_linears(
    model: nn.Module, include: Sequence[str], exclude: Sequence[str]
) -> Iterator[tuple[str, nn.Linear]]:
    """The `torch.nn.Linear` modules of a model whose names the patterns choose.

    Raises:
        VariantError: a pattern matches no Linear layer, so that a typing slip never passes as "done".
    """
    linears = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    for pattern in (*include, *exclude):
        if not any(fnmatchcase(name, pattern) for name, _ in linears):
            example = linears[0][0] if linears else "none"
            raise VariantError(
                Message(
                    "The pattern {pattern} matches none of the model's {layers} Linear layers; "
                    "patterns match whole dotted names such as {example} and may use * and ?.",
                    pattern=repr(pattern),
                    layers=len(linears),
                    example=repr(example),
                )
            )
    for name, module in linears:
        if selected(name, include, exclude):
            yield name, module
