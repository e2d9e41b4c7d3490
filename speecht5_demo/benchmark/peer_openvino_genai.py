"""OpenVINO GenAI's own pipeline, int8 weights: `peer_openvino_genai.py FOLDER PRECISION THREADS`."""

import sys
import time
from pathlib import Path

from protocol import Ready, Utterance, pin, serve, size_of, versions  # type: ignore[import-not-found]

TEXT = "the birch canoe slid on the smooth planks. glue the sheet to the dark blue background. "


class PeerModel:
    """The pipeline, whose parts are not told apart: all of its time counts as the decoder's."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import openvino
        import openvino_genai

        self._pipeline = openvino_genai.Text2SpeechPipeline(
            str(folder),
            "CPU",
            INFERENCE_PRECISION_HINT=precision,
            INFERENCE_NUM_THREADS=threads,
            PERFORMANCE_HINT="LATENCY",
        )
        import numpy as np

        vector = np.random.default_rng(1).standard_normal((1, 512)).astype(np.float32)
        self._speaker = openvino.Tensor(vector / np.linalg.norm(vector))

    def speak(self, characters: int, steps: int) -> Utterance:
        """One utterance of so many characters and steps."""
        text = (TEXT * (characters // len(TEXT) + 1))[:characters]
        config = self._pipeline.get_generation_config()
        ratio = (steps + 0.5) * 2 / (characters + 1)  # two frames a step; the tokenizer adds an end
        config.threshold, config.minlenratio, config.maxlenratio = 1.0, ratio, ratio + 1e-4
        self._pipeline.set_generation_config(config)
        begin = time.perf_counter()
        made = self._pipeline.generate(text, self._speaker)
        total = time.perf_counter() - begin
        samples = made.speeches[0].data.size
        return Utterance(0.0, total, 0.0, samples / 16_000, samples // 512)


def main() -> None:
    """See the top of the file."""
    folder, precision, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    pin(threads)
    ready = Ready(
        versions=versions("openvino", "openvino-genai"),
        disk_bytes=size_of(folder),
        note=f"weights int8, arithmetic {precision}, loop in C++",
    )
    serve(ready, PeerModel(folder, precision, threads).speak)


if __name__ == "__main__":
    main()
