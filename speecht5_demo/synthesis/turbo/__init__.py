"""The turbo engine: our own generation loop over folded weights."""

from speecht5_demo.synthesis.turbo.engine import TurboEngine

__all__ = ["TurboEngine"]
