"""Speech for programs over real HTTP: OpenAI's own client, raw requests, and who leaves in the middle."""

from __future__ import annotations

import io
import json
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from tests.attack.client import Answer, Client, PageVisitor, at_once
from tests.attack.fuzzing import _RAW, _anything
from tests.browser.conftest import Server

if TYPE_CHECKING:  # it takes half a second, and each worker collects these tests
    import openai

SENTENCE = "The birch canoe slid on the smooth planks."
LONG = " ".join(
    f"This is sentence number {number} of a long text, and it takes a while." for number in range(20)
)
SPEECH = "/v1/audio/speech"


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="of-nobody", max_retries=0) as ready:
        yield ready


def decoded(content: bytes) -> tuple[Any, int]:
    """Samples and rate. libsndfile seeks in no FLAC that does not know its length: it is read as a pipe would be."""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        if file.format != "FLAC":
            return file.read(dtype="float32"), file.samplerate
        held = soundfile._ffi.new("float[]", 60 * file.samplerate)
        read = soundfile._snd.sf_readf_float(file._file, held, 60 * file.samplerate)
        return np.frombuffer(soundfile._ffi.buffer(held, 4 * read), np.float32).copy(), file.samplerate


def asked(**changed: Any) -> dict[str, Any]:
    fields = {"model": "turbo-int8", "voice": "am_michael", "input": SENTENCE, "response_format": "wav"}
    return {name: value for name, value in {**fields, **changed}.items() if value is not ...}


def test_openai_client_lists_the_variants_and_finds_one(client: openai.OpenAI) -> None:
    import openai

    names = [model.id for model in client.models.list()]
    assert names[:2] == ["baseline", "int8"]
    assert client.models.retrieve("turbo-int8").object == "model"
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-4o'"):
        client.models.retrieve("gpt-4o")


@pytest.mark.parametrize(
    ("audio_format", "rate", "slack_s"),
    [
        ("wav", 16_000, 0.0),
        ("flac", 16_000, 0.0),
        ("mp3", 16_000, 0.2),
        ("opus", 16_000, 0.1),
        ("pcm", 24_000, 0.01),
    ],
)
def test_openai_client_gets_the_same_speech_in_every_format(
    client: openai.OpenAI, audio_format: Any, rate: int, slack_s: float
) -> None:
    def spoken(wanted: Any) -> bytes:
        return client.audio.speech.create(
            model="turbo-int8", voice="am_michael", input=SENTENCE, response_format=wanted
        ).content

    plain, _ = decoded(spoken("wav"))
    content = spoken(audio_format)
    if audio_format == "pcm":
        samples = np.frombuffer(content, "<i2").astype(np.float32) / 32767
    else:
        samples, found = decoded(content)
        assert found == rate
    assert len(samples) / rate == pytest.approx(len(plain) / 16_000, abs=slack_s + 1e-9)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(plain**2)), rel=0.1)
    if audio_format == "flac":
        assert np.array_equal(samples, plain)


def test_a_client_that_names_no_format_gets_mp3_as_from_openai(client: openai.OpenAI) -> None:
    answer = client.audio.speech.with_raw_response.create(model="int8", voice="bm_george", input="Hello.")
    assert answer.headers["content-type"] == "audio/mpeg"


def test_a_long_text_is_heard_from_its_first_piece(client: openai.OpenAI) -> None:
    waited: list[float] = []
    while (
        len(waited) < 3 and min(waited, default=1.0) >= 1 / 3
    ):  # the best of three: others are busy here, too
        begun = time.monotonic()
        with client.audio.speech.with_streaming_response.create(
            model="turbo-int8", voice="am_michael", input=LONG, response_format="wav"
        ) as answer:
            arrived = [(time.monotonic() - begun, len(content)) for content in answer.iter_bytes()]
        assert len(arrived) > 3
        assert sum(size for _, size in arrived) > 20 * 16_000 * 2
        waited.append(arrived[0][0] / arrived[-1][0])
    assert min(waited) < 1 / 3


def test_the_same_seed_says_the_same_and_another_one_does_not(server: Server) -> None:
    program = Client(server.url, "127.0.1.1")
    first, again, other = (program.post(SPEECH, asked(model="int8", seed=seed)).body for seed in (3, 3, 4))
    assert first == again != other


def test_a_file_says_that_it_is_synthetic_with_text_checkpoint_and_variant(server: Server) -> None:
    program = Client(server.url, "127.0.1.2")
    for audio_format in ("wav", "flac", "mp3", "opus"):
        answer = program.post(SPEECH, asked(response_format=audio_format, input="Grüß Gott, hello."))
        with soundfile.SoundFile(io.BytesIO(answer.body)) as file:
            assert file.title == ("Gruss Gott, hello." if audio_format == "mp3" else "Grüß Gott, hello.")
            assert "Synthetic speech" in file.comment
            assert "variant turbo-int8, checkpoint " in file.comment


@pytest.mark.parametrize(
    ("changed", "status", "param"),
    [
        ({"model": "tts-1"}, 404, "model"),
        ({"model": ...}, 400, "model"),
        ({"model": 7}, 400, "model"),
        ({"voice": "alloy"}, 400, "voice"),
        ({"voice": None}, 400, "voice"),
        ({"voice": ["am_michael"]}, 400, "voice"),
        ({"input": ""}, 400, "input"),
        ({"input": "x" * 2001}, 400, "input"),
        ({"input": "½" * 1900}, 400, "input"),
        ({"input": ["a"]}, 400, "input"),
        ({"response_format": "aac"}, 400, "response_format"),
        ({"response_format": []}, 400, "response_format"),
        ({"speed": 1.5}, 400, "speed"),
        ({"speed": True}, 400, "speed"),
        ({"instructions": "Whisper."}, 400, "instructions"),
        ({"stream_format": "sse"}, 400, "stream_format"),
        ({"seed": -1}, 400, "seed"),
        ({"seed": 2**31}, 400, "seed"),
        ({"seed": "x"}, 400, "seed"),
        ({"temperature": 1}, 400, "temperature"),
    ],
)
def test_what_cannot_be_served_is_refused_by_its_name(
    server: Server, changed: dict[str, Any], status: int, param: str
) -> None:
    answer = Client(server.url, "127.0.1.3").post(SPEECH, asked(**changed))
    assert answer.status == status
    assert set(answer.json["error"]) == {"message", "type", "param", "code"}
    assert answer.json["error"]["param"] == param
    assert answer.json["error"]["message"].strip()


def test_speed_one_and_a_voice_as_an_object_are_served(server: Server) -> None:
    answer = Client(server.url, "127.0.1.3").post(SPEECH, asked(speed=1.0, voice={"id": "am_michael"}))
    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", SPEECH, None, 404),
        ("POST", "/v1/models", b"{}", 404),
        ("POST", "/v1/chat/completions", b"{}", 404),
        ("GET", "/v1/models/..%2f..%2fetc", None, 404),
        ("DELETE", "/v1/x", None, 404),
        ("POST", SPEECH, b"{", 400),
        ("POST", SPEECH, b"[]", 400),
        ("POST", SPEECH, json.dumps({"input": "x" * 99_000}).encode(), 413),
    ],
)
def test_refusals_have_the_shape_that_openai_clients_read(
    server: Server, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = Client(server.url, "127.0.1.4").send(method, path, body)
    assert answer.status == status
    assert answer.json["error"]["message"]


def test_a_program_has_as_many_places_as_a_page_and_is_told_when_to_come_again(server: Server) -> None:
    program = Client(server.url, "127.0.1.5")
    with_key = {"authorization": "Bearer one"}
    body = json.dumps(asked(model="int8", input=SENTENCE * 12)).encode()

    def ask(headers: dict[str, str]) -> Answer:
        return program.send("POST", SPEECH, body, {"content-type": "application/json", **headers})

    held = at_once(*[lambda: ask(with_key)] * 4)
    assert sorted(answer.status for answer in held) == [200, 200, 429, 429]
    for answer in held:
        if answer.status == 429:
            assert answer.json["error"]["type"] == "rate_limit_error"
            assert int(answer.headers["retry-after"]) >= 1


def test_speech_is_budgeted_in_seconds_of_what_is_spoken(server: Server) -> None:
    import openai

    text = "one hundred and five words " * 70

    def ask_for_some_bytes(greedy: openai.OpenAI) -> None:
        create = greedy.audio.speech.with_streaming_response.create
        with create(model="turbo-int8", voice="am_michael", input=text, response_format="wav"):
            pass  # leaves after the first bytes

    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="greedy", max_retries=0) as greedy:
        for _ in range(40):
            try:
                ask_for_some_bytes(greedy)
            except openai.RateLimitError as error:
                if "s of speech were asked for" in error.message:
                    return
                time.sleep(0.5)  # the places of those that left are free soon
    pytest.fail("forty long texts were all spoken")


def test_the_voice_is_free_when_a_program_hangs_up(server: Server) -> None:
    body = json.dumps(asked(model="baseline", input=LONG)).encode()
    head = f"POST {SPEECH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    program = Client(server.url, "127.0.1.6")
    for _ in range(6):  # more than its places
        with socket.create_connection(
            (program.host, program.port), source_address=("127.0.1.6", 0)
        ) as connection:
            connection.sendall(head.encode() + body)
            time.sleep(0.3)
    begun = time.monotonic()
    until = begun + 60
    while (answer := program.post(SPEECH, asked())).status == 429 and time.monotonic() < until:
        time.sleep(0.2)
    assert answer.status == 200


def test_no_blind_sample_of_the_page_can_be_made_by_the_api(server: Server) -> None:
    visitor = PageVisitor(server.url, "127.0.1.7")
    variants = ["baseline", "int8", "turbo-int8"]
    _, view = visitor.speak(SENTENCE, variants, seed=5)
    blind = {pcm_of(visitor.send("GET", card["audio"]["url"]).body) for card in view["cards"]}
    made = {
        pcm_of(visitor.post(SPEECH, asked(model=variant, seed=seed)).body)
        for variant in variants
        for seed in (0, 5)
    }
    assert len(blind) == len(view["cards"]) == 3
    assert len(made) == 6
    assert not blind & made


def pcm_of(wav: bytes) -> bytes:
    samples, _ = soundfile.read(io.BytesIO(wav), dtype="int16")
    return bytes(samples.tobytes())


def test_nonsense_is_refused_without_a_fault_and_without_a_traceback(server: Server) -> None:
    chance = random.Random(26)
    program = Client(server.url, "127.0.1.8")
    statuses = set()
    for _ in range(150):
        told = asked(model="turbo-int8")
        for field in chance.sample(sorted(told), chance.randrange(1, 4)):
            told[field] = _anything(chance)
        body = chance.choice(_RAW) if chance.random() < 0.2 else json.dumps(told).encode()
        statuses.add(program.send("POST", SPEECH, body).status)
    assert max(statuses) < 500, statuses
    log = Path(server.log).read_text(errors="replace")
    assert "Traceback" not in log
