"""Sentences of every kind that people write, with what a reader says: addresses, ranges, money, codes, initialisms."""

import re
from pathlib import Path

import pytest

from speecht5_demo.text import dropped, spoken_form

LINES = (Path(__file__).parent / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
CASES = [tuple([*line.split("\t"), ""][:3]) for line in LINES]


@pytest.mark.parametrize(("written", "said", "not_said"), CASES, ids=[case[0] for case in CASES])
def test_a_sentence_is_read_as_a_reader_reads_it(written: str, said: str, not_said: str) -> None:
    spoken = " ".join(spoken_form(written).lower().replace("-", " ").split())
    assert re.search(said, spoken), spoken
    assert not not_said or not re.search(not_said, spoken), spoken
    assert spoken_form(spoken_form(written)) == spoken_form(written)


def test_a_substitute_of_ssml_is_said_and_not_reported_as_left_out() -> None:
    written = '<speak><sub alias="Doctor Who">DW</sub> and <sub>2</sub></speak>'
    assert "doctor who" in spoken_form(written).lower()
    assert "sub" not in dropped('<sub alias="Doctor Who">DW</sub> is on').__repr__()
