"""The reference engine: transformers' own `generate_speech`, with our masks and a clock on each stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from speecht5_demo.synthesis.engine import OnStep, StepLimits, Utterance
from speecht5_demo.synthesis.masks import DropoutMasks
from speecht5_demo.variants import BuiltVariant, Sizes, measure_sizes


class ReferenceEngine:
    """Speaks with the stock transformers loop, whatever was done to the Linear layers."""

    def __init__(self, built: BuiltVariant) -> None:
        self.built = built
        self._acoustic: Any = built.acoustic
        self._vocoder: Any = built.vocoder
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

    def sizes(self) -> Sizes:
        """Bytes and parameters of the variant; saves it to a temporary file each time."""
        return measure_sizes(self.built)

    def speak(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
        want_attention: bool = False,
    ) -> Utterance:
        """Speak one piece; see `Engine.speak`. `want_attention` keeps the cross-attention, at some cost in time."""
        ratio = self._acoustic.config.reduction_factor / tokens.shape[1]
        with self._one_at_a_time, torch.inference_mode(), self._watched(masks, on_step) as watch:
            begin = time.perf_counter()
            generated = self._acoustic.generate_speech(
                tokens,
                speaker,
                threshold=limits.threshold,
                minlenratio=(limits.min_steps + 0.5) * ratio,
                maxlenratio=(limits.max_steps + 0.5) * ratio,
                output_cross_attentions=want_attention,
            )
            decoded = time.perf_counter()
            mel, attention = generated if want_attention else (generated, None)
            samples = self._vocoder(mel)
            vocoded = time.perf_counter()
        return Utterance(
            mel=mel,
            samples=samples.reshape(-1).float(),
            encode_s=watch.encoded - begin,
            decode_s=decoded - watch.encoded,
            vocode_s=vocoded - decoded,
            steps=watch.steps,
            ended=watch.steps < limits.max_steps,
            attention=attention,
        )

    @contextmanager
    def _watched(self, masks: DropoutMasks, on_step: OnStep | None) -> Iterator[_Watch]:
        """Our masks in the prenet and a watch on the stages, for the length of one utterance."""
        prenet, encoder = self._acoustic.speecht5.decoder.prenet, self._acoustic.speecht5.encoder
        watch = _Watch(masks, layers=len(prenet.layers), on_step=on_step)
        prenet._consistent_dropout = watch.dropout
        hooks = (
            encoder.register_forward_hook(watch.encoder_done),
            prenet.register_forward_hook(watch.prenet_done),
        )
        try:
            yield watch
        finally:
            del prenet._consistent_dropout
            for hook in hooks:
                hook.remove()


class _Watch:
    """Counts steps, notes when the encoder ended, and stands in for the prenet's dropout."""

    def __init__(self, masks: DropoutMasks, layers: int, on_step: OnStep | None) -> None:
        self.encoded = 0.0
        self.steps = 0
        self._masks = masks
        self._layers = layers
        self._layer = 0
        self._on_step = on_step

    def dropout(self, inputs: Tensor, p: float) -> Tensor:
        """The mask of each frame so far, shape (batch, frames, units), in the order the layers ask."""
        mask = self._masks.table(inputs.shape[1])[:, self._layer]
        self._layer = (self._layer + 1) % self._layers
        return inputs * mask

    def encoder_done(self, *_: Any) -> None:
        self.encoded = time.perf_counter()

    def prenet_done(self, *_: Any) -> None:
        self.steps += 1
        if self._on_step is not None:
            self._on_step(self.steps)
