"""Train the acoustic model on a GPU: every step one CUDA graph a shape, recorded once and replayed.

A graph needs fixed shapes: `LengthGroups` pads the clips to a few. A model this small leaves a GPU idle while Python
starts its kernels one by one. The classes of transformers ask the device questions on the way (is anything masked?),
and a recorded step must not wait for an answer: `FunctionalModel` has their numbers without their questions.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_losses import AcousticClips, Batch, in_eights, losses_from, shifted_frames
from voice_training.acoustic_training import LARGEST_GRADIENT, AcousticTraining
from voice_training.devices import ProcessGroup
from voice_training.optimizers import FlatOptimizer, GraphedStep, Step

_SHORTEST_STEPS = 16
_WIDENING = 1.1
"""Each group's longest clip over that of the group before, once eight steps are less than that."""

_MASKED = -1e9


@dataclass(frozen=True)
class LengthGroup:
    """Clips that are all padded to one shape.

    Attributes:
        first and last: their places among clips in the order of length; `last` is not among them.
        steps and tokens: what they are padded to. batch: how many of them are one batch.
        all_frames: mel frames of all of them together.
    """

    first: int
    last: int
    steps: int
    tokens: int
    batch: int
    all_frames: int

    def draw(self, chance: random.Random) -> list[int]:
        """Places of the clips of one batch."""
        return chance.sample(range(self.first, self.last), self.batch)


class LengthGroups:
    """All clips by length; every frame is as likely to be drawn.

    Args:
        frames: of one batch, padding included.
    """

    def __init__(self, clips: AcousticClips, frames: int) -> None:
        self._reduction = clips.reduction
        steps = [count // clips.reduction for count in clips.frames]
        self._groups: list[LengthGroup] = []
        first, longest = 0, _SHORTEST_STEPS
        while first < len(clips):
            last = bisect.bisect_right(steps, longest)
            if last > first:
                tokens = in_eights(max(clips.token_counts[first:last]))
                count = max(1, min(last - first, frames // (longest * clips.reduction)))
                total = sum(clips.frames[first:last])
                self._groups.append(LengthGroup(first, last, longest, tokens, count, total))
                first = last
            longest = max(longest + 8, in_eights(round(longest * _WIDENING)))
        self._cumulative = list(itertools.accumulate(group.all_frames for group in self._groups))

    def __len__(self) -> int:
        return len(self._groups)

    def draw(self, longest: int, chance: random.Random) -> LengthGroup:
        """A group of clips that fit into `longest` frames, or the shortest ones."""
        usable = [group for group in self._groups if group.steps * self._reduction <= longest]
        number = max(1, len(usable))
        return self._groups[
            bisect.bisect_left(
                self._cumulative, chance.uniform(0, self._cumulative[number - 1]), hi=number - 1
            )
        ]


class FunctionalModel:
    """The functions of one model, which share its weights; dropout in prenet and postnet as while it trains."""

    def __init__(self, model: SpeechT5ForTextToSpeech) -> None:
        part: Any = model
        self._config: Any = model.config
        self._encoder = part.speecht5.encoder
        self._decoder = part.speecht5.decoder
        self._postnet = part.speech_decoder_postnet
        self._touching = [*self._decoder.prenet.layers, self._postnet.feat_out]

    def weights_that_touch_frames(self, missing: Tensor) -> list[Tensor]:
        """Weights of the layers that read or write mel frames, in the order of `prenet`, then `feat_out`.

        Args:
            missing: share of each that is left out in this step, the smallest; a number in [0, 1) without dimensions.
        """
        kept = []
        for layer in self._touching:
            sizes = layer.weight.detach().abs()
            place = (missing * sizes.numel()).long().clamp_max(sizes.numel() - 1).view(1)
            smallest = sizes.flatten().sort().values.index_select(0, place)
            kept.append(layer.weight * (sizes >= smallest))
        return kept

    def encoded(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Hidden values of the text, (B, L, hidden), from ids and their mask, each (B, L)."""
        prenet, encoder = self._encoder.prenet, self._encoder.wrapped_encoder
        x: Tensor = encoder.layer_norm(_with_positions(prenet.embed_tokens(tokens), prenet.encode_positions))
        distances = self._distances(tokens.shape[1], tokens.device)
        heads = self._config.encoder_attention_heads
        hidden_where = _bias(mask)
        for layer in encoder.layers:
            attention = layer.attention
            query = _heads(attention.q_proj(x) * attention.scaling, heads)
            scores = query @ _heads(attention.k_proj(x), heads).transpose(-1, -2)
            scores = scores + _by_distance(query, distances) + hidden_where
            mixed = torch.softmax(scores, -1) @ _heads(attention.v_proj(x), heads)
            x = layer.layer_norm(x + attention.out_proj(_joined(mixed)))
            x = layer.final_layer_norm(x + _fed_forward(x, layer.feed_forward))
        return x

    def decoded(
        self, heard: Tensor, speakers: Tensor, text: Tensor, mask: Tensor, touching: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Hidden values of each step, (B, S, hidden), and where each layer listened, (B, heads, S, L) each.

        Args:
            heard: a frame a step, (B, S, 80). speakers: (B, 512). text: :meth:`encoded`, of tokens with that `mask`.
            touching: :meth:`weights_that_touch_frames`.
        """
        x = self._prenet(heard, speakers, touching)
        heads = self._config.decoder_attention_heads
        hidden_where = _bias(mask)
        listened = []
        for layer in self._decoder.wrapped_decoder.layers:
            own, other = layer.self_attn, layer.encoder_attn
            query, key, value = (_heads(part(x), heads) for part in (own.q_proj, own.k_proj, own.v_proj))
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = layer.self_attn_layer_norm(x + own.out_proj(_joined(mixed)))
            scores = _heads(other.q_proj(x) * other.scaling, heads) @ _heads(
                other.k_proj(text), heads
            ).transpose(-1, -2)
            weights = torch.softmax(scores + hidden_where, -1)
            listened.append(weights)
            mixed = weights @ _heads(other.v_proj(text), heads)
            x = layer.encoder_attn_layer_norm(x + other.out_proj(_joined(mixed)))
            x = layer.final_layer_norm(x + _fed_forward(x, layer.feed_forward))
        return x, listened

    def frames(self, decoded: Tensor, touching: list[Tensor]) -> Tensor:
        """The decoder's frames before the postnet, (B, T, 80), from the hidden values of the steps."""
        made = F.linear(decoded, touching[-1], self._postnet.feat_out.bias)
        return made.view(len(decoded), -1, self._config.num_mel_bins)

    def refined(self, before: Tensor) -> Tensor:
        """What the postnet makes of frames, (B, T, 80), with the statistics of this batch."""
        after: Tensor = self._postnet.postnet(before)
        return after

    def stop_scores(self, decoded: Tensor) -> Tensor:
        """Whether each frame is the last, before the sigmoid, (B, T)."""
        scores: Tensor = self._postnet.prob_out(decoded).view(len(decoded), -1)
        return scores

    def _prenet(self, heard: Tensor, speakers: Tensor, touching: list[Tensor]) -> Tensor:
        prenet = self._decoder.prenet
        x = heard
        for layer, weight in zip(prenet.layers, touching[:-1], strict=True):
            x = F.relu(F.linear(x, weight, layer.bias))
            x = prenet._consistent_dropout(x, self._config.speech_decoder_prenet_dropout)
        x = _with_positions(prenet.final_layer(x), prenet.encode_positions)
        of_text, of_speaker = prenet.speaker_embeds_layer.weight.split(
            [x.shape[-1], speakers.shape[-1]], dim=1
        )
        told = F.linear(F.normalize(speakers), of_speaker, prenet.speaker_embeds_layer.bias)
        made: Tensor = F.relu(F.linear(x, of_text) + told[:, None])
        return made

    def _distances(self, tokens: int, device: torch.device) -> Tensor:
        """What every distance between two tokens means, (L, L, hidden of a head); by a product with one-hot rows.

        The gradients of thousands of readings fall on few rows, which a table adds slowly on a GPU; a product adds them
        in parallel.
        """
        table = self._encoder.wrapped_encoder.embed_positions
        place = torch.arange(tokens, device=device)
        distance = (place[:, None] - place).clamp(-table.max_length, table.max_length - 1) + table.max_length
        rows = torch.arange(2 * table.max_length, device=device)
        meant: Tensor = (distance[..., None] == rows).to(table.pe_k.weight.dtype) @ table.pe_k.weight
        return meant


def _with_positions(x: Tensor, positions: Any) -> Tensor:
    placed: Tensor = x + positions.alpha * positions.pe[:, : x.shape[1]]
    return placed


def _bias(mask: Tensor) -> Tensor:
    return torch.zeros(mask.shape, device=mask.device).masked_fill(mask == 0, _MASKED)[:, None, None]


def _heads(x: Tensor, heads: int) -> Tensor:
    apart: Tensor = x.unflatten(-1, (heads, -1)).transpose(1, 2)
    return apart


def _joined(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


def _fed_forward(x: Tensor, layer: Any) -> Tensor:
    made: Tensor = layer.output_dense(layer.intermediate_act_fn(layer.intermediate_dense(x)))
    return made


def _by_distance(query: Tensor, distances: Tensor) -> Tensor:
    """What each query, (B, heads, L, n), says to each distance, (L, L, n): (B, heads, L, L)."""
    by_place = query.permute(2, 0, 1, 3).flatten(1, 2)
    said: Tensor = (by_place @ distances.transpose(-1, -2)).unflatten(1, query.shape[:2])
    return said.permute(1, 2, 0, 3)


class GraphedAcousticTraining(AcousticTraining):
    """The same training, with batches of a few fixed shapes; on a processor, where nothing is recorded, as well."""

    def _optimizers(self, model: SpeechT5ForTextToSpeech, group: ProcessGroup) -> Mapping[str, Any]:
        self._memory = torch.cuda.graph_pool_handle() if self.clips.device.type == "cuda" else None
        self._functional = FunctionalModel(model)
        self._groups = LengthGroups(self.clips, self.settings.batch_frames)
        self._by_shape: dict[tuple[LengthGroup, bool, float], Step] = {}
        self._flat = FlatOptimizer(model, LARGEST_GRADIENT)
        self._descend = self._graphed(self._flat.step)
        return {"flat_optimizer": self._flat}

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        chance = self.random()
        torch.manual_seed(chance.randrange(2**62))
        self._flat.rate.fill_(self._rate(fraction))
        group = self._groups.draw(self._longest(), chance)
        step = self._step_for(group, self._samples_itself(chance), self._alignment_weight())
        numbers = torch.tensor([chance.uniform(0.2, 1.0), self._pruned(chance)], device=self.device)
        report = step(torch.tensor(group.draw(chance), device=self.device), numbers)
        report = {**report, **self._read(chance)}
        self._descend()
        if self._reading is not None:
            self._reading.step()
        return report

    def _step_for(self, group: LengthGroup, samples_itself: bool, alignment_weight: float) -> Step:
        key = (group, samples_itself, alignment_weight)
        if key not in self._by_shape:
            self._by_shape[key] = self._graphed(functools.partial(self._gradients, *key))
        return self._by_shape[key]

    def _graphed(self, step: Step) -> Step:
        return step if self._memory is None else GraphedStep(step, self._memory)

    def _gradients(
        self,
        group: LengthGroup,
        samples_itself: bool,
        alignment_weight: float,
        clips: Tensor,
        numbers: Tensor,
    ) -> dict[str, Tensor]:
        """Add up the gradients of one batch.

        Args:
            numbers: the share of frames that are the model's own where it samples itself, and the share of weights
                that layers which touch frames do without; shape (2,).
        """
        batch = self._blurred(self.clips.gathered(clips, group.steps, group.tokens))
        share, missing = numbers
        touching = self._functional.weights_that_touch_frames(missing)
        text = self._functional.encoded(batch.tokens, batch.token_mask)
        heard = shifted_frames(batch)
        if samples_itself:
            heard = self._own_frames(batch, heard, text.detach(), touching, share)
        heard = self._with_noise(heard, samples_itself)
        hidden, attentions = self._functional.decoded(heard, batch.speakers, text, batch.token_mask, touching)
        before = self._functional.frames(hidden, touching)
        loss, report = losses_from(
            before,
            self._functional.refined(before),
            self._functional.stop_scores(hidden),
            attentions,
            batch,
            alignment_weight,
        )
        loss.backward()
        return {name: value.detach() for name, value in report.items()}

    @torch.no_grad()
    def _own_frames(
        self, batch: Batch, heard: Tensor, text: Tensor, touching: list[Tensor], share: Tensor
    ) -> Tensor:
        """As `own_frames` of the losses."""
        hidden, _ = self._functional.decoded(heard, batch.speakers, text, batch.token_mask, touching)
        made = shifted_frames(replace(batch, mel=self._functional.frames(hidden, touching)))
        chosen = torch.rand(heard.shape[:2], device=heard.device) < share
        return torch.where(chosen[:, :, None], made, heard)
