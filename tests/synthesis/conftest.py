"""Two engines over the same weights, built once."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import ReferenceEngine, Request, StepLimits
from speecht5_demo.synthesis.turbo import TurboEngine
from speecht5_demo.variants import BASELINE, find
from speecht5_demo.variants.build import build


@dataclass(frozen=True)
class Pair:
    """transformers' loop and ours over one checkpoint."""

    checkpoint: Checkpoint
    reference: ReferenceEngine
    turbo: TurboEngine

    def request(self, text: str, limits: StepLimits, speaker: str | None = None, seed: int = 0) -> Request:
        """What either engine is asked to speak."""
        return Request(
            tokens=tokens_of(self.checkpoint, text),
            speaker=torch.from_numpy(self.checkpoint.speaker(speaker).vector.copy())[None],
            masks=self.turbo.new_masks(seed),
            limits=limits,
        )


def tokens_of(checkpoint: Checkpoint, text: str) -> Tensor:
    """Token ids, shape (1, n)."""
    return torch.tensor([checkpoint.tokenizer(text)["input_ids"]])


def turbo_engine(checkpoint: Checkpoint, variant: str = "turbo") -> TurboEngine:
    """An engine of a turbo variant."""
    return TurboEngine(build(checkpoint, find(variant)))


@pytest.fixture(scope="session")
def pair(embedded: Checkpoint) -> Pair:
    """Both engines over the built-in voice."""
    return Pair(embedded, ReferenceEngine(build(embedded, BASELINE)), turbo_engine(embedded))


@pytest.fixture(scope="session")
def int8(embedded: Checkpoint) -> TurboEngine:
    """The built-in voice as turbo-int8."""
    return turbo_engine(embedded, "turbo-int8")
