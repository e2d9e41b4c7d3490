"""flite, the fast teacher."""

import ctypes
import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from speecht5_demo.quality.signals import SAMPLING_RATE
from voice_training import VoiceTrainingError
from voice_training.flite_speech import SPEAKERS, Flite, FliteProcess, flite

_TEXT = "the quick brown fox, who was tired, jumps over it."


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_word_has_its_time(speaker: str) -> None:
    speech = flite().say(_TEXT, speaker)
    assert speech is not None
    assert len(speech.words) == len(_TEXT.split())
    assert all(word.start < word.end for word in speech.words)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(speech.words))
    assert speech.words[-1].end <= len(speech.samples) / SAMPLING_RATE + 0.05


def test_a_text_sounds_the_same_whatever_was_said_before() -> None:
    speaking = flite()
    first = [speaking.say(_TEXT, speaker) for speaker in SPEAKERS]
    speaking.say("something else in between", "awb")
    for speaker, once in zip(SPEAKERS, first, strict=True):
        again = speaking.say(_TEXT, speaker)
        assert once is not None
        assert again is not None
        assert np.array_equal(once.samples, again.samples), speaker


def test_a_text_sounds_the_same_while_other_threads_draw_from_cs_generator() -> None:
    quiet = [flite().say(_TEXT, speaker) for speaker in SPEAKERS]
    c_library, ended = ctypes.CDLL(None), threading.Event()

    def draw() -> None:
        while not ended.wait(0.0005):
            c_library.rand()

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        beside = [flite().say(_TEXT, speaker) for speaker in SPEAKERS]
    finally:
        ended.set()
        drawing.join()
    for speaker, once, again in zip(SPEAKERS, quiet, beside, strict=True):
        assert once is not None
        assert again is not None
        assert np.array_equal(once.samples, again.samples), speaker


@pytest.mark.parametrize("text", ["", "....", "well - no", "hello ,, there", "a café"])
def test_what_cannot_be_matched_word_by_word_is_not_spoken(text: str) -> None:
    assert flite().say(text, "slt") is None


def test_where_it_is_missing_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("FLITE_LIBRARIES", str(tmp_path))
    with pytest.raises(VoiceTrainingError, match="apt-get install flite"):
        Flite()
    with pytest.raises(VoiceTrainingError, match="apt-get install flite"):
        FliteProcess().say(_TEXT, "slt")


def test_a_killed_process_of_flite_is_said_in_one_sentence() -> None:
    speaking = FliteProcess()
    assert speaking.say(_TEXT, "slt") is not None
    assert speaking.pid is not None
    os.kill(speaking.pid, signal.SIGKILL)
    with pytest.raises(VoiceTrainingError, match="run the same command again"):
        speaking.say(_TEXT, "slt")


ASKED = """
from voice_training.flite_speech import flite
if __name__ == "__main__":
    print(len(flite().say("hello there.", "slt").words), flush=True)
    while True:
        flite().say("hello there, and hello again. " * 50, "slt")
"""


def test_flite_ends_with_the_process_that_asked_it_even_a_killed_one() -> None:
    asking = subprocess.Popen(
        [sys.executable, "-c", ASKED], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert asking.stdout is not None
    assert asking.stdout.readline() == "2\n"
    time.sleep(0.1)
    asking.kill()
    said, _ = asking.communicate(timeout=60)  # which every process that writes there holds open
    assert said == ""
