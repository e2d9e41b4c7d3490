"""What Ctrl-C does to a process, and to those that it started.

Python raises KeyboardInterrupt between any two instructions, and Ctrl-C reaches every process of a terminal. An import
can lose it: an extension module that is interrupted is taken for one that is not installed. A process that another one
started has nothing to say about it: it is ended by that one.
"""

from __future__ import annotations

import _thread
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType

_IMPORTING = "<frozen importlib._bootstrap>"
_AGAIN_S = 0.05


def heed_interruptions_after_imports() -> None:
    """From now on Ctrl-C waits until no import is under way in the main thread.

    It is left as it is where it is ignored or handled already, and can be asked for by the main thread alone.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _AfterImports())


class _AfterImports:
    """Handles Ctrl-C: KeyboardInterrupt, as soon as no import is under way; however often it is pressed, once."""

    def __init__(self) -> None:
        self._is_waiting = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not _is_importing(frame):
            raise KeyboardInterrupt
        if not self._is_waiting:
            self._is_waiting = True
            _thread.start_new_thread(self._ask_again, ())  # takes no lock that the main thread may hold

    def _ask_again(self) -> None:
        time.sleep(_AGAIN_S)
        self._is_waiting = False
        _thread.interrupt_main()


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


@contextmanager
def uninterrupted_children() -> Iterator[None]:
    """Processes that are started inside never hear of Ctrl-C: whoever starts them ends them."""
    if sys.platform == "win32":  # where nothing can be held back
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it lets through what is held back here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_when_interrupted() -> None:
    """Where :func:`uninterrupted_children` started this process: from now on Ctrl-C ends it, without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
