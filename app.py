"""Entry point, here and in a Space: `python app.py`. What the environment can choose: ui/settings.py."""

import atexit
import logging
import os
import sys
import threading

from speecht5_demo.errors import DemoError
from speecht5_demo.interruption import heed_interruptions_after_imports
from speecht5_demo.memory import without_garbage_collection
from speecht5_demo.ui.settings import Settings
from speecht5_demo.ui.startup import check, refused, spare_loopback


def main() -> int:
    """Serve until interrupted; 1 with one sentence when something that the user chose cannot be used."""
    heed_interruptions_after_imports()
    try:
        settings = Settings.from_environment()
        check(settings)
        _say("Starting: loading Gradio and PyTorch.")
        spare_loopback(settings.host)
        with without_garbage_collection():
            from speecht5_demo.ui.app import build_app, launch_options  # takes seconds

        _say(f"Opening the checkpoint ({settings.checkpoint}) and the pages.")
        demo = build_app(settings)
        _say(f"Serving at {settings.host}, port {settings.port}; ratings go to {settings.ratings}.")
        try:
            demo.launch(**launch_options(settings))
        except OSError as error:
            raise refused(settings.host, settings.port, error) from error
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    return 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _end(code: int) -> None:
    """Leave at once, ratings uploaded and files closed.

    A thread that speaks behind the page is inside PyTorch; an interpreter that shuts down around it aborts. What such
    a thread misses from here on is of no account.
    """
    threading.excepthook = lambda _: None
    atexit._run_exitfuncs()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        ended = main()
    except SystemExit as asked:  # by SIGTERM
        ended = asked.code if isinstance(asked.code, int) else 0
    _end(ended)
