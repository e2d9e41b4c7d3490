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
from speecht5_demo.variants import Variant, all_variants
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

    A registered variant gives way to another one only: visitors' own recipes, of which there is no end, take turns in
    what is left, and keep nobody from what everybody uses.

    Args:
        checkpoint: what every engine is built from.
        capacity: engines kept; four full-size ones hold about 2 GB.
    """

    def __init__(self, checkpoint: Checkpoint, capacity: int = 8) -> None:
        self._checkpoint = checkpoint
        self._capacity = capacity
        self._registered = frozenset(all_variants())
        self._engines: OrderedDict[Variant, Engine] = OrderedDict()
        self._cold: set[Variant] = set()
        self._lock = threading.Lock()
        self._building: dict[Variant, threading.Lock] = {}

    def __contains__(self, variant: Variant) -> bool:
        """Whether its engine is there."""
        with self._lock:
            return variant in self._engines

    def build(self, variant: Variant) -> None:
        """Have the engine of a variant, whoever speaks meanwhile.

        Raises:
            VariantError, CheckpointError: as `make_engine`.
        """
        with self._lock:
            building = self._building.setdefault(variant, threading.Lock())
        with building:
            with self._lock:
                if variant in self._engines:
                    return
            try:
                engine = make_engine(self._checkpoint, variant)
            finally:
                with self._lock:
                    self._building.pop(variant, None)
            with self._lock:
                self._engines[variant] = engine
                self._cold.add(variant)
                self._make_room(variant)

    def get(self, variant: Variant) -> tuple[Engine, bool]:
        """The engine of a variant, and whether it is handed out for the first time (and so is still cold)."""
        while True:
            with self._lock:
                engine = self._engines.get(variant)
                if engine is not None:
                    self._engines.move_to_end(variant)
                    cold = variant in self._cold
                    self._cold.discard(variant)
                    return engine, cold
            self.build(variant)

    def _make_room(self, newest: Variant) -> None:
        while len(self._engines) > self._capacity:
            others = [variant for variant in self._engines if variant != newest]
            own = [variant for variant in others if variant not in self._registered]
            gone = (own or others)[0]
            del self._engines[gone]
            self._cold.discard(gone)
