"""Which instruction set is chosen, and that every one that this machine can run or emulate computes the same bits."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from speecht5_demo.machine import features_of_macos
from speecht5_demo.synthesis.native import levels, library
from speecht5_demo.synthesis.native.levels import ARM, LIMIT, X86, Level, usable

HASWELL = "fma avx2 f16c"
ALDER_LAKE = f"{HASWELL} avx_vnni"
SKYLAKE_X = f"{HASWELL} avx512f avx512bw avx512dq avx512vl"
ICE_LAKE = f"{SKYLAKE_X} avx512_vnni"
SAPPHIRE_RAPIDS = f"{ICE_LAKE} avx_vnni avx512_bf16 amx_tile amx_int8 amx_bf16"


def chosen(monkeypatch: pytest.MonkeyPatch, machine: str, features: str, limit: str | None = None) -> str:
    """The level of a processor, or why it has none."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(levels, "cpu_features", lambda: frozenset(features.split()))
    monkeypatch.setattr(levels, "_tiles_granted", lambda: True)
    if limit is None:
        monkeypatch.delenv(LIMIT, raising=False)
    else:
        monkeypatch.setenv(LIMIT, limit)
    found = usable()
    return found if isinstance(found, str) else found[0].name


@pytest.mark.parametrize(
    ("machine", "features", "level"),
    [
        ("x86_64", HASWELL, "avx2"),
        ("x86_64", ALDER_LAKE, "avx-vnni"),
        ("x86_64", SKYLAKE_X, "avx512"),
        ("x86_64", ICE_LAKE, "avx512-vnni"),
        ("x86_64", SAPPHIRE_RAPIDS, "amx"),
        ("aarch64", "fp asimd asimddp", "neon-dotprod"),
        ("arm64", "asimd asimddp i8mm", "neon-i8mm"),
    ],
)
def test_the_fastest_that_the_processor_has_is_chosen(
    monkeypatch: pytest.MonkeyPatch, machine: str, features: str, level: str
) -> None:
    assert chosen(monkeypatch, machine, features) == level


def test_an_empty_wish_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "x86_64", HASWELL, "") == "avx2"


@pytest.mark.parametrize("limit", [level.name for level in X86])
def test_an_older_level_can_be_asked_for(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    assert chosen(monkeypatch, "x86_64", SAPPHIRE_RAPIDS, limit) == limit


@pytest.mark.parametrize(
    ("machine", "features", "limit", "why"),
    [
        ("x86_64", "sse4_2 avx", None, "this CPU lacks avx2, fma, f16c"),
        ("aarch64", "fp asimd", None, "this CPU lacks asimddp"),
        ("riscv64", "", None, "none for riscv64"),
        (
            "x86_64",
            HASWELL,
            "sse9",
            "SPEECHT5_DEMO_KERNELS is sse9, and this kind of processor has amx, avx512",
        ),
    ],
)
def test_a_processor_without_kernels_is_told_why(
    monkeypatch: pytest.MonkeyPatch, machine: str, features: str, limit: str | None, why: str
) -> None:
    assert why in chosen(monkeypatch, machine, features, limit)


def test_a_system_that_withholds_the_tile_unit_gets_the_next_level(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "x86_64", SAPPHIRE_RAPIDS) == "amx"
    monkeypatch.setattr(levels, "_tiles_granted", lambda: False)
    found = usable()
    assert not isinstance(found, str)
    assert found[0].name == "avx512-vnni"


def test_windows_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels.sys, "platform", "win32")
    found = usable()
    assert isinstance(found, str)
    assert "WSL" in found


def test_macs_name_their_features_in_their_own_words() -> None:
    m2 = "hw.ncpu: 8\nhw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_I8MM: 1\nhw.optional.arm.FEAT_SME: 0\n"
    assert features_of_macos(m2) == {"asimddp", "i8mm"}
    assert features_of_macos("hw.optional.avx2_0: 1\nhw.optional.avx512f: 0\nhw.optional.fma: 1\n") == {
        "avx2",
        "fma",
    }


def built(compiler: str, level: Level, folder: Path) -> Path:
    """The driver over the library of a level; libraries are kept for the next time."""
    target, program = library.kept(level), folder / level.name
    if not target.exists():
        library.build(compiler, level, target)
    driver = Path(__file__).with_name("driver.cpp")
    command = [compiler, "-O1", "-std=c++17", "-pthread", "-o", program, driver, target]
    subprocess.run([*command, f"-Wl,-rpath,{target.parent}"], check=True, timeout=200)
    return program


HERE = usable()
EMULATED = ("qemu-aarch64", "aarch64-linux-gnu-g++")
ON_X86 = platform.machine() == "x86_64"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the weakest level of this machine makes of the driver's numbers."""
    assert not isinstance(HERE, str)
    program = built("g++", HERE[-1], tmp_path_factory.mktemp("reference"))
    return subprocess.run([program], capture_output=True, check=True, timeout=100).stdout


@pytest.mark.parametrize("level", [] if isinstance(HERE, str) else HERE[:-1], ids=lambda level: level.name)
def test_every_level_of_this_machine_makes_the_same_bits(
    level: Level, reference: bytes, tmp_path: Path
) -> None:
    made = subprocess.run(
        [built("g++", level, tmp_path)], capture_output=True, check=True, timeout=100
    ).stdout
    assert len(made) > 1e6
    assert made == reference


@pytest.mark.parametrize("level", ARM if ON_X86 else [], ids=lambda level: level.name)
def test_arm64_makes_the_same_bits_under_an_emulator(level: Level, reference: bytes, tmp_path: Path) -> None:
    emulator, compiler = map(shutil.which, EMULATED)
    assert emulator is not None, "the tests need qemu-user: see scripts/system_packages.sh"
    assert compiler is not None, "the tests need g++-aarch64-linux-gnu: see scripts/system_packages.sh"
    program = built(compiler, level, tmp_path)
    made = subprocess.run(
        [emulator, "-cpu", "max", "-L", "/usr/aarch64-linux-gnu", program],
        capture_output=True,
        check=True,
        timeout=200,
        env={**os.environ, "QEMU_LD_PREFIX": "/usr/aarch64-linux-gnu"},
    ).stdout
    assert made == reference
