"""Nobody reads in a dataset who took part, and nobody reads a dataset that the owner did not open."""

import csv
import io
import json
from pathlib import Path

import pytest

from speecht5_demo.hosting.repository import publishing_agreed
from speecht5_demo.hosting.store import HostingError
from tests.hosting.test_hosting import REPO, hub, rating, run, until, write
from tests.support.hub import LoopbackHub
from tests.support.programs import converse

__all__ = ["hub"]

SESSIONS = "session_id,event,platform_participant,platform_study,platform_session\n"
PERSON, VISIT = "5f2b7c1d9e", "visit-77"

UPLOAD = """
import json, os, sys
from pathlib import Path
from speecht5_demo.errors import DemoError
from speecht5_demo.hosting.repository import publishing_agreed
from speecht5_demo.hosting.hub_store import HubStore
from speecht5_demo.hosting.uploader import RatingsUploader
try:
    store = HubStore("tester/ratings", publishing_agreed(os.environ))
    uploader = RatingsUploader(Path(sys.argv[1]), store, b"a secret of this server", every_s=3600)
    uploader.start(timeout_s=60)
    uploader.stop(timeout_s=60)
    print(json.dumps(uploader.state.problem))
except DemoError as error:
    print(json.dumps(str(error)))
"""


def upload(hub: LoopbackHub, tmp_path: Path, **more: str) -> str:
    """What a server's uploader of `tmp_path`/ratings tells; empty when all was taken."""
    done = run(hub, tmp_path / "home", "-c", UPLOAD, str(tmp_path / "ratings"), **more)
    assert done.returncode == 0, done.stderr
    told: str = json.loads(done.stdout)
    return told


def test_platform_ids_are_hashed_before_sessions_leave_the_machine(hub: LoopbackHub, tmp_path: Path) -> None:
    ratings = write(tmp_path / "ratings", [rating(0)])
    here = tmp_path / "ratings" / "sessions-one.csv"
    here.write_text(SESSIONS + f"a,begun,{PERSON},st,{VISIT}\na,ended,{PERSON},st,\n", encoding="utf-8")
    assert upload(hub, tmp_path) == ""
    files = hub.repositories["datasets", REPO].files
    assert files["ratings/ratings-one.csv"] == ratings.read_bytes()
    there = list(csv.DictReader(io.StringIO(files["ratings/sessions-one.csv"].decode())))
    assert [row["event"] for row in there] == ["begun", "ended"]
    assert there[0]["platform_participant"] == there[1]["platform_participant"] != ""
    assert there[1]["platform_session"] == ""
    everything = b"".join(files.values())
    assert PERSON.encode() not in everything
    assert VISIT.encode() not in everything
    assert PERSON in here.read_text(), "the ids stay where they can be paid for"


@pytest.mark.parametrize("words", ["", "yes, publish ratings"])
def test_a_public_dataset_gets_ratings_only_by_the_owners_words(
    hub: LoopbackHub, tmp_path: Path, words: str
) -> None:
    write(tmp_path / "ratings", [rating(0)])
    repository = hub.add_dataset(REPO, {".gitattributes": b""})
    told = upload(hub, tmp_path, **({"RATINGS_REPO_PUBLIC": words} if words else {}))
    if words:
        assert told == ""
        assert "ratings/ratings-one.csv" in repository.files
    else:
        assert "RATINGS_REPO_PUBLIC" in told
        assert f"{REPO} is public" in told
        assert repository.commits == []


def test_a_push_to_a_public_dataset_needs_the_option(hub: LoopbackHub, tmp_path: Path) -> None:
    write(tmp_path / "ratings", [rating(k) for k in range(6)])
    repository = hub.add_dataset(REPO, {".gitattributes": b""})
    command = ["-m", "speecht5_demo", "push", str(tmp_path / "ratings"), "--repo", REPO]
    refused = run(hub, tmp_path / "home", *command)
    assert refused.returncode == 1
    assert "--public" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert repository.commits == []
    assert run(hub, tmp_path / "home", *command, "--public").returncode == 0
    assert len(repository.commits) == 1


@pytest.mark.parametrize("words", ["1", "true", "yes", "no"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(HostingError, match="yes, publish ratings"):
        publishing_agreed({"RATINGS_REPO_PUBLIC": words})


PUBLISHED_LATER = UPLOAD.replace("    uploader.stop(", "    input()\n    uploader.stop(")


def test_a_dataset_made_public_later_gets_nothing_more(hub: LoopbackHub, tmp_path: Path) -> None:
    path = write(tmp_path / "ratings", [rating(0)])
    uploading = converse(
        ["-c", PUBLISHED_LATER, str(tmp_path / "ratings")],
        hub.environment(tmp_path / "home", HF_TOKEN="hf_test"),
    )
    try:
        until(lambda: len(getattr(hub.repositories.get(("datasets", REPO)), "commits", [])) == 1)
        repository = hub.repositories["datasets", REPO]
        repository.private = False
        with path.open("a") as stream:
            stream.write(",".join(rating(1).cells()) + "\n")
        told = uploading.ask()
    finally:
        uploading.close()
    assert "RATINGS_REPO_PUBLIC" in told
    assert len(repository.commits) == 1
