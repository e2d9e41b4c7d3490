"""A deleted session is gone from every disk and every store, whoever had sent it and whoever was away."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from speecht5_demo.hosting.store import HostingError
from speecht5_demo.listening.decisions import DecisionsWriter, read_decisions, session_digest
from speecht5_demo.listening.erasing import erase
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.session_decisions import SessionDecisions
from speecht5_demo.listening.session_events import SessionEvent, SessionsWriter
from tests.hosting.test_stores import Place, Server, place, postgres  # noqa: F401
from tests.support.hub import LoopbackHub
from tests.support.postgres import LoopbackPostgres
from tests.support.programs import converse
from tests.support.served_app import until

PATIENCE_S = 90.0
GONE, STAYS, PERSON = "session 1", "session 0", "PERSON-77"


def everything(*folders: Path) -> bytes:
    """All that lies in some folders; a file that is put in its place at this moment is there under its own name."""
    found = []
    for path in [path for folder in folders for path in folder.rglob("*")]:
        with suppress(FileNotFoundError, IsADirectoryError):
            found.append(path.read_bytes())
    return b"".join(found)


def test_a_session_is_gone_from_the_store_and_from_both_servers_that_had_it(
    place: Place,  # noqa: F811
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    one, other = Server(place, tmp_path / "one"), Server(place, tmp_path / "other")
    one.rate(0, 1, 3)
    sessions = SessionsWriter(one.folder, durable=False)
    for name in (GONE, STAYS):
        event = SessionEvent(
            study_id="s", session_id=name, listener_id="b", event="consent", platform_participant=PERSON
        )
        sessions.append(event)
    other.rate(4, 6)
    until(
        lambda: one.here() == other.here() and len(one.here()) == 5, what="both servers know of all ratings"
    )
    decisions = SessionDecisions(other.folder, lambda: other.uploader.upload_now(PATIENCE_S))
    decisions.set_aside(GONE, "a reason that names somebody")
    assert decisions.delete(GONE), "the store was asked before this was said"
    until(lambda: GONE.encode() not in everything(one.folder), what="the first server learned of it")
    one.rate(5)
    for server in (one, other):
        server.end()
    bucket = tmp_path / "bucket"
    left = everything(tmp_path)
    if not bucket.exists():
        database: LoopbackPostgres = request.getfixturevalue("postgres")
        rows = [database.rows(f"SELECT * FROM {name}") for name in ("ratings", "sessions", "decisions")]
        left += repr(rows).encode()
    assert GONE.encode() not in left
    assert b"names somebody" not in left
    assert STAYS.encode() in left
    new = Server(place, tmp_path / "new")
    assert set(read_ratings(new.folder).frame["session_id"].astype(str)) == {STAYS, "session 2"}
    assert session_digest(GONE) in read_decisions(new.folder).deleted
    new.end()


def test_a_server_that_was_away_sends_nothing_of_it_when_it_comes_back(place: Place, tmp_path: Path) -> None:  # noqa: F811
    away = Server(place, tmp_path / "away")
    away.rate(0, 1)
    away.end()
    here = Server(place, tmp_path / "here")
    assert SessionDecisions(here.folder, lambda: here.uploader.upload_now(PATIENCE_S)).delete(GONE)
    back = Server(place, tmp_path / "away")
    until(lambda: GONE.encode() not in everything(back.folder), what="the deletion reached it")
    back.rate(3)
    back.end()
    here.end()
    assert GONE.encode() not in everything(tmp_path)
    assert len(place.kept()) == 2


def test_rows_are_overwritten_where_they_lie_so_that_whoever_appends_or_follows_goes_on(
    tmp_path: Path,
) -> None:
    one = Server(Place(lambda: _Nowhere(), list), tmp_path / "one")  # type: ignore[arg-type]
    one.rate(0, 1, 2)
    path = one.writer.path
    assert path is not None
    before = path.read_bytes()
    assert erase(one.folder, {session_digest(GONE)}) == 1
    assert len(path.read_bytes()) == len(before)
    assert [line for line in path.read_bytes().splitlines() if line] == [
        line for line in before.splitlines() if GONE.encode() not in line
    ]
    one.rate(3)
    assert path == one.writer.path
    assert len(one.here()) == 3
    assert erase(one.folder, {session_digest(GONE)}) == 0, "twice is as once"
    one.uploader.stop()


class _Nowhere:
    """A store that is always away."""

    every_s, live, label = 60.0, False, "nowhere"

    def open(self) -> None:
        raise HostingError("away")


def test_where_the_store_is_away_the_owner_is_told_and_the_deletion_is_not_forgotten(tmp_path: Path) -> None:
    server = Server(Place(lambda: _Nowhere(), list), tmp_path / "one")  # type: ignore[arg-type]
    server.rate(0, 1)
    until(lambda: bool(server.uploader.state.problem), what="the store is known to be away")
    assert not SessionDecisions(server.folder, server.uploader.upload_now).delete(GONE)
    assert GONE.encode() not in everything(server.folder)
    assert read_decisions(server.folder).deleted
    server.uploader.stop()


HUB_SERVER = """
import json, sys
from pathlib import Path
from speecht5_demo.hosting.hub_store import HubStore
from speecht5_demo.hosting.uploader import RatingsUploader
from speecht5_demo.listening.session_decisions import SessionDecisions
folder = Path(sys.argv[1])
uploader = RatingsUploader(folder, HubStore("tester/ratings"), b"a secret", every_s=0.2, retry_s=0.1)
uploader.start(30)
for line in sys.stdin:
    if line.strip():
        print(json.dumps(SessionDecisions(folder, lambda: uploader.upload_now(60)).delete(line.strip())), flush=True)
    else:
        print(json.dumps(uploader.upload_now(60)), flush=True)
uploader.stop(30)
"""


def test_the_hub_keeps_no_earlier_version_and_another_servers_newer_ratings_stay(tmp_path: Path) -> None:
    with LoopbackHub() as hub:
        processes = {}
        for name in ("one", "other"):
            server = Server(Place(lambda: _Nowhere(), list), tmp_path / name)  # type: ignore[arg-type]
            server.rate(0, 1)
            server.writer.end()
            server.uploader.stop(0.1)
            processes[name] = converse(
                ["-c", HUB_SERVER, str(tmp_path / name)],
                hub.environment(tmp_path / f"home-{name}", HF_TOKEN="hf_test"),
            )

        def told(name: str, line: str = "") -> bool:
            return bool(json.loads(processes[name].ask(line)))

        try:
            assert all([told("one"), told("other")])
            repository = hub.repositories["datasets", "tester/ratings"]
            assert GONE.encode() in b"".join(repository.files.values())
            hub.misbehave("POST /api/datasets/tester/ratings/commit", status=412, times=1)
            told("one", GONE)
            until(lambda: told("one"), what="the deletion in the store")
            until(
                lambda: GONE.encode() not in everything(tmp_path / "other"),
                what="the other server learned of it",
            )
            until(lambda: told("other"), what="the other server asked the store too")
            versions = [repository.files, *repository.earlier]
            left = b"".join(data for files in versions for data in list(files.values()))
            assert GONE.encode() not in left
            assert left.count(STAYS.encode()) >= 2
            assert GONE.encode() not in everything(tmp_path), "nor does the library's cache keep a copy"
        finally:
            for process in processes.values():
                process.close()


def test_what_is_no_decision_is_passed_over(tmp_path: Path) -> None:
    DecisionsWriter(tmp_path)
    (tmp_path / "decisions-x.csv").write_text(
        "schema_version,decision_id,at,session,action,reason,app_version\n"
        "1,a,not a time,d1,delete,,1\n1,b,2026-01-01T00:00:00Z,d2,burn,,1\n1,c,2026-01-02T00:00:00Z,d3,delete,,1\n1,d"
    )
    assert read_decisions(tmp_path).deleted == {"d3"}
