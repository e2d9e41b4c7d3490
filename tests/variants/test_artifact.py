"""Any variant can be saved; what is started from the files is the variant itself, and a wrong file is never used."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import app
from speecht5_demo.errors import ArtifactError
from speecht5_demo.synthesis import Synthesizer, native
from speecht5_demo.synthesis.native import levels
from speecht5_demo.variants import QuantizeDynamic, Turbo, all_variants, find
from speecht5_demo.variants.artifact import (
    built_variant,
    load_variant,
    measured_sizes,
    save_variant,
    variant_sizes,
)
from speecht5_demo.variants.build import build
from speecht5_demo.variants.turbo import TurboWeights
from tests.support import programs
from tests.support.drawn_once import full_size

INT8 = find("int8")
BOTH_KINDS = ("int8", "turbo-int8")
EVERY_NAME = [variant.name for variant in all_variants()]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that somebody measured before play no part; kernels that were built before do."""
    native.load()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def without_zipping(monkeypatch: pytest.MonkeyPatch) -> None:
    """How small files are when zipped takes most of the time of saving them, and is no question of some tests."""
    monkeypatch.setattr("speecht5_demo.variants.sizes.zipped_bytes", lambda path: path.stat().st_size)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_build_saves_every_variant_with_a_manifest(tiny: Checkpoint, tmp_path: Path, name: str) -> None:
    asked = ["variants", "build", name, "--checkpoint", tiny.spec, "--output", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    folder = Path(told["folder"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["variant"] == name
    assert manifest["checkpoint"]["digest"] == tiny.digest
    assert [step["step"] for step in manifest["recipe"]] == [type(step).__name__ for step in find(name).steps]
    assert {"torch", "transformers", "speecht5_demo"} <= manifest["versions"].keys()
    on_disk = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert told["sizes"]["disk_bytes"] == manifest["sizes"]["disk_bytes"] == on_disk


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_variant_started_from_its_files_says_the_same_samples(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fresh = Synthesizer(tiny).speak("Oh.", "random", name, seed=2)
    save_variant(tiny, find(name), tmp_path)
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setattr(
        "speecht5_demo.variants.artifact.build", None
    )  # nothing may be built from the checkpoint
    started = Synthesizer(tiny).speak("Oh.", "random", name, seed=2)
    assert np.array_equal(started.samples, fresh.samples)


def test_folded_weights_that_are_loaded_are_those_that_were_built(
    embedded: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_zipping(monkeypatch)
    variant = find("turbo-small")
    save_variant(embedded, variant, tmp_path)
    built, loaded = build(embedded, variant), load_variant(embedded, variant, tmp_path)
    assert isinstance(built, TurboWeights)
    assert isinstance(loaded, TurboWeights)
    assert (loaded.shape, loaded.vocoder, loaded.quantized) == (built.shape, built.vocoder, built.quantized)
    assert loaded.flat().keys() == built.flat().keys()
    for name, tensor in built.flat().items():
        assert loaded.flat()[name].dtype == tensor.dtype
        assert torch.equal(loaded.flat()[name], tensor)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_sizes_are_the_same_with_and_without_an_artifact(tiny: Checkpoint, tmp_path: Path, name: str) -> None:
    measured = measured_sizes(build(tiny, find(name)))
    assert variant_sizes(tiny, find(name), tmp_path) == measured
    assert list(tmp_path.iterdir()) == []
    assert save_variant(tiny, find(name), tmp_path)[1] == measured
    assert variant_sizes(tiny, find(name), tmp_path) == measured


def test_sizes_are_measured_once_and_kept_for_the_next_process(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = variant_sizes(tiny, INT8, tmp_path)
    kept = replace(INT8, steps=(QuantizeDynamic(exclude=("*.k_proj",)),))
    assert variant_sizes(tiny, kept, tmp_path) != first, "a recipe of the same name has sizes of its own"
    monkeypatch.setattr("speecht5_demo.variants.artifact.build", None)
    assert variant_sizes(tiny, INT8, tmp_path) == first


def test_no_file_of_an_artifact_is_a_pickle(tiny: Checkpoint, tmp_path: Path) -> None:
    folder, _ = save_variant(tiny, INT8, tmp_path)
    files = {path.name for path in folder.iterdir()}
    assert files == {"manifest.json", "acoustic.safetensors", "vocoder.safetensors"}


def spoil(folder: Path) -> None:
    with (folder / "acoustic.safetensors").open("r+b") as file:
        file.seek(-100, 2)
        file.write(b"\xff" * 50)


def cut(folder: Path) -> None:
    path = folder / "vocoder.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def change(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "damaged": spoil,
    "has .* of .* bytes": cut,
    "missing": lambda folder: (folder / "vocoder.safetensors").unlink(),
    "another checkpoint": lambda folder: change(folder, checkpoint={"digest": "0" * 64}),
    "another recipe": lambda folder: change(folder, recipe=[]),
    "format 1,": lambda folder: change(folder, format=1),
    "not valid JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "cannot be read": lambda folder: (folder / "manifest.json").unlink(),
    "contents cannot be read": lambda folder: change(folder, shapes={}),
}


@pytest.mark.parametrize("name", BOTH_KINDS)
@pytest.mark.parametrize("reason", DAMAGE)
def test_a_bad_artifact_is_refused_with_its_reason_and_rebuilt(
    tiny: Checkpoint, tmp_path: Path, name: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    variant = find(name)
    folder, _ = save_variant(tiny, variant, tmp_path)
    DAMAGE[reason](folder)
    with pytest.raises(ArtifactError, match=reason) as refused:
        load_variant(tiny, variant, tmp_path)
    built_variant(tiny, variant, tmp_path)
    assert str(refused.value) in caplog.text
    load_variant(tiny, variant, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_changed_recipe_does_not_use_the_old_artifact(tiny: Checkpoint, tmp_path: Path) -> None:
    int8 = find("turbo-int8")
    save_variant(tiny, int8, tmp_path)
    changed = replace(int8, steps=(Turbo(storage=(("*", "int8"),)),))
    with pytest.raises(ArtifactError, match="another recipe"):
        load_variant(tiny, changed, tmp_path)
    rebuilt = built_variant(tiny, changed, tmp_path)
    assert isinstance(rebuilt, TurboWeights)
    assert rebuilt.linears["head"].storage == "int8"


def test_files_that_do_not_fill_the_networks_are_refused(tiny: Checkpoint, tmp_path: Path) -> None:
    """As when a recipe of another version of the model was saved under a manifest that fits."""
    folder, _ = save_variant(tiny, INT8, tmp_path)
    short = replace(INT8, steps=(QuantizeDynamic(exclude=("*.k_proj",)),))
    other, _ = save_variant(tiny, replace(short, name="other"), tmp_path)
    (other / "vocoder.safetensors").replace(other / "acoustic.safetensors")
    (folder / "vocoder.safetensors").replace(other / "vocoder.safetensors")
    sums = {name: describe(other / name) for name in ("acoustic.safetensors", "vocoder.safetensors")}
    change(other, files=sums)
    with pytest.raises(ArtifactError, match="contents cannot be read"):
        load_variant(tiny, replace(short, name="other"), tmp_path)


def describe(path: Path) -> dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_layers_that_a_recipe_leaves_alone_stay_fp32(tiny: Checkpoint, tmp_path: Path) -> None:
    kept = replace(INT8, name="kept", steps=(QuantizeDynamic(exclude=("*.prenet.*",)),))
    save_variant(tiny, kept, tmp_path)
    model = load_variant(tiny, kept, tmp_path).acoustic
    assert isinstance(model.get_submodule("speecht5.decoder.prenet.layers.0"), torch.nn.Linear)
    assert isinstance(
        model.get_submodule("speech_decoder_postnet.feat_out"), torch.ao.nn.quantized.dynamic.Linear
    )


PEAK = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.synthesis import Synthesizer, native
from speecht5_demo.synthesis.native import levels
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.variants import find
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
"""
START = """
from speecht5_demo.variants.networks import import_networks
checkpoint = open_checkpoint("random-full")
import_networks()
before = peak()
make_engine(checkpoint, find("int8"))
print(peak() - before)
"""
SERVE = """
text = "the birch canoe slid on the smooth planks, and nobody saw it."
Synthesizer(open_checkpoint("random-full")).speak(text, "random", "turbo-int8")
print(peak())
"""


KERNELS_ASKED_FOR = (
    "SPEECHT5_DEMO_KERNELS", "SPEECHT5_DEMO_NATIVE", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
)  # fmt: skip


def environment(root: Path, **settings: str) -> dict[str, str]:
    """That of a program beside the artifacts in `root`."""
    asked_for = {name: os.environ[name] for name in KERNELS_ASKED_FOR if name in os.environ}
    return {"ARTIFACTS_DIR": str(root), "PATH": "", "OMP_NUM_THREADS": "1", **asked_for, **settings}


def run(program: str, root: Path, **settings: str) -> int:
    """The number that a fresh interpreter prints."""
    command = [sys.executable, "-c", PEAK + program]
    variables = environment(root, **settings)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=200, check=True)
    return int(done.stdout)


@dataclass(frozen=True)
class Saved:
    """Full-size variants in a folder, and how large each is."""

    root: Path
    disk_bytes: dict[str, int]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    root, checkpoint = tmp_path_factory.mktemp("full-size"), full_size()
    with pytest.MonkeyPatch.context() as patched:
        without_zipping(patched)
        sizes = {name: save_variant(checkpoint, find(name), root)[1] for name in BOTH_KINDS}
    return Saved(root, {name: size.disk_bytes for name, size in sizes.items()})


def test_full_size_int8_starts_from_its_files_without_the_fp32_weights(saved: Saved) -> None:
    done = programs.run(["-c", PEAK + START], environment(saved.root), timeout=200)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2 * saved.disk_bytes["int8"] < 578e6


MEMORY_BOUND = 700e6


def kernels_to_try() -> dict[str, dict[str, str]]:
    """Settings by the kernels that they choose: the best that this machine has, those of the least processor that has
    any (its vocoder is kept in float32, where tiles keep bfloat16), and PyTorch's own."""
    compiler = {"PATH": os.environ["PATH"]}  # where the library is still to be built
    found = levels.usable()
    ends = [] if native.load() is None or isinstance(found, str) else [found[0].name, found[-1].name]
    return {
        **{name: {**compiler, levels.LIMIT: name} for name in ends},
        "PyTorch": {"SPEECHT5_DEMO_NATIVE": "0"},
    }


def test_serving_full_size_turbo_int8_from_its_files_stays_small(saved: Saved) -> None:
    taken = {kernels: run(SERVE, saved.root, **settings) for kernels, settings in kernels_to_try().items()}
    assert {kernels: size for kernels, size in taken.items() if size >= MEMORY_BOUND} == {}
