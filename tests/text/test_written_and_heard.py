"""About a thousand short texts of all the kinds that people bring, each with what has to be heard.

A row may allow several readings; what it forbids is the reading that was or would be wrong.
"""

import re
from pathlib import Path

import pytest

from speecht5_demo.text import spoken_form

LINES = (Path(__file__).parent / "written_and_heard.tsv").read_text(encoding="utf-8").splitlines()
CASES = [[*line.split("\t"), ""][:3] for line in LINES if line and not line.startswith("# written")]


@pytest.mark.parametrize(("written", "heard", "never"), CASES)
def test_what_people_write_is_read_the_common_way(written, heard, never):
    spoken = spoken_form(written).lower().replace("-", " ")
    assert re.search(heard, spoken), spoken
    assert not never or not re.search(never, spoken), spoken
