"""The reference engine: transformers' own loop over transformers' own modules."""

from speecht5_demo.synthesis.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
