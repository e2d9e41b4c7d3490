"""The study commands do for a person what the package does for a program."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speecht5_demo.commands.study import app
from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import clip_path, load_manifest
from speecht5_demo.wav import read_wav

RECIPE = """
id = "tiny"
title = "How natural does this voice sound?"
variants = ["baseline", "pruned"]
sentences = ["Glue the sheet.", "Rice is served."]
practice_sentences = ["Have some tea."]
[session]
sentences = 2
anchors = 0
practice = 1
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study, spoken by the built-in voice."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    asked = [
        "prepare",
        str(folder / "tiny.toml"),
        "-o",
        str(folder / "made"),
        "--checkpoint",
        "embedded",
        "--json",
    ]
    # Under one secret the voice speaks alike in every run.
    result = CliRunner().invoke(app, asked, env={"LISTENING_SECRET": "the secret of this study"})
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["clips"] == 4 + 2 + 2 + 1
    return folder / "made"


def test_the_built_in_voice_speaks_a_study_that_checks(study: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(study)])
    assert result.exit_code == 0
    assert "9 clips, all there and unchanged" in result.stdout
    manifest = load_manifest(study)
    assert manifest.checkpoint == "embedded"
    assert len(manifest.checkpoint_sha256) == 64
    for clip in manifest.stimuli:
        samples, rate = read_wav(clip_path(study, clip))
        assert rate == 16_000
        assert 0.8 < len(samples) / rate < 8
        assert clip.ended


def test_check_fails_on_a_changed_clip(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "clips").mkdir(parents=True)
    (copy / "manifest.json").write_bytes((study / "manifest.json").read_bytes())
    result = CliRunner().invoke(app, ["check", str(copy), "--json"])
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["problems"]) == 9


def test_plan_and_simulate_speak_json(study: Path, tmp_path: Path) -> None:
    planned = CliRunner().invoke(app, ["plan", str(study), "--listeners", "30", "--json"])
    assert planned.exit_code == 0
    assert json.loads(planned.stdout)["ratings"] == {"baseline": 60, "pruned": 60}
    asked = ["simulate", str(study), "--listeners", "5", "--seed", "1", "-o", str(tmp_path), "--json"]
    simulated = CliRunner().invoke(app, asked)
    assert simulated.exit_code == 0
    assert json.loads(simulated.stdout)["ratings"] == 5 * (4 + 1 + 1 + 1)


def test_an_unknown_variant_in_a_study_is_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(RECIPE.replace('"pruned"', '"prunned"'), encoding="utf-8")
    asked = [
        "prepare",
        str(tmp_path / "wrong.toml"),
        "-o",
        str(tmp_path / "made"),
        "--checkpoint",
        "embedded",
    ]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 1
    assert "prunned" in str(result.exception)


def test_a_voice_that_cannot_be_understood_prepares_no_study(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    asked = [
        "prepare",
        str(tmp_path / "tiny.toml"),
        "-o",
        str(tmp_path / "made"),
        "--checkpoint",
        "random-full",
    ]
    result = CliRunner().invoke(app, asked)
    assert isinstance(result.exception, StudyError)


def test_links_name_each_participant_once_with_a_signature(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("w 1\nw2\n\nw2\n", encoding="utf-8")
    asked = ["links", str(study), "--ids", str(ids), "--url", "https://host.example/listen"]
    monkeypatch.delenv("STUDY_LINK_SECRET", raising=False)
    with pytest.raises(StudyError, match="STUDY_LINK_SECRET has 0 characters"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    monkeypatch.setenv("STUDY_LINK_SECRET", "s" * 20)
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("https://host.example/listen?participant=w+1&signature=")
    assert len({line.split("signature=")[1] for line in lines}) == 2
