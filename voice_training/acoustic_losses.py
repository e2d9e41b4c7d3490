"""What the acoustic model is taught: batches of clips, and the losses on them.

A batch holds clips of like length, gathered on the training device. The losses are on the frames, on when to stop, and
on where in the text attention should be.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils import prune as torch_prune
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.variants.layers import selected_linears
from voice_training.acoustic_model import GUIDED_HEADS, Encoding
from voice_training.corpus import FRAME_SECONDS, Clip
from voice_training.devices import mixed_precision
from voice_training.texts import PADDING

_ALIGNMENT_WIDTH = 1.0
"""Standard deviation, in tokens, of the soft alignment that attention is drawn to."""

_SHUFFLE = 4
"""A batch is drawn from this many times as many neighbours by length."""

_STOP_WEIGHT = 10.0

TOUCHING_FRAMES = ("speecht5.decoder.prenet.layers.*", "speech_decoder_postnet.feat_out")
"""Names of the Linear layers that read mel frames and that write them."""


@dataclass(frozen=True)
class Batch:
    """B clips, padded to L tokens and T frames, of which every `reduction` make a step (S steps).

    Attributes:
        tokens: ids, (B, L). token_mask: 1 where there is a token, (B, L).
        mel: log-mel frames, 0 where padded, (B, T, 80). frame_mask: (B, T). step_mask: (B, S).
        alignment: where attention should be at each step, rows sum to one, (B, S, L).
        stop: 1 at the last step, (B, S).
        speakers: unit vectors, (B, 512).
    """

    tokens: Tensor
    token_mask: Tensor
    mel: Tensor
    frame_mask: Tensor
    step_mask: Tensor
    alignment: Tensor
    stop: Tensor
    speakers: Tensor

    @property
    def reduction(self) -> int:
        """Mel frames a step."""
        return self.mel.shape[1] // self.stop.shape[1]


class AcousticClips:
    """Tokens, frames and alignments of all clips, end to end on the training device, for `reduction` frames a step.

    Args:
        ids: tokens of each clip's text. encodings: of all speakers there are.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        ids: Sequence[Sequence[int]],
        encodings: Mapping[str, Encoding],
        device: torch.device,
        reduction: int,
    ) -> None:
        self.reduction, self.speakers = reduction, len(encodings)
        order = sorted(range(len(clips)), key=lambda i: clips[i].frames)
        self.order = order
        self.frames = [clips[i].frames for i in order]
        self.token_counts = [len(ids[i]) for i in order]
        names = list(encodings)
        self._mel = torch.from_numpy(np.concatenate([clips[i].mel for i in order])).to(device)
        self._ids = torch.tensor(list(itertools.chain.from_iterable(ids[i] for i in order)), device=device)
        self._positions = torch.from_numpy(
            np.concatenate([_positions(clips[i], reduction) for i in order])
        ).to(device)
        self._speakers = torch.tensor([names.index(clips[i].speaker) for i in order], device=device)
        self._encodings = torch.from_numpy(np.stack(list(encodings.values()))).to(device)
        self._first_frame = torch.tensor([0, *itertools.accumulate(self.frames)][:-1], device=device)
        self._first_token = torch.tensor([0, *itertools.accumulate(self.token_counts)][:-1], device=device)
        self._frame_counts = torch.tensor(self.frames, device=device)
        self._token_counts = torch.tensor(self.token_counts, device=device)
        self._cumulative = list(itertools.accumulate(self.frames))
        self.device = device

    def __len__(self) -> int:
        return len(self.frames)

    def random_batch(
        self, frames: int, longest: int, chance: random.Random, part: int = 0, parts: int = 1
    ) -> Batch:
        """Clips of like length, up to `longest` frames each, that fill about `frames` frames together.

        Of so many `parts` drawn by the same chances, each has clips of its own.
        """
        usable = max(parts, bisect.bisect_right(self.frames, longest))
        total = self._cumulative[usable - 1]
        centre = bisect.bisect_left(self._cumulative, chance.uniform(0, total))
        count = max(1, min(usable // parts, frames // self.frames[min(centre, usable - 1)]))
        width = min(usable, _SHUFFLE * parts * count)
        first = max(0, min(usable - width, centre - width // 2))
        chosen = chance.sample(range(first, first + width), parts * count)
        return self.batch(sorted(chosen[part::parts]))

    def batches_in_order(self, frames: int) -> list[Batch]:
        """Every clip once, for validation."""
        groups: list[list[int]] = [[]]
        for clip in range(len(self)):
            if groups[-1] and (len(groups[-1]) + 1) * self.frames[clip] > frames:
                groups.append([])
            groups[-1].append(clip)
        return [self.batch(group) for group in groups]

    def batch(self, chosen: Sequence[int]) -> Batch:
        """The chosen clips, padded to the longest of them."""
        tokens = max(self.token_counts[i] for i in chosen)
        steps = max(self.frames[i] for i in chosen) // self.reduction
        return self.gathered(torch.tensor(chosen, device=self.device), in_eights(steps), in_eights(tokens))

    def gathered(self, clips: Tensor, longest_steps: int, longest_text: int) -> Batch:
        """Clips by their places, shape (B,), padded to so many steps and tokens, which none of them exceeds.

        The shapes depend on nothing that lies on the device: a CUDA graph can record it.
        """
        reduction = self.reduction
        frames, counts = self._frame_counts[clips], self._token_counts[clips]
        token_index = torch.arange(longest_text, device=self.device)
        step_index = torch.arange(longest_steps, device=self.device)
        frame_index = torch.arange(longest_steps * reduction, device=self.device)
        token_mask = token_index < counts[:, None]
        step_mask = step_index < (frames // reduction)[:, None]
        frame_mask = frame_index < frames[:, None]
        first_frame, first_token = self._first_frame[clips], self._first_token[clips]
        tokens = self._ids[(first_token[:, None] + token_index).clamp_max(len(self._ids) - 1)]
        mel = self._mel[(first_frame[:, None] + frame_index).clamp_max(len(self._mel) - 1)].float()
        steps = (first_frame // reduction)[:, None] + step_index
        positions = self._positions[steps.clamp_max(len(self._positions) - 1)]
        distance = token_index - positions[:, :, None]
        alignment = torch.exp(-(distance**2) / (2 * _ALIGNMENT_WIDTH**2)) * token_mask[:, None]
        last = (frames // reduction)[:, None] - 1
        return Batch(
            tokens=tokens.masked_fill(~token_mask, PADDING),
            token_mask=token_mask.long(),
            mel=mel * frame_mask[:, :, None],
            frame_mask=frame_mask.float(),
            step_mask=step_mask.float(),
            alignment=alignment / alignment.sum(-1, keepdim=True).clamp_min(1e-6),
            stop=(step_index == last).float(),
            speakers=self._encodings[self._speakers[clips]],
        )


def in_eights(count: int) -> int:
    """`count`, rounded up to a multiple of eight."""
    return -(-count // 8) * 8


def _positions(clip: Clip, reduction: int) -> npt.NDArray[np.float32]:
    """Which token is being spoken at each step, fractional, shape (frames / reduction,)."""
    middle = (np.arange(clip.frames // reduction) * reduction + (reduction - 1) / 2) * FRAME_SECONDS
    positions: npt.NDArray[np.float32] = np.interp(middle, clip.centres, np.arange(len(clip.centres))).astype(
        np.float32
    )
    return positions


def shifted_frames(batch: Batch) -> Tensor:
    """What the decoder hears at each step: silence first, then the last frame of the step before, (B, S, 80)."""
    heard = batch.mel[:, batch.reduction - 1 :: batch.reduction]
    return F.pad(heard[:, :-1], (0, 0, 1, 0))


def decoded(model: SpeechT5ForTextToSpeech, batch: Batch, heard: Tensor, attentions: bool = False) -> Any:
    """The decoder's Seq2SeqModelOutput for the batch's text when it hears those frames, (B, S, 80)."""
    return model.speecht5(
        input_values=batch.tokens,
        attention_mask=batch.token_mask,
        decoder_input_values=heard,
        speaker_embeddings=batch.speakers,
        use_cache=False,
        output_attentions=attentions,
    )


@torch.no_grad()
def predicted_frames(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int) -> Tensor:
    """What the model makes of every clip when it hears the teacher's frames: float16, clips in `clips.order`."""
    predicted = []
    for batch in clips.batches_in_order(frames):
        with mixed_precision(clips.device):
            output = decoded(model, batch, shifted_frames(batch))
            after = model.speech_decoder_postnet(output.last_hidden_state)[1]
        predicted.append(after[batch.frame_mask.bool()].half())
    return torch.cat(predicted)


@torch.no_grad()
def own_frames(model: SpeechT5ForTextToSpeech, batch: Batch, share: float) -> Tensor:
    """Decoder input in which about that share of the frames is the model's own guess (scheduled sampling).

    While speaking, the model only ever hears itself; trained on the teacher's frames alone, its small errors pile up.
    """
    heard = shifted_frames(batch)
    output = decoded(model, batch, heard)
    guess = model.speech_decoder_postnet.feat_out(output.last_hidden_state).float()[:, :, -heard.shape[2] :]
    guess = F.pad(guess[:, :-1], (0, 0, 1, 0))
    chosen = torch.rand(heard.shape[:2], device=heard.device) < share
    return torch.where(chosen[:, :, None], guess, heard)


def acoustic_losses(
    model: SpeechT5ForTextToSpeech, batch: Batch, heard: Tensor, alignment_weight: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss to descend, and its parts by name (each a mean over what is not padding)."""
    output = decoded(model, batch, heard, attentions=True)
    before, after, stop_scores = model.speech_decoder_postnet(output.last_hidden_state)
    return losses_from(before, after, stop_scores, output.cross_attentions, batch, alignment_weight)


def losses_from(
    before: Tensor,
    after: Tensor,
    stop_scores: Tensor,
    attentions: Sequence[Tensor],
    batch: Batch,
    alignment_weight: float,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The same of frames before and after the postnet, (B, T, 80), stop scores, (B, T), and the layers' attention."""
    weight = batch.frame_mask[:, :, None] / (batch.frame_mask.sum() * batch.mel.shape[2])
    l1_before = ((before - batch.mel).abs() * weight).sum()
    l1_after = ((after - batch.mel).abs() * weight).sum()
    l2 = (((before - batch.mel) ** 2 + (after - batch.mel) ** 2) * weight).sum()
    last = batch.stop.repeat_interleave(batch.reduction, 1)
    stop = F.binary_cross_entropy_with_logits(
        stop_scores.float(), last, weight=1 + (_STOP_WEIGHT - 1) * last, reduction="none"
    )
    stop_loss = (stop * batch.frame_mask).sum() / batch.frame_mask.sum()
    alignment_loss = _alignment_loss(attentions, batch)
    total = l1_before + l1_after + 0.25 * l2 + 0.5 * stop_loss + alignment_weight * alignment_loss
    return total, {"l1": l1_after, "stop": stop_loss, "alignment": alignment_loss}


def _alignment_loss(attentions: Sequence[Tensor], batch: Batch) -> Tensor:
    """Cross-entropy of two heads a layer to the soft alignment of the teacher."""
    losses = []
    for attention in attentions:
        heads = min(GUIDED_HEADS, attention.shape[1])
        surprise = -torch.log(attention[:, :heads].float() + 1e-5) * batch.alignment[:, None]
        losses.append((surprise.sum(-1) * batch.step_mask[:, None]).sum() / (heads * batch.step_mask.sum()))
    return torch.stack(losses).mean()


@contextmanager
def pruned_steps(model: SpeechT5ForTextToSpeech, amount: float) -> Iterator[None]:
    """Inside, the layers that touch frames are without that share of their weights, the smallest of each layer.

    Afterwards they have them back, and gradients that came up inside are zero where a weight was missing. A mel frame
    is far from zero in every bin, so that a small weight of such a layer carries a constant, and many of them together
    a large one; cut, they shift the frames as a whole. A model that now and then does without them keeps its constants
    where pruning leaves them: in biases and in large weights.
    Source: targeted dropout; Gomez et al. 2019, arXiv 1905.13678.
    """
    layers = [layer for _, layer in selected_linears(model, TOUCHING_FRAMES, ())] if amount > 0 else []
    whole = [layer.weight.detach().clone() for layer in layers]
    cut = torch_prune.L1Unstructured(amount)
    kept = [cut.compute_mask(weight, torch.ones_like(weight)) for weight in whole]
    with torch.no_grad():
        for layer, mask in zip(layers, kept, strict=True):
            layer.weight.mul_(mask)
    try:
        yield
    finally:
        with torch.no_grad():
            for layer, weight, mask in zip(layers, whole, kept, strict=True):
                layer.weight.copy_(weight)
                if layer.weight.grad is not None:
                    layer.weight.grad.mul_(mask)
