"""One replica of the listening test, without pages and models: `python -m tests.support.replica STUDY RATINGS PORT`.

The routes, the writer, the uploader and the end are the app's own; RATINGS_REPO, RATINGS_DIR or RATINGS_DB names the
store, as in a deployment.
"""

import logging
import os
import sys
import threading
import time
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from speecht5_demo.hosting.choosing import chosen_store
from speecht5_demo.hosting.ending import end_on_sigterm
from speecht5_demo.hosting.uploader import RatingsUploader
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.ui.listen.http import StudyServer
from speecht5_demo.ui.listen.served_study import ServedStudy


def main(study: str, ratings: str, port: str) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("speecht5_demo.hosting").setLevel(logging.INFO)
    folder = Path(ratings)
    store = chosen_store(os.environ)
    assert store is not None
    every_s = float(os.environ.get("EVERY_S") or store.every_s)
    uploader = RatingsUploader(folder, store, server_secret(folder), every_s, retry_s=0.5)
    uploader.start(20)
    writer = ServedRatingsWriter(folder)
    end_on_sigterm(writer, uploader)
    if store.live:
        writer.kept_by(uploader.upload_now)
    served = ServedStudy(Path(study), folder, writer, folder)
    served.open()
    app = Starlette(routes=StudyServer(served).routes)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="warning", lifespan="off")
    )
    threading.Thread(target=server.run, daemon=True).start()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main(*sys.argv[1:4])
