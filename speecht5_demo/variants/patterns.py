"""Choosing modules by name, the one way every step does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from torch import nn

from speecht5_demo.errors import VariantError


def written_patterns(written: str) -> tuple[str, ...]:
    """The patterns of a text in which commas, semicolons or spaces part them."""
    return tuple(part for part in re.split(r"[\s,;]+", written) if part)


def selected(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a module's dotted name is wanted: matches an include pattern and no exclude pattern."""
    return any(fnmatchcase(name, pattern) for pattern in include) and not any(
        fnmatchcase(name, pattern) for pattern in exclude
    )


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
                f"The pattern {pattern!r} matches none of the model's {len(linears)} Linear layers; "
                f"patterns match whole dotted names such as {example!r} and may use * and ?."
            )
    for name, module in linears:
        if selected(name, include, exclude):
            yield name, module
