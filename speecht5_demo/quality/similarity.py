"""Whether it is still the same voice: the cosine of two speaker embeddings.

No kept package brings speaker weights with it, so this needs a transformers x-vector checkpoint, for instance
`microsoft/wavlm-base-plus-sv`, from the hub or a folder.
"""

from typing import Any

import torch

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible


class SpeakerModel:
    """An x-vector checkpoint of transformers."""

    def __init__(self, name: str) -> None:
        from transformers import AutoFeatureExtractor, AutoModelForAudioXVector

        self.name = name
        try:
            self._features: Any = AutoFeatureExtractor.from_pretrained(name)
            self._model: Any = AutoModelForAudioXVector.from_pretrained(name, dtype=torch.float32).eval()
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise QualityError(
                f"The speaker model {name} does not open: {str(error).splitlines()[0]} "
                "Give a folder or a hub id that this machine can reach, or leave similarity out."
            ) from error

    def similarity(self, reference: Samples, other: Samples) -> float:
        """Cosine of the two embeddings, -1 to 1.

        Raises:
            QualityError: when either signal is silent, or too short for the model.
        """
        one, two = (self._embedding(audible(samples, "similarity")) for samples in (reference, other))
        return float(torch.nn.functional.cosine_similarity(one, two, dim=0))

    def _embedding(self, samples: Samples) -> torch.Tensor:
        inputs = self._features(samples, sampling_rate=SAMPLING_RATE, return_tensors="pt")
        try:
            with torch.inference_mode():
                embedding: torch.Tensor = self._model(**inputs).embeddings[0]
        except RuntimeError as error:
            raise QualityError(f"{self.name}: {str(error).splitlines()[0]}") from error
        return embedding
