"""What the C library does with memory that was given back to it, and when Python looks for garbage.

glibc maps a large tensor anew, or gives the end of the heap back, each time; then the kernel has to hand out every page
of the next tensor of that size again, zeroed. A vocoder makes dozens of such tensors a sentence.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_KEPT_BY_A_SPEAKER = 2**28
_MOST = 2**31 - 1
_MAPPED = 2**25
"""Bytes from which a tensor has a mapping of its own: glibc's own limit for what it learns by itself."""


@functools.cache
def keep_freed_memory(without_limit: bool = False) -> bool:
    """Let the C library keep what one operator frees for the next one, which needs as much.

    A process that speaks keeps 256 MB at most; one that trains, `without_limit`, keeps all it ever had.

    Returns:
        Whether the C library took the settings: glibc does, others have no such call.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    kept, mapped = (_MOST, _MOST) if without_limit else (_KEPT_BY_A_SPEAKER, _MAPPED)
    settings = ((_M_MMAP_THRESHOLD, mapped), (_M_TRIM_THRESHOLD, kept), (_M_TOP_PAD, _KEPT_BY_A_SPEAKER // 4))
    taken = [mallopt(name, value) == 1 for name, value in settings]
    return all(taken)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Inside, large libraries are imported without a search for garbage, and what they made is never searched again.

    PyTorch and transformers make over a million objects that stay; looking at them again and again while more are
    made takes a sixth of the time that the import takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
