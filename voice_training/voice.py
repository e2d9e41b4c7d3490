"""A voice: speaking many sentences at once, with a picture of its attention; saved as the folder that the app loads."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Processor, SpeechT5Tokenizer

from speecht5_demo.files import whole_folder, write_json
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from voice_training.acoustic_model import GUIDED_HEADS, Encoding, speaking_copy
from voice_training.teachers import Line
from voice_training.texts import LONGEST_TEXT, PADDING

MAX_LENGTH_RATIO = 10
"""Mel frames a token before a run counts as one that does not stop; the teacher needs 4 to 6."""

_BATCH = 16
_CELL_PIXELS = 2


@dataclass(frozen=True)
class Utterance:
    """One line spoken.

    Attributes:
        samples: float32 at 16 kHz, shape (256 * frames,).
        attention: mean of the guided heads, shape (steps, tokens), rows sum to about one.
        ended: False where the length cap ended it.
    """

    line: Line
    samples: Samples
    attention: npt.NDArray[np.float32]
    ended: bool

    @property
    def seconds(self) -> float:
        """Length of the speech."""
        return len(self.samples) / SAMPLING_RATE


class Voice:
    """An acoustic model, a vocoder and a tokenizer, on one device and in evaluation mode.

    Args:
        encodings: of every speaker that is asked to speak.
    """

    def __init__(
        self,
        acoustic: SpeechT5ForTextToSpeech,
        vocoder: SpeechT5HifiGan,
        tokenizer: SpeechT5Tokenizer,
        encodings: Mapping[str, Encoding],
    ) -> None:
        self.encodings = dict(encodings)
        self.acoustic, self.vocoder, self.tokenizer = acoustic.eval(), vocoder.eval(), tokenizer
        self.device = next(acoustic.parameters()).device

    @torch.no_grad()
    def speak(self, lines: Sequence[Line], seed: int) -> list[Utterance]:
        """Every line, in order; batches are of like length, and the seed fixes the prenet's dropout."""
        order = sorted(range(len(lines)), key=lambda i: len(lines[i].text))
        spoken: dict[int, Utterance] = {}
        torch.manual_seed(seed)
        for first in range(0, len(order), _BATCH):
            group = order[first : first + _BATCH]
            spoken.update(zip(group, self._speak_batch([lines[i] for i in group]), strict=True))
        return [spoken[i] for i in range(len(lines))]

    def _speak_batch(self, lines: Sequence[Line]) -> list[Utterance]:
        ids = [self.tokenizer(line.text)["input_ids"] for line in lines]
        longest = max(map(len, ids))
        tokens = torch.tensor([row + [PADDING] * (longest - len(row)) for row in ids], device=self.device)
        generate: Any = self.acoustic.generate_speech
        mels, lengths, attentions = generate(
            tokens,
            torch.from_numpy(np.stack([self.encodings[line.speaker] for line in lines])).to(self.device),
            attention_mask=(tokens != PADDING).long(),
            maxlenratio=float(MAX_LENGTH_RATIO),
            output_cross_attentions=True,
            return_output_lengths=True,
        )
        attention = _mean_guided(attentions, len(lines), longest)
        reduction = self.acoustic.config.reduction_factor
        cap = int(longest * MAX_LENGTH_RATIO / reduction) * reduction
        utterances = []
        for row, (line, frames) in enumerate(zip(lines, lengths, strict=True)):
            samples: Tensor = self.vocoder(mels[row, :frames])
            utterances.append(
                Utterance(
                    line=line,
                    samples=samples.float().cpu().numpy(),
                    attention=attention[row, : frames // reduction, : len(ids[row])],
                    ended=frames < cap,
                )
            )
        return utterances


def _mean_guided(attentions: Tensor, batch: int, tokens: int) -> npt.NDArray[np.float32]:
    """Mean over layers and guided heads, (batch, steps, tokens).

    transformers lays its result out layer by layer and then names the axes batch by batch; for more than one sentence
    the axes have to be read in the order that the memory has.
    """
    heads, steps = attentions.shape[-3], attentions.shape[-2]
    by_layer = attentions.reshape(-1, batch, heads, steps, tokens)
    mean: npt.NDArray[np.float32] = by_layer[:, :, :GUIDED_HEADS].mean((0, 2)).float().cpu().numpy()
    return mean


def draw_attention(attentions: list[npt.NDArray[np.float32]], path: Path) -> None:
    """Save maps (steps, tokens) side by side as a PNG: time to the right, text upwards, dark where it attends.

    A straight rising line is a voice that reads.
    """
    height = max(attention.shape[1] for attention in attentions)
    panels = []
    for attention in attentions:
        panel = np.full((height, attention.shape[0] + 4), 255, np.uint8)
        shade = 255 - (attention / attention.max(1, keepdims=True).clip(1e-6) * 235).astype(np.uint8)
        panel[height - attention.shape[1] :, : attention.shape[0]] = shade.T[::-1]
        panels.append(panel)
    picture = Image.fromarray(np.concatenate(panels, axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.resize(
        (picture.width * _CELL_PIXELS, picture.height * _CELL_PIXELS), Image.Resampling.NEAREST
    ).save(path)


def export_vocoder(vocoder: SpeechT5HifiGan, folder: Path) -> None:
    """Write a vocoder's folder anew, in fp16."""
    with whole_folder(folder) as aside:
        copy.deepcopy(vocoder).cpu().eval().half().save_pretrained(aside)


def export_voice(
    acoustic: SpeechT5ForTextToSpeech,
    vocoder: SpeechT5HifiGan,
    processor: SpeechT5Processor,
    encodings: Mapping[str, Encoding],
    labels: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the folder anew. `acoustic` is as trained; its dropout is folded for speaking, on a copy.

    Args:
        labels: of the speakers, in the order in which they are offered; the first is the default.
    """
    with whole_folder(folder) as aside:
        processor.save_pretrained(aside)
        speaking_copy(acoustic).cpu().half().save_pretrained(aside / "model")
        export_vocoder(vocoder, aside / "vocoder")
        speakers = aside / "speakers"
        speakers.mkdir()
        for name, vector in encodings.items():
            np.save(speakers / f"{name}.npy", vector)
        write_json(speakers / "labels.json", dict(labels), indent=2)
        # The longest text that the voice is given at once; the app splits longer ones.
        limits = {"max_characters": LONGEST_TEXT, "max_length_ratio": MAX_LENGTH_RATIO}
        write_json(aside / "speaking.json", limits, indent=2)
