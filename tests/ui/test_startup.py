"""What a deployment chose wrongly is one sentence that names the variable, before anything slow is loaded."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import language
from speecht5_demo.synthesis.native.levels import ARM, X86
from speecht5_demo.ui import startup
from speecht5_demo.ui.settings import Settings, SettingsError
from speecht5_demo.ui.startup import check_values, spare_loopback
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def _environment(tmp_path: Path, **chosen: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {
        **kept,
        "CHECKPOINT": "embedded",
        "PREPARE_STUDY": "0",
        "DATA_DIR": str(tmp_path / "data"),
        "HOST": "127.0.0.1",
        **chosen,
    }


def _refused(tmp_path: Path, **chosen: str) -> str:
    """What `python app.py` says when it will not start, and that it loaded nothing slow."""
    code = (
        "import runpy, sys\ntry:\n    runpy.run_path('app.py', run_name='__main__')\n"
        "finally:\n    print(*sorted({'torch', 'gradio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=_environment(tmp_path, **chosen),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.strip() == ""
    assert done.stderr.count("\n") == 1
    assert "GRADIO" not in done.stderr
    return done.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_named_with_another_to_try(host: str, taken: int, tmp_path: Path) -> None:
    said = _refused(tmp_path, PORT=str(taken), HOST=host)
    assert f"PORT {taken} is in use" in said
    assert f"PORT={taken + 1}" in said


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1"])
def test_what_is_no_port_is_named(port: str, tmp_path: Path) -> None:
    assert f"PORT is '{port}'" in _refused(tmp_path, PORT=port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "127.0.0.1.5", "http://localhost"])
def test_what_is_no_address_of_this_machine_is_named(host: str, tmp_path: Path) -> None:
    said = _refused(tmp_path, PORT="7999", HOST=host)
    assert f"HOST is {host!r}" in said
    assert "HOST=127.0.0.1" in said


@pytest.mark.parametrize("below", ["", "/below"])
def test_a_file_where_ratings_should_go_is_named(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = _refused(tmp_path, DATA_DIR=f"{tmp_path}/file{below}", PORT="7999")
    assert "DATA_DIR is" in said
    assert "file is a file, not a folder" in said


def test_a_folder_that_nobody_may_write_to_is_named(tmp_path: Path) -> None:
    assert "DATA_DIR is '/proc/data', where no rating could be kept" in _refused(
        tmp_path, DATA_DIR="/proc/data"
    )


def test_the_server_starts_behind_a_proxy_and_says_what_it_does(tmp_path: Path) -> None:
    port = free_port()
    proxy = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    server = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=_environment(tmp_path, PORT=str(port), **proxy),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    giving_up = threading.Timer(120, server.kill)
    giving_up.start()
    said: list[str] = []
    try:
        assert server.stdout is not None
        for line in server.stdout:
            said.append(line)
            if f"Running on local URL:  http://127.0.0.1:{port}" in line:
                break
        with socket.create_connection(("127.0.0.1", port), timeout=60):
            pass
    finally:
        giving_up.cancel()
        server.send_signal(signal.SIGINT)
        try:
            rest, _ = server.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            rest, _ = server.communicate()
    whole = "".join(said)
    told = [word for word in (line.split(maxsplit=1)[0] for line in said) if word.rstrip(":").endswith("ing")]
    assert told == ["Starting:", "Opening", "Serving"], whole
    assert "Traceback" not in whole + rest


def test_what_the_environment_spares_of_a_proxy_is_kept() -> None:
    environment = {"NO_PROXY": "example.org, localhost"}
    spare_loopback("10.0.0.7", environment)
    assert environment["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1,10.0.0.7"
    assert environment["no_proxy"] == "127.0.0.1,localhost,::1,10.0.0.7"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TRUST_PROXY", "true", "TRUST_PROXY is 'true': give 1 or 0"),
        ("PREPARE_STUDY", "maybe", "give 1 or 0"),
        ("SPEECHT5_DEMO_NATIVE", "off", "give 1 or 0"),
        ("STUDY_LINK_SECRET", "short", "has 5 characters: give at least 16"),
        ("LISTENING_SECRET", "x" * 15, "has 15 characters"),
        ("RATINGS_REPO", "non sense", "no id of a dataset: write it as user/name"),
        ("STUDY_REPO", "name", "user/name"),
        ("RATINGS_DIR", "a file", "which is no folder"),
        ("STUDY_DIR", "a file", "which is no folder"),
        ("GRADIO_ROOT_PATH", "demo", "a path such as /demo"),
        ("GRADIO_ROOT_PATH", "https://example.org/demo", "without an address"),
        ("LANGUAGE", "xx-nonsense", "the code of a language, such as de or pt-BR"),
        ("LANGUAGE", "German", "such as de"),
        ("LANGUAGE", "de,en", "such as de"),
        ("LANGUAGE", "de:nonsense", "such as de"),
        ("SPEECHT5_DEMO_KERNELS", "avx1024", "give amx, avx512-vnni, .* neon-i8mm or neon-dotprod, or leave"),
        ("SPEECHT5_DEMO_KERNELS", "0", "or leave it out"),
    ],
)
def test_a_value_that_a_variable_cannot_hold_is_one_sentence_that_names_it(
    name: str, value: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    given = str(tmp_path / "file") if value == "a file" else value
    with pytest.raises(SettingsError, match=words) as refused:
        check_values({name: given})
    assert name in str(refused.value)
    assert "x" * 15 not in str(refused.value), "no secret is told"
    check_values({name: ""})


@pytest.mark.parametrize(
    "given",
    [
        {
            "TRUST_PROXY": "1",
            "PREPARE_STUDY": "No",
            "STUDY_LINK_SECRET": "s" * 16,
            "GRADIO_ROOT_PATH": "/a/b-c/",
        },
        {"LANGUAGE": "pt-BR", "SPEECHT5_DEMO_KERNELS": "avx-vnni"},
        {"LANGUAGE": "de", "SPEECHT5_DEMO_KERNELS": "neon-dotprod"},
        {"LANGUAGE": "en_US:en"},
        {"LANGUAGE": "de_AT.UTF-8"},
        {"LANGUAGE": "C"},
        {"RATINGS_REPO": "you/ratings.2026", "RATINGS_DIR": "/not/there/yet", "GRADIO_ROOT_PATH": "/"},
        {},
    ],
)
def test_values_that_variables_hold_are_taken(given: dict[str, str]) -> None:
    check_values(given)


def test_such_a_value_ends_the_start_before_anything_slow(tmp_path: Path) -> None:
    assert _refused(tmp_path, TRUST_PROXY="yes").startswith("TRUST_PROXY is 'yes'")
    assert _refused(tmp_path, LANGUAGE="xx-nonsense").startswith("LANGUAGE is 'xx-nonsense'")


def test_the_start_knows_what_is_read_later() -> None:
    assert tuple(level.name for level in (*X86, *ARM)) == startup.KERNELS
    assert startup.CODE.pattern == language._CODE.pattern


def test_an_owners_key_of_spaces_counts_as_left_out() -> None:
    assert Settings.from_environment({"OWNER_KEY": "  "}).owner_key is None
    assert Settings.from_environment({"OWNER_KEY": " a key "}).owner_key == "a key"
