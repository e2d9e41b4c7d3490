"""The command line speaks, and tells its figures as one JSON document."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from rich.console import Console

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import main
from speecht5_demo.commands import console
from tests.support import programs

TEXT = "It cost $5.50 on May 3rd."


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return programs.run(["-m", "speecht5_demo", *arguments], os.environ, cwd, timeout=240)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """The command line within this process: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def within(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["speecht5_demo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return within


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("compare")
    done = run(
        "compare",
        TEXT,
        "--checkpoint",
        "embedded",
        "--repeats",
        "1",
        "--sizes",
        "-o",
        "heard",
        "--json",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    for result in document["results"]:
        result["audio"] = str(folder / result["audio"])
    return document


def test_compare_gives_the_four_report_variants(compared: dict[str, Any]) -> None:
    assert [result["variant"] for result in compared["results"]] == [
        "baseline", "int8", "pruned", "pruned-int8",
    ]  # fmt: skip


def test_every_result_has_the_documented_fields(compared: dict[str, Any]) -> None:
    for result in compared["results"]:
        assert result.keys() >= {
            "variant", "text", "spoken_text", "speaker", "seed", "checkpoint", "sampling_rate", "audio_seconds",
            "latency_s", "first_audio_s", "rtf", "sizes", "stopped", "audio",
        }  # fmt: skip
        assert result["latency_s"].keys() >= {"median", "p90", "runs", "encode", "decode", "vocode"}
        assert result["sizes"].keys() == {
            "disk_bytes", "zip_bytes", "resident_bytes", "parameters", "nonzero_parameters",
            "acoustic_disk_bytes", "vocoder_disk_bytes",
        }  # fmt: skip


def test_the_audio_files_are_what_the_figures_say(compared: dict[str, Any]) -> None:
    for result in compared["results"]:
        info = soundfile.info(result["audio"])
        assert info.samplerate == result["sampling_rate"] == 16_000
        assert info.duration == pytest.approx(result["audio_seconds"], abs=0.001)
        assert result["rtf"] == pytest.approx(result["latency_s"]["median"] / result["audio_seconds"])


def test_first_audio_is_the_whole_latency_where_nothing_streams(compared: dict[str, Any]) -> None:
    for result in compared["results"]:
        assert result["first_audio_s"] == result["latency_s"]["median"]


def test_turbo_is_heard_long_before_it_is_whole(call: Call) -> None:
    long = "The birch canoe slid on the smooth planks, and nobody on the river saw it go. " * 4
    asked = ["compare", long, "--variants", "turbo", "--checkpoint", "embedded", "--repeats", "1"]
    shares: list[float] = []
    while len(shares) < 5 and min(shares, default=1.0) >= 1 / 2:  # other work may fall on one part alone
        code, out, _ = call(*asked, "--json")
        assert code == 0
        (result,) = json.loads(out)["results"]
        shares.append(result["first_audio_s"] / result["latency_s"]["median"])
    assert 0 < min(shares) < 1 / 2, shares
    assert " first " in call(*asked)[1]


def test_prices_and_dates_are_spoken(compared: dict[str, Any]) -> None:
    spoken = compared["results"][0]["spoken_text"].lower()
    assert "five dollars and fifty cents" in spoken
    assert "third" in spoken


def test_synthesize_prints_one_object_and_writes_where_it_was_told(call: Call, tmp_path: Path) -> None:
    code, out, err = call(
        "synthesize", "Hello there.", "--variant", "int8", "--speaker", "am_michael+bf_emma:0.4", "--seed", "3",
        "-o", "out/hello.wav", "--parents", "--checkpoint", "embedded", "--json",
    )  # fmt: skip
    assert code == 0, err
    document = json.loads(out)
    assert document["variant"] == "int8"
    assert document["seed"] == 3
    assert document["stopped"] is True
    assert document["sizes"] is None
    assert soundfile.info(tmp_path / "out" / "hello.wav").frames > 4000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["synthesize", "..."], "only punctuation"),
        (["synthesize", "Hello", "--variant", "int9"], "Choose one of: baseline, int8"),
        (["synthesize", "Hello", "--speaker", "nobody"], "Choose one of: bf_emma"),
        (["synthesize", "Hello", "--speaker", "missing.npy"], "missing.npy"),
        (
            ["synthesize", "Hello", "--speaker", "am_michael+bf_emma:half"],
            "Write a blend as am_michael+bf_emma:0.3",
        ),
        (["compare", "Hello", "--variants", "int8,int8"], "each only once"),
        (["speakers", "--checkpoint", "no/such/folder"], "no/such/folder"),
        (
            ["synthesize", "Hello", "-o", "out/hello.wav"],
            "The folder out is not there. Make it, choose another",
        ),
        (["synthesize", "Hello", "-o", "."], "Cannot write .: its name has no ending"),
        (
            ["synthesize", "Hello", "-o", "hello.aac"],
            "the ending .aac is not known. Choose one of .wav, .flac, .ogg",
        ),
        (["synthesize", "Hello", "-o", "-"], "add --stream"),
        (["synthesize", "Hello", "-o", "hello.mp3", "--stream"], "a stream is WAV"),
        (["synthesize", "Hello", "--exclude", "*.prenet.*"], "add --prune with a share above 0, or --int8"),
        (["synthesize", "Hello", "--prune", "0"], "This recipe changes nothing"),
        (["synthesize", "Hello", "--int8", "--variant", "int8"], "not both"),
        (
            ["synthesize", "Hello", "--int8", "--exclude", "*.nothing.*"],
            "The pattern '*.nothing.*' matches none",
        ),
        (["compare", "Hello", "--int8", "--include", "decoder"], "The pattern 'decoder' matches none"),
        (["compare", "Hello", "-o", "no/such/heard"], "The folder no/such is not there"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_1(
    arguments: list[str], words: str, call: Call, tmp_path: Path
) -> None:
    extra = [] if "--checkpoint" in arguments else ["--checkpoint", "embedded"]
    code, out, err = call(*arguments, *extra)
    assert code == 1
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_real_process_shows_no_traceback(tmp_path: Path) -> None:
    done = run("synthesize", "", "--checkpoint", "embedded", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_variants_and_speakers_are_listed(call: Call) -> None:
    variants = json.loads(call("variants", "--json")[1])["variants"]
    assert [variant["name"] for variant in variants[:4]] == ["baseline", "int8", "pruned", "pruned-int8"]
    speakers = json.loads(call("speakers", "--checkpoint", "embedded", "--json")[1])["speakers"]
    assert {"am_michael", "bf_emma"} <= {speaker["name"] for speaker in speakers}


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_the_ending_says_what_is_written_and_the_file_that_it_is_synthetic(
    ending: str, call: Call, tmp_path: Path
) -> None:
    code, _, err = call("synthesize", "Hello.", "-o", f"a.{ending}", "--checkpoint", "embedded")
    assert code == 0, err
    with soundfile.SoundFile(tmp_path / f"a.{ending}") as file:
        assert file.format == ending.upper()
        assert file.frames / file.samplerate > 0.3
        assert file.title == "Hello."
        assert file.comment.startswith("Synthetic speech")
        assert "variant baseline, checkpoint " in file.comment


def test_a_stream_says_that_it_is_synthetic(call: Call, tmp_path: Path) -> None:
    code, _, err = call(
        "synthesize", "Hello.", "-o", "a.wav", "-c", "embedded", "--variant", "turbo-int8", "--stream"
    )
    assert code == 0, err
    with soundfile.SoundFile(tmp_path / "a.wav") as file:
        assert file.title == "Hello."
        assert "variant turbo-int8, checkpoint " in file.comment


def test_a_recipe_of_ones_own_is_compared_with_the_baseline(call: Call, tmp_path: Path) -> None:
    own = ["--prune", "0.6", "--int8", "--exclude", "*.prenet.*", "--exclude", "*.feat_out"]
    code, out, err = call("compare", "Hello.", *own, "-r", "1", "-o", "heard", "-c", "embedded", "--json")
    assert code == 0, err
    names = [result["variant"] for result in json.loads(out)["results"]]
    assert names[0] == "baseline"
    assert names[1].startswith("custom-p60-int8-")
    assert {path.stem for path in (tmp_path / "heard").iterdir()} == set(names)


def test_sizes_are_kept_for_the_next_time(
    call: Call, tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = json.loads(call("variants", "--sizes", "-c", tiny.spec, "--json")[1])["variants"]
    monkeypatch.setattr("speecht5_demo.variants.artifact.variant_sizes", None)  # would fail if it were called
    second = json.loads(call("variants", "--sizes", "-c", tiny.spec, "--json")[1])["variants"]
    assert second == first
    assert all(variant["sizes"]["disk_bytes"] > 0 for variant in first)


def test_compare_without_a_folder_writes_to_a_new_one_elsewhere(
    call: Call, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    code, out, err = call("compare", "Hello.", "--variants", "turbo-int8", "-r", "1", "-c", "embedded")
    assert code == 0, err
    (folder,) = elsewhere.glob("speecht5-compare-*")
    assert f"Wrote 1 WAV files to {folder}" in out
    assert not list(tmp_path.iterdir())


def test_no_figure_or_name_is_cut_at_80_columns(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(console, "stdout", Console(width=80))
    own = ["--variants", "turbo-pruned-int8", "--prune", "0.65", "--exclude", "*.prenet.*"]
    code, compared, err = call(
        "compare", "Hello.", *own, "-r", "1", "--sizes", "-o", "heard", "-c", "embedded"
    )
    assert code == 0, err
    _, listed, _ = call("variants")
    _, spoken_by, _ = call("speakers", "-c", "embedded")
    for out in (compared, listed, spoken_by):
        assert "…" not in out
        assert max(map(len, out.splitlines())) <= 80
    assert compared.count("custom-p65-") == 2  # the table goes on below
    for name in ("turbo-pruned-int8", "disk MB", "zip MB", "vocode", "median"):
        assert name in compared
    for name in ("turbo-pruned-int8", "Turbo pruned 30 % + INT8"):
        assert name in listed


@pytest.mark.parametrize("command", [[], ["synthesize"], ["compare"], ["variants"], ["speakers"]])
def test_help_teaches(command: list[str], call: Call) -> None:
    code, out, _ = call(*command, "--help")
    assert code == 0
    assert "--help" in out
