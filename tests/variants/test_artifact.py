"""Any variant can be saved; what is started from the files is the variant itself, and a wrong file is never used."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.cli import app
from speecht5_demo.errors import ArtifactError
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.variants import QuantizeDynamic, all_variants, build, find, measure_sizes
from speecht5_demo.variants.artifact import built_variant, load_variant, save_variant
from speecht5_demo.variants.manifest import artifact_folder

TEXT = "The birch canoe slid on the smooth planks."
PLAIN = ("baseline", "int8", "pruned", "pruned-int8")
INT8 = find("int8")


@pytest.mark.parametrize("name", [variant.name for variant in all_variants()])
def test_build_saves_every_variant_with_a_manifest(tiny: Checkpoint, tmp_path: Path, name: str) -> None:
    asked = ["variants", "build", name, "--checkpoint", tiny.spec, "--output", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    folder = Path(told["folder"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["variant"] == name
    assert manifest["checkpoint"]["digest"] == tiny.digest
    assert len(manifest["recipe"]) == len(find(name).steps)
    assert {"torch", "transformers", "speecht5_demo"} <= manifest["versions"].keys()
    on_disk = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert told["sizes"]["disk_bytes"] == manifest["sizes"]["disk_bytes"] == on_disk


@pytest.mark.parametrize("name", PLAIN)
def test_a_variant_started_from_its_files_says_the_same_samples(
    embedded: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fresh = Synthesizer(embedded).speak(TEXT, "slt", name, seed=2)
    save_variant(embedded, find(name), tmp_path)
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setattr(
        "speecht5_demo.variants.artifact.build", None
    )  # nothing may be built from the checkpoint
    started = Synthesizer(embedded).speak(TEXT, "slt", name, seed=2)
    assert np.array_equal(started.samples, fresh.samples)


@pytest.mark.parametrize("name", PLAIN)
def test_sizes_are_the_same_with_and_without_an_artifact(tiny: Checkpoint, tmp_path: Path, name: str) -> None:
    _, saved = save_variant(tiny, find(name), tmp_path)
    assert saved == measure_sizes(build(tiny, find(name)))
    assert saved == measure_sizes(load_variant(tiny, find(name), tmp_path))


def test_no_file_of_an_artifact_is_a_pickle(tiny: Checkpoint, tmp_path: Path) -> None:
    folder, _ = save_variant(tiny, INT8, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json",
        "acoustic.safetensors",
        "vocoder.safetensors",
    }


def spoil(folder: Path) -> None:
    with (folder / "acoustic.safetensors").open("r+b") as file:
        file.seek(-100, 2)
        file.write(b"\xff" * 50)


def change(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


DAMAGE = {
    "damaged": spoil,
    "missing": lambda folder: (folder / "vocoder.safetensors").unlink(),
    "another checkpoint": lambda folder: change(folder, checkpoint={"digest": "0" * 64}),
    "another recipe": lambda folder: change(folder, recipe=[]),
    "format 1,": lambda folder: change(folder, format=1),
    "not valid JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "cannot be read": lambda folder: (folder / "manifest.json").unlink(),
}


@pytest.mark.parametrize("reason", DAMAGE)
def test_a_bad_artifact_is_refused_with_its_reason_and_rebuilt(
    tiny: Checkpoint, tmp_path: Path, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder, _ = save_variant(tiny, INT8, tmp_path)
    DAMAGE[reason](folder)
    with pytest.raises(ArtifactError, match=reason):
        load_variant(tiny, INT8, tmp_path)
    built_variant(tiny, INT8, tmp_path)
    assert reason in caplog.text
    load_variant(tiny, INT8, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


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
    import hashlib

    return {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_layers_that_a_recipe_leaves_alone_stay_fp32(tiny: Checkpoint, tmp_path: Path) -> None:
    kept = replace(INT8, name="kept", steps=(QuantizeDynamic(exclude=("*.prenet.*",)),))
    save_variant(tiny, kept, tmp_path)
    model = load_variant(tiny, kept, tmp_path).acoustic
    assert isinstance(model.get_submodule("speecht5.decoder.prenet.layers.0"), torch.nn.Linear)
    assert isinstance(
        model.get_submodule("speech_decoder_postnet.feat_out"), torch.ao.nn.quantized.dynamic.Linear
    )


START = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.variants import find
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
checkpoint = open_checkpoint("random-full")
before = peak()
make_engine(checkpoint, find("int8"))
print(peak() - before)
"""


def test_full_size_int8_starts_from_its_files_without_the_fp32_weights(tmp_path: Path) -> None:
    save_variant(open_checkpoint("random-full"), INT8, tmp_path)
    size = sum(path.stat().st_size for path in artifact_folder_of(tmp_path).glob("*.safetensors"))
    environment = {"ARTIFACTS_DIR": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"}
    started = subprocess.run(
        [sys.executable, "-c", START],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    assert int(started.stdout) < 2 * size < 578e6


def artifact_folder_of(root: Path) -> Path:
    return artifact_folder(open_checkpoint("random-full"), INT8, root)
