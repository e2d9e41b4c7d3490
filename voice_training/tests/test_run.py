"""What a run refuses before it costs anyone hours."""

import functools
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from speecht5_demo.quality.flite import SPEAKERS
from voice_training.devices import for_device, pick_device
from voice_training.errors import VoiceTrainingError
from voice_training.model_card import Making
from voice_training.order import Order
from voice_training.processes import Beside
from voice_training.run import VoiceRun
from voice_training.settings import MINIATURE, TrainingSettings
from voice_training.warm_start import in_the_shape_of


def order(folder: Path, settings: TrainingSettings = MINIATURE, init: Path | None = None) -> Order:
    return Order(
        settings=settings,
        folder=folder,
        device=torch.device("cpu"),
        init=init,
        init_vocoder=None,
        keep_vocoder=False,
        keep_acoustic=False,
        listen=False,
        command="voice train",
        machine="here",
        workers=1,
    )


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    VoiceRun(order(tmp_path), print)
    VoiceRun(order(tmp_path, replace(MINIATURE, minutes=2.0)), print)
    with pytest.raises(VoiceTrainingError, match=r"another run \(its seed differ\).*--folder"):
        VoiceRun(order(tmp_path, replace(MINIATURE, seed=2)), print)


def test_a_folder_that_is_no_voice_cannot_be_gone_on_from(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        VoiceRun(order(tmp_path / "run", init=tmp_path), print)


def test_no_time_to_train_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="--minutes"):
        VoiceRun(order(tmp_path, replace(MINIATURE, minutes=0.0)), print)


def test_frames_that_no_step_can_have_are_refused(tmp_path: Path) -> None:
    for reduction in (0, 1, 3, 8):
        acoustic = replace(MINIATURE.acoustic, reduction=reduction)
        with pytest.raises(VoiceTrainingError, match="--frames-a-step 2 or 4"):
            VoiceRun(order(tmp_path, replace(MINIATURE, acoustic=acoustic)), print)


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(VoiceTrainingError, match="teapot"):
        pick_device("teapot")


def test_a_gpu_gets_larger_batches() -> None:
    settings = TrainingSettings()
    assert for_device(settings, torch.device("cpu")) == settings
    larger = for_device(settings, torch.device("cuda"))
    assert larger.acoustic.frames > 4 * settings.acoustic.frames
    for vocoder in (larger.vocoder, larger.warm_vocoder):
        assert vocoder.batch > settings.vocoder.batch
        assert vocoder.periods, "judges of periods are what a GPU has the time for"
    assert larger.acoustic.one_graph
    assert larger.warm_vocoder.shares == settings.warm_vocoder.shares


@pytest.mark.timeout(300)
def test_stages_side_by_side_end_in_a_voice_that_says_where_it_came_from(tmp_path: Path) -> None:
    at_two = replace(MINIATURE.acoustic, reduction=2)
    settings = replace(MINIATURE, texts=12, minutes=0.05, side_by_side=True, acoustic=at_two)
    voice = VoiceRun(replace(order(tmp_path, settings), init_vocoder=BUILT_IN), print).train()
    making = Making.read(voice)
    assert list(making.steps) == ["vocoder", "acoustic", "sharpened", "matched"]
    assert min(making.steps.values()) > 0
    assert making.started_from is not None
    assert "its vocoder alone; the acoustic model started from nothing" in making.started_from
    stages = [torch.load(tmp_path / f"{name}-result.pt")["model"] for name in ("vocoder", "matched")]
    known, trained = (SpeechT5HifiGan.from_pretrained(folder / "vocoder") for folder in (BUILT_IN, voice))
    assert known.num_parameters() == trained.num_parameters()
    mean = (stages[0]["conv_pre.weight"] + stages[1]["conv_pre.weight"]) / 2
    torch.testing.assert_close(trained.conv_pre.weight.float(), mean, atol=1e-3, rtol=1e-3)
    assert not torch.equal(known.conv_pre.weight.float(), trained.conv_pre.weight.float())


@pytest.mark.timeout(300)
def test_a_voice_gone_on_from_can_keep_its_vocoder_and_is_trained_gently(tmp_path: Path) -> None:
    shape = in_the_shape_of(MINIATURE.acoustic, BUILT_IN)
    settings = replace(MINIATURE, texts=12, minutes=0.1, acoustic=shape)
    going_on = replace(order(tmp_path, settings, BUILT_IN), keep_vocoder=True)
    voice = VoiceRun(going_on, print).train()
    making = Making.read(voice)
    assert list(making.steps) == ["acoustic", "sharpened"]
    assert min(making.steps.values()) > 0
    assert making.started_from == f"{BUILT_IN}, whose vocoder it keeps"
    assert making.vocoder_shares is None
    known, kept = (
        SpeechT5HifiGan.from_pretrained(folder / "vocoder").state_dict() for folder in (BUILT_IN, voice)
    )
    assert all(torch.equal(known[name], kept[name]) for name in known)
    rates = [
        group["lr"]
        for state in torch.load(tmp_path / "acoustic-state.pt")["steps"].values()
        for group in state["param_groups"]
    ]
    assert 0 < max(rates) <= shape.warm_rate * shape.learning_rate
    with pytest.raises(VoiceTrainingError, match="another run"):
        VoiceRun(replace(going_on, keep_vocoder=False), print)


@pytest.mark.timeout(300)
def test_on_two_cores_two_processes_train_one_acoustic_model(tmp_path: Path) -> None:
    shape = in_the_shape_of(MINIATURE.acoustic, BUILT_IN)
    settings = replace(MINIATURE, texts=12, minutes=0.1, acoustic=shape)
    on_two_cores = replace(order(tmp_path, settings, BUILT_IN), keep_vocoder=True, workers=2)
    threads = torch.get_num_threads()
    voice = VoiceRun(on_two_cores, print).train()
    assert torch.get_num_threads() == threads
    making = Making.read(voice)
    assert list(making.steps) == ["acoustic", "sharpened"]
    assert min(making.steps.values()) > 0
    assert making.processes == 2
    name = "speecht5.encoder.wrapped_encoder.layers.0.feed_forward.intermediate_dense.weight"
    known, spoken = (
        SpeechT5ForTextToSpeech.from_pretrained(folder / "model").state_dict()[name].float()
        for folder in (BUILT_IN, voice)
    )
    assert not torch.equal(known, spoken)
    (tmp_path / "acoustic-result.pt").unlink()
    for workers, minutes in ((2, 0.15), (1, 0.2)):
        longer = replace(on_two_cores, workers=workers, settings=replace(settings, minutes=minutes))
        assert VoiceRun(longer, print).train() == voice
        assert Making.read(voice).steps["acoustic"] > making.steps["acoustic"]
    assert '"event": "resumed"' in (tmp_path / "journal.jsonl").read_text(encoding="utf-8")


@pytest.mark.timeout(300)
def test_a_voice_can_keep_its_acoustic_model_to_the_byte_while_its_vocoder_goes_on(tmp_path: Path) -> None:
    settings = replace(
        MINIATURE, texts=12, minutes=0.1, acoustic=in_the_shape_of(MINIATURE.acoustic, BUILT_IN)
    )
    going_on = replace(order(tmp_path, settings, BUILT_IN), keep_acoustic=True, workers=2)
    voice = VoiceRun(going_on, print).train()
    making = Making.read(voice)
    assert list(making.steps) == ["vocoder", "vocoder-twin"]
    assert min(making.steps.values()) > 0
    assert making.started_from == f"{BUILT_IN}, whose acoustic model it keeps"
    assert making.acoustic is not None
    assert "acoustic" in making.acoustic.steps, "how the kept model was made is lost"
    assert making.vocoder_shares == dict(zip(SPEAKERS, settings.warm_vocoder.shares, strict=True))
    for name in ("model/model.safetensors", "spm_char.model", "speakers/kal16.npy", "speaking.json"):
        assert (voice / name).read_bytes() == (BUILT_IN / name).read_bytes()
    assert not (voice / "figures.json").exists(), "figures of another vocoder"
    assert open_checkpoint(str(voice)).speakers
    first, second = (torch.load(tmp_path / f"{name}-result.pt")["model"] for name in making.steps)
    name = "conv_pre.weight"
    assert not torch.equal(first[name], second[name])
    trained = SpeechT5HifiGan.from_pretrained(voice / "vocoder").conv_pre.weight
    known = SpeechT5HifiGan.from_pretrained(BUILT_IN / "vocoder").conv_pre.weight.float()
    halfway = known / 2 + (first[name] + second[name]) / 4
    torch.testing.assert_close(trained.float(), halfway, atol=1e-3, rtol=1e-3)
    assert not torch.equal(trained.float(), known)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, r"no acoustic model to keep.*--init"),
        ({"init": BUILT_IN, "keep_vocoder": True}, "not both"),
        ({"init": BUILT_IN}, "leave out --frames-a-step"),
    ],
)
def test_what_a_kept_acoustic_model_does_not_go_with_is_told(
    tmp_path: Path, changes: dict[str, Path | bool], told: str
) -> None:
    with pytest.raises(VoiceTrainingError, match=told):
        VoiceRun(replace(order(tmp_path), keep_acoustic=True, **changes), print)


def test_only_a_processor_with_two_cores_trains_in_two_processes(tmp_path: Path) -> None:
    on_two_cores = replace(order(tmp_path), workers=2)
    assert on_two_cores.in_two
    assert not replace(on_two_cores, workers=1).in_two
    assert not replace(on_two_cores, device=torch.device("cuda")).in_two


def test_a_run_from_nothing_has_no_vocoder_to_keep(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match=r"no vocoder to keep.*--init"):
        VoiceRun(replace(order(tmp_path), keep_vocoder=True), print)


def test_an_error_in_the_process_beside_is_told() -> None:
    beside = Beside(functools.partial(sys.exit, 3), "vocoder")
    with pytest.raises(VoiceTrainingError, match="process of the vocoder ended with an error"):
        beside.wait()


def test_the_process_beside_ends_with_the_run_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import functools, os, time\n"
        "from voice_training.processes import Beside\n"
        "if __name__ == '__main__':\n"
        "    beside = Beside(functools.partial(time.sleep, 600), 'vocoder')\n"
        "    print(beside.process_id, flush=True)\n"
        "    time.sleep(3)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )
    assert done.returncode == -9
    deadline = time.monotonic() + 20
    while _is_running(int(done.stdout)):
        assert time.monotonic() < deadline, "the process beside goes on alone"
        time.sleep(0.1)


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
