"""The loop in C++: compiled once where there is a compiler, never required.

A step of the decoder is a thousand operator calls in PyTorch; at one row each costs more than its arithmetic. Here a
step never leaves C++, and reads each weight once for all rows of a batch.
"""

from speecht5_demo.synthesis.native.kernels import PackedLinear, load
from speecht5_demo.synthesis.native.library import unavailable

__all__ = ["PackedLinear", "load", "unavailable"]
