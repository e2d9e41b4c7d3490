"""Whatever the store: every rating is in it once and comes back whole, though servers share, end, lose or forget."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from speecht5_demo.hosting.choosing import chosen_store
from speecht5_demo.hosting.folder_store import FolderStore
from speecht5_demo.hosting.postgres_store import PostgresStore
from speecht5_demo.hosting.record import LOCK, RECORD
from speecht5_demo.hosting.store import HostingError, Segment, Store
from speecht5_demo.hosting.uploader import RatingsUploader
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.listening.decisions import session_digest
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.session_events import SessionEvent, SessionsWriter
from tests.hosting.test_hosting import rating
from tests.support.hub import LoopbackHub
from tests.support.postgres import LoopbackPostgres
from tests.support.programs import converse
from tests.support.served_app import until

SECRET = b"a secret of this server"
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[LoopbackPostgres]:
    with LoopbackPostgres() as running:
        yield running


@dataclass
class Place:
    """A store to be opened by as many servers as a test wants, and what is in it."""

    open: Callable[[], Store]
    kept: Callable[[], list[str]]


@pytest.fixture(params=["folder", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        bucket = tmp_path / "bucket"

        def kept() -> list[str]:
            frames = [pd.read_csv(path, dtype=str) for path in sorted(bucket.glob("ratings*.csv"))]
            return [str(one) for frame in frames for one in frame["rating_id"]]

        return Place(lambda: FolderStore(bucket), kept)
    postgres = request.getfixturevalue("postgres")
    for table in ("ratings", "sessions", "studies", "decisions"):
        with __import__("psycopg").connect(postgres.address) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
    return Place(
        lambda: PostgresStore(postgres.address),
        lambda: [str(one) for (one,) in postgres.rows("SELECT rating_id FROM ratings")],
    )


class Server:
    """A server's ratings on a disk, exchanged with a store often."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.folder = folder
        self.uploader = RatingsUploader(folder, place.open(), SECRET, every_s=0.05, retry_s=0.05)
        self.writer = ServedRatingsWriter(folder, durable=False)
        self.uploader.start(PATIENCE_S)
        self.writer.kept_by(lambda: self.uploader.upload_now(PATIENCE_S))

    def rate(self, *numbers: int) -> list[str]:
        rows = [rating(number, text=f'=1+{number}, "quoted"') for number in numbers]
        for row in rows:
            self.writer.append(row)
        return [row.rating_id for row in rows]

    def here(self) -> set[str]:
        return set(read_ratings(self.folder).frame["rating_id"].astype(str))

    def end(self) -> None:
        self.writer.end()
        assert self.uploader.stop(PATIENCE_S)


def test_a_rating_is_in_the_store_before_it_is_acknowledged_and_both_servers_know_of_it(
    place: Place, tmp_path: Path
) -> None:
    one, other = Server(place, tmp_path / "one"), Server(place, tmp_path / "other")
    first = one.rate(0, 1)
    assert set(place.kept()) == set(first)
    second = other.rate(2)
    assert other.here() == {*first, *second}, "a listener who moved goes on where the other server left off"
    until(lambda: one.here() == {*first, *second})
    own = one.writer.path
    assert own is not None
    assert (other.folder / own.name).read_bytes() == own.read_bytes()
    one.end()
    other.end()
    assert Counter(place.kept()) == Counter([*first, *second])


def test_servers_on_one_folder_send_each_rating_once(place: Place, tmp_path: Path) -> None:
    servers = [Server(place, tmp_path / "shared") for _ in range(3)]
    sent = [name for number, server in enumerate(servers * 4) for name in server.rate(number)]
    for server in servers:
        server.end()
    assert Counter(place.kept()) == Counter(sent)


def test_a_server_on_an_empty_disk_gets_everything_back_and_sends_nothing_again(
    place: Place, tmp_path: Path
) -> None:
    before = Server(place, tmp_path / "lost")
    sent = before.rate(0, 1, 2)
    before.end()
    shutil.rmtree(before.folder)
    after = Server(place, tmp_path / "new")
    assert after.here() == set(sent)
    sent += after.rate(3)
    after.end()
    assert Counter(place.kept()) == Counter(sent)
    frame = read_ratings(tmp_path / "new").frame
    assert frame["text"].astype(str).str.startswith("=1+").all(), "texts come back as they were"


def test_a_server_that_forgot_what_it_sent_doubles_nothing(place: Place, tmp_path: Path) -> None:
    killed = Server(place, tmp_path / "disk")
    sent = killed.rate(0, 1)
    killed.end()
    (killed.folder / RECORD).unlink()
    (killed.folder / LOCK).unlink()
    again = Server(place, tmp_path / "disk")
    sent += again.rate(2)
    again.end()
    assert Counter(place.kept()) == Counter(sent)


def test_platform_ids_are_hashed_wherever_sessions_go(place: Place, tmp_path: Path) -> None:
    server = Server(place, tmp_path / "one")
    sessions = SessionsWriter(tmp_path / "one", durable=False)
    for name in ("consent", "about"):
        sessions.append(
            SessionEvent(
                study_id="s", session_id="a", listener_id="b", event=name, platform_participant="PERSON-77"
            )
        )
    server.end()
    other = Server(place, tmp_path / "other")
    back = "".join(path.read_text() for path in (tmp_path / "other").glob("sessions-*.csv"))
    other.end()
    assert back.count("hashed-") == 2
    assert "PERSON-77" not in back


def test_a_database_that_is_away_costs_no_rating_and_is_told(
    postgres: LoopbackPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    place = Place(lambda: PostgresStore(postgres.address), list)
    server = Server(place, tmp_path / "one")
    sent = server.rate(100)
    postgres.stop()
    try:
        sent += server.rate(101, 102)
        until(lambda: bool(server.uploader.state.problem))
        assert server.uploader.state.failures >= 1
    finally:
        postgres.start()
    until(lambda: not server.uploader.state.problem)
    server.end()
    found = {str(one) for (one,) in postgres.rows("SELECT rating_id FROM ratings")}
    assert found >= set(sent)
    told = caplog.text + repr(server.uploader.state)
    assert "will try again" in told
    assert "reach Postgres (ratings) again" in told
    assert "a-password-of-its-own" not in told


def test_of_two_answers_to_one_trial_the_first_committed_stands_in_the_database(
    postgres: LoopbackPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from dataclasses import replace

    place = Place(lambda: PostgresStore(postgres.address), list)
    one, other = Server(place, tmp_path / "one"), Server(place, tmp_path / "other")
    row = replace(rating(200), rating=4)
    one.writer.append(row)
    other.writer.append(replace(row, rating=2))
    one.end()
    other.end()
    rows = postgres.rows(f"SELECT rating, variant, blind FROM ratings WHERE rating_id = '{row.rating_id}'")
    assert [(int(str(score)), variant, blind) for score, variant, blind in rows] == [(4, "baseline", "true")]
    assert "the first one stands" in caplog.text


def test_nothing_in_a_bucket_is_ever_changed_and_half_a_segment_is_no_segment(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    place = Place(lambda: FolderStore(bucket), list)
    server = Server(place, tmp_path / "one")
    server.rate(0)
    until(lambda: list(bucket.glob("ratings-*.csv")))
    before = {path: path.read_bytes() for path in bucket.glob("*.csv")}
    (half,) = bucket.glob("ratings-*.csv")
    torn = half.with_name(half.name.replace(half.name.split(".")[2], "0" * 16))
    torn.write_bytes(half.read_bytes()[:40])
    server.rate(1)
    server.end()
    assert all(path.read_bytes() == data for path, data in before.items())
    assert len(list(bucket.glob("ratings-*.csv"))) == 3
    new = Server(place, tmp_path / "new")
    assert len(new.here()) == 2
    new.end()


def test_a_segment_that_another_server_takes_away_while_it_is_read_is_no_trouble(tmp_path: Path) -> None:
    """A listed file that cannot be found is what a server sees whose folder another one erases from."""
    bucket, folder = tmp_path / "bucket", tmp_path / "one"
    one = Server(Place(lambda: FolderStore(bucket), list), folder)
    one.rate(0)
    one.end()
    (kept,) = bucket.glob("ratings-*.csv")
    for number, (start, end) in enumerate([(0, 10), (0, kept.stat().st_size), (10, 20)]):
        name = f"{kept.name.partition('.')[0]}.{start:012d}-{end:012d}.{number:016x}.csv"
        (bucket / name).symlink_to(bucket / "taken away")
    store = FolderStore(bucket)
    (new := tmp_path / "new").mkdir()
    assert store.fetch(new, [], 0).names == {f"{kept.name.partition('.')[0]}.csv"}
    assert len(read_ratings(new).frame) == 1
    store.erase({session_digest("session 0")})
    (after,) = (path for path in bucket.glob("ratings-*") if not path.is_symlink())
    assert b"session 0" not in after.read_bytes()


def test_servers_read_send_and_erase_in_one_folder_at_once(tmp_path: Path) -> None:
    bucket, secret = tmp_path / "bucket", SECRET
    folders = [tmp_path / f"server {number}" for number in range(3)]
    stores = [FolderStore(bucket) for _ in folders]
    stores[0].open()
    writers = [ServedRatingsWriter(folder, durable=False) for folder in folders]
    told: list[str] = []

    def serve(number: int) -> None:
        store, writer, folder = stores[number], writers[number], folders[number]
        try:
            for each in range(40):
                writer.append(rating(number + 3 * each))
                path = writer.path
                assert path is not None
                store.send([Segment(path, 0, path.stat().st_size, secret)])
                store.fetch(folder, [path.name], 0)
                store.erase({session_digest(f"session {session}") for session in range(each)})
        except HostingError as error:
            told.append(str(error))

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == []


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RATINGS_REPO": "a/b", "RATINGS_DIR": "/mnt"}, "both set"),
        ({"RATINGS_DB": "no address"}, "postgresql://user"),
        ({"RATINGS_DB": "postgresql://u:hidden@h/d?nothing=1"}, "postgresql://user"),
        ({"RATINGS_REPO": "a/b", "RATINGS_REPO_PUBLIC": "1"}, "yes, publish ratings"),
    ],
)
def test_a_place_that_cannot_be_used_is_named_in_one_sentence(
    environment: dict[str, str], words: str
) -> None:
    with pytest.raises(HostingError, match=words) as refused:
        chosen_store(environment)
    assert "hidden" not in str(refused.value)


EXCHANGES = """
import sys
from pathlib import Path
from speecht5_demo.hosting.hub_store import HubStore
from speecht5_demo.hosting.uploader import RatingsUploader
uploader = RatingsUploader(Path(sys.argv[1]), HubStore("tester/ratings"), b"a secret", every_s=0.1, retry_s=0.1)
uploader.start()
for line in sys.stdin:
    before = uploader.state.failures
    print(uploader.state.failures, uploader.state.problem.replace("\\n", " "), flush=True)
uploader.stop(30)
"""


def test_a_hub_that_refuses_is_away_slow_or_busy_gets_everything_in_the_end(tmp_path: Path) -> None:
    with LoopbackHub() as hub:
        folder = tmp_path / "ratings"
        writer = ServedRatingsWriter(folder, durable=False)
        writer.append(rating(0))
        exchanging = converse(
            ["-c", EXCHANGES, str(folder)],
            hub.environment(tmp_path / "home", HF_TOKEN="hf_test", HF_HUB_DOWNLOAD_TIMEOUT="1"),
        )

        def state() -> tuple[int, str]:
            failures, _, problem = exchanging.ask().strip().partition(" ")
            return int(failures), problem

        def there() -> int:
            files = getattr(hub.repositories.get(("datasets", "tester/ratings")), "files", {})
            return sum(data.count(b"\n") - 1 for path, data in files.items() if "/ratings-" in path)

        try:
            until(lambda: there() == 1)
            for number, status in enumerate((403, 412, 429, 500), start=1):
                failed = state()[0]
                fault = hub.misbehave("POST /api/datasets/tester/ratings/commit", status=status)
                writer.append(rating(number))
                until(lambda failed=failed: state()[0] > failed, what=f"a failure by {status}")
                assert state()[1]
                fault.times = 0
                until(lambda number=number: there() == number + 1, what=f"the push after {status}")
            with hub.away():
                failed = state()[0]
                writer.append(rating(8))
                until(lambda: state()[0] > failed, what="a failure by refusal")
            until(lambda: there() == 6, what="the push after the hub was away")
            until(lambda: not state()[1], what="the all-clear")
        finally:
            exchanging.close()
