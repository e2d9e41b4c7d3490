"""The reference engine: transformers' own `generate_speech`, with our masks and a clock on each stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from speecht5_demo.synthesis.engine import Abilities, OnStep, Request, StepLimits, Utterance
from speecht5_demo.synthesis.masks import DropoutMasks
from speecht5_demo.synthesis.reference.watch import watched
from speecht5_demo.variants.modules import Modules


class ReferenceEngine:
    """Speaks with the stock transformers loop, whatever was done to the Linear layers. A second call waits."""

    abilities = Abilities(batch=1, shares=False, streams=False, kernels="transformers")

    def __init__(self, modules: Modules) -> None:
        self._acoustic: Any = modules.acoustic
        self._vocoder: Any = modules.vocoder
        self._one_at_a_time = threading.Lock()

    def new_masks(self, seed: int) -> DropoutMasks:
        """Masks of the shape this model's prenet needs."""
        config = self._acoustic.config
        return DropoutMasks(
            seed,
            layers=config.speech_decoder_prenet_layers,
            units=config.speech_decoder_prenet_units,
            p=config.speech_decoder_prenet_dropout,
        )

    def speak(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
        want_attention: bool = False,
    ) -> Utterance:
        """Speak one piece; see `Engine.speak`."""
        return self._speak(Request(tokens, speaker, masks, limits), on_step, want_attention)

    def speak_batch(
        self, requests: Sequence[Request], on_step: OnStep | None = None, want_attention: bool = False
    ) -> list[Utterance]:
        """Speak several pieces one after the other; see `Engine.speak_batch`."""
        return [self._speak(request, on_step, want_attention) for request in requests]

    def stream(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
    ) -> Generator[Tensor, None, Utterance]:
        """Yield the samples of one piece once it is whole; see `Engine.stream`."""
        utterance = self.speak(tokens, speaker, masks, limits, on_step)
        yield utterance.samples
        return utterance

    def speak_forced(self, tokens: Tensor, speaker: Tensor, masks: DropoutMasks, frames: Tensor) -> Utterance:
        """Speak along given frames; see `Engine.speak_forced`."""
        steps = frames.shape[0]
        limits = StepLimits(steps, min_steps=steps, threshold=float("inf"))
        return self._speak(Request(tokens, speaker, masks, limits), frames=frames)

    def _speak(
        self,
        request: Request,
        on_step: OnStep | None = None,
        want_attention: bool = False,
        frames: Tensor | None = None,
    ) -> Utterance:
        tokens, limits = request.tokens, request.limits
        ratio = self._acoustic.config.reduction_factor / tokens.shape[1]
        watching = watched(self._acoustic, request.masks, on_step, frames)
        with self._one_at_a_time, torch.inference_mode(), watching as watch:
            begin = time.perf_counter()
            generated = self._acoustic.generate_speech(
                tokens,
                request.speaker,
                threshold=limits.threshold,
                minlenratio=(limits.min_steps + 0.5) * ratio,
                maxlenratio=(limits.max_steps + 0.5) * ratio,
                output_cross_attentions=want_attention,
            )
            decoded = time.perf_counter()
            mel, attention = generated if want_attention else (generated, None)
            samples = self._vocoder(mel)
            vocoded = time.perf_counter()
        assert watch.prenet_inputs is not None
        return Utterance(
            mel=mel,
            samples=samples.reshape(-1).float(),
            encode_s=watch.encoded - begin,
            decode_s=decoded - watch.encoded,
            vocode_s=vocoded - decoded,
            steps=watch.steps,
            ended=watch.steps < limits.max_steps,
            prenet_inputs=watch.prenet_inputs,
            attention=attention,
        )
