"""One variant in a process of its own: reads one JSON request a line, answers one JSON line.

A process apart has its own memory to measure and its own cold start, and waits without using the processor while
another has its turn.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

PASSAGE = (
    "the birch canoe slid on the smooth planks. glue the sheet to the dark blue background. it is easy to tell the "
    "depth of a well. these days a chicken leg is a rare dish. rice is often served in round bowls. the juice of "
    "lemons makes fine punch. the box was thrown beside the parked truck. the hogs were fed chopped corn and garbage. "
    "four hours of steady work faced us. a large size in stockings is hard to sell. the boy was there when the sun "
    "rose. a rod is used to catch pink salmon. the source of the huge river is the clear spring. "
)
"""Harvard sentences, lists 1 and 2 (IEEE 1969); a request speaks as many characters of them as it asks for."""
NEVER = 1e9
"""A stop threshold that no probability reaches: every variant makes the same number of frames."""


def memory() -> dict[str, int]:
    """Resident bytes of this process, now and at most."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    facts = {line.split(":")[0]: line.split() for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"rss_bytes": int(facts["VmRSS"][1]) * 1024, "peak_rss_bytes": int(facts["VmHWM"][1]) * 1024}


def pin(threads: int) -> None:
    """Keep this process on as many processors as it has threads, the last of those it may use."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[-threads:])


class Variant:
    """The requests a worker answers, for one variant of one checkpoint."""

    def __init__(self, checkpoint: str, name: str, threads: int) -> None:
        import torch

        from speecht5_demo.checkpoints import open_checkpoint
        from speecht5_demo.synthesis.engine_cache import make_engine
        from speecht5_demo.variants import find

        torch.set_num_threads(threads)
        self._torch = torch
        self._source = open_checkpoint(checkpoint)
        self._engine = make_engine(self._source, find(name))
        self._rate = self._source.vocoder_config.sampling_rate
        self.speak(characters=12, steps=4)

    def speak(self, characters: int, steps: int) -> dict[str, Any]:
        """Seconds by stage of one utterance of so many characters and steps."""
        spoken = self._engine.speak(*self._request(characters, steps, 0))
        seconds = spoken.encode_s, spoken.decode_s, spoken.vocode_s
        return {
            "encode_s": seconds[0],
            "decode_s": seconds[1],
            "vocode_s": seconds[2],
            "total_s": sum(seconds),
            "audio_s": len(spoken.samples) / self._rate,
            "steps": spoken.steps,
            "attention_s": spoken.attention_s,
            **memory(),
        }

    def first_audio(self, characters: int, steps: int) -> dict[str, Any]:
        """Seconds until the first samples could be played, and how many there are."""
        from speecht5_demo.synthesis.turbo import TurboEngine

        begin = time.perf_counter()
        if isinstance(self._engine, TurboEngine):
            stream = self._engine.stream(*self._request(characters, steps, 0))
            samples = len(next(stream))
            stream.close()
        else:
            samples = len(self._engine.speak(*self._request(characters, steps, 0)).samples)
        return {"ttfa_s": time.perf_counter() - begin, "first_audio_s": samples / self._rate}

    def batch(self, characters: int, steps: int, size: int) -> dict[str, Any]:
        """Seconds of so many utterances at once; those of the vocoder apart, for it does not batch."""
        from speecht5_demo.synthesis.turbo import Request, TurboEngine

        if not isinstance(self._engine, TurboEngine):
            return {"total_s": None}
        requests = [Request(*self._request(characters, steps, seed)) for seed in range(size)]
        begin = time.perf_counter()
        spoken = self._engine.speak_batch(requests)
        total = time.perf_counter() - begin
        return {
            "total_s": total,
            "vocode_s": sum(utterance.vocode_s for utterance in spoken),
            "audio_s": sum(len(utterance.samples) for utterance in spoken) / self._rate,
        }

    def sizes(self) -> dict[str, Any]:
        """Bytes and parameters, and which kernels run."""
        from dataclasses import asdict

        from speecht5_demo.synthesis.native import unavailable
        from speecht5_demo.synthesis.turbo import TurboEngine

        kernels = "transformers"
        if isinstance(self._engine, TurboEngine):
            why = unavailable()
            kernels = "C++" if self._engine.native else "PyTorch" + (f" ({why})" if why else "")
        return {"sizes": asdict(self._engine.sizes()), "kernels": kernels}

    def _request(self, characters: int, steps: int, seed: int) -> tuple[Any, ...]:
        from speecht5_demo.synthesis import StepLimits

        repeated = PASSAGE * (characters // len(PASSAGE) + 1)
        tokens = self._torch.tensor([self._source.tokenizer(repeated[:characters])["input_ids"]])
        speaker = self._torch.from_numpy(self._source.speaker().vector.copy())[None]
        limits = StepLimits(steps, steps, NEVER)
        return tokens, speaker, self._engine.new_masks(seed), limits


def main() -> None:
    """`python -m speecht5_demo.benchmark.worker CHECKPOINT VARIANT THREADS`."""
    checkpoint, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pin(threads)
    variant = Variant(checkpoint, name, threads)
    print(json.dumps({"ready": True, **memory()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(variant, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
