"""`python -m speecht5_demo.synthesis.native`: compile ahead of the first use, and say what will run."""

from speecht5_demo.synthesis.native.library import unavailable

reason = unavailable()
print(
    "turbo int8: C++ kernels are ready."
    if reason is None
    else f"turbo int8 runs on PyTorch's kernels: {reason}."
)
