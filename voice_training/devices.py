"""Where a run trains, in which arithmetic, and how a GPU is kept busy: by replaying a recorded step.

A CUDA graph starts once what would be one start a kernel. It always reads and writes the same memory, so a step's
inputs are copied into fixed tensors, and everything that changes between steps (the learning rate, too) is a tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from speecht5_demo.arithmetic import bf16_pays
from speecht5_demo.memory import keep_freed_memory
from voice_training import VoiceTrainingError

_WARM_UP = 5

Step = Callable[..., dict[str, Tensor]]
"""One training step, or a part of one, on tensors; its report by name."""


def pick_device(name: str) -> torch.device:
    """`auto`: the GPU where there is one, else the processor; otherwise the device of that name."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise VoiceTrainingError("There is no CUDA device here: use --device cpu or --device auto.")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise VoiceTrainingError(f"{name!r} is no device: use auto, cpu or cuda.") from error


def prepare_process(device: torch.device) -> None:
    """What a process that trains on `device` needs to be set once."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    else:
        keep_freed_memory(without_limit=True)


def bf16_is_faster(device: torch.device) -> bool:
    """Whether products of bfloat16 are the faster ones on `device`: on every GPU, and on some processors."""
    return device.type != "cpu" or bf16_pays()


def mixed_precision(device: torch.device) -> torch.autocast:
    """Inside, products on `device` are of bfloat16, or of float32 on a processor that is faster in that."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_faster(device))


class GraphedStep:
    """`step` as a graph, for inputs that all have the shapes of the first ones.

    The first calls run it as it is: libraries choose their kernels and the optimizers make their states then.

    Args:
        memory: a pool that several graphs may share, as `torch.cuda.graph_pool_handle` gives it, where none runs while
            another does and each report is read before the next one runs; None: a pool of its own.
    """

    def __init__(self, step: Step, memory: Any = None) -> None:
        self._step, self._memory = step, memory
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._report: dict[str, Tensor] = {}

    def __call__(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Run the step; its report is overwritten by the next call."""
        self._calls += 1
        if self._calls <= _WARM_UP:
            return self._plain(inputs)
        graph = self._graph or self._recorded(inputs)
        for mine, theirs in zip(self._inputs, inputs, strict=True):
            mine.copy_(theirs)
        graph.replay()
        return self._report

    def _plain(self, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """A step on a stream of its own, as recording demands of what comes before it."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            report = self._step(*inputs)
        torch.cuda.current_stream().wait_stream(side)
        return report

    def _recorded(self, inputs: tuple[Tensor, ...]) -> torch.cuda.CUDAGraph:
        """Record one step; nothing runs yet."""
        self._inputs = tuple(tensor.clone() for tensor in inputs)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=self._memory):
            self._report = self._step(*self._inputs)
        return self._graph
