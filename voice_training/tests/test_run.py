"""The whole chain in little: from sentence lists to a folder that the app loads, through a kill."""

import itertools
import json
import os
import re
import runpy
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.context import BaseContext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from speecht5_demo.wav import write_wav_file
from voice_training import VoiceTrainingError, evaluation, training_loop
from voice_training.corpus import read_shards
from voice_training.model_card import Provenance
from voice_training.run import VoiceRun
from voice_training.run_folder import load_state, save_state
from voice_training.settings import MINIATURE, TrainingSettings
from voice_training.stages import STAGES, RunConfig
from voice_training.teachers import Flite, Recordings
from voice_training.tests.journals import entries
from voice_training.vocoder_model import open_vocoder

_PATIENCE_S = 400
_SPEAKERS = Flite.encoding_order


def config(folder: Path, settings: TrainingSettings = MINIATURE, init: Path | None = None) -> RunConfig:
    return RunConfig(
        settings=settings,
        teacher=Flite(),
        folder=folder,
        device=torch.device("cpu"),
        init=init,
        command="python -m voice_training train",
        machine="here",
        workers=1,
    )


def test_what_cannot_be_trained_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="--minutes"):
        VoiceRun(config(tmp_path, replace(MINIATURE, minutes=0.0)), print)
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        VoiceRun(config(tmp_path / "run", init=tmp_path), print)
    with pytest.raises(VoiceTrainingError, match="hidden_size 256, not 32"):
        VoiceRun(config(tmp_path / "run", init=BUILT_IN), print)


def test_the_built_in_voice_can_be_gone_on_from(tmp_path: Path) -> None:
    VoiceRun(config(tmp_path, TrainingSettings(), init=BUILT_IN), print)


def test_only_a_processor_with_two_cores_trains_in_two_processes(tmp_path: Path) -> None:
    on_two_cores = replace(config(tmp_path), workers=2)
    assert on_two_cores.in_two
    assert not replace(on_two_cores, workers=1).in_two
    assert not replace(on_two_cores, device=torch.device("cuda")).in_two


def ticking() -> SimpleNamespace:
    """A clock that goes on whenever it is read: a few steps of each stage, however busy the machine is."""
    readings = itertools.count(0.0, 0.02)
    return SimpleNamespace(monotonic=lambda: next(readings))


def understands_nothing() -> SimpleNamespace:
    """A recogniser for runs whose errors nobody looks at."""
    return SimpleNamespace(transcribe=lambda _: SimpleNamespace(text=""))


def save_and_be_killed(path: Path, state: Mapping[str, object]) -> None:
    save_state(path, state)
    if path.name == "acoustic-state.pt":
        os.kill(os.getpid(), signal.SIGKILL)


def command_line(output: Path, killed: bool, arguments: list[str]) -> None:
    """`python -m voice_training` in a process of its own; killed as soon as its acoustic model has a state."""
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    training_loop.time = ticking()
    if killed:  # before anybody looks at its errors
        training_loop.save_state = save_and_be_killed
        evaluation._recogniser = understands_nothing
    sys.argv = ["voice_training", *arguments]
    runpy.run_module("voice_training", run_name="__main__")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, copies: BaseContext) -> Path:
    """A miniature run that was killed with SIGKILL while its acoustic model trained, then started again."""
    folder = tmp_path_factory.mktemp("miniature")
    output = folder / "output.txt"
    options = ["--miniature", "--minutes", "0.05", "--threads", "1", "--device", "cpu"]
    arguments = ["train", *options, "--teacher", "flite", "--folder", str(folder)]
    for killed, ending in ((True, -signal.SIGKILL), (False, 0)):
        process = copies.Process(target=command_line, args=(output, killed, arguments))
        process.start()
        process.join(_PATIENCE_S)
        assert process.exitcode == ending, output.read_text(encoding="utf-8")
    return folder


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a clock for the runs of this process."""
    monkeypatch.setattr(training_loop, "time", ticking())


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a recogniser for the runs of this process."""
    monkeypatch.setattr(evaluation, "_recogniser", understands_nothing)


def events(folder: Path, stage: str, event: str) -> list[dict]:
    return [entry for entry in entries(folder) if (entry["stage"], entry["event"]) == (stage, event)]


def test_a_killed_run_goes_on_from_its_last_state(run_folder: Path) -> None:
    resumed = events(run_folder, "acoustic", "resumed")
    assert len(resumed) == 1
    assert resumed[0]["step"] > 0
    assert events(run_folder, "acoustic", "validation")[-1]["step"] >= resumed[0]["step"]
    assert len(events(run_folder, "vocoder", "validation")) == 1, "the finished vocoder was trained again"


def test_progress_has_errors_of_free_speech_and_a_picture_of_attention(run_folder: Path) -> None:
    last = events(run_folder, "acoustic", "validation")[-1]
    assert {"l1", "word_errors", "teacher_word_errors", "score"} <= set(last)
    assert (run_folder / "attention" / "acoustic" / f"step-{last['step']:06d}.png").stat().st_size > 100


def test_the_folder_is_loaded_as_any_checkpoint(run_folder: Path) -> None:
    checkpoint = open_checkpoint(str(run_folder / "voice"))
    assert tuple(checkpoint.speakers) == ("rms", "slt", "awb", "kal16")
    assert checkpoint.limits.max_characters == 200
    ids = torch.tensor([checkpoint.tokenizer("hello.")["input_ids"]])
    assert checkpoint.tokenizer.unk_token_id not in ids
    speaker = torch.tensor(checkpoint.speakers["kal16"].vector)[None]
    with torch.no_grad():
        mel = checkpoint.load_acoustic().generate_speech(ids, speaker, maxlenratio=10.0)
        samples = checkpoint.load_vocoder()(mel)
    assert samples.shape == (256 * len(mel),)
    assert np.isfinite(samples.numpy()).all()


def test_the_model_card_says_what_the_run_did_and_measured(run_folder: Path) -> None:
    card = (run_folder / "voice" / "README.md").read_text(encoding="utf-8")
    figures = json.loads((run_folder / "voice" / "figures.json").read_text(encoding="utf-8"))
    assert {row["speaker"] for row in figures["by_speaker"]} == set(_SPEAKERS)
    for row in figures["by_speaker"]:
        assert re.search(rf"\| {row['speaker']} \| {row['word_errors']:.1%} \|", card)
    blends = {frozenset(row["speakers"]) for row in figures["blends"]}
    assert blends == {frozenset(pair) for pair in itertools.combinations(_SPEAKERS, 2)}
    assert "python -m voice_training train --minutes 0.05" in " ".join(card.split())
    assert "--miniature" in card
    provenance = Provenance.read(run_folder / "voice")
    assert tuple(provenance.steps) == STAGES
    assert min(provenance.steps.values()) > 0


def test_the_vocoder_is_the_mean_of_its_two_stages(run_folder: Path) -> None:
    stages = [torch.load(run_folder / f"{name}-result.pt")["model"] for name in ("vocoder", "matched")]
    mean = (stages[0]["conv_pre.weight"] + stages[1]["conv_pre.weight"]) / 2
    written = open_checkpoint(str(run_folder / "voice")).load_vocoder().conv_pre.weight
    torch.testing.assert_close(written, mean, atol=1e-3, rtol=1e-3)
    assert not torch.equal(stages[0]["conv_pre.weight"], stages[1]["conv_pre.weight"])


def test_a_vocoder_is_made_alone_and_voices_go_on_with_it(
    tmp_path: Path, little_time: None, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(MINIATURE, texts=12, minutes=0.05)
    run = VoiceRun(config(tmp_path / "run", settings), print)
    folder = run.train_vocoder()
    made = open_vocoder(folder)
    trained = run.folder.result("vocoder")
    assert trained.seconds >= 60 * settings.minutes, "it had a share of the time"
    torch.testing.assert_close(made.conv_pre.weight, trained.weights["conv_pre.weight"], atol=1e-3, rtol=1e-3)
    assert {row["speaker"] for row in json.loads((folder / "figures.json").read_text())["by_speaker"]} == set(
        _SPEAKERS
    )
    steps = len(entries(run.folder.path))
    VoiceRun(config(tmp_path / "run", settings), print).stages.vocoder()
    assert len(entries(run.folder.path)) == steps, "the finished vocoder was trained again"
    other = replace(config(tmp_path / "other", settings), vocoder=folder)
    assert torch.equal(VoiceRun(other, print).stages._start_vocoder().conv_pre.weight, made.conv_pre.weight)
    with pytest.raises(VoiceTrainingError, match="is no vocoder"):
        VoiceRun(replace(other, vocoder=tmp_path), print)
    shutil.copytree(tmp_path / "run" / "corpus", tmp_path / "wide" / "corpus")
    wide = VoiceRun(replace(other, folder=tmp_path / "wide", widen=True), print)
    started = wide.stages._start_vocoder()
    assert torch.equal(started.conv_post.weight, made.conv_post.weight)
    assert wide._provenance().vocoder_from == f"{folder}, of which it took the stages that fit"
    with pytest.raises(VoiceTrainingError, match="no vocoder to widen"):
        VoiceRun(replace(config(tmp_path / "nothing", settings), widen=True), print)


class TellingFlite(Flite):
    """Flite, in a language that is spoken as it is written."""

    def pronounced(self, text: str) -> Sequence[str]:
        return (text,)


def test_two_processes_go_on_from_a_voice_together(
    tmp_path: Path, run_folder: Path, imported_once: None, little_time: None, deaf: None
) -> None:
    settings = replace(MINIATURE, texts=12, pronounced_texts=9, minutes=0.05)
    going_on = replace(config(tmp_path, settings, run_folder / "voice"), teacher=TellingFlite(), workers=2)
    threads = torch.get_num_threads()
    voice = VoiceRun(going_on, print).train()
    assert torch.get_num_threads() == threads
    provenance = Provenance.read(voice)
    assert list(provenance.steps) == ["vocoder", "acoustic", "postnet", "matched"]
    assert min(provenance.steps.values()) > 0
    assert provenance.processes == 2
    assert provenance.started_from == str(run_folder / "voice")
    assert (provenance.pronounced, Provenance.read(run_folder / "voice").pronounced) == (9, 0)
    name = "speecht5.encoder.wrapped_encoder.layers.0.feed_forward.intermediate_dense.weight"
    known, trained = (
        open_checkpoint(str(folder)).load_acoustic().state_dict()[name]
        for folder in (run_folder / "voice", voice)
    )
    assert not torch.equal(known, trained)
    told = json.loads((tmp_path / "corpus" / "pronounced-0000.json").read_text(encoding="utf-8"))
    assert len(told) == 9
    heads = load_state(tmp_path / "acoustic-state.pt", torch.device("cpu"))["phoneme_heads"]
    assert len({letter for _, (said,) in told for letter in said}) + 1 == len(heads["heads.0.bias"]) / 2


def test_the_mean_of_runs_from_one_voice_takes_the_place_of_training(
    tmp_path: Path, run_folder: Path
) -> None:
    start = run_folder / "voice"
    name, runs = "speech_decoder_postnet.feat_out.bias", [tmp_path / "a", tmp_path / "b"]
    weights = load_state(run_folder / "acoustic-result.pt", torch.device("cpu"))["model"]
    for run, value in zip(runs, (1.0, 3.0), strict=True):
        ended = VoiceRun(config(run, init=start), print).folder
        ended.finish("acoustic", weights | {name: torch.full_like(weights[name], value)}, 5, 30.0)
    same = Path(shutil.copytree(start, tmp_path / "the same voice elsewhere"))
    asked = replace(config(tmp_path / "mean", init=same), mean_of=tuple(runs), workers=2)
    vocoder = load_state(run_folder / "vocoder-result.pt", torch.device("cpu"))["model"]
    run = VoiceRun(asked, print)
    run.folder.finish("vocoder", vocoder, 1, 1.0)
    model = run._first_stages()
    assert (model.state_dict()[name] == 2.0).all()
    partly = VoiceRun(replace(asked, folder=tmp_path / "partly", init_share=0.5), print)
    partly.folder.finish("vocoder", vocoder, 1, 1.0)
    assert torch.allclose(partly._first_stages().state_dict()[name], (weights[name] + 2.0) / 2, atol=2e-3)
    assert partly._provenance().init_share == 0.5
    told = run._provenance()
    assert (told.runs, told.processes, told.steps["acoustic"], told.minutes["acoustic"]) == (2, 1, 10, 1.0)
    shutil.rmtree(runs[1])
    assert (VoiceRun(asked, print)._first_stages().state_dict()[name] == 2.0).all(), "it is done with them"
    with pytest.raises(VoiceTrainingError, match="its mean of differ"):
        VoiceRun(replace(asked, mean_of=(runs[0],)), print)
    with pytest.raises(VoiceTrainingError, match="its init share differ"):
        VoiceRun(replace(asked, init_share=0.1), print)
    with pytest.raises(VoiceTrainingError, match="its init share differ"):
        VoiceRun(replace(asked, folder=tmp_path / "partly", init_share=0.0), print)
    shutil.copytree(BUILT_IN / "vocoder", same / "vocoder", dirs_exist_ok=True)
    with pytest.raises(VoiceTrainingError, match="its vocoder start differ"):
        VoiceRun(asked, print)
    with pytest.raises(VoiceTrainingError, match="--init"):
        VoiceRun(replace(asked, folder=tmp_path / "new", init=None), print)
    with pytest.raises(VoiceTrainingError, match="holds no run"):
        VoiceRun(replace(asked, folder=tmp_path / "new", mean_of=(tmp_path,)), print)
    for share in (1.0, -0.1, float("nan")):
        with pytest.raises(VoiceTrainingError, match=r"--init-share .* 0 to less than 1"):
            VoiceRun(replace(asked, folder=tmp_path / "new", init_share=share), print)
    with pytest.raises(VoiceTrainingError, match=r"--init-share .* --mean-of"):
        VoiceRun(replace(asked, folder=tmp_path / "new", mean_of=(), init_share=0.2), print)
    assert not (tmp_path / "new").exists()


def test_a_voice_learns_from_recordings_while_its_vocoder_is_trained_beside_it(
    tmp_path: Path, run_folder: Path, imported_once: None, little_time: None, deaf: None
) -> None:
    recordings = tmp_path / "recordings"
    for number, clip in enumerate(read_shards(sorted((run_folder / "corpus").glob("training-*.npz")))[:16]):
        speaker = ("anna", "ben")[number % 2]
        path = recordings / speaker / f"{number}.wav"
        write_wav_file(clip.samples / np.float32(32768), 16_000, path, parents=True)
        (recordings / speaker / f"{number}.txt").write_text(clip.text, encoding="utf-8")
    (recordings / "LICENCE.txt").write_text("The recordings are free.", encoding="utf-8")
    settings = replace(MINIATURE, minutes=0.05, side_by_side=True)
    run = replace(config(tmp_path / "run", settings), teacher=Recordings(recordings))
    voice = VoiceRun(run, print).train()
    provenance = Provenance.read(voice)
    assert tuple(provenance.steps) == STAGES
    assert min(provenance.steps.values()) > 0
    assert tuple(open_checkpoint(str(voice)).speakers) == ("anna", "ben")
    card = " ".join((voice / "README.md").read_text(encoding="utf-8").split())
    assert "read by the speakers of the recordings in recordings" in card
    assert card.endswith("The recordings are free.")
    figures = json.loads((voice / "figures.json").read_text(encoding="utf-8"))
    assert {row["teacher_word_errors"] for row in figures["by_speaker"]} == {None}
