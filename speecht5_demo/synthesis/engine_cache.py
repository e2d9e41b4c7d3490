"""Which engine speaks a variant, and the few engines kept ready in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import assert_never

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.memory import keep_freed_memory
from speecht5_demo.synthesis.engine import Engine
from speecht5_demo.synthesis.reference import ReferenceEngine
from speecht5_demo.synthesis.turbo import TurboEngine
from speecht5_demo.variants import Variant
from speecht5_demo.variants.artifact import built_variant
from speecht5_demo.variants.build import Built
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.turbo import TurboWeights


def make_engine(checkpoint: Checkpoint, variant: Variant) -> Engine:
    """Build the variant, or take its artifact, and the engine that speaks it.

    Raises:
        VariantError, CheckpointError: as `build` does.
    """
    keep_freed_memory()
    return engine_for(built_variant(checkpoint, variant))


def engine_for(built: Built) -> Engine:
    """The engine that runs what was built, which it may use up: the one place that knows which there are."""
    match built:
        case Modules():
            return ReferenceEngine(built)
        case TurboWeights():
            return TurboEngine(built, consume=True)
        case _:
            assert_never(built)


class EngineCache:
    """The engines used last, ready to speak; the least recently used gives way.

    Args:
        checkpoint: what every engine is built from.
        capacity: engines kept; four full-size ones hold about 2 GB.
    """

    def __init__(self, checkpoint: Checkpoint, capacity: int = 8) -> None:
        self._checkpoint = checkpoint
        self._capacity = capacity
        self._engines: OrderedDict[Variant, Engine] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, variant: Variant) -> tuple[Engine, bool]:
        """The engine of a variant, and whether it was built just now (and so is still cold)."""
        with self._lock:
            if variant in self._engines:
                self._engines.move_to_end(variant)
                return self._engines[variant], False
            engine = make_engine(self._checkpoint, variant)
            self._engines[variant] = engine
            while len(self._engines) > self._capacity:
                self._engines.popitem(last=False)
            return engine, True
