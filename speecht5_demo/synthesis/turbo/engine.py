"""The turbo engine: folded weights in, speech out; whole, streamed, or many utterances at once."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from speecht5_demo.errors import SynthesisError
from speecht5_demo.synthesis import native
from speecht5_demo.synthesis.engine import Abilities, OnStep, Request, StepLimits, Utterance
from speecht5_demo.synthesis.masks import DropoutMasks
from speecht5_demo.synthesis.native import PackedLinear
from speecht5_demo.synthesis.native.vocoding import NativeVocoder
from speecht5_demo.synthesis.turbo.attention import look_back
from speecht5_demo.synthesis.turbo.decoding import Decoder, Decoding, Prompt, TorchDecoder
from speecht5_demo.synthesis.turbo.encoder import Encoder
from speecht5_demo.synthesis.turbo.linears import Int8Rows, ready
from speecht5_demo.synthesis.turbo.native_decoding import NativeDecoder, read_at_every_step
from speecht5_demo.synthesis.turbo.native_encoding import NativeEncoder
from speecht5_demo.synthesis.turbo.native_postnet import NativePostnet
from speecht5_demo.synthesis.turbo.postnet import Postnet
from speecht5_demo.synthesis.turbo.stopwatch import Stopwatch
from speecht5_demo.synthesis.vocoding import AnyVocoder, Vocoder
from speecht5_demo.variants.turbo import TurboWeights

PATIENCE = 8
"""Decoder steps between two looks at whether the user wants to stop: a tenth of a second at most."""
MAX_BATCH = 8
"""Pieces spoken at once: most of what a batch gains, in bounded memory."""
FIRST_CHUNK, CHUNK_GROWTH, LAST_CHUNK = 7, 2, 192
"""Frames of the first streamed chunk at least, the factor each next one grows by, and the longest.

Seven are a tenth of a second, in which a processor four times as fast as real time makes the next chunk; and
with what a full-size vocoder looks ahead they end where a window of PyTorch's postnet ends."""


def return_freed_memory() -> None:
    """Give what packing has freed back to the system, where the C library (glibc) would keep it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def native_kernels(weights: TurboWeights) -> ctypes.CDLL | None:
    """The C++ kernels, where they can be had and the model's widths suit them: in every storage they are the faster."""
    return native.load() if NativeDecoder.fits(weights) else None


def _packed(kernels: ctypes.CDLL, weights: TurboWeights, consume: bool) -> dict[str, PackedLinear]:
    """Every linear layer packed; with `consume`, what each was made from is freed before the next one is packed."""
    packed = {}
    for name in list(weights.linears):
        layer = weights.linears[name]
        packed[name] = PackedLinear(kernels, layer, fixed=read_at_every_step(name))
        if consume and isinstance(weights.linears, dict):
            # Its shape is asked for later.
            weights.linears[name] = replace(layer, weight=layer.weight.to("meta"))
            del layer
            return_freed_memory()
    return packed


def vocoder_of(weights: TurboWeights) -> AnyVocoder:
    """The vocoder in C++ where it can be had and fits the network: it is the faster one."""
    kernels = native.load() if NativeVocoder.fits(weights.vocoder, weights.tensors) else None
    if kernels is not None:
        return NativeVocoder(kernels, weights.vocoder, weights.tensors)
    return Vocoder(weights.vocoder, weights.tensors)


def _kernels_in_words(in_cpp: bool) -> str:
    reason = native.unavailable()
    return "C++" if in_cpp else f"PyTorch ({reason})" if reason else "PyTorch"


class TurboEngine:
    """Speaks folded weights. Safe under threads: all state of a run is its own.

    In C++ the large layers of an fp32 decoder are kept in 24 bits of fixed point. Frames stay as near to transformers'
    as with fp32 weights, 2e-6 of the largest value at full size.

    Args:
        weights: from `fold` or from an artifact.
        consume: whether the weights are this engine's alone; then memory of what is packed is given back.
    """

    def __init__(self, weights: TurboWeights, consume: bool = False) -> None:
        self._shape = weights.shape
        self._decoder: Decoder
        kernels = native_kernels(weights)
        exact = True
        """Whether an utterance of a batch equals the same one alone. Where PyTorch's kernels quantise activations they
        round differently in a batch, and a voice magnifies that; then texts are spoken one by one."""
        if kernels is not None:
            packed = _packed(kernels, weights, consume)
            fits = NativeEncoder.fits(weights)
            self._encoder = NativeEncoder(kernels, weights, packed) if fits else Encoder(weights, packed)
            self._decoder = NativeDecoder(kernels, weights, packed)
            self._watched = TorchDecoder(weights, packed)  # shares all memory with the one that speaks
        else:
            linears = {}
            for name, layer in weights.linears.items():
                linears[name] = ready(layer)
                return_freed_memory()  # or what packing frees piles up to twice the weights
            exact = not any(isinstance(linear, Int8Rows) for linear in linears.values())
            self._encoder = Encoder(weights, linears)
            self._decoder = self._watched = TorchDecoder(weights, linears)
        if kernels is not None and NativePostnet.fits(weights):
            self._postnet: Postnet = NativePostnet(kernels, weights)
        else:
            self._postnet = Postnet(weights)
        self._vocoder = vocoder_of(weights)
        return_freed_memory()
        self.abilities = Abilities(
            batch=MAX_BATCH if exact else 1,
            shares=True,
            streams=True,
            kernels=_kernels_in_words(kernels is not None),
        )

    def new_masks(self, seed: int) -> DropoutMasks:
        """Masks of the shape this model's prenet needs."""
        shape = self._shape
        return DropoutMasks(seed, shape.prenet_layers, shape.prenet_units, shape.prenet_p)

    def speak(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
        want_attention: bool = False,
    ) -> Utterance:
        """Speak one piece; see `Engine.speak`, and `speak_batch` for `want_attention`.

        Raises:
            SynthesisError: there is no token, or more than the model has positions for.
        """
        (utterance,) = self.speak_batch([Request(tokens, speaker, masks, limits)], on_step, want_attention)
        return utterance

    def speak_batch(
        self, requests: Sequence[Request], on_step: OnStep | None = None, want_attention: bool = False
    ) -> list[Utterance]:
        """Speak several pieces at once; each comes out as it would alone.

        The seconds of what is shared are split among the utterances: encoding by their tokens, the decoder loop by the
        steps they took. `want_attention` keeps the cross-attention, at the cost of a second pass that no stage counts.

        Raises:
            SynthesisError: as `speak`.
        """
        if not requests:
            return []
        with torch.inference_mode():
            begin = time.perf_counter()
            prompts = self._prompts(requests)
            encode_s = time.perf_counter() - begin
            begin = time.perf_counter()
            decoding = self._decoder.start(prompts)
            done = 0
            while decoding.active:
                decoding.advance(PATIENCE if done else 1)
                done = max(decoding.steps(index) for index in range(len(requests)))
                if on_step is not None:
                    on_step(done)
            made = [decoding.frames(index) for index in range(len(requests))]
            mels = [self._postnet.refine(frames) for frames in made]
            decode_s, attention_s = time.perf_counter() - begin, decoding.attention_s
            steps = [decoding.steps(index) for index in range(len(requests))]
            tokens = [request.tokens.numel() for request in requests]
            utterances = []
            for index, mel in enumerate(mels):
                begin = time.perf_counter()
                samples = self._vocoder.vocode(mel)
                utterances.append(
                    Utterance(
                        mel=mel,
                        samples=samples,
                        encode_s=encode_s * tokens[index] / sum(tokens),
                        decode_s=decode_s * steps[index] / sum(steps),
                        attention_s=attention_s * steps[index] / sum(steps),
                        vocode_s=time.perf_counter() - begin,
                        steps=steps[index],
                        ended=decoding.ended(index),
                        prenet_inputs=self._prenet_inputs(made[index]),
                        attention=self._attention(prompts[index], made[index]) if want_attention else None,
                    )
                )
        return utterances

    def speak_forced(self, tokens: Tensor, speaker: Tensor, masks: DropoutMasks, frames: Tensor) -> Utterance:
        """Speak along given frames instead of the own ones (teacher forcing): step t hears `frames[t]`.

        Args:
            tokens, speaker, masks: as `speak`.
            frames: float32, shape (steps, mel bins); the first is what the first step hears, zeros as a rule.

        Raises:
            SynthesisError: as `speak`.
        """
        steps = frames.shape[0]
        limits = StepLimits(steps, min_steps=steps, threshold=float("inf"))
        with torch.inference_mode():
            begin = time.perf_counter()
            (prompt,) = self._prompts([Request(tokens, speaker, masks, limits)])
            encoded = time.perf_counter()
            decoding = self._decoder.start([prompt])
            for frame in frames:
                decoding.hear(frame[None])
                decoding.advance(1)
            mel = self._postnet.refine(decoding.frames(0))
            decoded = time.perf_counter()
            samples = self._vocoder.vocode(mel)
            return Utterance(
                mel=mel,
                samples=samples,
                encode_s=encoded - begin,
                decode_s=decoded - encoded,
                vocode_s=time.perf_counter() - decoded,
                steps=steps,
                ended=False,
                prenet_inputs=frames,
            )

    def stream(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
    ) -> Generator[Tensor, None, Utterance]:
        """Speak one piece and yield its samples as they are made, in growing chunks; return the whole.

        A chunk waits until the frames that it depends on exist, so its samples are those of `speak`. Closing the
        generator ends the run. Arguments and errors are those of `speak`.
        """
        stages = Stopwatch()
        with torch.inference_mode(), stages.timing("encode"):
            (prompt,) = self._prompts([Request(tokens, speaker, masks, limits)])
        with torch.inference_mode(), stages.timing("decode"):
            decoding = self._decoder.start([prompt])
        given, chunk, whole = 0, FIRST_CHUNK, False
        mel = torch.empty(0, self._shape.mel_bins)
        spoken: list[Tensor] = []
        while not whole:
            with torch.inference_mode(), stages.timing("decode"):
                needed = self._postnet.needed(given + chunk + self._vocoder.context)
                self._decode_until(decoding, needed, on_step)
                frames, whole = decoding.frames(0), decoding.finished(0)
                known = self._postnet.ready(frames.shape[0], whole)
                mel = torch.cat([mel, self._postnet.refine(frames, mel.shape[0], known)])
            with torch.inference_mode(), stages.timing("vocode"):
                last = known - (0 if whole else self._vocoder.context)
                spoken.append(self._vocoder.vocode_between(mel, given, last))
            given, chunk = last, min(chunk * CHUNK_GROWTH, LAST_CHUNK)
            yield spoken[-1]
        return Utterance(
            mel=mel,
            samples=torch.cat(spoken),
            encode_s=stages.seconds["encode"],
            decode_s=stages.seconds["decode"],
            attention_s=decoding.attention_s,
            vocode_s=stages.seconds["vocode"],
            steps=decoding.steps(0),
            ended=decoding.ended(0),
            prenet_inputs=self._prenet_inputs(decoding.frames(0)),
        )

    def _prenet_inputs(self, made: Tensor) -> Tensor:
        """What each step of a run was given: the last frame, before the postnet, that the step before it made."""
        last = made[self._shape.reduction - 1 :: self._shape.reduction]
        return torch.cat([made.new_zeros(1, made.shape[1]), last[:-1]])

    def _attention(self, prompt: Prompt, frames: Tensor) -> Tensor:
        return look_back(self._watched, prompt, frames)[0]

    def _decode_until(self, decoding: Decoding, frames: int, on_step: OnStep | None) -> None:
        steps = -(-frames // self._shape.reduction)
        while decoding.active and decoding.steps(0) < steps:
            patience = PATIENCE if decoding.steps(0) else 1
            decoding.advance(min(patience, steps - decoding.steps(0)))
            if on_step is not None:
                on_step(decoding.steps(0))

    def _prompts(self, requests: Sequence[Request]) -> list[Prompt]:
        texts = [request.tokens.reshape(-1) for request in requests]
        for text, request in zip(texts, requests, strict=True):
            self._check(text, request.limits)
        return [
            Prompt(cross, request.speaker.reshape(-1).float(), request.masks, request.limits)
            for cross, request in zip(self._encoder.cross_of(texts), requests, strict=True)
        ]

    def _check(self, text: Tensor, limits: StepLimits) -> None:
        if not 1 <= text.shape[0] <= self._encoder.positions:
            raise SynthesisError(
                f"Cannot speak a piece of {text.shape[0]} tokens: this checkpoint takes 1 to "
                f"{self._encoder.positions}. Write a text, or split it."
            )
        if not 1 <= limits.max_steps <= self._decoder.positions.shape[0]:
            raise SynthesisError(
                f"Cannot take {limits.max_steps} decoder steps: this checkpoint has 1 to "
                f"{self._decoder.positions.shape[0]}."
            )
