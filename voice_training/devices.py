"""Where a run trains, and in which arithmetic."""

from __future__ import annotations

import torch

from speecht5_demo.arithmetic import bf16_pays
from speecht5_demo.memory import keep_freed_memory
from voice_training import VoiceTrainingError


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
    """What a process that trains on `device` needs to be told once."""
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
