"""What letters sound like, learned from text alone: the encoder also tells the phonemes of texts that nobody reads.

A few hours of speech hold a few thousand words, and a voice guesses how the others are said. The teacher knows, without
saying them: from what the encoder makes of a text, a small head spells the phonemes of each accent, by connectionist
temporal classification (Graves et al. 2006). The heads are thrown away; what they ask for stays in the encoder.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5Tokenizer

from speecht5_demo.files import write_json
from voice_training.devices import in_processes, mixed_precision
from voice_training.settings import AcousticSettings
from voice_training.teachers import Teacher
from voice_training.texts import PADDING

_SHARD_TEXTS = 2000
_TICKS = 2
"""Phonemes that a head may tell at each token."""

_BLANK = 0


@dataclass(frozen=True)
class Pronounced:
    """A text, and its phonemes in each accent of a teacher."""

    text: str
    phonemes: tuple[str, ...]


def pronounce(
    texts: Sequence[str], teacher: Teacher, folder: Path, workers: int, say: Callable[[str], None]
) -> list[Pronounced]:
    """The texts as the teacher, who tells phonemes, would say them; kept in shards in `folder`."""
    shards = {
        folder / f"pronounced-{number:04d}.json": tuple(texts[first : first + _SHARD_TEXTS])
        for number, first in enumerate(range(0, len(texts), _SHARD_TEXTS))
    }
    missing = [(path, teacher, part) for path, part in shards.items() if not path.exists()]
    for done, _ in enumerate(in_processes(_write_shard, missing, min(workers, len(missing))), start=1):
        say(f"pronunciation: shard {done} of {len(missing)}")
    read = itertools.chain.from_iterable(json.loads(path.read_text(encoding="utf-8")) for path in shards)
    return [Pronounced(text, tuple(phonemes)) for text, phonemes in read]


def _write_shard(job: tuple[Path, Teacher, tuple[str, ...]]) -> None:
    path, teacher, texts = job
    write_json(path, [[text, list(teacher.pronounced(text))] for text in texts], parents=True)


class PronouncedTexts:
    """Tokens and phonemes of texts, in batches of like length.

    Args:
        pronounced: at least one, all in the same accents.
    """

    def __init__(
        self, pronounced: Sequence[Pronounced], tokenizer: SpeechT5Tokenizer, device: torch.device
    ) -> None:
        self.symbols = sorted({symbol for text in pronounced for said in text.phonemes for symbol in said})
        self.accents = len(pronounced[0].phonemes)
        self._place = {symbol: place for place, symbol in enumerate(self.symbols, start=_BLANK + 1)}
        self._texts = sorted(pronounced, key=lambda text: len(text.text))
        self._ids = [tokenizer(text.text).input_ids for text in self._texts]
        self._device = device

    def random_batch(self, tokens: int, chance: random.Random) -> tuple[Tensor, Tensor, list[list[Tensor]]]:
        """Texts of about so many tokens together.

        Returns:
            ids, (B, L); how many of each row are a text's, (B,); for each accent the phonemes' places of each text.
        """
        longest = chance.randrange(len(self._ids))
        count = max(1, tokens // len(self._ids[longest]))
        chosen = range(max(0, longest - count + 1), longest + 1)
        counts = torch.tensor([len(self._ids[text]) for text in chosen])
        ids = torch.full((len(chosen), int(counts.max())), PADDING)
        for row, text in enumerate(chosen):
            ids[row, : counts[row]] = torch.tensor(self._ids[text])
        said = [
            [
                torch.tensor([self._place[symbol] for symbol in self._texts[text].phonemes[accent]])
                for text in chosen
            ]
            for accent in range(self.accents)
        ]
        return ids.to(self._device), counts.to(self._device), said


class PhonemeHeads(nn.Module):
    """One head an accent, on the encoder's hidden values."""

    def __init__(self, hidden: int, symbols: int, accents: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(hidden, _TICKS * (1 + symbols)) for _ in range(accents))

    def forward(self, hidden: Tensor, counts: Tensor, said: Sequence[Sequence[Tensor]]) -> Tensor:
        """Mean of what each phoneme costs, in nats, over texts and accents.

        Args:
            hidden: (B, L, hidden). counts: tokens of each text, (B,). said: places of its phonemes, for each accent.
        """
        losses = []
        for head, phonemes in zip(self.heads, said, strict=True):
            scores = head(hidden).float().unflatten(-1, (_TICKS, -1)).flatten(1, 2)
            lengths = torch.tensor([len(places) for places in phonemes])
            losses.append(
                F.ctc_loss(
                    scores.log_softmax(-1).transpose(0, 1),
                    torch.cat(list(phonemes)).to(hidden.device),
                    _TICKS * counts,
                    lengths.to(hidden.device),
                    blank=_BLANK,
                    zero_infinity=True,
                )
            )
        return torch.stack(losses).mean()


class Reading:
    """What an acoustic model's training does beside, at each step: the phonemes of a batch of texts.

    Args:
        model: whose encoder is asked. seed: of the heads' first weights.
    """

    def __init__(
        self, model: SpeechT5ForTextToSpeech, texts: PronouncedTexts, settings: AcousticSettings, seed: int
    ) -> None:
        self._texts, self._settings = texts, settings
        self._encoder = model.speecht5.encoder
        torch.manual_seed(seed)
        self._heads = PhonemeHeads(model.config.hidden_size, len(texts.symbols), texts.accents)
        nn.Module.to(self._heads, next(model.parameters()).device)
        self._optimizer = torch.optim.AdamW(self._heads.parameters(), settings.phoneme_rate, weight_decay=0.0)

    @property
    def parts(self) -> dict[str, Any]:
        """What a saved state holds of it, by name."""
        return {"phoneme_heads": self._heads, "phoneme_optimizer": self._optimizer}

    def backward(self, step: int, chance: random.Random) -> Tensor:
        """Add up the gradients of one batch, in the encoder once the heads have learned.

        Returns:
            What a phoneme costs, in nats.
        """
        ids, counts, said = self._texts.random_batch(self._settings.phoneme_tokens, chance)
        mask = torch.arange(ids.shape[1], device=ids.device) < counts[:, None]
        with mixed_precision(ids.device):
            hidden = self._encoder(input_values=ids, attention_mask=mask.long()).last_hidden_state
        loss: Tensor = self._heads(
            hidden if step >= self._settings.phonemes_from else hidden.detach(), counts, said
        )
        self._optimizer.zero_grad()
        (self._settings.phoneme_weight * loss).backward()
        return loss.detach()

    @property
    def gradients(self) -> list[Tensor]:
        """Those of the heads."""
        return [weights.grad for weights in self._heads.parameters() if weights.grad is not None]

    def step(self) -> None:
        """Let the heads take a step."""
        self._optimizer.step()
