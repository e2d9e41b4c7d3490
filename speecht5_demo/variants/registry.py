"""The variants that have a name, and those a user mixes."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence

from speecht5_demo.errors import VariantError
from speecht5_demo.messages import Message, joined
from speecht5_demo.variants.recipe import EVERYTHING, Prune, QuantizeDynamic, Step, Turbo, Variant

EVERY_LAYER_INT8 = (("prenet.*", "fp32"), ("head", "fp32"), ("*", "int8"))
"""All but the decoder prenet and the mel and stop heads, which are small and which errors leave through."""

BASELINE = Variant(
    name="baseline",
    label="Baseline fp32",
    explanation="The checkpoint as published, in 32-bit floats: what everything else is compared with.",
)
_NAMED = (
    BASELINE,
    Variant(
        name="int8",
        label="Dynamic INT8",
        explanation="Every Linear layer stored as 8-bit integers, activations quantised on the fly.",
        steps=(QuantizeDynamic(),),
    ),
    Variant(
        name="pruned",
        label="Pruned 30 %",
        explanation="The smallest 30 % of the weights of every Linear layer set to zero.",
        steps=(Prune(amount=0.3),),
    ),
    Variant(
        name="pruned-int8",
        label="Pruned 30 % + INT8",
        explanation="Pruned by 30 %, then stored as 8-bit integers: the report's full recipe.",
        steps=(Prune(amount=0.3), QuantizeDynamic()),
    ),
    Variant(
        name="turbo",
        label="Turbo fp32",
        explanation="The baseline's own samples from our generation loop: nothing is approximated, less is computed.",
        steps=(Turbo(),),
    ),
    Variant(
        name="turbo-int8",
        label="Turbo INT8",
        explanation="Our loop with 8-bit weights, sensitive layers kept in fp32, and the vocoder in bfloat16.",
        steps=(Turbo(storage=EVERY_LAYER_INT8, vocoder="bf16"),),
    ),
    Variant(
        name="turbo-pruned-int8",
        label="Turbo pruned 30 % + INT8",
        explanation="The report's recipe on our loop: pruned by 30 %, then 8-bit weights and a bfloat16 vocoder.",
        steps=(Prune(amount=0.3), Turbo(storage=EVERY_LAYER_INT8, vocoder="bf16")),
    ),
    Variant(
        name="turbo-small",
        label="Turbo INT8, vocoder too",
        explanation="Turbo INT8 with the vocoder's wide layers in 8 bits as well: a little smaller and faster.",
        steps=(Turbo(storage=EVERY_LAYER_INT8, vocoder="int8"),),
    ),
)
"""In the order in which they are listed; to add a variant, add it here."""
_REGISTERED = {variant.name: variant for variant in _NAMED}
REPORT_VARIANTS = ("baseline", "int8", "pruned", "pruned-int8")
"""Names of the four variants that the source report compares, in its order."""


def all_variants() -> tuple[Variant, ...]:
    """Every named variant, the report's first."""
    return tuple(_REGISTERED.values())


def find(name: str | Variant) -> Variant:
    """The variant of that name; one that is given is returned as it is.

    Raises:
        VariantError: there is none; the message names the nearest and all of them.
    """
    if isinstance(name, Variant):
        return name
    if name in _REGISTERED:
        return _REGISTERED[name]
    near = difflib.get_close_matches(name, _REGISTERED, n=1)
    told = [
        Message("There is no variant {name}.", name=repr(name)),
        *([Message("Did you mean {name}?", name=repr(near[0]))] if near else []),
        Message("Choose one of: {names}.", names=", ".join(_REGISTERED)),
    ]
    raise VariantError(joined(" ", [*told]))


def custom(
    amount: float,
    int8: bool,
    include: Sequence[str] = EVERYTHING,
    exclude: Sequence[str] = (),
) -> Variant:
    """A user's own mix of pruning and quantisation.

    Args:
        amount: share of weights to prune, 0 to 0.95.
        int8: whether to quantise afterwards.
        include: name patterns both steps apply to; empty means everything.
        exclude: name patterns both steps leave alone.
    """
    chosen, left = tuple(include) or EVERYTHING, tuple(exclude)
    steps: list[Step] = []
    parts: list[str] = []
    if amount > 0:
        steps.append(Prune(amount=amount, include=chosen, exclude=left))
        parts.append(f"Pruned {amount * 100:g} %")
    if int8:
        steps.append(QuantizeDynamic(include=chosen, exclude=left))
        parts.append("INT8")
    slug = f"custom-p{amount * 100:g}{'-int8' if int8 else ''}"
    if (chosen, left) != (EVERYTHING, ()):
        slug += "-" + hashlib.sha256(repr((chosen, left)).encode()).hexdigest()[:8]
        parts.append("some layers kept")
    return Variant(
        name=slug,
        label=" + ".join(parts) or "Own recipe: nothing changed",
        explanation="Your own recipe.",
        steps=tuple(steps),
    )
