"""Variants: a checkpoint after a recipe of steps."""

from speecht5_demo.variants.build import BuiltVariant, build
from speecht5_demo.variants.recipe import Prune, QuantizeDynamic, Step, Turbo, Variant
from speecht5_demo.variants.registry import BASELINE, REPORT_VARIANTS, all_variants, custom, find
from speecht5_demo.variants.sizes import Sizes, measure_sizes

__all__ = [
    "BASELINE",
    "REPORT_VARIANTS",
    "BuiltVariant",
    "Prune",
    "QuantizeDynamic",
    "Sizes",
    "Step",
    "Turbo",
    "Variant",
    "all_variants",
    "build",
    "custom",
    "find",
    "measure_sizes",
]
