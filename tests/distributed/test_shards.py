"""A run is dealt out in equal parts that together are all of it."""

from pathlib import Path

import pytest

from speecht5_demo.distributed import Shard, ShardError
from speecht5_demo.distributed.shards import check_complete


@pytest.mark.parametrize(("items", "of"), [(0, 1), (1, 1), (10, 3), (3, 10), (40_000, 64)])
def test_shards_are_all_items_once_in_order_and_of_one_size(items: int, of: int) -> None:
    parts = [Shard(number, of).part(range(items)) for number in range(1, of + 1)]
    assert sorted(item for part in parts for item in part) == list(range(items))
    assert all(part == sorted(part) for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("written", "shard"), [("", (1, 1)), ("1/1", (1, 1)), ("2/8", (2, 8)), (" 8 / 8 ", (8, 8))]
)
def test_a_shard_is_written_as_k_of_n(written: str, shard: tuple[int, int]) -> None:
    assert Shard.read(written) == Shard(*shard)


@pytest.mark.parametrize(
    "written",
    ["0/2", "3/2", "-1/2", "1/0", "2", "a/b", "1/2/3", "1.5/2", "1/1000000", "/2", "٣/x", "1/99999999999999"],
)
def test_what_is_no_shard_says_how_to_write_one(written: str) -> None:
    with pytest.raises(ShardError, match=r"is no shard: write K/N with K from 1 to N, such as 2/8\."):
        Shard.read(written)


def test_of_many_missing_shards_the_first_are_named() -> None:
    with pytest.raises(ShardError, match=r"missing: 1/9, 2/9, 3/9, 4/9, 5/9 and 3 more\."):
        check_complete([(Path("nine"), Shard(9, 9))])
