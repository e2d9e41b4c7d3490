"""A study that was prepared once is played after every restart, with the same clips, by every server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.errors import StudyError
from speecht5_demo.hosting import study_copies
from speecht5_demo.hosting.choosing import study_store
from speecht5_demo.hosting.folder_store import FolderStore
from speecht5_demo.hosting.hub_store import HubStore
from speecht5_demo.hosting.postgres_store import PostgresStore
from speecht5_demo.hosting.store import HostingError, Store
from speecht5_demo.hosting.study_copies import kept_name, kept_or_prepared, packed
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import Manifest, check
from speecht5_demo.listening.preparation import prepare
from tests.hosting.test_hosting import run
from tests.hosting.test_stores import postgres
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.hub import LoopbackHub
from tests.support.postgres import LoopbackPostgres

__all__ = ["postgres"]

RECIPE = make_study()
NAME = kept_name(RECIPE, VOICE.digest)


def study_in(store: Store, folder: Path) -> Manifest:
    def spoken() -> Manifest:
        return prepare(
            RECIPE, replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05))), folder
        )

    return kept_or_prepared(store, NAME, folder, spoken)


def never() -> Manifest:
    raise StudyError("It must not be spoken again.")


@pytest.fixture(params=["folder", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "bucket")
    server: LoopbackPostgres = request.getfixturevalue("postgres")
    fresh = PostgresStore(server.address)
    fresh.open()
    fresh._run("DELETE FROM studies")
    return fresh


def test_a_session_goes_on_with_the_same_clips_after_a_restart_on_an_empty_disk(
    store: Store, tmp_path: Path
) -> None:
    first = study_in(store, tmp_path / "first")
    again = kept_or_prepared(store, NAME, tmp_path / "again", never)
    assert again == first
    assert check(tmp_path / "again")[1] == []
    secret = b"a secret that the environment gives"
    before = ListeningTest(first, tmp_path / "first", tmp_path / "ratings", secret)
    token = before.enter(None, {}, "visit").token
    after = ListeningTest(again, tmp_path / "again", tmp_path / "ratings", secret)
    assert after.answer(token, "consent", {}).token == token


def test_of_two_servers_that_prepare_at_once_the_first_ones_study_is_played_by_both(
    store: Store, tmp_path: Path
) -> None:
    first = study_in(store, tmp_path / "first")

    def too_late() -> Manifest:
        return prepare(RECIPE, VOICE, tmp_path / "other")

    class NotYetThere:
        """As the second server saw the store when it began to prepare."""

        def __init__(self) -> None:
            self.label, self.put_study = store.label, store.put_study
            self.open, self.get_study = store.open, lambda name: None

    second = kept_or_prepared(NotYetThere(), NAME, tmp_path / "other", too_late)  # type: ignore[arg-type]
    assert second == first
    assert packed(tmp_path / "other") == packed(tmp_path / "first")


@pytest.mark.parametrize("damage", ["cut", "bit", "stranger"])
def test_a_copy_that_is_not_whole_is_not_played(damage: str, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "bucket")
    study_in(store, tmp_path / "first")
    copy = store.get_study(NAME)
    assert copy is not None
    spoilt = {
        "cut": copy[: len(copy) // 2],
        "bit": copy[:2000] + bytes([copy[2000] ^ 1]) + copy[2001:],
        "stranger": copy.replace(b"manifest.json", b"../anifest.js"),
    }[damage]
    assert study_copies._unpacked(spoilt, tmp_path / "again") is None
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob("**/anifest.js"))


def test_another_recipe_or_voice_is_another_study() -> None:
    names = {
        NAME,
        kept_name(replace(RECIPE, seed=RECIPE.seed + 1), VOICE.digest),
        kept_name(RECIPE, "e" * 64),
    }
    assert len(names) == 3


def test_a_store_that_is_away_is_asked_again_and_then_the_study_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_copies, "PAUSE_S", 0.0)
    asked: list[int] = []

    class Away(FolderStore):
        def open(self) -> None:
            asked.append(1)
            if len(asked) < 4:
                raise HostingError("It is away.")
            super().open()

    kept = FolderStore(tmp_path / "bucket")
    first = study_in(kept, tmp_path / "first")
    assert kept_or_prepared(Away(tmp_path / "bucket"), NAME, tmp_path / "again", never) == first
    asked.clear()
    monkeypatch.setattr(study_copies, "TRIES", 2)
    spoken = study_in(Away(tmp_path / "bucket"), tmp_path / "spoken")
    assert spoken.study == first.study


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, None),
        ({"STUDY_REPO": "you/studies"}, HubStore),
        ({"RATINGS_DIR": "/mnt/bucket"}, FolderStore),
        ({"STUDY_REPO": "you/studies", "RATINGS_DIR": "/mnt/bucket"}, HubStore),
    ],
)
def test_a_study_is_kept_where_the_owner_says_else_with_the_ratings(
    environment: dict[str, str], kind: type | None
) -> None:
    found = study_store(environment)
    assert found is None if kind is None else isinstance(found, kind)


ON_THE_HUB = """
from speecht5_demo.errors import DemoError
from speecht5_demo.hosting.hub_store import HubStore
store, other = HubStore("tester/studies"), HubStore("tester/studies")
store.open()
print(store.get_study("a.zip"))
print(store.put_study("a.zip", b"first"), other.put_study("a.zip", b"second"), other.get_study("a.zip"))
answers = iter([None, b"theirs"])
other.get_study = lambda name: next(answers, None)
other._api.repo_info = lambda *a, **k: type("Seen", (), {"sha": "0" * 40, "private": True})()
print(other.put_study("a.zip", b"late"))
try:
    HubStore("tester/open").put_study("a.zip", b"which clip is which")
except DemoError as error:
    print(error)
"""


def test_on_the_hub_the_first_study_stands_and_a_public_dataset_gets_none(tmp_path: Path) -> None:
    with LoopbackHub() as hub:
        public = hub.add_dataset("tester/open", {".gitattributes": b""})
        done = run(hub, tmp_path / "home", "-c", ON_THE_HUB)
        assert done.returncode == 0, done.stderr
        none, stands, late, refused = done.stdout.splitlines()
        assert none == "None"
        assert stands == "b'first' b'first' b'first'"
        assert late == "b'theirs'", "a commit that came in between decides"
        assert "is public" in refused
        assert hub.repositories["datasets", "tester/studies"].files["studies/a.zip"] == b"first"
        assert public.commits == []
