"""What a page says of an error: a message in the visitor's language, and of a server's files no folder."""

from __future__ import annotations

import logging

import pytest

from speecht5_demo.errors import CheckpointError, TextError
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.languages import catalogs


def test_a_message_is_said_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    sentence = Message("There is no text to speak: write a sentence first.")
    said = problem_of(TextError(sentence))
    assert said == sentence
    assert catalogs()["de"].said(said).startswith("Es gibt keinen Text")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        (
            "/srv/models/mine/model.safetensors is cut short (3 bytes). Delete it.",
            "model.safetensors is cut short (3 bytes). Delete it.",
        ),
        ("'/a/b/c.json': not JSON. Look at (/etc/x/y).", "'c.json': not JSON. Look at (y)."),
        (
            "Choose https://example.org/a/b or 1/2, and/or both.",
            "Choose https://example.org/a/b or 1/2, and/or both.",
        ),
    ],
)
def test_what_is_for_the_owner_is_logged_and_told_without_folders(
    sentence: str, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        said = problem_of(CheckpointError(sentence))
    assert said == f"This server cannot do that: {shown}"
    assert catalogs()["de"].said(said) == f"Dieser Server kann das nicht: {shown}"
    assert sentence in caplog.text
