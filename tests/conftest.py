"""Fixtures for the whole suite: what is slow to make is made once."""

import os

os.environ.setdefault(
    "HF_HUB_OFFLINE", "1"
)  # a test that needs a hub starts one of its own, in a process of its own
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The models are small: on a busy machine a second thread costs more in waiting than it gives."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def embedded() -> Checkpoint:
    """The built-in voice."""
    return open_checkpoint("embedded")
