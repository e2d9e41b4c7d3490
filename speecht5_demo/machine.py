"""What a figure was measured on: no figure leaves the project without it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
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


_FEATURES = (
    *("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8"),
    *("asimd", "asimddp", "bf16", "i8mm"),
)


def this_machine() -> Machine:
    """Read the machine this process runs on."""
    import torch  # figures of another machine are read without it

    features = cpu_features()
    return Machine(
        cpu=cpu_model(),
        cores=_cores(),
        threads=torch.get_num_threads(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        capabilities=tuple(name for name in _FEATURES if name in features),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=str(torch.__version__),
        transformers=version("transformers"),
    )


def cpu_model() -> str:
    """The processor's name, as the kernel tells it."""
    return _cpu_facts().get("model name") or platform.processor() or platform.machine()


def cpu_features() -> frozenset[str]:
    """What the processor can do, in the words of Linux: those of /proc/cpuinfo, or what macOS calls the same things."""
    if sys.platform == "darwin":
        return features_of_macos(_sysctl())
    facts = _cpu_facts()
    return frozenset((facts.get("flags") or facts.get("Features") or "").split())


_MACOS = {
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.neon": "asimd",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
    "hw.optional.avx512bw": "avx512bw",
    "hw.optional.avx512dq": "avx512dq",
    "hw.optional.avx512vl": "avx512vl",
    "hw.optional.avx512vnni": "avx512_vnni",
    "hw.optional.fma": "fma",
    "hw.optional.f16c": "f16c",
}


def features_of_macos(settings: str) -> frozenset[str]:
    """The features of a Mac by what `sysctl hw` prints: lines of `name: value`."""
    pairs = (line.split(":", 1) for line in settings.splitlines() if ":" in line)
    present = {name.strip() for name, value in pairs if value.strip() == "1"}
    return frozenset(feature for name, feature in _MACOS.items() if name in present)


def _sysctl() -> str:
    done = subprocess.run(["/usr/sbin/sysctl", "hw"], capture_output=True, text=True, check=False)
    return done.stdout


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
