"""OpenVINO by optimum-intel, int8 weights: `peer_openvino.py FOLDER PRECISION THREADS`."""

import sys
import time
from pathlib import Path
from typing import Any

from protocol import NEVER, Ready, Utterance, pin, serve, size_of, versions  # type: ignore[import-not-found]


class PeerModel:
    """The library's own loop, with a clock on two of its parts."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import torch
        from optimum.intel import OVModelForTextToSpeechSeq2Seq

        torch.set_num_threads(threads)
        self._torch = torch
        self._model = OVModelForTextToSpeechSeq2Seq.from_pretrained(
            folder,
            ov_config={
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": str(threads),
                "PERFORMANCE_HINT": "LATENCY",
            },
        )
        self._frames_a_step = int(self._model.config.reduction_factor)
        vector = torch.randn(1, 512, generator=torch.Generator().manual_seed(1))
        self._speaker = torch.nn.functional.normalize(vector)
        self._seconds = {"encoder": 0.0, "vocoder": 0.0}
        for name in self._seconds:
            self._time(name)

    def _time(self, name: str) -> None:
        part = getattr(self._model, name)
        forward = part.forward

        def wrapped(*arguments: Any, **named: Any) -> Any:
            begin = time.perf_counter()
            result = forward(*arguments, **named)
            self._seconds[name] += time.perf_counter() - begin
            return result

        part.forward = wrapped

    def speak(self, characters: int, steps: int) -> Utterance:
        """One utterance of so many tokens and steps."""
        self._seconds.update(encoder=0.0, vocoder=0.0)
        tokens = self._torch.randint(4, 35, (1, characters), generator=self._torch.Generator().manual_seed(0))
        begin = time.perf_counter()
        made = self._model.generate(
            tokens,
            speaker_embeddings=self._speaker,
            threshold=NEVER,
            minlenratio=0.0,
            maxlenratio=(steps + 0.5) * self._frames_a_step / characters,
        )
        total = time.perf_counter() - begin
        samples = int(getattr(made, "waveform", made).shape[-1])
        encode, vocode = self._seconds["encoder"], self._seconds["vocoder"]
        return Utterance(
            encode_s=encode,
            decode_s=total - encode - vocode,
            vocode_s=vocode,
            audio_s=samples / 16_000,
            steps=samples // (256 * self._frames_a_step),
        )


def main() -> None:
    """See the top of the file."""
    folder, precision, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    pin(threads)
    ready = Ready(
        versions=versions("openvino", "optimum-intel", "transformers", "torch"),
        disk_bytes=size_of(folder),
        note=f"weights int8, arithmetic {precision}",
    )
    serve(ready, PeerModel(folder, precision, threads).speak)


if __name__ == "__main__":
    main()
