"""Networks from files of weights: whole and finite, or not at all; and never by running what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel
from transformers.models.speecht5.modeling_speecht5 import SpeechT5ScaledPositionalEncoding

from speecht5_demo.checkpoints.pickles import load_pickled
from speecht5_demo.checkpoints.state_dict import plain_weights
from speecht5_demo.checkpoints.weight_files import WeightFiles
from speecht5_demo.errors import CheckpointError

Model = TypeVar("Model", bound=PreTrainedModel)
COMPUTED = "pe"
"""Position tables are computed, not learned: whether a file holds them depends on its age."""


def empty_network(kind: type[Model], config: PretrainedConfig) -> Model:
    """A network without weights; `load_state_dict(assign=True)` gives it some, `compute_positions` its tables."""
    with torch.device("meta"):
        return kind(config)


def compute_positions(network: torch.nn.Module) -> None:
    """Fill the tables of positions, which no file needs to hold."""
    for part in network.modules():
        if isinstance(part, SpeechT5ScaledPositionalEncoding):
            part.pe = SpeechT5ScaledPositionalEncoding(0.0, part.pe.shape[2], part.pe.shape[1]).pe


def load_network(kind: type[Model], config: PretrainedConfig, weights: WeightFiles) -> Model:
    """The network that `weights` hold, in float32, for inference; no part of it is left at random values.

    Raises:
        CheckpointError: the files are not the plain, finite weights of such a network; the message says what they are.
    """
    try:
        network = empty_network(kind, config)
    except (ValueError, TypeError, RuntimeError, AttributeError, KeyError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"{weights.named.parent / 'config.json'} describes no {kind.__name__} ({error}). "
            "Copy it again from its source."
        ) from error
    stored = plain_weights(_read(weights), weights.named)
    wanted = {
        name: value for name, value in network.state_dict().items() if name.rpartition(".")[2] != COMPUTED
    }
    missing = sorted(wanted.keys() - stored.keys() - {name for name in wanted if "num_batches" in name})
    if missing:
        raise CheckpointError(
            f"{weights.named} lacks {len(missing)} of the {len(wanted)} weights of {kind.__name__}, the first of them "
            f"{missing[0]}. Save the whole model again."
        )
    taken: dict[str, Tensor] = {}
    for name, place in wanted.items():
        value = stored.get(name, torch.zeros((), dtype=torch.int64))
        if value.shape != place.shape:
            raise CheckpointError(
                f"{weights.named} is not of the sizes that config.json says: {name} has the shape "
                f"{tuple(value.shape)}, expected {tuple(place.shape)}. Save both again from one model."
            )
        taken[name] = _finite(name, value, weights.named) if place.is_floating_point() else value
    network.load_state_dict(taken, strict=False, assign=True)
    compute_positions(network)
    return for_inference(network)


def drawn_network(kind: type[Model], config: PretrainedConfig, seed: int) -> Model:
    """A network of random weights that depend on the seed alone; nobody else's random numbers are disturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return for_inference(kind(config))


def for_inference(model: Model) -> Model:
    """The same model in float32 and evaluation mode, without gradients."""
    model.float().eval()
    model.requires_grad_(False)
    return model


def _read(weights: WeightFiles) -> dict[str, object]:
    """What all files hold together, by name; tensors of safetensors are copies, so that no file stays open."""
    stored: dict[str, object] = {}
    for path in weights.parts:
        stored |= _read_safetensors(path) if path.suffix == ".safetensors" else load_pickled(path)
    return stored


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  # no mapping
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, AttributeError) as error:
        raise CheckpointError(
            f"{path} cannot be read as safetensors ({error}). Download or save it again."
        ) from error


def _finite(name: str, value: Tensor, path: Path) -> Tensor:
    """The weight in float32.

    Raises:
        CheckpointError: a value of it is NaN or infinite, and would make the whole voice noise.
    """
    plain = value.float()
    if not torch.isfinite(plain).all():
        count = int(torch.count_nonzero(~torch.isfinite(plain)))
        raise CheckpointError(
            f"{path} holds {count:,} of {plain.numel():,} values of {name} that are NaN or infinite: nothing can be "
            "spoken with them. Take a checkpoint from before the training broke."
        )
    return plain
