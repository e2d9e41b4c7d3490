"""`merge` joins what `--shard` wrote, whatever it was, and writes nothing where it cannot."""

import json
import sys
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import main
from speecht5_demo.distributed import Shard
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.study_shards import prepare_shard
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.quality.evaluation import evaluate_shard
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.variants import BASELINE
from tests.listening.conftest import VOICE, make_study
from tests.support.in_process import InProcess


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command line in this process; gives its exit code and what it said."""

    def command(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["speecht5_demo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, capsys.readouterr().err

    return command


@pytest.fixture
def evaluated(tiny: Checkpoint, tmp_path: Path) -> list[str]:
    settings = Settings(
        checkpoint=tiny.spec,
        variants=(BASELINE,),
        speakers=(tiny.speaker(),),
        sentences=(Sentence(1, "Go."), Sentence(2, "Go on.")),
        metrics=("duration", "stop"),
    )
    folders = [tmp_path / "shards" / f"{number}" for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        evaluate_shard(settings, tiny, folder, Shard(number, 2), InProcess())
    return [str(folder) for folder in folders]


def test_an_evaluation_is_merged(run, evaluated: list[str], tmp_path: Path) -> None:
    code, said = run("merge", *evaluated, "-o", str(tmp_path / "whole"))
    assert (code, said.split(" in ")[0]) == (0, "2 shards are one run of 2 utterances a variant")
    assert json.loads((tmp_path / "whole" / "summary.json").read_text())["utterances"] == 2


def test_a_study_is_merged_with_the_secret_beside_its_shards(run, tmp_path: Path) -> None:
    secret = server_secret(tmp_path / "shards")
    folders = [tmp_path / "shards" / f"{number}" for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        prepare_shard(make_study(), VOICE, folder, Shard(number, 2), secret=secret)
    code, _ = run("merge", *map(str, folders), "-o", str(tmp_path / "elsewhere" / "study"))
    assert code == 0
    whole = prepare(make_study(), VOICE, tmp_path / "whole", secret=secret)
    clips = {path.name for path in (tmp_path / "elsewhere" / "study" / "clips").iterdir()}
    assert clips == {f"{clip.id}.wav" for clip in whole.stimuli}


def test_what_cannot_be_merged_writes_nothing(run, evaluated: list[str], tmp_path: Path) -> None:
    code, said = run("merge", evaluated[0], "-o", str(tmp_path / "whole"))
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("error: Shards are missing: 2/2.")
    assert not (tmp_path / "whole").exists()


def test_a_folder_that_is_there_is_not_replaced(run, evaluated: list[str], tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "mine").touch()
    code, said = run("merge", *evaluated, "-o", str(tmp_path / "whole"))
    assert (code, "is there already. Name a new folder" in said) == (1, True)
    assert (tmp_path / "whole" / "mine").exists()


def test_a_shard_is_not_published_or_printed(run, tmp_path: Path) -> None:
    code, said = run("evaluate", "--shard", "1/2", "--json", "-o", str(tmp_path / "x"))
    assert (code, said.startswith("error: A shard has no summary")) == (1, True)
    code, said = run("evaluate", "--shard", "3/2", "-o", str(tmp_path / "x"))
    assert (code, said.startswith("error: '3/2' is no shard: write K/N")) == (1, True)
    assert not (tmp_path / "x").exists()
