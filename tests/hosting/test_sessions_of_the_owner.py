"""The owner of a served app signs in or shows the key, and sets sessions aside, takes them back and deletes them."""

import json
import random
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import read_ratings
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support import hub_oauth
from tests.support.hub import LoopbackHub
from tests.support.listener import Listener
from tests.support.page_events import PageEvents
from tests.support.published import save_tiny_checkpoint
from tests.support.served_app import ServedApp, served_app, until

REPO, KEY = "tester/ratings", "a key of nineteen letters"
PERSON = "5f2b7c1d9e0a"
SPACE_HOST = "tester-space.example.org"
REASON = "the loudspeaker was broken"
# So many that one counts however a session is drawn: two are practice, one each an anchor, a trap, a repeat.
RATED = 6


@dataclass
class Deployment:
    """A Space on loopback, its hub and its disk."""

    app: ServedApp
    hub: LoopbackHub
    folder: Path
    environment: dict[str, str]

    @property
    def ratings(self) -> Path:
        return Path(self.environment["DATA_DIR"]) / "ratings"

    def kept(self) -> bytes:
        """All that lies on the disk and in the store, now or in an earlier version."""
        repository = self.hub.repositories["datasets", REPO]
        files = [path for path in self.folder.rglob("*") if path.suffix not in (".wav", ".bin")]
        found = [one for version in [repository.files, *repository.earlier] for one in list(version.values())]
        for path in files:
            with suppress(
                FileNotFoundError, IsADirectoryError
            ):  # a file may be put in its place at this moment
                found.append(path.read_bytes())
        return b"".join(found)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("space")
    save_tiny_checkpoint(folder / "voice")
    prepare(
        make_study(),
        replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05))),
        folder / "study",
    )
    with LoopbackHub() as hub:
        environment = hub.environment(
            folder / "home", HF_TOKEN="hf_test", CHECKPOINT=str(folder / "voice"), DATA_DIR=str(folder / "data"),
            STUDY_DIR=str(folder / "study"), RATINGS_REPO=REPO, OWNER_KEY=KEY, SPACE_HOST=SPACE_HOST,
            OWNER_HUB_NAMES="colleague, ", LISTENING_SECRET="one secret for both lives",
            **hub_oauth.environment(hub.url),
        )  # fmt: skip
        # A process of its own: Gradio reads what a Space tells it of signing in when it is imported.
        with served_app(folder, environment) as app:
            until(lambda: app.health()["status"] == "ready", what="the server's readiness")
            yield Deployment(app, hub, folder, environment)


def signed_in(space: Deployment, name: str, **headers: str) -> PageEvents:
    """A visitor who signed in with the hub, as a browser is led there and back."""
    space.hub.signs_in = name
    visitor = PageEvents(space.app.port, f"tab-of-{name}", headers)
    status, told, _ = visitor.ask("GET", "/login/huggingface?_target_url=/results")
    assert status == 302
    asked = urlsplit(told["location"])
    assert f"{asked.scheme}://{asked.netloc}" == space.hub.url
    at_hub = PageEvents(int(asked.port or 0))
    _, told, _ = at_hub.ask("GET", f"{asked.path}?{asked.query}")
    back = urlsplit(told["location"])
    assert (back.scheme, back.netloc) == ("https", SPACE_HOST)
    status, told, _ = visitor.ask("GET", f"{back.path}?{back.query}")
    assert (status, told["location"]) == (307, "/results")
    return visitor


def opened(visitor: PageEvents, key: str = "") -> bool:
    """Whether the list of sessions is shown to a visitor."""
    *_, said = visitor.click("results-open", key)
    return "not the owner" not in said


@pytest.mark.parametrize(
    ("name", "owns"), [("tester", True), ("Tester", True), ("colleague", True), ("stranger", False)]
)
def test_who_owns_the_space_or_is_named_is_its_owner_and_nobody_else(
    space: Deployment, name: str, owns: bool
) -> None:
    assert opened(signed_in(space, name)) == owns


def test_the_key_opens_as_before_and_without_key_and_sign_in_nothing_does(space: Deployment) -> None:
    assert opened(PageEvents(space.app.port), KEY)
    assert not opened(PageEvents(space.app.port), "not the key")
    forged = PageEvents(space.app.port, cookies={"session": "eyJvYXV0aF9pbmZvIjp7fX0=.aaaa.bbbb"})
    assert not opened(forged)


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "same-site"}],
)
def test_another_site_cannot_use_the_cookie_of_a_signed_in_owner(
    space: Deployment, headers: dict[str, str]
) -> None:
    owner = signed_in(space, "tester")
    assert opened(owner)
    assert opened(replace(owner, headers={"origin": f"http://127.0.0.1:{space.app.port}"}))
    status, _, content = replace(owner, headers=headers).press("results-open", "")
    assert status >= 400 or "not the owner" in json.loads(content)["data"][-1]


def test_who_signs_out_is_no_owner_any_more(space: Deployment) -> None:
    owner = signed_in(space, "tester")
    assert owner.ask("GET", "/logout?_target_url=/results")[0] == 307
    assert not opened(owner)


def take(space: Deployment, person: str, seed: int, ratings: int) -> tuple[Listener, str, str]:
    """A session of a crowd's participant: who listens, the token and the id."""
    listener = Listener(space.app.port, random.Random(seed))
    link = {"PROLIFIC_PID": person, "SESSION_ID": f"visit-{person}"}
    before = sessions_on_disk(space)
    view = listener.until_answered("enter", {"parameters": link, "visit": person})[1]["view"]
    answers = {"parameters": link, "device": "computer", "headphones": "headphones", "result": "6/6"}
    while len(listener.acknowledged) < ratings:
        if view["step"] in ("practice", "trial"):
            receipts, audio_s = listener.listen(view["clips"])
            body = {"ticket": view["ticket"], "rating": 1 + seed % 5, "heard": 1.0, "plays": 1}
            status = 0
            while status not in (200, 409):  # a rating sooner than its clips last is refused
                answer = {**body, "response_s": audio_s, "receipts": receipts}
                status, _ = listener.until_answered("rate", answer)
            listener.acknowledged.append(1)
            view = listener.until_answered("enter", {"token": view["token"], "parameters": link})[1]["view"]
        else:
            body = {"token": view["token"], "event": view["step"], "answers": answers}
            view = listener.until_answered("answer", body)[1]["view"]
    (name,) = sessions_on_disk(space) - before
    return listener, str(view["token"]), name


def sessions_on_disk(space: Deployment) -> set[str]:
    if not space.ratings.is_dir():
        return set()
    return {name for name in map(str, read_ratings(space.ratings).frame["session_id"]) if name}


def done(owner: PageEvents, action: str, session: object, reason: str = "") -> tuple[str, str]:
    """Ask and say yes; the question and what was said."""
    button = f"results-{action}"
    *_, question, yes, said = owner.click(button, KEY, button, session, reason)
    if not question:
        assert yes["visible"] is False
        return "", str(said)
    return str(question["said"]), str(owner.click("results-yes", KEY, question)[-1])


def results(owner: PageEvents) -> dict[str, Any]:
    """Everything, as the owner downloads it."""
    (link,) = owner.click("results-get-json", KEY)
    address = link.split('href="')[1].split('"')[0]
    found: dict[str, Any] = json.loads(owner.ask("GET", f"/{address}")[2])
    return found


def test_a_session_is_set_aside_taken_back_and_deleted_everywhere_and_after_a_restart(
    space: Deployment,
) -> None:
    owner = PageEvents(space.app.port)
    _, _, stays = take(space, "somebody-else", 3, RATED)
    listener, token, session = take(space, PERSON, 4, RATED)
    stranger = PageEvents(space.app.port, "another-tab")
    assert "Only the owner" in stranger.click("results-delete", "", "results-delete", session, "")[-1]
    assert "Only the owner" in stranger.click("results-yes", "", None)[-1]
    assert done(owner, "set-aside", session)[1].count("Say why") == 1
    for asked in (None, "delete", {"action": "burn", "session": session, "reason": ""}, {"action": "delete"}):
        assert "Nothing was asked" in owner.click("results-yes", KEY, asked)[-1]
    assert session in sessions_on_disk(space)
    assert "Choose a session" in done(owner, "delete", "no such session")[1]
    assert "not set aside" in done(owner, "take-back", session)[1]

    counted = ratings_counted(owner)
    question, said = done(owner, "set-aside", session, REASON)
    assert "can be taken back" in question
    assert "Set aside." in said
    assert ratings_counted(owner) < counted
    assert results(owner)["excluded"]["set-aside"] == RATED
    assert session in sessions_on_disk(space), "its rows stay"
    assert "counts it again" in done(owner, "take-back", session)[0]
    assert ratings_counted(owner) == counted
    done(owner, "set-aside", session, REASON)

    question, said = done(owner, "delete", session)
    assert "cannot be taken back" in question
    assert "Deleted" in said, said
    until(lambda: session.encode() not in space.kept(), what="nothing was left of the session")
    left = space.kept()
    for one in (session, PERSON, token, REASON):
        assert one.encode() not in left
    assert stays.encode() in left
    status, reply = listener.until_answered("answer", {"token": token, "event": "consent", "answers": {}})
    assert (status, reply["refused"]) == (410, "deleted")
    again = listener.until_answered("enter", {"token": token, "parameters": {}, "visit": "new"})[1]["view"]
    assert (again["step"], again["done"]) == ("consent", 0)
    assert "excluded" not in results(owner) or "set-aside" not in results(owner)["excluded"]
    with zipfile.ZipFile(BytesIO(download(owner, "backup"))) as archive:
        assert not any(session.encode() in archive.read(name) for name in archive.namelist())

    log = space.app.log.read_text()
    assert "a session is set aside" in log
    assert "a session is deleted" in log
    for secret in (session, PERSON, REASON, KEY, stays):
        assert secret not in log

    space.app.end()
    elsewhere = {
        **space.environment,
        "DATA_DIR": str(space.folder / "new"),
        "HF_HOME": str(space.folder / "home2"),
    }
    with served_app(space.folder / "second", elsewhere) as app:
        known = sessions_on_disk(replace(space, app=app, environment=elsewhere))
        assert stays in known
        assert session not in known
        status, reply = Listener(app.port, random.Random(1)).once(
            "answer", {"token": token, "event": "consent"}
        )
        assert (status, reply["refused"]) == (410, "deleted")


def ratings_counted(owner: PageEvents) -> int:
    return sum(int(one["n_ratings"]) for one in results(owner)["variants"])


def download(owner: PageEvents, kind: str) -> bytes:
    (link,) = owner.click(f"results-get-{kind}", KEY)
    return owner.ask("GET", "/" + link.split('href="')[1].split('"')[0])[2]
