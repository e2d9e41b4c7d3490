"""A checkpoint in a folder, whole or not."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER
from speecht5_demo.errors import CheckpointError, SpeakerError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in checkpoint."""
    return Path(shutil.copytree(FOLDER, tmp_path / "voice"))


def test_copy_of_the_built_in_voice_is_the_same_checkpoint(folder, embedded):
    opened = open_checkpoint(str(folder))
    assert opened.digest == embedded.digest
    assert list(opened.speakers) == list(embedded.speakers)
    assert opened.limits == embedded.limits
    assert opened.spec == str(folder)


def test_layout_of_save_pretrained_opens(tmp_path, embedded):
    embedded.load_acoustic().save_pretrained(tmp_path)
    embedded.load_vocoder().save_pretrained(tmp_path / "vocoder")
    embedded.tokenizer.save_pretrained(tmp_path)
    shutil.copytree(FOLDER / "speakers", tmp_path / "speakers")
    opened = open_checkpoint(str(tmp_path))
    weights = opened.load_acoustic().state_dict()
    assert all(
        torch.equal(value, weights[key]) for key, value in embedded.load_acoustic().state_dict().items()
    )
    assert opened.tokenizer("hello")["input_ids"] == embedded.tokenizer("hello")["input_ids"]
    assert opened.limits.max_characters == 180


def test_vocoder_may_lie_elsewhere(folder, tmp_path, embedded):
    (folder / "vocoder").rename(tmp_path / "another")
    opened = open_checkpoint(f"{folder}+{tmp_path / 'another'}")
    assert opened.digest == embedded.digest


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("model/config.json", "the acoustic model's config.json"),
        ("model/model.safetensors", "the acoustic model's model.safetensors or pytorch_model.bin"),
        ("vocoder/config.json", "the vocoder's config.json"),
        ("vocoder/model.safetensors", "the vocoder's model.safetensors or pytorch_model.bin"),
        ("spm_char.model", "the tokenizer's spm_char.model"),
    ],
)
def test_what_is_missing_is_named(folder, lost, words):
    (folder / lost).unlink()
    with pytest.raises(CheckpointError, match=words):
        open_checkpoint(str(folder))


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    with pytest.raises(CheckpointError, match=r"acoustic model.*vocoder.*spm_char"):
        open_checkpoint(str(tmp_path))


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_weights_cut_short_are_refused_when_the_folder_opens(folder, name, share):
    path = folder / "vocoder" / "model.safetensors"
    if name == "pytorch_model.bin":
        torch.save(load_file(path), folder / "vocoder" / name)
        path.unlink()
        path = folder / "vocoder" / name
    open_checkpoint(str(folder)).load_vocoder()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match="cut short"):
        open_checkpoint(str(folder))


def test_missing_weights_are_an_error_not_random_numbers(folder):
    path = folder / "vocoder" / "model.safetensors"
    weights = load_file(path)
    del weights["conv_post.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"conv_post\.weight"):
        open_checkpoint(str(folder)).load_vocoder()


def test_weights_of_another_size_are_refused(folder):
    path = folder / "vocoder" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "upsample_initial_channel": 128}))
    with pytest.raises(CheckpointError, match="vocoder"):
        open_checkpoint(str(folder)).load_vocoder()


def test_weights_that_want_to_run_code_are_refused(folder, tmp_path):
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (trap,))

    (folder / "vocoder" / "model.safetensors").unlink()
    torch.save({"conv_pre.weight": Trap()}, folder / "vocoder" / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin"):
        open_checkpoint(str(folder)).load_vocoder()
    assert not trap.exists()


def test_another_models_configuration_is_refused(folder):
    (folder / "model" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CheckpointError, match="'bert'"):
        open_checkpoint(str(folder))


def test_broken_tokenizer_is_named(folder):
    (folder / "spm_char.model").write_bytes(b"not a model")
    with pytest.raises(CheckpointError, match=r"spm_char\.model is not a readable tokenizer"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"max_characters": 0, "max_length_ratio": 10}', '{"max_characters": 9}']
)
def test_wrong_limits_are_named(folder, content):
    (folder / "speaking.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"speaking\.json"):
        open_checkpoint(str(folder))


def test_folder_whose_speakers_folder_is_empty_is_refused(folder):
    shutil.rmtree(folder / "speakers")
    (folder / "speakers").mkdir()
    with pytest.raises(SpeakerError, match="holds no speaker"):
        open_checkpoint(str(folder))


def test_published_model_is_not_waited_for_when_downloads_are_forbidden():
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE forbids a download"):
        open_checkpoint("microsoft/speecht5_tts")
    assert open_checkpoint("auto").spec == "embedded"


def test_tiny_checkpoint_of_the_tests_is_whole(tiny):
    tiny.load_acoustic()
    tiny.load_vocoder()
    assert tiny.speaker().name == "random"


@pytest.mark.parametrize("spec", ["embeded", "", "/no/such/folder", "a b/c d"])
def test_unknown_checkpoint_lists_the_choices(spec):
    with pytest.raises(CheckpointError, match="embedded, random-full"):
        open_checkpoint(spec)
