"""What the acoustic model is taught, on small examples whose answer is known."""

import copy
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.acoustic_batches import AcousticClips
from voice_training.acoustic_losses import shifted_frames
from voice_training.acoustic_model import (
    FIRST_REDUCTION,
    fold_dropout,
    new_model,
    with_more_frames,
)
from voice_training.corpus import WHOLE_FRAMES, Clip, make_clip
from voice_training.lookup import LookUpByProduct, look_up_distances_by_product
from voice_training.optimizers import Together, acoustic_optimizer
from voice_training.settings import MINIATURE
from voice_training.speaker_vectors import speaker_vectors
from voice_training.speaking import Line, Voice
from voice_training.texts import CHARACTERS
from voice_training.tokenizer import make_processor
from voice_training.vocoder import new_vocoder


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    noise = np.random.default_rng(0)
    texts = ["hello.", "good morning, anna!", "it is nine o'clock, and the sun is up.", "no?"]
    made = [make_clip(text, speaker, noise) for text, speaker in zip(texts, SPEAKERS, strict=True)]
    return [clip for clip in made if clip is not None]


@pytest.fixture(scope="module")
def processor(tmp_path_factory: pytest.TempPathFactory):
    return make_processor(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def small_model() -> SpeechT5ForTextToSpeech:
    torch.manual_seed(0)
    return new_model(MINIATURE.acoustic, torch.full((80,), -2.5)).eval()


def test_every_character_has_a_token_of_its_own(processor) -> None:
    ids = [processor.tokenizer(character)["input_ids"][1] for character in CHARACTERS]
    assert len(set(ids)) == len(CHARACTERS)
    assert processor.tokenizer.unk_token_id not in ids
    assert processor.tokenizer("ABC")["input_ids"] == processor.tokenizer("abc")["input_ids"]


@pytest.mark.parametrize("reduction", [FIRST_REDUCTION, WHOLE_FRAMES])
def test_batches_pad_clips_and_point_at_what_is_said(clips: list[Clip], processor, reduction: int) -> None:
    ids = [processor.tokenizer(clip.text)["input_ids"] for clip in clips]
    store = AcousticClips(clips, ids, torch.device("cpu"), reduction)
    batch = store.batch(range(len(store)))
    assert batch.reduction == reduction
    for row, index in enumerate(store.order):
        clip, steps = clips[index], clips[index].frames // reduction
        assert batch.tokens[row][batch.token_mask[row].bool()].tolist() == ids[index]
        np.testing.assert_array_equal(batch.mel[row, : clip.frames].numpy(), clip.mel.astype(np.float32))
        assert batch.mel[row, clip.frames :].abs().sum() == 0
        assert batch.stop[row].nonzero().flatten().tolist() == [steps - 1]
        path = batch.alignment[row, :steps].argmax(1)
        assert (path.diff() >= 0).all()
        assert path[0] <= 1
        assert path[-1] >= len(ids[index]) - 3
        np.testing.assert_array_equal(batch.speakers[row].numpy(), speaker_vectors()[clip.speaker])


def test_random_batches_keep_to_the_size_and_the_longest_clip(clips: list[Clip], processor) -> None:
    ids = [processor.tokenizer(clip.text)["input_ids"] for clip in clips]
    store = AcousticClips(clips, ids, torch.device("cpu"), FIRST_REDUCTION)
    second_longest = store.frames[-2]
    for draw in range(30):
        batch = store.random_batch(400, second_longest, random.Random(draw))
        assert batch.frame_mask.sum(1).max() <= second_longest
        assert batch.frame_mask.sum() <= 400 or len(batch.tokens) == 1


def test_the_decoder_hears_silence_then_the_last_frame_of_each_step(clips: list[Clip], processor) -> None:
    ids = [processor.tokenizer(clip.text)["input_ids"] for clip in clips]
    for reduction in (FIRST_REDUCTION, WHOLE_FRAMES):
        batch = AcousticClips(clips, ids, torch.device("cpu"), reduction).batch([0, 1])
        heard = shifted_frames(batch)
        assert heard.shape == (2, batch.stop.shape[1], 80)
        assert heard[:, 0].abs().sum() == 0
        for step in range(1, heard.shape[1]):
            assert torch.equal(heard[:, step], batch.mel[:, step * reduction - 1])


def test_further_frames_of_a_step_start_as_the_last_one_was(small_model: SpeechT5ForTextToSpeech) -> None:
    wider = with_more_frames(small_model, WHOLE_FRAMES)
    assert wider.config.reduction_factor == WHOLE_FRAMES
    hidden = torch.randn(1, 3, MINIATURE.acoustic.hidden)
    heads = (model.speech_decoder_postnet.feat_out(hidden) for model in (small_model, wider))
    before, after = (frames.unflatten(2, (-1, 80)) for frames in heads)
    for frame in range(WHOLE_FRAMES):
        torch.testing.assert_close(after[:, :, frame], before[:, :, min(frame, FIRST_REDUCTION - 1)])
    assert wider.speech_decoder_postnet.prob_out(hidden).shape == (1, 3, WHOLE_FRAMES)


def test_one_optimizer_of_two_takes_up_where_it_was_saved(small_model: SpeechT5ForTextToSpeech) -> None:
    def trained(model: SpeechT5ForTextToSpeech, steps: Together, times: int) -> torch.Tensor:
        for _ in range(times):
            steps.zero_grad()
            frames = model.speech_decoder_postnet(torch.ones(1, 2, MINIATURE.acoustic.hidden))[1]
            (
                frames.square().mean() + sum(weights.square().sum() for weights in model.parameters())
            ).backward()
            steps.step()
        return torch.cat([weights.detach().flatten() for weights in model.parameters()])

    whole, first = copy.deepcopy(small_model), copy.deepcopy(small_model)
    wanted = trained(whole, acoustic_optimizer(whole, 1e-3), 4)
    steps = acoustic_optimizer(first, 1e-3)
    start = trained(first, steps, 2)
    second = copy.deepcopy(first)
    resumed = acoustic_optimizer(second, 1e-3)
    resumed.load_state_dict(steps.state_dict())
    assert torch.equal(trained(second, resumed, 2), wanted)
    assert not torch.equal(start, wanted)
    forgetful = acoustic_optimizer(first, 1e-3)
    assert not torch.equal(trained(first, forgetful, 2), wanted)


def test_every_weight_is_trained_once(small_model: SpeechT5ForTextToSpeech) -> None:
    groups = acoustic_optimizer(small_model, 1e-3).param_groups
    trained = [id(weights) for group in groups for weights in group["params"]]
    assert sorted(trained) == sorted(id(weights) for weights in small_model.parameters())


def test_folding_changes_the_dropout_and_not_the_mean(small_model: SpeechT5ForTextToSpeech) -> None:
    frames = torch.randn(1, 1, 80) - 2.5
    prenet = small_model.speecht5.decoder.prenet
    speaker = torch.from_numpy(speaker_vectors()["slt"])[None]

    def mean_and_spread() -> tuple[torch.Tensor, float]:
        torch.manual_seed(1)
        with torch.no_grad():
            outputs = torch.cat([_before_relu(prenet, frames, speaker) for _ in range(3000)])
        return outputs.mean(0), float(outputs.std(0).mean())

    before, spread_before = mean_and_spread()
    fold_dropout(small_model, 0.9375)
    after, spread_after = mean_and_spread()
    fold_dropout(small_model, 0.5)
    assert small_model.config.speech_decoder_prenet_dropout == 0.5
    assert spread_after < 0.5 * spread_before
    assert (after - before).abs().mean() < 0.1 * spread_before


def _before_relu(prenet, frames: torch.Tensor, speaker: torch.Tensor) -> torch.Tensor:
    """The first prenet layers alone, linear in their dropout."""
    hidden = torch.relu(prenet.layers[0](frames))
    hidden = prenet._consistent_dropout(hidden, prenet.config.speech_decoder_prenet_dropout)
    return prenet.layers[1](hidden) - prenet.layers[1].bias


def test_sentences_spoken_together_sound_as_if_spoken_alone(
    small_model: SpeechT5ForTextToSpeech, processor, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    vocoder = new_vocoder(MINIATURE.vocoder, torch.full((80,), -2.5), torch.ones(80)).eval()
    voice = Voice(small_model, vocoder, processor.tokenizer)
    vectors = speaker_vectors()
    lines = [Line("hello.", "slt", vectors["slt"]), Line("no!", "awb", vectors["awb"])]
    together = voice.speak(lines, seed=1)
    assert [utterance.line.text for utterance in together] == [line.text for line in lines]
    for line, utterance in zip(lines, together, strict=True):
        alone = voice.speak([line], seed=1)[0]
        steps = min(len(alone.attention), len(utterance.attention), 10)
        assert utterance.attention.shape[1] == len(line.text) + 2
        np.testing.assert_allclose(utterance.attention[:steps], alone.attention[:steps], atol=1e-4)


def test_a_table_read_by_product_gives_the_same_rows_and_gradients() -> None:
    table = torch.nn.Embedding(6, 4)
    product = copy.deepcopy(table)
    product.__class__ = LookUpByProduct
    index, weight = torch.randint(0, 6, (9, 9)), torch.randn(9, 9, 4)
    assert torch.equal(product(index), table(index))
    for one in (table, product):
        (one(index) * weight).sum().backward()
    torch.testing.assert_close(product.weight.grad, table.weight.grad)


def test_the_encoder_says_the_same_when_distances_are_looked_up_by_product(
    small_model: SpeechT5ForTextToSpeech,
) -> None:
    changed = copy.deepcopy(small_model)
    look_up_distances_by_product(changed)
    tokens = torch.arange(4, 34)[None]
    with torch.no_grad():
        before, after = (model.speecht5.encoder(tokens).last_hidden_state for model in (small_model, changed))
    assert torch.equal(before, after)
    assert changed.state_dict().keys() == small_model.state_dict().keys()
