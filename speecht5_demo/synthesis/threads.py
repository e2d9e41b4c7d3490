"""How many threads torch uses inside one operator.

A small model's operators are so short that a second thread mostly waits at the end of each, and on a machine that
does anything else it waits for a processor: the first built-in voice ran 20 times slower on two busy cores than on one.
"""

from __future__ import annotations

import os

import torch

from speecht5_demo.checkpoints import Checkpoint

SMALL_HIDDEN_SIZE = 384


def choose_threads(checkpoint: Checkpoint) -> None:
    """Set torch's threads for this checkpoint.

    OMP_NUM_THREADS decides where it is set; otherwise one thread for a small model, and torch's own choice for a
    full-size one.
    """
    if "OMP_NUM_THREADS" not in os.environ and checkpoint.acoustic_config.hidden_size <= SMALL_HIDDEN_SIZE:
        torch.set_num_threads(1)
