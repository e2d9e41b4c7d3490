"""Ratings reach the hub: pushed as a dataset that loads, and uploaded from a disk that does not last."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from speecht5_demo.hosting.dataset import csv_text
from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingRow, read_ratings
from tests.browser.conftest import wait_until_up
from tests.support import programs
from tests.support.app_process import AppProcess
from tests.support.hub import LoopbackHub
from tests.support.ports import free_port

REPO = "tester/ratings"


def rating(number: int, text: str = "Glue the sheet.") -> RatingRow:
    return RatingRow(
        study_id="harvard", session_id=f"session {number % 3}", listener_id=f"listener {number % 3}", source="study",
        blind=True, trial=number, position=number + 1, question="How natural?", stimulus_id="0" * 32,
        sentence_id=f"s{number % 4}", text=text, speaker="am_michael", variant=("baseline", "int8")[number % 2],
        checkpoint="embedded", audio_sha256="0" * 64, rating=1 + number % 5, heard_fraction=1.0,
    )  # fmt: skip


def write(folder: Path, rows: list[RatingRow], name: str = "ratings-one.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [",".join(RATING_COLUMNS), *(",".join(row.cells()) for row in rows)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as running:
        yield running


def run(hub: LoopbackHub, home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return programs.run(arguments, hub.environment(home, HF_TOKEN="hf_test", **more))


def until(happened: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


LOAD = "import sys, json; from datasets import load_dataset; d = load_dataset(sys.argv[1], split='train')\n"
LOAD += "print(json.dumps([d.num_rows, d.column_names, d[0]['rating'], d[0]['text']]))"


def test_pushed_ratings_load_as_a_dataset(hub: LoopbackHub, tmp_path: Path) -> None:
    write(tmp_path / "ratings", [rating(k, "=1+1") for k in range(24)])
    done = run(
        hub, tmp_path, "-m", "speecht5_demo", "push", str(tmp_path / "ratings"), "--repo", REPO, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 24
    repository = hub.repositories["datasets", REPO]
    assert repository.private
    assert len(repository.commits) == 1
    assert set(repository.files) >= {"README.md", "data/ratings.csv", "results.json", "methods.md"}
    assert json.loads(repository.files["results.json"])["variants"][0]["n_ratings"] == 12
    loaded = run(hub, tmp_path, "-c", LOAD, REPO, HF_DATASETS_CACHE=str(tmp_path / "cache"))
    assert loaded.returncode == 0, loaded.stderr[-2000:]
    rows, columns, first, text = json.loads(loaded.stdout)
    assert rows == 24
    assert columns == list(RATING_COLUMNS)
    assert first == 1
    assert text == "'=1+1", "a spreadsheet must not run it"


REFUSED = """
import sys
from speecht5_demo.errors import DemoError
from speecht5_demo.hosting.dataset import push_ratings
for _ in range(2):
    try:
        push_ratings([sys.argv[1]], "tester/ratings")
    except DemoError as error:
        print(error)
"""


def test_a_hub_that_refuses_is_explained_in_one_sentence(hub: LoopbackHub, tmp_path: Path) -> None:
    write(tmp_path / "ratings", [rating(0)])
    for status in (403, 500):
        hub.misbehave("POST /api/repos/create", status=status, times=1)
    done = run(hub, tmp_path, "-c", REFUSED, str(tmp_path / "ratings"))
    forbidden, ill = done.stdout.splitlines()
    assert "does not let you write to tester/ratings" in forbidden
    assert "did not take the ratings" in ill


def test_the_merged_csv_reads_back_as_the_same_ratings(tmp_path: Path) -> None:
    write(tmp_path / "a", [rating(k, "'+quoted") for k in range(5)])
    first = read_ratings(tmp_path / "a").frame
    (tmp_path / "b.csv").write_text(csv_text(first), encoding="utf-8")
    again = read_ratings(tmp_path / "b.csv").frame
    for name in RATING_COLUMNS:
        pd.testing.assert_series_equal(first[name].astype(object), again[name].astype(object))


UPLOAD_FOLDER = """
import sys, time
from pathlib import Path
from speecht5_demo.hosting.ending import end_on_sigterm
from speecht5_demo.hosting.hub_store import HubStore
from speecht5_demo.hosting.uploader import RatingsUploader
store, secret = HubStore("tester/ratings"), b"a secret of this server"
uploader = RatingsUploader(Path(sys.argv[1]), store, secret, every_s=60 * float(sys.argv[2]), retry_s=0.3)
end_on_sigterm(None, uploader)
uploader.start()
while True:
    time.sleep(0.1)
"""


@pytest.fixture
def upload(hub: LoopbackHub, tmp_path: Path) -> Iterator[Callable[..., AppProcess]]:
    """`upload(folder, every_min)`: a process that uploads a folder's ratings."""
    processes: list[AppProcess] = []

    def start(folder: Path, every_min: float) -> AppProcess:
        environment = hub.environment(tmp_path / "home", HF_TOKEN="hf_test")
        processes.append(programs.start(["-c", UPLOAD_FOLDER, str(folder), str(every_min)], environment))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.join(60)


def test_ratings_are_carried_even_when_the_hub_was_away_at_the_start(
    hub: LoopbackHub, tmp_path: Path, upload: Callable[..., AppProcess]
) -> None:
    fault = hub.misbehave("/api/repos/create", status=500, times=2)
    path = write(tmp_path / "ratings", [rating(0)])
    (tmp_path / "ratings" / "notes.txt").write_text("stays here")
    process = upload(tmp_path / "ratings", 60)
    where = "ratings/ratings-one.csv"
    until(lambda: where in getattr(hub.repositories.get(("datasets", REPO)), "files", {}))
    assert fault.times == 0
    repository = hub.repositories["datasets", REPO]
    assert repository.private
    assert "ratings/notes.txt" not in repository.files
    with path.open("a") as stream:
        stream.write(",".join(rating(1).cells()) + "\n")
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert repository.files[where].decode() == path.read_text(), "the last rating left with the process"


def test_a_restart_on_an_empty_disk_brings_earlier_ratings_back(
    hub: LoopbackHub, tmp_path: Path, upload: Callable[..., AppProcess]
) -> None:
    earlier = write(tmp_path / "lost", [rating(k) for k in range(3)], "ratings-earlier.csv").read_bytes()
    hub.add_dataset(REPO, {"ratings/ratings-earlier.csv": earlier, "ratings/../evil.csv": b"x"}, private=True)
    folder = tmp_path / "fresh"
    write(folder, [rating(9)], "ratings-new.csv")
    upload(folder, 60)
    until(lambda: "ratings/ratings-new.csv" in hub.repositories["datasets", REPO].files)
    assert (folder / "ratings-earlier.csv").read_bytes() == earlier
    assert hub.repositories["datasets", REPO].files["ratings/ratings-earlier.csv"] == earlier
    assert len(read_ratings(folder).frame) == 4
    assert not list(tmp_path.glob("**/evil.csv"))


def test_the_served_app_takes_its_ratings_along_when_it_is_asked_to_end(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    earlier = write(tmp_path / "lost", [rating(k) for k in range(3)], "ratings-earlier.csv").read_bytes()
    hub.add_dataset(REPO, {"ratings/ratings-earlier.csv": earlier}, private=True)
    data = tmp_path / "data"
    more = {"DATA_DIR": str(data), "CHECKPOINT": "embedded", "PREPARE_STUDY": "0", "RATINGS_REPO": REPO}
    port = free_port()
    environment = hub.environment(
        tmp_path / "home", HF_TOKEN="hf_test", HOST="127.0.0.1", PORT=str(port), **more
    )
    log = tmp_path / "server.log"
    process = programs.start(["app.py"], environment, log)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", process, log)
        assert (data / "ratings" / "ratings-earlier.csv").read_bytes() == earlier
        last = write(data / "ratings", [rating(7)], "ratings-last.csv")
        process.terminate()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.join(60)
    assert hub.repositories["datasets", REPO].files["ratings/ratings-last.csv"] == last.read_bytes()
