"""Checkpoints from a hub: a real server, real downloads, and everything that goes wrong with them."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.hub import LoopbackHub
from tests.support.hub_worker import HubWorker
from tests.support.published import MODEL, VOCODER, put_published_model, put_xvectors

SILENCE_S = 60
"""How long a silent hub keeps quiet: nobody waits for more than a small part of it."""

LARGEST = "GET /lfs/.*"


@pytest.fixture(scope="module")
def running_hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as hub:
        yield hub


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hf_home")


@pytest.fixture(scope="module")
def worker(running_hub: LoopbackHub, home: Path) -> Iterator[HubWorker]:
    worker = HubWorker(running_hub.environment(home))
    yield worker
    assert worker.close() == 0, (
        "a request that the hub never answered must not hold up the end of the process"
    )


@pytest.fixture
def hub(running_hub: LoopbackHub, home: Path) -> LoopbackHub:
    """The hub with the published repositories, in good health; nothing is cached."""
    shutil.rmtree(home)
    home.mkdir()
    running_hub.misbehaviours.clear()
    running_hub.repositories.clear()
    put_published_model(running_hub)
    put_xvectors(running_hub)
    running_hub.requests.clear()
    return running_hub


def test_published_model_loads_from_its_bin_files_and_then_needs_no_hub(hub, worker):
    vectors = put_xvectors(hub)
    opened = worker.open(MODEL, load=True)
    assert MODEL in opened["notice"]
    weights = [hub.repositories["models", name].files["pytorch_model.bin"] for name in (MODEL, VOCODER)]
    both = " ".join(hashlib.sha256(content).hexdigest() for content in weights)
    assert opened["digest"] == hashlib.sha256(both.encode()).hexdigest()
    assert opened["five"][-2:] == [3, 2], "the tokenizer must leave digits alone"
    assert np.allclose(opened["speakers"]["slt"], vectors["cmu_us_slt_arctic-wav-arctic_a0508"])
    assert np.allclose(opened["speakers"]["bdl"], vectors["cmu_us_bdl_arctic-wav-arctic_a0009"])
    assert list(opened["speakers"]) == ["slt", "bdl", "clb", "rms", "ksp"]

    hub.requests.clear()
    hub.misbehave(".", silent=60)
    again = worker.open(MODEL, load=True)
    assert again["digest"] == opened["digest"]
    automatic = worker.open("auto")
    assert automatic["spec"] == MODEL
    assert hub.requests == []


def test_auto_speaks_at_once_without_asking_the_hub(hub, worker):
    opened = worker.open("auto")
    assert opened["spec"] == "embedded"
    assert MODEL in opened["notice"], "the notice says how to load the other voice"
    assert hub.requests == []


def test_auto_takes_the_published_model_in_a_space(hub, worker):
    assert worker.open("auto", space=True)["spec"] == MODEL


@pytest.mark.parametrize("where", ["GET /api/models", "HEAD .*pytorch_model.bin"])
def test_silent_hub_costs_a_space_five_seconds_and_the_built_in_voice_says_why(hub, worker, where):
    hub.misbehave(where, silent=SILENCE_S)
    opened = worker.open("auto", space=True)
    assert opened["spec"] == "embedded"
    assert "could not be loaded" in opened["notice"]
    assert hub.url in opened["notice"]
    assert opened["seconds"] < SILENCE_S / 5


def test_hub_that_refuses_connections_is_reported_at_once(hub, worker):
    with hub.away():
        failed = worker.open(MODEL)
    assert "cannot be reached" in failed["error"]
    assert failed["seconds"] < SILENCE_S / 20


@pytest.mark.parametrize(
    ("status", "words"), [(503, "answered with an error (503)"), (404, "answered with an error (404)")]
)
def test_hub_that_is_ill_is_named_with_its_status(hub, worker, status, words):
    hub.misbehave("/api/models", status=status)
    assert words in worker.open(MODEL)["error"]


def test_hub_that_keeps_failing_halfway_is_left_after_the_same_wait(hub, worker):
    hub.misbehave("HEAD .*pytorch_model.bin", status=503)
    failed = worker.open(MODEL)
    assert "error" in failed
    assert failed["seconds"] < SILENCE_S / 5


def test_unknown_and_restricted_repositories_are_told_apart(hub, worker):
    assert "no such repository" in worker.open("microsoft/speecht5_tss")["error"]
    hub.repositories["models", MODEL].gated = True
    assert "access is restricted" in worker.open(MODEL)["error"]
    hub.repositories["models", MODEL].gated = False
    assert "no such revision" in worker.open(f"{MODEL}@v9")["error"]


def test_repository_of_another_kind_is_refused_before_its_weights_are_fetched(hub, worker):
    del hub.repositories["models", MODEL].files["spm_char.model"]
    assert "spm_char.model" in worker.open(MODEL)["error"]
    assert not any("pytorch_model.bin" in request for request in hub.requests)


def test_download_that_is_cut_once_goes_on_where_it_stopped(hub, worker):
    hub.misbehave(LARGEST, cut_after=60_000, times=1)
    assert "error" not in worker.open(MODEL, load=True)


def test_half_a_download_never_counts_as_a_model(hub, worker, home):
    hub.repositories["models", MODEL].files["pytorch_model.bin"] += bytes(300_000)
    hub.misbehave(LARGEST, stall_after=250_000)
    failed = worker.open(MODEL, timeout_s=1.0)
    assert "has sent nothing new" in failed["error"]
    assert not list(home.rglob("snapshots/*/pytorch_model.bin"))
    with hub.away():
        assert worker.open("auto")["spec"] == "embedded"


def test_download_that_arrives_damaged_is_thrown_away(hub, worker, home):
    sha256 = hashlib.sha256(hub.repositories["models", MODEL].files["pytorch_model.bin"]).hexdigest()
    hub.misbehave(f"GET /lfs/{sha256}", damage=True)
    assert "arrived damaged" in worker.open(MODEL)["error"]
    assert not list(home.rglob("snapshots/*/pytorch_model.bin"))


def test_file_cut_short_on_disk_is_noticed_when_the_checkpoint_opens(hub, worker, home):
    worker.open(MODEL)
    weights = next((home / "hub" / "models--microsoft--speecht5_tts").rglob("snapshots/*/pytorch_model.bin"))
    blob = weights.resolve()
    blob.write_bytes(blob.read_bytes()[:-5000])
    assert "cut short" in worker.open(MODEL)["error"]
    opened = worker.open("auto")
    assert opened["spec"] == "embedded"
    assert "cut short" in opened["notice"]


def test_missing_recording_is_an_error_not_another_voice(hub, worker):
    put_xvectors(hub, leave_out="slt_arctic-wav-arctic_a0508")
    failed = worker.open(MODEL)
    assert failed["kind"] == "SpeakerError"
    assert "cmu_us_slt_arctic-wav-arctic_a0508" in failed["error"]


def test_model_in_a_folder_takes_its_vocoder_from_the_hub(hub, worker, tmp_path):
    for name, content in hub.repositories["models", MODEL].files.items():
        (tmp_path / name).write_bytes(content)
    assert "vocoder" in worker.open(str(tmp_path))["error"]
    assert "error" not in worker.open(f"{tmp_path}+{VOCODER}", load=True)


def test_what_is_pushed_to_the_loopback_hub_can_be_read_back(hub, worker):
    worker.push("tester/ratings", "data/ratings-1.csv", "a,b\n1,2\n")
    repository = hub.repositories["datasets", "tester/ratings"]
    assert repository.private
    assert repository.files["data/ratings-1.csv"] == b"a,b\n1,2\n"
    assert len(repository.commits) == 1


def test_a_fine_tune_speaks_with_the_speakers_of_its_own_repository(hub, worker):
    vector = np.random.default_rng(5).standard_normal(512).astype(np.float32)
    buffer = io.BytesIO()
    np.save(buffer, vector)
    hub.repositories["models", MODEL].files["speakers/anna.npy"] = buffer.getvalue()
    hub.repositories["models", MODEL].files["speakers/labels.json"] = b'{"anna": "Anna"}'
    opened = worker.open(MODEL)
    assert list(opened["speakers"]) == ["anna"]
    assert np.allclose(opened["speakers"]["anna"], vector)
    hub.misbehave(".", silent=60)
    assert list(worker.open(MODEL)["speakers"]) == ["anna"]
