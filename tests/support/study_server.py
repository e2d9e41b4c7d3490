"""The app's own listening routes on a bare ASGI server: `python -m tests.support.study_server STUDY RATINGS PORT`.

The same `StudyServer` that the app mounts, without pages and models, so that a test can kill and start it many times.
CLOCK_OFFSET_S in the environment is how far the machine's clock is set, in seconds.
"""

import os
import sys
import time
from pathlib import Path

_real_time, _offset_s = time.time, float(os.environ.get("CLOCK_OFFSET_S", "0"))
time.time = lambda: _real_time() + _offset_s  # before anything else looks at the clock

import uvicorn  # noqa: E402
from starlette.applications import Starlette  # noqa: E402

from speecht5_demo.listening.writing import RatingsWriter  # noqa: E402
from speecht5_demo.ui.listen.http import StudyServer  # noqa: E402
from speecht5_demo.ui.listen.served_study import ServedStudy  # noqa: E402


def main(study: str, ratings: str, port: str) -> None:
    folder = Path(ratings)
    served = ServedStudy(Path(study), folder, RatingsWriter(folder), folder)
    served.open()
    app = Starlette(routes=StudyServer(served).routes)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:4])
