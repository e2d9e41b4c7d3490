"""Products in bfloat16 where the device is faster in it, everything that is sensitive in float32."""

from __future__ import annotations

import torch

from speecht5_demo.arithmetic import bf16_pays


def half_pays(device: torch.device) -> bool:
    """Whether products of bfloat16 are the faster ones on `device`: on every GPU, and on some processors."""
    return device.type != "cpu" or bf16_pays()


def mixed_precision(device: torch.device) -> torch.autocast:
    """Inside, products on `device` are of bfloat16, or of float32 on a CPU that is faster in that."""
    return torch.autocast(device.type, torch.bfloat16, enabled=half_pays(device))
