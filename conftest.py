"""Fixtures for the whole suite: what is slow to make is made once."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

# No test may depend on what this machine has downloaded, nor reach the network; one that needs a hub starts a
# hub of its own, for a process of its own. The libraries read these when imported, hence before all else.
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="hf-home-")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["SPACE_ID"] = ""

import pytest

from tests.support.scheduling import GroupScheduling, longest_first

if TYPE_CHECKING:  # torch takes seconds, and the process that only hands out tests needs none
    from speecht5_demo.checkpoints import Checkpoint

_SAID = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The models are small: on a busy machine a second thread costs more in waiting than it gives."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_thread_again() -> Iterator[None]:
    """A test that chose more threads leaves one to the next: sums over two differ in their last bits."""
    yield
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _hub_cache() -> Iterator[None]:
    """Removes the suite's own cache of the hub in the end."""
    yield
    shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def embedded() -> Checkpoint:
    """The built-in voice."""
    from speecht5_demo.checkpoints import open_checkpoint

    return open_checkpoint("embedded")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A checkpoint of few random weights, for where it does not matter what is said."""
    from speecht5_demo.checkpoints import open_checkpoint
    from tests.support.published import save_tiny_checkpoint

    folder = tmp_path_factory.mktemp("tiny")
    save_tiny_checkpoint(folder)
    return open_checkpoint(str(folder))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collecting makes a million objects that stay: looking for garbage among them finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest."""
    longest_first(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep a copy of this process, in which collecting imported all that a served app needs.

    A later one would keep open what tests have opened, such as ports at which nobody answers any more.
    """
    gc.enable()
    gc.freeze()  # nor is any to be found later
    if "tests.support.app_process" in sys.modules and not session.config.option.collectonly:
        from tests.support.app_process import import_what_is_needed, warm_up

        import_what_is_needed()
        warm_up()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Share the tests among workers by what they share with each other."""
    config.option.loadscopereorder = False  # it would put files of few long tests last
    return GroupScheduling(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells what it ran on."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ran_on"] = _ran_on()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """What a worker told is printed once, in the end."""
    if error is None and "ran_on" in node.workeroutput:
        node.config.stash[_SAID] = node.workeroutput["ran_on"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the suite ran on: a promise that depends on the kernels is kept by those that ran."""
    terminalreporter.section("processor and kernels")
    for line in terminalreporter.config.stash.get(_SAID, None) or _ran_on():
        terminalreporter.line(line)
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.line(f"{skipped} tests were skipped" + (", for the reasons below" if skipped else ""))


def _ran_on() -> list[str]:
    """The processor, and the kernels of the turbo variants."""
    from speecht5_demo.arithmetic import bf16_pays
    from speecht5_demo.machine import this_machine
    from speecht5_demo.synthesis.native import unavailable

    machine = this_machine()
    why_not = unavailable()
    kernels = "the C++ kernels" if why_not is None else f"PyTorch's kernels ({why_not})"
    return [
        f"{machine.cpu}, {machine.cores} cores: {', '.join(machine.capabilities)}",
        f"turbo variants ran on {kernels}; bfloat16 is the faster: {'yes' if bf16_pays() else 'no'}",
    ]
