"""A server as its owner watches it: its health, its figures, its log and its end."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.hosting.uploader import LEAVING_S
from speecht5_demo.listening.preparation import prepare
from tests.hosting.test_hosting import UPLOAD_FOLDER, rating, write
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.hub import LoopbackHub
from tests.support.listener import Listener
from tests.support.programs import start
from tests.support.published import save_tiny_checkpoint
from tests.support.served_app import ServedApp, served_app, until

REPO = "tester/ratings"
KEY = "a key of nineteen letters"
PERSON, PLACE = "5f2b7c1d9e0a", "198.51.100.77"
SILENCE_S = 60.0
ENDS_WITHIN_S = SILENCE_S / 2
"""A busy machine is no failure: what a silent hub held up would take the whole of its silence."""


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as running:
        yield running


@pytest.fixture(scope="module")
def app(hub: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    folder = tmp_path_factory.mktemp("operation")
    save_tiny_checkpoint(folder / "voice")
    prepare(
        make_study(),
        replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05))),
        folder / "data" / "study",
    )
    environment = hub.environment(
        folder / "home", HF_TOKEN="hf_secret_token", CHECKPOINT=str(folder / "voice"),
        DATA_DIR=str(folder / "data"), RATINGS_REPO=REPO, OWNER_KEY=KEY,
    )  # fmt: skip
    with served_app(folder, environment) as running:
        until(lambda: running.health()["status"] == "ready", what="the server's readiness")
        yield running


def uploaded(hub: LoopbackHub) -> str:
    """All that the dataset holds, as text."""
    repository = hub.repositories.get(("datasets", REPO))
    return "" if repository is None else b"\n".join(repository.files.values()).decode()


def test_figures_are_told_to_the_owner_and_to_this_machine_alone(app: ServedApp) -> None:
    key = {"Authorization": f"Bearer {KEY}"}
    elsewhere = {"X-Forwarded-For": PLACE}
    assert app.get("/metrics")[0] == 200
    assert app.get("/metrics", elsewhere)[0] == 401
    assert app.get("/metrics", {**elsewhere, "Authorization": "Bearer wrong"})[0] == 401
    status, text = app.get("/metrics", {**elsewhere, **key})
    assert status == 200
    assert "speecht5_demo_voice_loaded 1.0" in text
    assert "speecht5_demo_study_open 1.0" in text


def test_neither_health_nor_figures_nor_log_tell_who_took_part_or_a_secret(app: ServedApp) -> None:
    before = app.log.read_text()
    listener = Listener(app.port, random.Random(3))
    link = {"PROLIFIC_PID": PERSON, "SESSION_ID": "visit-77"}
    status, reply = listener.once("enter", {"parameters": link, "visit": "of a tab"})
    assert status == 200
    token = reply["view"]["token"]
    assert (
        listener.once("answer", {"token": token, "event": "consent", "answers": {"parameters": link}})[0]
        == 200
    )
    assert listener.once("rate", {"ticket": "forged", "rating": 3})[0] == 403
    app.get(f"/listening/clip/{token}", {"X-Forwarded-For": PLACE})
    app.get(f"/nowhere?PROLIFIC_PID={PERSON}", {"X-Forwarded-For": PLACE})
    _, figures = app.get("/metrics")
    told = figures + app.get("/healthz")[1] + app.log.read_text()
    assert "nowhere" in app.log.read_text()[len(before) :], "refusals are still told"
    for secret in (PERSON, "visit-77", PLACE, KEY, "hf_secret_token", token):
        assert secret not in told
    assert 'answers_refused_total{reason="not-ours"}' in figures


def test_a_hub_that_refuses_is_told_in_health_log_and_figures_until_it_takes_ratings_again(
    hub: LoopbackHub, tmp_path: Path, app: ServedApp
) -> None:
    fault = hub.misbehave("/api/repos/create", status=429)
    data = tmp_path / "data"
    environment = hub.environment(
        tmp_path / "home", HF_TOKEN="hf_test", CHECKPOINT="embedded", DATA_DIR=str(data),
        RATINGS_REPO="tester/other", PREPARE_STUDY="0",
    )  # fmt: skip
    with served_app(tmp_path, environment) as other:
        until(lambda: other.health()["status"] == "degraded", what="the word that ratings do not leave")
        assert other.get("/healthz")[0] in (200, 503)
        assert any("do not leave" in reason for reason in other.health()["reasons"])
        assert "tester/other" not in other.get("/healthz")[1]
        assert "could not be uploaded" in other.log.read_text()
        assert "speecht5_demo_upload_failures_total 0.0" not in other.get("/metrics")[1]
        fault.times = 0
        assert other.end() < ENDS_WITHIN_S
        assert other.process.returncode == 0


def test_a_server_that_is_asked_to_end_carries_its_last_rating_and_is_gone_in_ten_seconds(
    hub: LoopbackHub, app: ServedApp
) -> None:
    listener = Listener(app.port, random.Random(5))
    listener.take_the_test(lambda view: len(listener.acknowledged) == 3)
    assert 'speecht5_demo_ratings_total{source="study"} 3.0' in app.get("/metrics")[1]
    assert LEAVING_S < 10
    assert app.end() < ENDS_WITHIN_S
    assert app.process.returncode == 0
    rows = [line for line in uploaded(hub).splitlines() if ",study,true," in line]
    assert len(rows) == 3
    assert "were uploaded to" in app.log.read_text()
    assert PERSON not in uploaded(hub)


@pytest.mark.parametrize("fault", [{"silent": SILENCE_S}, {"status": 500}])
def test_a_hub_that_is_slow_or_ill_does_not_hold_the_end_up(
    fault: dict[str, float], hub: LoopbackHub, tmp_path: Path
) -> None:
    where = f"tester/ill-{next(iter(fault))}-{next(iter(fault.values())):.0f}"
    write(tmp_path / "ratings", [rating(0)])
    process = start(
        ["-c", UPLOAD_FOLDER.replace("tester/ratings", where), str(tmp_path / "ratings"), "60"],
        hub.environment(tmp_path / "home", HF_TOKEN="hf_test"),
    )
    try:
        until(
            lambda: getattr(hub.repositories.get(("datasets", where)), "commits", []), what="the first push"
        )
        hub.misbehave(where, **fault)
        write(tmp_path / "ratings", [rating(0), rating(1)])
        asked = time.monotonic()
        process.terminate()
        assert process.wait(timeout=60) == 0
        assert time.monotonic() - asked < ENDS_WITHIN_S
    finally:
        process.kill()
        process.join(60)
