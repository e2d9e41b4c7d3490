"""Variants: a checkpoint after a recipe of steps.

What is exported here is data, and imports neither torch nor transformers. `build` applies a recipe, `artifact` saves
and starts what it made.
"""

from speecht5_demo.variants.recipe import Prune, QuantizeDynamic, Step, Turbo, Variant
from speecht5_demo.variants.registry import BASELINE, REPORT_VARIANTS, all_variants, custom, find

__all__ = [
    "BASELINE",
    "REPORT_VARIANTS",
    "Prune",
    "QuantizeDynamic",
    "Step",
    "Turbo",
    "Variant",
    "all_variants",
    "custom",
    "find",
]
