"""The steps that a GPU replays are the steps of the training that a processor takes."""

import copy
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils import prune
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.acoustic import AcousticTraining
from voice_training.acoustic_batches import AcousticClips
from voice_training.acoustic_losses import acoustic_losses, decoded, losses_of, shifted_frames
from voice_training.acoustic_model import new_model
from voice_training.corpus import Clip
from voice_training.fixed_lengths import LengthGroups
from voice_training.loop import Journal
from voice_training.one_vector import OneVector
from voice_training.optimizers import acoustic_optimizer
from voice_training.plain_model import PlainModel
from voice_training.recorded_acoustic import RecordedAcousticTraining
from voice_training.settings import MINIATURE

_CPU = torch.device("cpu")
_SETTINGS = replace(MINIATURE.acoustic, encoder_layers=2, decoder_layers=2, frames=600)


def clips_of(frames: Sequence[int]) -> AcousticClips:
    """Clips of those lengths, whose frames say which letters are spoken."""
    chance = np.random.default_rng(0)
    clips, ids = [], []
    sound = chance.normal(-2.5, 1.0, (39, 80))
    for number, count in enumerate(frames):
        letters = chance.integers(4, 39, max(2, count // 8))
        spoken = letters[np.arange(count) * len(letters) // count]
        centres = np.linspace(0, count * 0.016, len(letters) + 2, dtype=np.float32)
        mel = (sound[spoken] + chance.normal(0, 0.1, (count, 80))).astype(np.float16)
        clips.append(Clip("", SPEAKERS[number % 4], np.zeros(0, np.int16), mel, centres))
        ids.append([4, *letters.tolist(), 2])
    return AcousticClips(clips, ids, _CPU, 4)


@pytest.fixture(scope="module")
def clips() -> AcousticClips:
    return clips_of([*range(40, 240, 8), 400])


@pytest.fixture
def model() -> SpeechT5ForTextToSpeech:
    torch.manual_seed(0)
    return new_model(_SETTINGS, torch.full((80,), -2.5), reduction=4).train()


def test_the_plain_functions_give_the_numbers_of_transformers(
    model: SpeechT5ForTextToSpeech, clips: AcousticClips
) -> None:
    batch = clips.batch([0, 3, 9, 20])
    heard = shifted_frames(batch)
    plain = PlainModel(copy.deepcopy(model))
    torch.manual_seed(5)
    theirs = decoded(model, batch, heard, attentions=True)
    torch.manual_seed(5)
    text = plain.encoded(batch.tokens, batch.token_mask)
    touching = plain.weights_that_touch_frames(torch.tensor(0.0))
    hidden, attentions = plain.decoded(heard, batch.speakers, text, batch.token_mask, touching)
    spoken = batch.step_mask.bool()
    torch.testing.assert_close(hidden[spoken], theirs.last_hidden_state[spoken], atol=2e-5, rtol=1e-4)
    for mine, other in zip(attentions, theirs.cross_attentions, strict=True):
        mine, other = (weights.transpose(1, 2)[spoken] for weights in (mine, other))
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-4)


def test_their_losses_have_the_same_gradients(model: SpeechT5ForTextToSpeech, clips: AcousticClips) -> None:
    batch = clips.batch([1, 2, 5, 12])
    heard = shifted_frames(batch)
    other = copy.deepcopy(model)
    torch.manual_seed(5)
    loss, report = acoustic_losses(model, batch, heard, 0.3)
    loss.backward()
    torch.manual_seed(5)
    plain = PlainModel(other)
    touching = plain.weights_that_touch_frames(torch.tensor(0.0))
    text = plain.encoded(batch.tokens, batch.token_mask)
    hidden, attentions = plain.decoded(heard, batch.speakers, text, batch.token_mask, touching)
    before = plain.frames(hidden, touching)
    mine, mine_report = losses_of(
        before, plain.refined(before), plain.stop_scores(hidden), attentions, batch, 0.3
    )
    mine.backward()
    torch.testing.assert_close(mine, loss, atol=1e-5, rtol=1e-5)
    assert mine_report.keys() == report.keys()
    for (name, weights), others in zip(model.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(others.grad, weights.grad, atol=1e-5, rtol=1e-3, msg=name)


@pytest.mark.parametrize("missing", [0.0, 0.25, 0.5])
def test_layers_that_touch_frames_lose_their_smallest_weights(
    model: SpeechT5ForTextToSpeech, missing: float
) -> None:
    prenet, feat_out = model.speecht5.decoder.prenet, model.speech_decoder_postnet.feat_out
    kept = PlainModel(model).weights_that_touch_frames(torch.tensor(missing))
    for layer, weights in zip((*prenet.layers, feat_out), kept, strict=True):
        whole = layer.weight.detach()
        mask = prune.L1Unstructured(missing).compute_mask(whole, torch.ones_like(whole))
        assert torch.equal(weights.detach(), whole * mask)
    sum(weights.sum() for weights in kept).backward()
    assert torch.equal(feat_out.weight.grad, (kept[-1] != 0).float())


def test_one_vector_takes_the_steps_of_muon_and_adamw(model: SpeechT5ForTextToSpeech) -> None:
    start = copy.deepcopy(model)
    other = copy.deepcopy(model)
    steps, vector = acoustic_optimizer(model, 1e-3), OneVector(other, 1.0)
    vector.rate.fill_(1e-3)
    chance = torch.Generator().manual_seed(1)
    for _ in range(4):
        steps.zero_grad()
        for weights, mine in zip(model.parameters(), other.parameters(), strict=True):
            weights.grad = torch.randn(weights.shape, generator=chance)
            mine.grad.copy_(weights.grad)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        steps.step()
        vector.step()
    for (name, weights), mine, old in zip(
        model.named_parameters(), other.parameters(), start.parameters(), strict=True
    ):
        assert (weights - old).abs().max() > 1e-4, name
        torch.testing.assert_close(mine, weights, atol=2e-6, rtol=1e-4, msg=name)
        assert mine.grad.abs().sum() == 0


def test_every_clip_is_in_one_group_that_it_fits_in(clips: AcousticClips) -> None:
    groups = LengthGroups(clips, 600)
    drawn = [groups.draw(10_000, random.Random(seed)) for seed in range(400)]
    assert len(set(drawn)) == len(groups)
    places = [place for group in set(drawn) for place in range(group.first, group.last)]
    assert sorted(places) == list(range(len(clips)))
    for group in set(drawn):
        chosen = group.draw(random.Random(1))
        assert len(chosen) == group.batch
        assert group.batch == 1 or group.batch * group.steps * 4 <= 600
        for place in chosen:
            assert clips.frames[place] <= group.steps * 4
            assert clips.token_counts[place] <= group.tokens


def test_short_clips_alone_are_drawn_while_alignment_is_learnt(clips: AcousticClips) -> None:
    groups = LengthGroups(clips, 600)
    for seed in range(50):
        assert groups.draw(130, random.Random(seed)).steps * 4 <= 130
        assert groups.draw(1, random.Random(seed)).first == 0


def training(
    model: SpeechT5ForTextToSpeech,
    clips: AcousticClips,
    folder: Path,
    kind: type[AcousticTraining] = RecordedAcousticTraining,
) -> AcousticTraining:
    journal = Journal(folder / "journal.jsonl", lambda _: None)
    settings = replace(_SETTINGS, learning_rate=1e-3)
    return kind(copy.deepcopy(model), settings, clips, folder / "state.pt", journal, 1, True)


def advanced(run: AcousticTraining, steps: int) -> list[float]:
    """Take steps until there were so many; the l1 of each."""
    l1 = []
    while run.step < steps:
        l1.append(float(run._learn(0.1)["l1"].detach()))
        run.step += 1
    return l1


def saved(run: AcousticTraining) -> None:
    run.run(0.0, 1e9, 1, 1e9, lambda _, step: {"score": 0.0})


def weights_of(run: AcousticTraining) -> torch.Tensor:
    return torch.cat([weights.detach().flatten() for weights in run.model.parameters()])


def test_its_loss_falls(model: SpeechT5ForTextToSpeech, clips: AcousticClips, tmp_path: Path) -> None:
    l1 = advanced(training(model, clips, tmp_path), 60)
    assert np.mean(l1[-10:]) < 0.8 * np.mean(l1[:10])


def test_it_goes_on_from_its_state_as_if_nothing_had_happened(
    model: SpeechT5ForTextToSpeech, clips: AcousticClips, tmp_path: Path
) -> None:
    whole = training(model, clips, tmp_path / "whole")
    advanced(whole, 4)
    first = training(model, clips, tmp_path / "broken")
    advanced(first, 2)
    saved(first)
    second = training(model, clips, tmp_path / "broken")
    assert second.step == 2
    advanced(second, 4)
    assert torch.equal(weights_of(second), weights_of(whole))


@pytest.mark.parametrize(
    "kinds",
    [(RecordedAcousticTraining, AcousticTraining), (AcousticTraining, RecordedAcousticTraining)],
    ids=["from a GPU to a processor", "from a processor to a GPU"],
)
def test_a_run_can_change_its_device_and_keeps_its_weights(
    model: SpeechT5ForTextToSpeech,
    clips: AcousticClips,
    tmp_path: Path,
    kinds: tuple[type[AcousticTraining], type[AcousticTraining]],
) -> None:
    first = training(model, clips, tmp_path, kinds[0])
    advanced(first, 2)
    saved(first)
    second = training(model, clips, tmp_path, kinds[1])
    assert second.step == 2
    assert torch.equal(weights_of(second), weights_of(first))
    assert '"momentum": "from zero"' in (tmp_path / "journal.jsonl").read_text()
    advanced(second, 4)
    assert not torch.equal(weights_of(second), weights_of(first))
