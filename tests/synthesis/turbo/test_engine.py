"""The turbo engine says what transformers says, alone, in company, in pieces and from several threads."""

import threading
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SynthesisCancelled, SynthesisError
from speecht5_demo.synthesis import ReferenceEngine, Request, StepLimits
from speecht5_demo.synthesis.turbo import TurboEngine
from speecht5_demo.synthesis.vocoding import Vocoder
from speecht5_demo.variants import BASELINE
from speecht5_demo.variants.build import build
from speecht5_demo.variants.turbo import fold_vocoder
from tests.support.drawn_once import full_size
from tests.synthesis.conftest import Pair, turbo_engine

SHORT, LONG = "hello there.", "the birch canoe slid on the smooth planks, and nobody saw it leave."
NEVER = 9.0
"""A stop threshold that two probabilities cannot reach."""


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference between two tensors of one shape, as a share of the largest value."""
    assert one.shape == other.shape
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("text", [SHORT, LONG])
@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("place", [0, -1])
def test_fp32_samples_are_those_of_transformers(pair: Pair, text: str, seed: int, place: int) -> None:
    speaker = list(pair.checkpoint.speakers)[place]
    request = pair.request(text, StepLimits(max_steps=150), speaker, seed)
    ours = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    theirs = pair.reference.speak(request.tokens, request.speaker, request.masks, request.limits)
    assert (ours.steps, ours.ended) == (theirs.steps, theirs.ended)
    # Each step hears the rounding of the one before: transformers with and without oneDNN is apart by almost as much,
    # and with AVX2 alone, where both round otherwise, it was 3.6e-4.
    assert apart(ours.mel, theirs.mel) < 6e-4
    # The trained vocoder turns a last-digit difference of a frame into a phase, hence into more than that.
    assert apart(ours.samples, theirs.samples) < 5e-3


def test_fp32_vocoder_is_that_of_transformers(pair: Pair, embedded: Checkpoint) -> None:
    request = pair.request(LONG, StepLimits(80, 80, NEVER))
    theirs = pair.reference.speak(request.tokens, request.speaker, request.masks, request.limits)
    vocoder = Vocoder(*fold_vocoder(embedded.load_vocoder()))
    with torch.inference_mode():
        whole = vocoder.vocode(theirs.mel)
        parts = [
            vocoder.vocode_between(theirs.mel, first, first + 40) for first in range(0, len(theirs.mel), 40)
        ]
    assert apart(whole, theirs.samples) < 1e-4
    assert apart(torch.cat(parts), whole) < 1e-4


@pytest.mark.parametrize(
    "limits",
    [
        StepLimits(max_steps=1),
        StepLimits(max_steps=5, threshold=NEVER),
        StepLimits(max_steps=60, threshold=0.02),
        StepLimits(max_steps=60, min_steps=40, threshold=0.0),
    ],
)
def test_runs_end_where_transformers_ends_them(pair: Pair, limits: StepLimits) -> None:
    request = pair.request(SHORT, limits)
    ours = pair.turbo.speak(request.tokens, request.speaker, request.masks, limits)
    theirs = pair.reference.speak(request.tokens, request.speaker, request.masks, limits)
    assert (ours.steps, ours.ended) == (theirs.steps, theirs.ended)
    assert apart(ours.mel, theirs.mel) < 1e-4


def test_full_size_equals_transformers() -> None:
    checkpoint = full_size()
    pair = Pair(checkpoint, ReferenceEngine(build(checkpoint, BASELINE)), turbo_engine(checkpoint))
    request = pair.request(SHORT, StepLimits(max_steps=6, threshold=NEVER))
    ours = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    theirs = pair.reference.speak(request.tokens, request.speaker, request.masks, request.limits)
    # Weights of 24 bits and the sums of either are apart by 2e-6.
    assert apart(ours.mel, theirs.mel) < 2e-5
    assert apart(ours.samples, theirs.samples) < 1e-4


def mixed(pair: Pair) -> list[Request]:
    """Texts of several lengths that end at different steps, one of them past the first size of the cache."""
    speakers = list(pair.checkpoint.speakers)
    return [
        pair.request(SHORT, StepLimits(9, 9, NEVER), speakers[0], 1),
        pair.request(LONG, StepLimits(140, 140, NEVER), speakers[-1], 2),
        pair.request("so?", StepLimits(4, 4, NEVER), speakers[0], 3),
        pair.request(LONG, StepLimits(9, 9, NEVER), speakers[-1], 4),
        pair.request(SHORT, StepLimits(max_steps=120), speakers[0], 5),
    ]


def test_a_batch_equals_its_utterances_one_by_one(pair: Pair) -> None:
    requests = mixed(pair)
    for request, together in zip(requests, pair.turbo.speak_batch(requests), strict=True):
        alone = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
        assert (alone.steps, alone.ended) == (together.steps, together.ended)
        assert apart(alone.mel, together.mel) < 5e-4
        # The vocoder magnifies what 140 steps of other rounding leave in the mel.
        assert apart(alone.samples, together.samples) < 2e-3


def test_streamed_samples_are_those_of_the_whole(pair: Pair) -> None:
    request = pair.request(LONG, StepLimits(110, 110, NEVER))
    whole = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    chunks = list(pair.turbo.stream(request.tokens, request.speaker, request.masks, request.limits))
    assert len(chunks) > 2
    assert all(len(chunk) for chunk in chunks)
    assert apart(torch.cat(chunks), whole.samples) < 1e-4


def test_the_first_chunk_comes_before_the_last_step(pair: Pair) -> None:
    request = pair.request(LONG, StepLimits(110, 110, NEVER))
    seen: list[int] = []
    stream = pair.turbo.stream(request.tokens, request.speaker, request.masks, request.limits, seen.append)
    next(stream)
    assert seen[-1] < 40
    stream.close()
    assert seen[-1] < 40


def test_an_utterance_shorter_than_one_chunk_streams_whole(pair: Pair) -> None:
    request = pair.request(SHORT, StepLimits(3, 3, NEVER))
    whole = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    chunks = list(pair.turbo.stream(request.tokens, request.speaker, request.masks, request.limits))
    assert apart(torch.cat(chunks), whole.samples) < 1e-5


def test_a_run_stops_when_asked_to(pair: Pair) -> None:
    request = pair.request(LONG, StepLimits(400, 400, NEVER))
    seen: list[int] = []

    def stop(step: int) -> None:
        seen.append(step)
        raise SynthesisCancelled("enough")

    with pytest.raises(SynthesisCancelled):
        pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits, stop)
    assert seen[0] <= 8


def test_two_threads_do_not_meet(pair: Pair) -> None:
    requests = [pair.request(LONG, StepLimits(40, 40, NEVER), seed=seed) for seed in (1, 2)]
    alone = [pair.turbo.speak(r.tokens, r.speaker, r.masks, r.limits).mel for r in requests]
    together: dict[int, Tensor] = {}

    def speak(index: int) -> None:
        r = requests[index]
        for _ in range(3):
            together[index] = pair.turbo.speak(r.tokens, r.speaker, r.masks, r.limits).mel

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [torch.equal(alone[index], together[index]) for index in range(2)] == [True, True]


def test_the_global_random_state_plays_no_part(pair: Pair) -> None:
    request = pair.request(SHORT, StepLimits(10, 10, NEVER))
    before = torch.random.get_rng_state()
    first = pair.turbo.speak(request.tokens, request.speaker, pair.turbo.new_masks(3), request.limits)
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(99)
    again = pair.turbo.speak(request.tokens, request.speaker, pair.turbo.new_masks(3), request.limits)
    assert torch.equal(first.mel, again.mel)


@pytest.mark.parametrize("count", [0, 10_000])
def test_a_piece_of_impossible_length_is_refused_by_number(pair: Pair, count: int) -> None:
    request = pair.request(SHORT, StepLimits(max_steps=5))
    impossible = replace(request, tokens=torch.full((1, count), 5))
    with pytest.raises(SynthesisError, match=str(count)):
        pair.turbo.speak_batch([impossible])


def test_an_empty_batch_is_no_work(pair: Pair) -> None:
    assert pair.turbo.speak_batch([]) == []


@pytest.mark.parametrize("place", range(4))
def test_int8_stays_close_to_fp32(pair: Pair, int8: TurboEngine, place: int) -> None:
    # Two seconds: later on one may be a step further in the text, which is another reading, not another sound.
    request = pair.request(LONG, StepLimits(30, 30, NEVER), list(pair.checkpoint.speakers)[place])
    exact = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    coarse = int8.speak(request.tokens, request.speaker, request.masks, request.limits)
    error = float((exact.mel - coarse.mel).norm() / exact.mel.norm())
    assert 0 < error < 0.2
