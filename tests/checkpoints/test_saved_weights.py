"""Weights as people save them: what only wraps them is taken off, and what is something else is refused by its name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.errors import CheckpointError, SpeakerError, SynthesisError
from speecht5_demo.synthesis import Synthesizer
from tests.support.published import TINY

State = dict[str, Tensor]


@pytest.fixture
def folder(tiny: Checkpoint, tmp_path: Path) -> Path:
    """A copy of the small checkpoint to save something else into."""
    return Path(shutil.copytree(tiny.spec, tmp_path / "own"))


def state(folder: Path) -> State:
    return load_file(folder / "model.safetensors")


def as_bin(folder: Path, content: object) -> None:
    """The acoustic model's weights as torch.save writes them."""
    (folder / "model.safetensors").unlink(missing_ok=True)
    torch.save(content, folder / "pytorch_model.bin")


def as_safetensors(folder: Path, content: State) -> None:
    save_file({name: value.contiguous() for name, value in content.items()}, folder / "model.safetensors")


def named(prefix: str) -> Callable[[State], State]:
    return lambda weights: {f"{prefix}{name}": value for name, value in weights.items()}


def compiled_part(weights: State) -> State:
    part = "speecht5.decoder."
    return {name.replace(part, f"{part}_orig_mod."): value for name, value in weights.items()}


def masked(weights: State) -> State:
    """As torch.nn.utils.prune leaves a layer while it prunes."""
    name = "speech_decoder_postnet.feat_out.weight"
    mask = torch.ones_like(weights[name])
    plain = {key: value for key, value in weights.items() if key != name}
    return plain | {f"{name}_orig": weights[name], f"{name}_mask": mask}


WRAPPED = {
    "torch.compile": named("_orig_mod."),
    "torch.compile of a part": compiled_part,
    "DataParallel": named("module."),
    "both": named("module._orig_mod."),
    "a part of a larger module": named("model."),
    "wrappers within each other": named("model.module._orig_mod.model."),
    "pruning masks": masked,
}


@pytest.mark.parametrize("save", [as_bin, as_safetensors])
@pytest.mark.parametrize("how", WRAPPED)
def test_what_wraps_weights_is_taken_off(
    folder: Path, tiny: Checkpoint, how: str, save: Callable[[Path, State], None]
) -> None:
    save(folder, WRAPPED[how](state(folder)))
    loaded = open_checkpoint(str(folder)).load_acoustic().state_dict()
    for name, value in tiny.load_acoustic().state_dict().items():
        assert torch.equal(loaded[name], value), name


def test_zeros_of_a_pruning_mask_stay_zero(folder: Path) -> None:
    model = SpeechT5ForTextToSpeech(TINY)
    prune.l1_unstructured(model.speech_decoder_postnet.feat_out, "weight", amount=0.5)
    as_safetensors(folder, model.state_dict())
    weight = open_checkpoint(str(folder)).load_acoustic().speech_decoder_postnet.feat_out.weight
    assert float((weight == 0).float().mean()) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_half_and_double_precision_are_loaded_as_fp32(folder: Path, dtype: torch.dtype) -> None:
    as_safetensors(folder, {name: value.to(dtype) for name, value in state(folder).items()})
    acoustic = open_checkpoint(str(folder)).load_acoustic()
    assert {parameter.dtype for parameter in acoustic.parameters()} == {torch.float32}


@pytest.mark.parametrize("wrap", [nn.utils.weight_norm, parametrizations.weight_norm])
@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
def test_weight_norm_is_multiplied_out(
    folder: Path, tiny: Checkpoint, wrap: Callable[..., nn.Module]
) -> None:
    vocoder = SpeechT5HifiGan(tiny.vocoder_config)
    plain = {name: value.clone() for name, value in vocoder.state_dict().items()}
    for part in (vocoder.conv_pre, vocoder.conv_post, *vocoder.upsampler):
        wrap(part)
    as_safetensors(folder / "vocoder", vocoder.state_dict())
    loaded = open_checkpoint(str(folder)).load_vocoder().state_dict()
    for name, value in plain.items():
        assert torch.allclose(loaded[name], value, atol=1e-6), name


def shards(folder: Path, ending: str) -> dict[str, str]:
    """Save the acoustic weights in two files and an index; return the index's map."""
    weights = state(folder)
    (folder / "model.safetensors").unlink()
    stem = "model" if ending == "safetensors" else "pytorch_model"
    places = {name: f"{stem}-0000{1 + index % 2}-of-00002.{ending}" for index, name in enumerate(weights)}
    for file in set(places.values()):
        part = {name: weights[name] for name, place in places.items() if place == file}
        if ending == "safetensors":
            save_file(part, folder / file)
        else:
            torch.save(part, folder / file)
    (folder / f"{stem}.{ending}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return places


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_shards_are_one_model(folder: Path, tiny: Checkpoint, ending: str) -> None:
    shards(folder, ending)
    opened = open_checkpoint(str(folder))
    assert opened.digest != tiny.digest
    loaded = opened.load_acoustic().state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in tiny.load_acoustic().state_dict().items())


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_a_missing_shard_is_named(folder: Path, ending: str) -> None:
    lost = sorted(shards(folder, ending).values())[-1]
    (folder / lost).unlink()
    with pytest.raises(CheckpointError, match=f"lacks 1 of 2 shards.*{lost}"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"weight_map": {}}', '{"weight_map": {"a": "../b.safetensors"}}']
)
def test_a_broken_index_is_named(folder: Path, content: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"index\.json"):
        open_checkpoint(str(folder))


def quantized(_: Path) -> dict[str, Any]:
    model = SpeechT5ForTextToSpeech(TINY)
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8).state_dict()


def integers(folder: Path) -> State:
    name = "speech_decoder_postnet.feat_out.weight"
    return state(folder) | {name: torch.zeros_like(state(folder)[name], dtype=torch.int8)}


def packed(folder: Path, *parts: str) -> State:
    """The weights with one layer as a quantiser writes it down."""
    layer = "speecht5.decoder.wrapped_decoder.layers.0.feed_forward.intermediate_dense"
    kept = {name: value for name, value in state(folder).items() if name != f"{layer}.weight"}
    return kept | {f"{layer}.{part}": torch.zeros(4, 4, dtype=torch.int8) for part in parts}


REFUSED: dict[str, Callable[[Path], object]] = {
    "is a quantised model": quantized,
    "is a quantised model: speech_decoder_postnet.feat_out.weight is stored as int8": integers,
    "is a quantised model of GPTQ or AWQ .*qweight": lambda folder: packed(
        folder, "qweight", "qzeros", "scales", "g_idx"
    ),
    "is a quantised model of bitsandbytes .*SCB": lambda folder: packed(
        folder, "weight", "SCB", "weight_format"
    ),
    "is a quantised model of bitsandbytes .*absmax": lambda folder: packed(
        folder, "weight", "weight.absmax", "weight.quant_map", "weight.quant_state.bitsandbytes__nf4"
    ),
    "is a quantised model of torchao .*int_data": lambda folder: packed(
        folder, "weight:int_data", "weight:scale"
    ),
    "is a quantised model of torchao .*qdata": lambda folder: packed(folder, "weight_qdata", "weight_scale"),
    "is a quantised model of optimum-quanto .*_data": lambda folder: packed(
        folder, "weight._data", "weight._scale"
    ),
    "is a whole pickled module .*SpeechT5ForTextToSpeech": lambda _: SpeechT5ForTextToSpeech(TINY),
    "is a LoRA adapter": lambda _: {"base_model.model.speecht5.q_proj.lora_A.weight": torch.zeros(2, 2)},
    r"is the state of a training \(optimizer, model\)": lambda folder: {
        "model": state(folder),
        "optimizer": {"state": {}},
    },
    r"is the state of a training \(state_dict\)": lambda folder: {"state_dict": state(folder)},
    "holds a list, not named weights": lambda folder: list(state(folder).values()),
    "holds a Tensor, not named weights": lambda _: torch.zeros(3),
    "step is a int, not a tensor": lambda folder: state(folder) | {"step": 3},
    "lacks .* of the .* weights of SpeechT5ForTextToSpeech": lambda folder: {
        name: value for name, value in state(folder).items() if "decoder" not in name
    },
    "feat_out.weight has the shape": lambda folder: (
        state(folder) | {"speech_decoder_postnet.feat_out.weight": torch.zeros(3, 24)}
    ),
    "1 of .* values of speech_decoder_postnet.feat_out.bias that are NaN or infinite": lambda folder: (
        state(folder) | {"speech_decoder_postnet.feat_out.bias": torch.tensor([float("nan"), *[0.0] * 159])}
    ),
    "does not hold all of its values": lambda folder: (
        state(folder) | {"speech_decoder_postnet.feat_out.bias": torch.zeros(1).expand(160)}
    ),
    "feat_out.weight_mask but not .*weight_orig": lambda folder: {
        name: value for name, value in masked(state(folder)).items() if not name.endswith("_orig")
    },
}


@pytest.mark.filterwarnings("ignore:.*deprecated.*")
@pytest.mark.parametrize("words", REFUSED)
def test_what_is_not_a_networks_weights_is_refused_by_its_name(folder: Path, words: str) -> None:
    as_bin(folder, REFUSED[words](folder))
    with pytest.raises(CheckpointError, match=words):
        open_checkpoint(str(folder)).load_acoustic()


INSTEAD = {
    "adapter_model.safetensors": "LoRA adapter alone",
    "checkpoint-500/model.safetensors": "name one of them, such as .*checkpoint-500",
    "optimizer.pt": "state of a training",
    "last.ckpt": r"training checkpoint \(last\.ckpt\)",
    "speecht5.pth": r"under another name \(speecht5\.pth\)",
    "model.onnx": "ONNX export",
}


@pytest.mark.parametrize("file", INSTEAD)
def test_what_a_folder_holds_instead_of_weights_is_named(folder: Path, file: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(b"x")
    with pytest.raises(CheckpointError, match=INSTEAD[file]):
        open_checkpoint(str(folder))


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_vocoder_of_other_mel_bins_is_refused_when_the_folder_opens(folder: Path) -> None:
    change_config(folder / "vocoder", model_in_dim=100)
    with pytest.raises(CheckpointError, match=r"makes 80 mel bins and the vocoder .* reads 100"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize("value", [0, "many", None, 1.5, True])
def test_a_nonsense_size_is_named(folder: Path, value: object) -> None:
    change_config(folder, speaker_embedding_dim=value)
    with pytest.raises(CheckpointError, match="speaker_embedding_dim has to be a whole number"):
        open_checkpoint(str(folder))


def test_a_tokenizer_larger_than_the_model_is_a_sentence(folder: Path, tiny: Checkpoint) -> None:
    name = "speecht5.encoder.prenet.embed_tokens.weight"
    change_config(folder, vocab_size=8)
    as_safetensors(folder, state(folder) | {name: state(folder)[name][:8]})
    with pytest.raises(CheckpointError, match="the model knows 8 tokens"):
        Synthesizer(open_checkpoint(str(folder))).speak("Hello.", "random")


@pytest.mark.parametrize("variant", ["baseline", "turbo"])
def test_samples_that_are_not_finite_are_a_sentence(folder: Path, variant: str) -> None:
    """Finite weights can still be so large that what they make is not."""
    name = "speech_decoder_postnet.feat_out.bias"
    as_safetensors(folder, state(folder) | {name: torch.full((160,), 3e38)})
    speakers = Synthesizer(open_checkpoint(str(folder)))
    with pytest.raises(SynthesisError, match="not finite"):
        speakers.speak("Oh.", "random", variant)
    with pytest.raises(SynthesisError, match="not finite"):
        list(speakers.stream("Oh.", "random", variant))


@pytest.mark.parametrize("size", [192, 256])
def test_speakers_are_of_the_size_that_the_configuration_says(
    folder: Path, tiny: Checkpoint, size: int
) -> None:
    name = "speecht5.decoder.prenet.speaker_embeds_layer.weight"
    weights = state(folder)
    change_config(folder, speaker_embedding_dim=size)
    as_safetensors(folder, weights | {name: weights[name][:, : TINY.hidden_size + size]})
    np.save(folder / "speakers" / "random.npy", np.ones((1, 1, size), np.float32))
    opened = open_checkpoint(str(folder))
    assert opened.vector_size == opened.speaker().vector.size == size
    synthesizer = Synthesizer(opened)
    for variant in ("baseline", "turbo-int8"):
        assert synthesizer.speak("Oh.", "random", variant).audio_seconds > 0
    with pytest.raises(SpeakerError, match=f"has 512 values and own takes {size}"):
        synthesizer.speak("Oh.", tiny.speaker())
