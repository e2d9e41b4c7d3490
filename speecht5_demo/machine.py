"""What a figure was measured on: no figure leaves the project without it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The machine and versions behind a measurement.

    Attributes:
        cpu: model name as the kernel tells it.
        cores: processors this process may use.
        threads: that torch uses inside one operator.
        memory_bytes: physical memory.
        capabilities: the CPU features that change which kernels run.
        system: kernel and architecture.
        python: interpreter version.
        torch: version.
        transformers: version.
    """

    cpu: str
    cores: int
    threads: int
    memory_bytes: int
    capabilities: tuple[str, ...]
    system: str
    python: str
    torch: str
    transformers: str


_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16", "i8mm")


def this_machine() -> Machine:
    """Read the machine this process runs on."""
    import torch  # figures of another machine are read without it

    facts = _cpu_facts()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return Machine(
        cpu=facts.get("model name") or platform.processor() or platform.machine(),
        cores=_cores(),
        threads=torch.get_num_threads(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        capabilities=tuple(name for name in _FEATURES if name in flags),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=str(torch.__version__),
        transformers=version("transformers"),
    )


def cpu_vendor() -> str:
    """Who made the processor, in the processor's own words (`GenuineIntel`, `AuthenticAMD`); empty where unknown."""
    return _cpu_facts().get("vendor_id", "")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_facts() -> dict[str, str]:
    """The first processor's lines of /proc/cpuinfo; empty where there is none."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text(encoding="utf-8").split("\n\n", 1)[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}
