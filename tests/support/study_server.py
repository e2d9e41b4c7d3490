"""The app's own listening routes on a bare ASGI server: `python -m tests.support.study_server STUDY RATINGS PORT`.

The same `StudyServer` that the app mounts, without pages and models, so that a test can kill and start it many times.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from speecht5_demo.listening.writing import RatingsWriter
from speecht5_demo.ui.listen.http import StudyServer
from speecht5_demo.ui.listen.served_study import ServedStudy


def main(study: str, ratings: str, port: str) -> None:
    folder = Path(ratings)
    served = ServedStudy(Path(study), folder, RatingsWriter(folder), folder)
    served.open()
    app = Starlette(routes=StudyServer(served).routes)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:4])
