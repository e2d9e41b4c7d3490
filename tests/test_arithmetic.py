"""Which arithmetic a processor is told to be fast in."""

import pytest

from speecht5_demo.arithmetic import bf16_pays_on


@pytest.mark.parametrize(
    ("tiles", "vectors", "vendor", "pays"),
    [
        (True, True, "GenuineIntel", True),
        (False, True, "GenuineIntel", False),
        (False, True, "AuthenticAMD", True),
        (False, False, "AuthenticAMD", False),
        (False, False, "", False),
    ],
)
def test_bfloat16_is_computed_in_only_where_it_is_faster(
    tiles: bool, vectors: bool, vendor: str, pays: bool
) -> None:
    assert bf16_pays_on(tiles, vectors, vendor) is pays
