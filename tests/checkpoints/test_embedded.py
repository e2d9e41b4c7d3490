"""The voice that comes with the repository."""

import hashlib

import torch

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER


def test_networks_are_fresh_float32_in_evaluation_mode(embedded):
    first, second = embedded.load_vocoder(), embedded.load_vocoder()
    assert first is not second
    for module in (embedded.load_acoustic(), first):
        assert not module.training
        assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
        assert not any(parameter.requires_grad for parameter in module.parameters())


def test_digest_is_of_the_weight_files(embedded):
    files = [FOLDER / part / "model.safetensors" for part in ("model", "vocoder")]
    both = " ".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    assert embedded.digest == hashlib.sha256(both.encode()).hexdigest()


def test_it_is_smaller_than_24_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 24e6


def test_it_speaks_four_mel_frames_a_step(embedded):
    assert embedded.load_acoustic().config.reduction_factor == 4


def test_it_may_be_listened_to_and_says_what_it_is(embedded):
    assert embedded.listenable
    assert "built-in voice" in embedded.notice
    assert "not the published model" in embedded.notice


def test_numbers_are_left_to_our_own_normaliser(embedded):
    unknown = embedded.tokenizer.unk_token_id
    assert unknown in embedded.tokenizer("50")["input_ids"]


def test_two_women_and_two_men_american_and_british_speak(embedded):
    labels = [speaker.label for speaker in embedded.speakers.values()]
    assert sum("woman" in label for label in labels) == sum("British" in label for label in labels) == 2


def test_the_speaker_of_the_highest_predicted_opinion_is_the_default(embedded):
    assert list(embedded.speakers) == ["bf_emma", "am_michael", "af_heart", "bm_george"]
    assert embedded.speaker().name == "bf_emma"
    assert embedded.speaker("AM_MICHAEL").name == "am_michael"


def test_its_limits_are_those_it_was_trained_for(embedded):
    assert embedded.limits.max_characters == 200
    assert embedded.limits.max_length_ratio == 10


def test_opening_loads_no_weights():
    opened = open_checkpoint("embedded")
    assert "digest" not in vars(opened)
    assert not any(isinstance(value, torch.nn.Module) for value in vars(opened).values())
