"""A message is English text that can be said in another language, wherever it was made."""

import pickle

import pytest

from speecht5_demo.errors import TextError
from speecht5_demo.messages import Message, joined, translated

GERMAN = {
    "{done} of {total} are ready.": "{done} von {total} sind fertig.",
    "Done.": "Fertig.",
    "{version} is left out: {problem}": "{version} fehlt: {problem}",
}
READY = Message("{done} of {total} are ready.", done=1, total=4)


def test_a_message_is_its_english_text() -> None:
    assert READY == "1 of 4 are ready."
    assert Message("Braces {stay} without values.") == "Braces {stay} without values."


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (READY, "1 von 4 sind fertig."),
        (Message("{version} is left out: {problem}", version="INT8", problem=Message("Done.")), "INT8 fehlt: Fertig."),
        (joined(" ", [Message("Done."), "INT8", READY]), "Fertig. INT8 1 von 4 sind fertig."),
        (Message("Nobody translated {what}.", what=Message("Done.")), "Nobody translated Fertig.."),
        ("Done.", "Done."),
        (Message("{version} is left out: {problem}", version="{done}", problem="{x}"), "{done} fehlt: {x}"),
    ],
)  # fmt: skip
def test_a_message_is_said_in_another_language(said: str, german: str) -> None:
    assert translated(said, GERMAN) == german


def test_an_error_keeps_its_message() -> None:
    assert translated(str(TextError(READY)), GERMAN) == "1 von 4 sind fertig."


def test_a_message_survives_a_process() -> None:
    assert translated(pickle.loads(pickle.dumps(READY)), GERMAN) == "1 von 4 sind fertig."


def test_parts_without_a_message_are_plain_text() -> None:
    assert joined(", ", ["a", "b"]) == "a, b"
    assert joined("", []) == ""
