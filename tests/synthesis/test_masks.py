"""Dropout masks are a function of the seed, so that variants are compared under the same randomness."""

import pytest
import torch

from speecht5_demo.synthesis import DropoutMasks, mask_seed


def masks(seed: int = 7, p: float = 0.5) -> DropoutMasks:
    return DropoutMasks(seed, layers=2, units=256, p=p)


def test_the_same_seed_gives_the_same_masks() -> None:
    assert torch.equal(masks().table(100), masks().table(100))


def test_another_seed_gives_other_masks() -> None:
    assert not torch.equal(masks(1).table(10), masks(2).table(10))


@pytest.mark.parametrize("first", [1, 63, 64, 65, 200])
def test_a_frame_has_the_same_mask_however_the_table_grew(first: int) -> None:
    grown = masks()
    grown.table(first)
    assert torch.equal(grown.table(300), masks().table(300))


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = masks().table(64)
    torch.manual_seed(2)
    assert torch.equal(first, masks().table(64))
    torch.manual_seed(1)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("p", [0.5, 0.9375])
def test_units_are_kept_with_probability_p_and_scaled_as_transformers_does(p: float) -> None:
    table = masks(p=p).table(640)
    kept = table > 0
    assert float(kept.float().mean()) == pytest.approx(p, abs=0.005)
    assert torch.allclose(table[kept], torch.tensor(1 / (1 - p)))


def test_seeds_differ_by_sentence_speaker_piece_and_seed() -> None:
    base = (0, "hello there.", "am_michael", 0)
    others = [
        (1, *base[1:]),
        (0, "hello.", "am_michael", 0),
        (0, "hello there.", "bf_emma", 0),
        (*base[:3], 1),
    ]
    assert len({mask_seed(*key) for key in [base, *others]}) == 5
