"""Small stand-ins for the published repositories: true names, files and formats, few weights."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5HifiGanConfig

from tests.support.hub import LoopbackHub

MODEL = "microsoft/speecht5_tts"
VOCODER = "microsoft/speecht5_hifigan"
XVECTORS = "regisss/cmu-arctic-xvectors"
TOKENIZER = Path(__file__).parents[2] / "assets" / "voice" / "spm_char.model"

TINY = SpeechT5Config(
    vocab_size=41,  # the 39 characters of the built-in tokenizer and the two symbols of added_tokens.json
    hidden_size=32,
    encoder_layers=1,
    decoder_layers=1,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=32,
    decoder_ffn_dim=32,
    speech_decoder_prenet_units=16,
    speech_decoder_postnet_units=16,
    speech_decoder_postnet_layers=2,
    encoder_max_relative_position=8,
    max_text_positions=600,
    max_speech_positions=1876,
)
TINY_VOCODER = SpeechT5HifiGanConfig(
    upsample_initial_channel=32,
    resblock_kernel_sizes=[3],
    resblock_dilation_sizes=[[1]],
    initializer_range=0.1,
)

RECORDINGS = (
    "bdl_arctic-wav-arctic_a0009",
    "clb_arctic-wav-arctic_a0144",
    "ksp_arctic-wav-arctic_b0087",
    "rms_arctic-wav-arctic_b0353",
    "slt_arctic-wav-arctic_a0508",
)


def put_published_model(hub: LoopbackHub) -> None:
    """Add the acoustic model and its vocoder, each with a pytorch_model.bin only, in the layout of 2023."""
    torch.manual_seed(1)
    mask = {"content": "<mask>", "lstrip": True, "normalized": True, "rstrip": False, "single_word": False}
    hub.add_model(
        MODEL,
        {
            ".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "README.md": b"---\nlicense: mit\n---\n# SpeechT5 (TTS task)\n",
            "added_tokens.json": _json({"<ctc_blank>": 40, "<mask>": 39}),
            "config.json": _json(_config(TINY, "SpeechT5ForTextToSpeech")),
            "generation_config.json": _json(
                {"_from_model_config": True, "bos_token_id": 0, "eos_token_id": 2}
            ),
            "preprocessor_config.json": _json(
                {"feature_extractor_type": "SpeechT5FeatureExtractor", "processor_class": "SpeechT5Processor"}
            ),
            "pytorch_model.bin": saved(SpeechT5ForTextToSpeech(TINY)),
            "special_tokens_map.json": _json(
                {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
                | {"mask_token": mask}
            ),
            "spm_char.model": TOKENIZER.read_bytes(),
            "tokenizer_config.json": _json(
                {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
                | {"mask_token": {"__type": "AddedToken"} | mask, "normalize": True, "sp_model_kwargs": {}}
                | {
                    "model_max_length": 600,
                    "tokenizer_class": "SpeechT5Tokenizer",
                    "special_tokens_map_file": None,
                }
            ),
        },
    )
    hub.add_model(
        VOCODER,
        {
            "README.md": b"---\nlicense: mit\n---\n# SpeechT5 HiFi-GAN Vocoder\n",
            "config.json": _json(_config(TINY_VOCODER, "SpeechT5HifiGan")),
            "pytorch_model.bin": saved(SpeechT5HifiGan(TINY_VOCODER)),
        },
    )


def save_tiny_checkpoint(folder: Path, **changed: Any) -> None:
    """Write a whole checkpoint of the same small size into a folder, with one speaker called random.

    Args:
        changed: values of its configuration that are others.
    """
    torch.manual_seed(1)
    SpeechT5ForTextToSpeech(SpeechT5Config(**{**TINY.to_dict(), **changed})).save_pretrained(folder)
    SpeechT5HifiGan(TINY_VOCODER).save_pretrained(folder / "vocoder")
    for name in ("spm_char.model", "tokenizer_config.json"):
        shutil.copy(TOKENIZER.parent / name, folder)
    (folder / "speakers").mkdir()
    np.save(
        folder / "speakers" / "random.npy", np.random.default_rng(2).standard_normal(512).astype(np.float32)
    )


def put_xvectors(hub: LoopbackHub, leave_out: str = "") -> dict[str, np.ndarray]:
    """Add the speakers' data set, those in use among others of the same voice; return them by recording."""
    others = [f"awb_arctic-wav-arctic_a{number:04}" for number in range(1, 5)]
    others += ["slt_arctic-wav-arctic_a0507", "slt_arctic-wav-arctic_a0509"]
    names = [f"cmu_us_{name}" for name in sorted([*others, *RECORDINGS]) if name != leave_out]
    vectors = np.random.default_rng(5).standard_normal((len(names), 512)).astype(np.float32)
    table = pa.table({"filename": names, "xvector": pa.array(vectors.tolist(), pa.list_(pa.float32(), 512))})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    hub.add_dataset(
        XVECTORS,
        {
            "README.md": b"---\nlicense: mit\nconfigs:\n- config_name: default\n  data_files:\n"
            b"  - split: validation\n    path: data/validation-*\n---\n",
            "data/validation-00000-of-00001.parquet": buffer.getvalue(),
        },
    )
    return dict(zip(names, vectors, strict=True))


def saved(module: torch.nn.Module) -> bytes:
    """What torch.save makes of a module's weights."""
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    return buffer.getvalue()


def _config(config: SpeechT5Config | SpeechT5HifiGanConfig, architecture: str) -> dict[str, Any]:
    return {**config.to_dict(), "architectures": [architecture], "torch_dtype": "float32"}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()
