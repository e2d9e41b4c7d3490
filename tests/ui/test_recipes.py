"""What the page says of a recipe before it is used, and the command line that takes the same."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import load_command
from speecht5_demo.commands.options import own_recipe, read_speaker
from speecht5_demo.errors import SpeakerError
from speecht5_demo.speakers import Speaker, blend
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice, make_plan
from speecht5_demo.ui.compare.recipe_fields import pattern_note, variant_lines
from speecht5_demo.ui.compare.recipes import GOOD_FOR, Layers, LayersOf, command
from speecht5_demo.variants import all_variants
from speecht5_demo.variants.build import build

LAYERS = Layers({"a.one.x": 4000, "a.one.y": 8000, "a.two.z.w": 16_000, "head": 400})


def test_each_variant_says_what_it_does_and_for_whom_before_it_is_chosen() -> None:
    shown = str(variant_lines().value)
    assert set(GOOD_FOR) == {variant.name for variant in all_variants()}
    for variant in all_variants():
        assert variant.label in shown
        assert variant.explanation.split("'")[0] in shown
        assert GOOD_FOR[variant.name].split("'")[0] in shown


def test_the_tree_has_every_layer_once_and_sizes_that_add_up() -> None:
    def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
        below = node["children"]
        if below:
            assert node["bytes"] == sum(child["bytes"] for child in below)
        return [leaf for child in below for leaf in leaves(child)] if below else [node]

    tree = LAYERS.tree()
    assert {leaf["path"]: leaf["bytes"] for leaf in leaves(tree)} == dict(LAYERS.bytes_of)
    assert [child["name"] for child in tree["children"]] == ["a", "head"]
    assert [child["name"] for child in tree["children"][0]["children"]] == ["one", "two.z.w"]


@pytest.mark.parametrize(
    ("include", "exclude", "words", "wrong"),
    [
        ("*", "", "4 of 4 Linear layers", False),
        ("", "", "4 of 4 Linear layers", False),
        ("a.*", "*.y", "2 of 4 Linear layers", False),
        ("a.*; head", "", "4 of 4", False),
        ("a.three.*", "", "“a.three.*” matches none of the 4 Linear layers", True),
        ("*", "nope", "“nope” matches none", True),
        ("head", "head", "leave no layer", True),
        (["a"], {"b": 1}, "4 of 4", False),
    ],
)
def test_what_patterns_choose_is_said(include: Any, exclude: Any, words: str, wrong: bool) -> None:
    sentence, is_wrong = LAYERS.said_of(include, exclude)
    assert words in sentence
    assert is_wrong == wrong


def test_a_pattern_that_matches_nothing_is_markup_of_a_problem(tiny: Checkpoint) -> None:
    layers = LayersOf(tiny)
    assert "wrong" in pattern_note(layers, "<b>", "")
    assert "&lt;b&gt;" in pattern_note(layers, "<b>", "")
    assert "wrong" not in pattern_note(layers, "*.encoder.*", "")


def test_the_layers_are_those_that_a_recipe_meets(tiny: Checkpoint) -> None:
    names = list(LayersOf(tiny)().bytes_of)
    recipe = own_recipe(0.5, False, [names[0]], [names[-1]])
    assert recipe is not None
    build(tiny, recipe)  # raises where a name is no layer


@pytest.fixture
def two_speakers(tiny: Checkpoint) -> Checkpoint:
    vector = np.random.default_rng(2).normal(size=tiny.vector_size).astype(np.float32)
    return replace(tiny, speakers={**tiny.speakers, "other": Speaker("other", "Other", vector, "a test")})


def test_the_command_takes_a_speaker_of_ones_own_in_a_blend(two_speakers: Checkpoint, tmp_path: Path) -> None:
    vector = np.random.default_rng(3).normal(size=two_speakers.vector_size).astype(np.float32)
    np.save(tmp_path / "me.npy", vector)
    mine = read_speaker(two_speakers, f"{tmp_path}/me.npy")
    blended = read_speaker(two_speakers, f"{tmp_path}/me.npy+other:0.3")
    assert np.array_equal(blended.vector, blend(mine, two_speakers.speakers["other"], 0.3).vector)
    with pytest.raises(SpeakerError, match="No speaker is called 'nobody'"):
        read_speaker(two_speakers, f"{tmp_path}/me.npy+nobody")


@pytest.mark.parametrize(
    "own",
    [
        OwnVariant(),
        OwnVariant(True, 60, True, "*", "*.prenet.*, *.feat_out"),
        OwnVariant(True, 30, False, "speecht5.encoder.*", ""),
        OwnVariant(True, 0, True, "*", ""),
    ],
)
@pytest.mark.parametrize(("second", "share"), [(None, 50), ("other", 51)])
@pytest.mark.parametrize("text", ["Hello there.", "It's 5 o'clock; rm -rf \"$HOME\" `x`\n--json", "--help"])
def test_the_command_that_is_shown_speaks_what_the_page_does(
    two_speakers: Checkpoint, own: OwnVariant, text: str, second: str | None, share: int
) -> None:
    tiny = two_speakers
    speaker = next(iter(tiny.speakers))
    line = command(
        tiny,
        text=text,
        variants=["baseline", "int8"],
        speaker=speaker,
        blend_with=second,
        share_percent=share,
        seed=7,
        repeats=3,
        own=own.wanted,
        percent=own.pruned_percent,
        int8=own.int8,
        include=own.include,
        exclude=own.exclude,
    )
    words = shlex.split(line)
    assert words[:4] == ["python", "-m", "speecht5_demo", "compare"]
    asked = load_command("compare").make_context("compare", words[4:]).params
    plan = make_plan(
        tiny, text=text, voice=VoiceChoice(speaker, None, second, share), uploaded=lambda token: None,  # type: ignore[arg-type,return-value]
        seed=7, variants=["baseline", "int8"], own=own, repeats=3, blind=False,
    )  # fmt: skip
    assert (asked["text"], asked["seed"], asked["repeats"]) == (text, 7, 3)
    assert np.array_equal(read_speaker(tiny, asked["speaker"]).vector, plan.speaker.vector)
    assert asked["checkpoint"] == tiny.spec
    recipe = own_recipe(asked["prune"], asked["int8"], asked["include"], asked["exclude"])
    named = asked["variants"].split(",")
    assert [*named, *([recipe.name] if recipe else [])] == [variant.name for variant in plan.variants]
    assert recipe is None or recipe.steps == plan.variants[-1].steps
