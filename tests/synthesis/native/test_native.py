"""The C++ kernels compute what PyTorch computes, and their absence is explained, never fatal."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import StepLimits
from speecht5_demo.synthesis.native import PackedLinear, load, unavailable
from speecht5_demo.synthesis.native.levels import usable
from speecht5_demo.synthesis.turbo import TurboEngine, engine
from speecht5_demo.synthesis.turbo.encoder import Encoder
from speecht5_demo.synthesis.turbo.native_encoding import NativeEncoder
from speecht5_demo.variants import find
from speecht5_demo.variants.build import build
from speecht5_demo.variants.turbo import Linear, TurboWeights, quantized
from tests.synthesis.conftest import Pair

NEVER = 9.0
needs_kernels = unavailable() is None


def random_layer(outputs: int, inputs: int) -> Linear:
    generator = torch.Generator().manual_seed(outputs * inputs)
    weight = torch.randn(outputs, inputs, generator=generator) * inputs**-0.5
    return Linear(weight, torch.randn(outputs, generator=generator))


@pytest.mark.parametrize("storage", ["fp32", "fixed", "int8", "int4"])
@pytest.mark.parametrize(("outputs", "inputs"), [(64, 32), (162, 256), (100, 96), (100, 128), (256, 1024)])
@pytest.mark.parametrize("rows", [1, 2, 4, 9, 21, 40])
def test_a_packed_layer_is_the_layer(storage: str, outputs: int, inputs: int, rows: int) -> None:
    native = load()
    assert (native is not None) == needs_kernels
    if native is None:
        return
    fixed = storage == "fixed"
    layer = quantized(random_layer(outputs, inputs), "fp32" if fixed else storage)
    x = torch.randn(rows, inputs, generator=torch.Generator().manual_seed(rows))
    packed = PackedLinear(native, layer, fixed)
    exact, made = x @ layer.dense().T + layer.bias, packed(x)
    assert float((made - exact).norm() / exact.norm()) < (1e-2 if storage.startswith("int") else 1e-6)
    assert torch.equal(made, torch.cat([packed(x[row : row + 1]) for row in range(rows)]))


@pytest.mark.parametrize("rows", [1, 96])
def test_a_weight_of_24_bits_errs_by_a_share_of_the_largest_of_its_output(rows: int) -> None:
    native = load()
    if native is None:
        assert not needs_kernels
        return
    weight = torch.randn(100, 96, generator=torch.Generator().manual_seed(5))
    weight[0], weight[1, 7], weight[2, 0], weight[3] = 0.0, 1e4, -1e-20, weight[3] * 1e-20
    packed = PackedLinear(native, Linear(weight, torch.zeros(100)), fixed=True)
    made = torch.cat([packed(x) for x in torch.eye(96).split(rows)]).T
    largest = weight.abs().amax(1, keepdim=True)
    assert bool(((made - weight).abs() <= 2.0**-23 * largest).all())
    assert torch.equal(made[0], weight[0])


def test_a_weight_of_24_bits_that_is_no_number_makes_its_output_none() -> None:
    native = load()
    if native is None:
        assert not needs_kernels
        return
    weight = torch.ones(16, 32)
    weight[1, 3], weight[2, 0], weight[4, 31] = float("nan"), float("inf"), float("-inf")
    made = PackedLinear(native, Linear(weight, torch.zeros(16)), fixed=True)(torch.ones(1, 32))
    assert torch.isnan(made[0]).nonzero().flatten().tolist() == [1, 2, 4]


@pytest.mark.parametrize("rows", [1, 7])
def test_sums_of_the_most_extreme_integers_are_exact(rows: int) -> None:
    native = load()
    if native is None:
        assert not needs_kernels
        return
    generator = torch.Generator().manual_seed(rows)
    signs = torch.randint(0, 2, (100, 128), generator=generator)
    weight = torch.where(signs > 0, 127, -128).to(torch.int8)
    x = torch.randint(0, 2, (rows, 128), generator=generator) * 255.0
    made = PackedLinear(native, Linear(weight, torch.zeros(100), torch.ones(100)))(x)
    assert torch.equal(made.double(), x.double() @ weight.double().T)


@pytest.fixture(scope="module")
def engines(embedded: Checkpoint) -> tuple[TurboEngine, TurboEngine]:
    """The same int8 weights on the kernels chosen here, and on PyTorch's."""
    weights = build(embedded, find("turbo-int8"))
    with pytest.MonkeyPatch.context() as patch:
        chosen = TurboEngine(weights)
        patch.setattr(engine, "native_kernels", lambda weights: None)
        return chosen, TurboEngine(weights)


def test_both_kernels_speak_alike(pair: Pair, engines: tuple[TurboEngine, TurboEngine]) -> None:
    chosen, fallback = engines
    assert (chosen.abilities.kernels == "C++") == needs_kernels
    assert fallback.abilities.kernels != "C++"
    request = pair.request("hello there.", StepLimits(30, 30, NEVER))
    exact = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits).mel
    for other in engines:
        mel = other.speak(request.tokens, request.speaker, request.masks, request.limits).mel
        assert float((mel - exact).norm() / exact.norm()) < 0.1


def test_an_int8_batch_equals_its_utterances_to_the_last_bit(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine]
) -> None:
    chosen = engines[0]
    if (
        chosen.abilities.batch == 1
    ):  # the fallback does not promise it, and the synthesizer does not batch with it
        assert not needs_kernels
        return
    texts = [("hello there.", 20), ("so?", 5), ("the birch canoe slid on the smooth planks.", 140)]
    requests = [pair.request(text, StepLimits(steps, steps, NEVER), seed=steps) for text, steps in texts]
    for request, together in zip(requests, chosen.speak_batch(requests), strict=True):
        alone = chosen.speak(request.tokens, request.speaker, request.masks, request.limits)
        assert torch.equal(alone.mel, together.mel)
        assert torch.equal(alone.samples, together.samples)


def test_two_threads_and_a_stream_that_is_left_do_not_meet(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine]
) -> None:
    chosen = engines[0]
    requests = [
        pair.request("the birch canoe slid.", StepLimits(40, 40, NEVER), seed=seed) for seed in (1, 2)
    ]
    alone = [chosen.speak(r.tokens, r.speaker, r.masks, r.limits) for r in requests]
    together: dict[int, list[bool]] = {0: [], 1: []}

    def speak(index: int) -> None:
        r = requests[index]
        for _ in range(3):
            left = chosen.stream(r.tokens, r.speaker, r.masks, r.limits)
            next(left)
            again = chosen.speak(r.tokens, r.speaker, r.masks, r.limits)
            left.close()
            together[index].append(torch.equal(again.samples, alone[index].samples))

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == {0: [True] * 3, 1: [True] * 3}


def test_a_stop_that_never_comes_ends_at_the_limit_also_in_a_batch(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine]
) -> None:
    for engine_ in engines:
        most = [pair.request("so?", StepLimits(steps, threshold=NEVER), seed=steps) for steps in (3, 150, 9)]
        spoken = engine_.speak_batch(most)
        assert [(utterance.steps, utterance.ended) for utterance in spoken] == [
            (3, False),
            (150, False),
            (9, False),
        ]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_int8_stream_is_the_whole(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine], threads: int
) -> None:
    chosen = engines[0]
    if not needs_kernels:
        return
    torch.set_num_threads(threads)
    try:
        request = pair.request("the birch canoe slid on the smooth planks.", StepLimits(70, 70, NEVER))
        whole = chosen.speak(request.tokens, request.speaker, request.masks, request.limits).samples
        parts = list(chosen.stream(request.tokens, request.speaker, request.masks, request.limits))
    finally:
        torch.set_num_threads(1)
    assert len(parts) > 2
    if chosen._vocoder.on_tiles:
        assert torch.equal(torch.cat(parts), whole)
    assert torch.allclose(torch.cat(parts), whole, atol=1e-4)


def test_attention_is_told_and_is_part_of_decoding(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine]
) -> None:
    for engine_ in (pair.turbo, *engines):
        request = pair.request("so?", StepLimits(30, 30, NEVER))
        spoken = engine_.speak(request.tokens, request.speaker, request.masks, request.limits)
        assert spoken.attention_s is not None
        assert 0 < spoken.attention_s < spoken.decode_s


def test_native_fp32_equals_the_pytorch_loop(pair: Pair, embedded: Checkpoint) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "native_kernels", lambda weights: None)
        theirs = TurboEngine(build(embedded, find("turbo")))
    assert (pair.turbo.abilities.kernels == "C++") == needs_kernels
    assert theirs.abilities.kernels != "C++"
    request = pair.request("the birch canoe slid.", StepLimits(70, 70, NEVER))
    one = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits).mel
    other = theirs.speak(request.tokens, request.speaker, request.masks, request.limits).mel
    # Each step hears the one before: what the order of sums leaves, 1e-6, grows by the way.
    assert float((one - other).abs().max() / other.abs().max()) < 1e-3


def test_an_engine_that_owns_its_weights_frees_them_and_speaks_the_same(
    pair: Pair, embedded: Checkpoint
) -> None:
    weights = build(embedded, find("turbo"))
    assert isinstance(weights, TurboWeights)
    owner = TurboEngine(weights, consume=True)
    if needs_kernels:
        assert {layer.weight.device.type for layer in weights.linears.values()} == {"meta"}
    request = pair.request("so?", StepLimits(20, 20, NEVER))
    one = owner.speak(request.tokens, request.speaker, request.masks, request.limits).samples
    other = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits).samples
    assert torch.equal(one, other)


def test_two_threads_among_busy_neighbours_wait_for_each_other_asleep(
    pair: Pair, engines: tuple[TurboEngine, TurboEngine]
) -> None:
    if not needs_kernels:
        return
    chosen = engines[0]
    request = pair.request("the birch canoe slid on the smooth planks.", StepLimits(60, 60, NEVER))
    spin = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(spin) for _ in range(os.cpu_count() or 1)]
    try:
        took: dict[int, list[float]] = {1: [], 2: []}
        for threads in (1, 2) * 7:
            torch.set_num_threads(threads)
            begin = time.process_time()
            chosen.speak(request.tokens, request.speaker, request.masks, request.limits)
            took[threads].append(time.process_time() - begin)
    finally:
        torch.set_num_threads(1)
        for process in busy:
            process.kill()
            process.wait()
    # Of processors' time, which neighbours do not add to: a barrier that spins takes forty times one thread's.
    assert min(took[2]) < 8 * min(took[1])


def reason(tmp_path: Path, **environment: str) -> str:
    """What a fresh process with a fresh cache says about the kernels."""
    command = [sys.executable, "-m", "speecht5_demo.synthesis.native"]
    ours = {name: value for name, value in os.environ.items() if name != "SPEECHT5_DEMO_NATIVE"}
    environment = {**ours, "XDG_CACHE_HOME": str(tmp_path), **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=200)
    return done.stdout


def test_without_a_working_compiler_the_reason_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken-compiler"
    broken.write_text("#!/bin/sh\necho 'error: out of ideas' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IEXEC)
    said = reason(tmp_path, CXX=str(broken))
    expected = usable() if isinstance(usable(), str) else "out of ideas"
    assert "PyTorch's kernels" in said
    assert expected in said
    assert list(tmp_path.rglob("*.so")) == []


def test_a_cache_that_is_no_folder_is_named_once_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    aside = tmp_path / "aside"
    aside.mkdir()
    code = (
        "from speecht5_demo.synthesis.native import levels, library\n"
        "print({library.kept(level).parent for level in levels.X86})"
    )
    ours = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(aside)}
    done = subprocess.run([sys.executable, "-c", code], env=ours, capture_output=True, text=True, check=True)
    assert done.stdout.count(str(aside)) == 1
    assert done.stderr.count("\n") == 1
    assert f"not kept, and compiled again at every start: {tmp_path}/file" in done.stderr
    assert "XDG_CACHE_HOME" in done.stderr
    assert list(aside.iterdir()) == []


@pytest.fixture(scope="module")
def texts() -> list[Tensor]:
    """Tokens of no meaning, shorter and longer than relative positions reach, and than are encoded at once."""
    generator = torch.Generator().manual_seed(2)
    return [torch.randint(4, 38, (count,), generator=generator) for count in (37, 1, 16, 300, 200, 80, 17)]


def test_native_fp32_encodes_as_pytorch_does(embedded: Checkpoint, texts: list[Tensor]) -> None:
    native = load()
    if native is None:
        return
    weights = build(embedded, find("turbo"))
    packed = {name: PackedLinear(native, layer) for name, layer in weights.linears.items()}
    ours, theirs = NativeEncoder(native, weights, packed), Encoder(weights, packed)
    with torch.inference_mode():
        for made, exact in zip(ours.cross_of(texts), theirs.cross_of(texts), strict=True):
            for one, other in zip(made, exact, strict=True):
                assert float((one - other).norm() / other.norm()) < 1e-5


def test_an_int8_text_is_encoded_the_same_in_any_company(
    engines: tuple[TurboEngine, TurboEngine], texts: list[Tensor]
) -> None:
    encoder = engines[0]._encoder
    together = encoder.cross_of(texts) if engines[0].abilities.kernels == "C++" else []
    torch.set_num_threads(2)
    try:
        for text, encoded in zip(texts, together, strict=bool(together)):
            assert torch.equal(torch.stack(encoded), torch.stack(encoder.cross_of([text])[0]))
    finally:
        torch.set_num_threads(1)
