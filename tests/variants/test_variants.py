"""The report's four variants, as the report built them, and the user's own."""

import pytest
import torch
from torch import nn

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import VariantError
from speecht5_demo.sizes import Sizes
from speecht5_demo.variants import (
    REPORT_VARIANTS,
    Prune,
    QuantizeDynamic,
    Turbo,
    Variant,
    custom,
    find,
)
from speecht5_demo.variants.artifact import measured_sizes
from speecht5_demo.variants.build import build
from speecht5_demo.variants.modules import Modules

QuantizedLinear = torch.ao.nn.quantized.dynamic.Linear


@pytest.fixture(scope="module")
def built(embedded: Checkpoint) -> dict[str, Modules]:
    return {name: build(embedded, find(name)) for name in REPORT_VARIANTS}


@pytest.fixture(scope="module")
def sizes(built: dict[str, Modules]) -> dict[str, Sizes]:
    return {name: measured_sizes(variant) for name, variant in built.items()}


def linears(variant: Modules, kind: type[nn.Module]) -> int:
    return sum(type(module) is kind for module in variant.acoustic.modules())


def test_the_baseline_is_the_checkpoint_unchanged(embedded: Checkpoint, built: dict[str, Modules]) -> None:
    published = embedded.load_acoustic().state_dict()
    for name, tensor in built["baseline"].acoustic.state_dict().items():
        assert torch.equal(tensor, published[name])


def test_int8_quantises_every_linear_layer_and_only_those(built: dict[str, Modules]) -> None:
    count = linears(built["baseline"], nn.Linear)
    assert count == 60
    assert linears(built["int8"], QuantizedLinear) == count
    assert linears(built["int8"], nn.Linear) == 0


def test_pruned_and_int8_is_pruned_before_it_is_quantised(built: dict[str, Modules]) -> None:
    name = "speecht5.decoder.wrapped_decoder.layers.0.feed_forward.intermediate_dense"
    weight = built["pruned-int8"].acoustic.get_submodule(name).weight()
    assert float((weight.int_repr() == 0).float().mean()) > 0.29999


def test_int8_is_about_two_fifths_of_the_acoustic_model(sizes: dict[str, Sizes]) -> None:
    """A quarter of every linear layer, all of the convolutions and tables."""
    assert sizes["int8"].acoustic_disk_bytes < 0.4 * sizes["baseline"].acoustic_disk_bytes


def test_pruning_saves_nothing_on_disk_until_it_is_compressed(sizes: dict[str, Sizes]) -> None:
    baseline, pruned = sizes["baseline"], sizes["pruned"]
    assert pruned.disk_bytes == baseline.disk_bytes
    assert pruned.zip_bytes < 0.95 * baseline.zip_bytes


def test_nonzero_parameters_tell_what_pruning_removed(sizes: dict[str, Sizes]) -> None:
    baseline, pruned = sizes["baseline"], sizes["pruned"]
    removed = 1 - pruned.nonzero_parameters / baseline.nonzero_parameters
    assert pruned.parameters == baseline.parameters
    assert 0.15 < removed < 0.25, "30 % of the linear layers, which hold three fifths of the weights"


def test_the_vocoder_is_counted_and_never_touched(sizes: dict[str, Sizes]) -> None:
    assert len({size.vocoder_disk_bytes for size in sizes.values()}) == 1
    for size in sizes.values():
        assert size.disk_bytes == size.acoustic_disk_bytes + size.vocoder_disk_bytes


def test_int8_acoustic_models_need_half_the_memory(sizes: dict[str, Sizes]) -> None:
    acoustic = {name: size.resident_bytes - size.vocoder_disk_bytes for name, size in sizes.items()}
    assert acoustic["int8"] < 0.55 * acoustic["baseline"]


def test_excluded_layers_stay_in_fp32(embedded: Checkpoint) -> None:
    recipe = custom(0.0, int8=True, exclude=("*.prenet.*", "*.feat_out", "*.prob_out"))
    acoustic = build(embedded, recipe).acoustic
    assert type(acoustic.get_submodule("speech_decoder_postnet.feat_out")) is nn.Linear
    assert type(acoustic.get_submodule("speecht5.decoder.prenet.layers.0")) is nn.Linear


@pytest.mark.parametrize(
    ("amount", "int8", "name", "steps"),
    [
        (0.0, False, "custom-p0", ()),
        (0.8, False, "custom-p80", (Prune(0.8),)),
        (0.0, True, "custom-p0-int8", (QuantizeDynamic(),)),
        (0.45, True, "custom-p45-int8", (Prune(0.45), QuantizeDynamic())),
    ],
)
def test_own_recipes_are_named_after_what_they_do(
    amount: float, int8: bool, name: str, steps: tuple[object, ...]
) -> None:
    recipe = custom(amount, int8)
    assert (recipe.name, recipe.steps) == (name, steps)


def test_own_recipes_with_other_patterns_have_other_names() -> None:
    names = {custom(0.3, True, include=include).name for include in (("*",), ("*.encoder.*",), ("*.k_proj",))}
    assert len(names) == 3


def test_an_unknown_variant_names_the_nearest_and_all() -> None:
    with pytest.raises(VariantError, match=r"Did you mean 'int8'\? Choose one of: baseline, int8, pruned"):
        find("int-8")


def test_a_step_that_nobody_can_apply_is_an_error_and_not_the_baseline(tiny: Checkpoint) -> None:
    with pytest.raises(AssertionError, match="Expected code to be unreachable"):
        build(tiny, Variant("odd", "Odd", "A step of the future.", steps=("distil",)))  # type: ignore[arg-type]


def test_nothing_can_follow_the_step_that_folds(tiny: Checkpoint) -> None:
    with pytest.raises(VariantError, match="Turbo has to be the last step"):
        build(tiny, Variant("late", "Late", "Pruned too late.", steps=(Turbo(), Prune(0.3))))
