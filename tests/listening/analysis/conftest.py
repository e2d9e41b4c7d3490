"""Ratings on disk, laid out as the app writes them and read as everyone reads them."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingRow, RatingsTable, read_ratings


@pytest.fixture
def table(tmp_path: Path) -> Callable[[list[RatingRow]], RatingsTable]:
    """`table(rows)`: the rows of all calls after a trip through files, without an fsync for each."""
    files = 0

    def through_a_file(rows: list[RatingRow]) -> RatingsTable:
        nonlocal files
        files += 1
        with (tmp_path / f"ratings-{files}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(RATING_COLUMNS)
            writer.writerows(each.cells() for each in rows)
        return read_ratings(tmp_path)

    return through_a_file
