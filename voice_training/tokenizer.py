"""The tokenizer: one token a character, letters folded to lower case, the stock SpeechT5 class."""

from __future__ import annotations

import random
from pathlib import Path

import sentencepiece
from transformers import SpeechT5FeatureExtractor, SpeechT5Processor, SpeechT5Tokenizer

from voice_training.texts import CHARACTERS

TOKENIZER_FILE = "spm_char.model"
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
START, PADDING, END = 0, 1, 2
VOCABULARY = len(_SPECIAL) + 1 + len(CHARACTERS)
_MAX_TOKENS = 600


def make_processor(folder: Path) -> SpeechT5Processor:
    """Build the tokenizer in `folder` and return it with the feature extractor.

    The text it is built from only fixes the order of the tokens: every character once with each other one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(0)
    lines = [" ".join(chance.sample(CHARACTERS, len(CHARACTERS))) for _ in range(200)]
    prefix = (folder / TOKENIZER_FILE).with_suffix("")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(prefix),
        model_type="char",
        vocab_size=VOCABULARY,
        character_coverage=1.0,
        bos_id=START,
        pad_id=PADDING,
        eos_id=END,
        unk_id=3,
        bos_piece=_SPECIAL[0],
        pad_piece=_SPECIAL[1],
        eos_piece=_SPECIAL[2],
        unk_piece=_SPECIAL[3],
        normalization_rule_name="nmt_nfkc_cf",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    prefix.with_suffix(".vocab").unlink(missing_ok=True)
    tokenizer = SpeechT5Tokenizer(str(folder / TOKENIZER_FILE), model_max_length=_MAX_TOKENS, normalize=False)
    return SpeechT5Processor(SpeechT5FeatureExtractor(), tokenizer)
