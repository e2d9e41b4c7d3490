"""One variant in a process of its own: `python -m speecht5_demo.benchmark.worker CHECKPOINT VARIANT THREADS`."""

from __future__ import annotations

import sys
import time
from typing import Any

from speecht5_demo.benchmark.protocol import (
    NEVER,
    Batch,
    Contents,
    FirstAudio,
    Ready,
    Utterance,
    pin,
    serve,
)

PASSAGE = (
    "the birch canoe slid on the smooth planks. glue the sheet to the dark blue background. it is easy to tell the "
    "depth of a well. these days a chicken leg is a rare dish. rice is often served in round bowls. the juice of "
    "lemons makes fine punch. the box was thrown beside the parked truck. the hogs were fed chopped corn and garbage. "
    "four hours of steady work faced us. a large size in stockings is hard to sell. the boy was there when the sun "
    "rose. a rod is used to catch pink salmon. the source of the huge river is the clear spring. "
)
"""Harvard sentences, lists 1 and 2 (IEEE 1969); a request speaks as many characters of them as it asks for."""


class SpokenVariant:
    """The requests a worker answers, for one variant of one checkpoint."""

    def __init__(self, checkpoint: str, name: str, threads: int) -> None:
        import torch

        from speecht5_demo.checkpoints import open_checkpoint
        from speecht5_demo.synthesis.engine_cache import make_engine
        from speecht5_demo.variants import find

        torch.set_num_threads(threads)
        self._torch = torch
        self._source = open_checkpoint(checkpoint)
        self._recipe = find(name)
        self._engine = make_engine(self._source, self._recipe)
        self._rate = self._source.vocoder_config.sampling_rate

    def speak(self, characters: int, steps: int) -> Utterance:
        """One utterance of so many characters and steps."""
        spoken = self._engine.speak(*self._request(characters, steps, 0))
        return Utterance(
            encode_s=spoken.encode_s,
            decode_s=spoken.decode_s,
            vocode_s=spoken.vocode_s,
            audio_s=len(spoken.samples) / self._rate,
            steps=spoken.steps,
            attention_s=spoken.attention_s,
        )

    def first_audio(self, characters: int, steps: int) -> FirstAudio:
        """Seconds until the first samples could be played, and how many there are."""
        begin = time.perf_counter()
        stream = self._engine.stream(*self._request(characters, steps, 0))
        samples = len(next(stream))
        stream.close()
        return FirstAudio(time.perf_counter() - begin, samples / self._rate)

    def batch(self, characters: int, steps: int, size: int) -> Batch:
        """Seconds of so many utterances at once; those of the vocoder apart, for it does not batch."""
        from speecht5_demo.synthesis import Request

        if not self._engine.abilities.shares:
            return Batch(None)
        requests = [Request(*self._request(characters, steps, seed)) for seed in range(size)]
        begin = time.perf_counter()
        spoken = self._engine.speak_batch(requests)
        total = time.perf_counter() - begin
        return Batch(
            total_s=total,
            vocode_s=sum(utterance.vocode_s for utterance in spoken),
            audio_s=sum(len(utterance.samples) for utterance in spoken) / self._rate,
        )

    def contents(self) -> Contents:
        """Bytes and parameters, and which kernels run."""
        from dataclasses import asdict

        from speecht5_demo.variants.artifact import variant_sizes

        sizes = variant_sizes(self._source, self._recipe)
        return Contents(asdict(sizes), self._engine.abilities.kernels)

    def _request(self, characters: int, steps: int, seed: int) -> tuple[Any, ...]:
        from speecht5_demo.synthesis import StepLimits

        repeated = PASSAGE * (characters // len(PASSAGE) + 1)
        tokens = self._torch.tensor([self._source.tokenizer(repeated[:characters])["input_ids"]])
        speaker = self._torch.from_numpy(self._source.speaker().vector.copy())[None]
        limits = StepLimits(steps, steps, NEVER)
        return tokens, speaker, self._engine.new_masks(seed), limits


def main() -> None:
    """See the top of the file."""
    checkpoint, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pin(threads)
    variant = SpokenVariant(checkpoint, name, threads)
    serve(
        Ready(),
        variant.speak,
        first_audio=variant.first_audio,
        batch=variant.batch,
        contents=variant.contents,
    )


if __name__ == "__main__":
    main()
