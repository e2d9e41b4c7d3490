"""Other engines that run SpeechT5 on a CPU, in an environment of their own: their pins would break ours.

FOLDER/venv            the environment
FOLDER/DIGEST/...      the checkpoint, and what each peer makes of it
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from speecht5_demo.benchmark.peer_settings import Peer, Start
from speecht5_demo.benchmark.processes import BenchmarkError, Worker
from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.files import whole_folder

PACKAGES = (
    "torch==2.13.0",
    "transformers==5.5.4",
    "optimum-intel==2.2.0",
    "openvino==2026.4.1",
    "openvino-genai==2026.4.1.0",
    "openvino-tokenizers==2026.4.1.0",
    "nncf==3.4.0",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "sentencepiece==0.2.3",
    "numpy==2.4.6",
)
_HERE = Path(__file__).parent
_NO_ANSWER = (
    "Retrying (Retry(",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
)
"""What pip says when the package index cannot be reached."""
Say = Callable[[str], None]


def prepare_peers(checkpoint: str, folder: Path, threads: int, say: Say) -> tuple[Peer, ...]:
    """Set the environment up, export the checkpoint for each peer, and give what starts each of them.

    Raises:
        BenchmarkError: a step failed; the message holds its last line.
    """
    source = open_checkpoint(checkpoint)
    folder = folder.absolute()
    python = _environment(folder / "venv", say)
    place = folder / source.digest[:16]
    openvino, onnx = place / "openvino-int8", place / "onnxruntime-int8"
    _export(source, place, say)
    if not openvino.exists():
        say("exporting to OpenVINO")
        _whole(openvino, lambda target: _openvino(python, place, target))
    if not onnx.exists():
        say("exporting to onnxruntime")
        command = [
            *_script(python, "peer_onnxruntime.py"),
            "export",
            str(place / "model"),
            str(place / "vocoder"),
        ]
        _whole(onnx, lambda target: _run([*command, str(target)]))

    def settings(script: str, exported: Path, choices: Iterable[str]) -> dict[str, Start]:
        environment = {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}

        def starter(setting: str) -> Start:
            command = [*_script(python, script), str(exported), setting, str(threads)]
            return lambda name: Worker(name, command, environment)

        return {setting: starter(setting) for setting in choices}

    return (
        Peer("OpenVINO int8", settings("peer_openvino.py", openvino, ("f32", "bf16"))),
        Peer("OpenVINO GenAI int8", settings("peer_openvino_genai.py", openvino, ("f32", "bf16"))),
        Peer("onnxruntime int8", settings("peer_onnxruntime.py", onnx, ("plain", "optimised", "bound"))),
    )


def _environment(folder: Path, say: Say) -> Path:
    """The environment's Python; made on the first call, which takes minutes and about 2 GB."""
    python, stamp = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join(PACKAGES)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    say(f"setting up {folder}; this takes some minutes")
    _run([sys.executable, "-m", "venv", str(folder)])
    _install(python)
    # A CPU-only torch has no torchvision to match it, and transformers imports one that is there.
    _run([str(python), "-m", "pip", "uninstall", "--yes", "torchvision"])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _export(source: Checkpoint, place: Path, say: Say) -> None:
    """The same weights as transformers saves them."""
    from transformers import SpeechT5FeatureExtractor, SpeechT5Processor

    def model(target: Path) -> None:
        source.load_acoustic().save_pretrained(target)
        SpeechT5Processor(SpeechT5FeatureExtractor(), source.tokenizer).save_pretrained(target)

    if (place / "model").exists() and (place / "vocoder").exists():
        return
    say("saving the checkpoint for the peers")
    _whole(place / "model", model)
    _whole(place / "vocoder", lambda target: source.load_vocoder().save_pretrained(target))


def _whole(target: Path, make: Callable[[Path], object]) -> None:
    """A folder that is there when all of it is: what a killed run left half made is made again."""
    with whole_folder(target) as aside:
        make(aside)


def _openvino(python: Path, place: Path, target: Path) -> None:
    command = [str(python.with_name("optimum-cli")), "export", "openvino", "--model", str(place / "model")]
    command += ["--task", "text-to-audio", "--weight-format", "int8"]
    command += ["--model-kwargs", f'{{"vocoder": "{place / "vocoder"}"}}', str(target)]
    _run(command)


def _script(python: Path, name: str) -> list[str]:
    return [str(python), str(_HERE / name)]


def _install(python: Path) -> None:
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--retries",
        "2",
        *PACKAGES,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr + done.stdout for sign in _NO_ANSWER):
        raise BenchmarkError(
            "The peers have to be installed once, and the package index does not answer: connect to the network "
            "and run this again, or leave --peers out."
        )
    _expect_success(done)


def _run(command: list[str]) -> None:
    _expect_success(subprocess.run(command, capture_output=True, text=True, check=False))


def _expect_success(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise BenchmarkError(f"Setting up a peer failed: {said[-1] if said else done.args[0]}.")
