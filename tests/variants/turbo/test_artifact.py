"""A saved variant speaks like a built one, in little memory, and is refused by name when anything about it is off."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.errors import ArtifactError
from speecht5_demo.variants import Turbo, find
from speecht5_demo.variants.turbo import (
    artifact_folder,
    build_turbo,
    load_artifact,
    save_artifact,
    turbo_sizes,
    turbo_weights,
)

INT8 = find("turbo-int8")


@pytest.fixture(scope="module")
def saved(embedded: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of artifacts that holds turbo-int8 of the built-in voice."""
    root = tmp_path_factory.mktemp("artifacts")
    save_artifact(embedded, INT8, root)
    return root


@pytest.fixture
def root(saved: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(saved, tmp_path / "artifacts"))


def test_what_is_loaded_is_what_was_built(embedded: Checkpoint, saved: Path) -> None:
    built, loaded = build_turbo(embedded, INT8), load_artifact(embedded, INT8, saved)
    assert (loaded.shape, loaded.vocoder) == (built.shape, built.vocoder)
    assert loaded.flat().keys() == built.flat().keys()
    for name, tensor in built.flat().items():
        assert loaded.flat()[name].dtype == tensor.dtype
        assert torch.equal(loaded.flat()[name], tensor)


def test_the_manifest_names_recipe_source_and_versions(embedded: Checkpoint, saved: Path) -> None:
    manifest = json.loads((artifact_folder(embedded, INT8, saved) / "manifest.json").read_text())
    assert manifest["checkpoint"]["digest"] == embedded.digest
    assert [step["step"] for step in manifest["recipe"]] == ["Turbo"]
    assert {"torch", "speecht5_demo"} <= manifest["versions"].keys()
    assert manifest["sizes"]["disk_bytes"] == sum(file["bytes"] for file in manifest["files"].values())


def spoil_weights(folder: Path) -> None:
    with (folder / "acoustic.safetensors").open("r+b") as file:
        file.seek(-100, 2)
        file.write(b"\xff" * 50)


def cut_weights(folder: Path) -> None:
    path = folder / "vocoder.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def change_manifest(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


DAMAGE = {
    "damaged": spoil_weights,
    "bytes": cut_weights,
    "missing": lambda folder: (folder / "vocoder.safetensors").unlink(),
    "another checkpoint": lambda folder: change_manifest(folder, checkpoint={"digest": "0" * 64}),
    "another recipe": lambda folder: change_manifest(folder, recipe=[]),
    "format 99": lambda folder: change_manifest(folder, format=99),
    "not valid JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "cannot be read": lambda folder: (folder / "manifest.json").unlink(),
}


@pytest.mark.parametrize("reason", DAMAGE)
def test_a_bad_artifact_is_refused_with_its_reason_and_rebuilt(
    embedded: Checkpoint, root: Path, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    DAMAGE[reason](artifact_folder(embedded, INT8, root))
    with pytest.raises(ArtifactError, match=reason):
        load_artifact(embedded, INT8, root)
    turbo_weights(embedded, INT8, root)
    assert reason in caplog.text
    load_artifact(embedded, INT8, root)
    assert [path.name for path in root.iterdir()] == [artifact_folder(embedded, INT8, root).name]


def test_a_changed_recipe_does_not_use_the_old_artifact(embedded: Checkpoint, root: Path) -> None:
    changed = replace(INT8, steps=(Turbo(storage=(("*", "int8"),)),))
    with pytest.raises(ArtifactError, match="another recipe"):
        load_artifact(embedded, changed, root)
    assert turbo_weights(embedded, changed, root).linears["head"].storage == "int8"


def test_without_an_artifact_the_variant_is_built_and_nothing_is_left(
    embedded: Checkpoint, tmp_path: Path
) -> None:
    assert turbo_weights(embedded, INT8, tmp_path).linears["head"].storage == "fp32"
    assert turbo_sizes(embedded, INT8, tmp_path).disk_bytes > 0
    assert list(tmp_path.iterdir()) == []


SERVE = """
import os, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.synthesis import Synthesizer
text = "the birch canoe slid on the smooth planks, and nobody saw it."
speech = Synthesizer(open_checkpoint("random-full")).speak(text, "random", "turbo-int8")
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(speech.steps, int(peak.split()[1]) * 1024)
"""


def test_serving_full_size_int8_from_an_artifact_stays_under_700_mb(tmp_path: Path) -> None:
    save_artifact(open_checkpoint("random-full"), INT8, tmp_path)
    environment = {"ARTIFACTS_DIR": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SERVE]
    served = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=True)
    steps, peak = map(int, served.stdout.split())
    assert steps > 100
    assert peak < 700e6
