"""Fixtures for the whole suite: what is slow to make is made once."""

import os
import shutil
import tempfile
from collections.abc import Iterator

# No test may depend on what this machine has downloaded, nor reach the network; one that needs a hub starts a
# hub of its own, for a process of its own. The libraries read these when imported, hence before all else.
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="hf-home-")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["SPACE_ID"] = ""

import pytest
import torch

from speecht5_demo.arithmetic import has_bf16
from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.machine import this_machine
from speecht5_demo.synthesis.native import unavailable
from tests.support.published import save_tiny_checkpoint


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The models are small: on a busy machine a second thread costs more in waiting than it gives."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _hub_cache() -> Iterator[None]:
    """Removes the suite's own cache of the hub in the end."""
    yield
    shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def embedded() -> Checkpoint:
    """The built-in voice."""
    return open_checkpoint("embedded")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A checkpoint of few random weights, for where it does not matter what is said."""
    folder = tmp_path_factory.mktemp("tiny")
    save_tiny_checkpoint(folder)
    return open_checkpoint(str(folder))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the suite ran on: a promise that depends on the kernels is kept by those that ran."""
    machine = this_machine()
    why_not = unavailable()
    kernels = "the C++ kernels" if why_not is None else f"PyTorch's kernels ({why_not})"
    terminalreporter.section("processor and kernels")
    terminalreporter.line(f"{machine.cpu}, {machine.cores} cores: {', '.join(machine.capabilities)}")
    terminalreporter.line(
        f"turbo variants ran on {kernels}; bfloat16 in hardware: {'yes' if has_bf16() else 'no'}"
    )
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.line(f"{skipped} tests were skipped" + (", for the reasons below" if skipped else ""))
