"""A measurement that fails is a row with a reason, and silence counts against who is silent."""

import sys

import numpy as np
import pytest

from speecht5_demo.cli import main
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measuring import measure
from speecht5_demo.quality.metrics import choose, unavailable
from speecht5_demo.quality.plan import Task
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.speaking import Spoken
from speecht5_demo.quality.subject import Subject
from speecht5_demo.quality.transcript import Transcript

SILENCE = np.zeros(16_000, np.float32)
HUM = (0.5 * np.sin(2 * np.pi * 20 * np.arange(16_000) / 16_000)).astype(np.float32)
TASK = Task("pruned", "bf_emma", 1, ())


class Crashing:
    """A recogniser whose engine gives up."""

    name = "crashing"

    def transcribe(self, samples: Samples) -> Transcript:
        raise RuntimeError(f"out of memory at {len(samples)} samples")


def test_silence_misses_every_word(speech: Samples) -> None:
    row = measure(TASK, "wer", Subject("go on then", SILENCE, Crashing(), baseline=speech))
    assert (row.value, row.weight) == (1.0, 3)
    assert "silent" in row.reason


@pytest.mark.parametrize("metric", ["mcd", "f0", "voicing", "predicted-mos", "distill-mos"])
def test_silence_has_no_other_value_but_a_reason(speech: Samples, metric: str) -> None:
    row = measure(TASK, metric, Subject("go", SILENCE, baseline=speech))
    assert row.value is None
    assert "silence" in row.reason


def test_pesq_without_an_utterance_is_a_row_with_that_reason() -> None:
    row = measure(TASK, "pesq", Subject("go", HUM, baseline=HUM, along=lambda: HUM))
    assert (row.value, row.reason) == (None, "PESQ: no utterance detected.")


def test_a_recogniser_that_fails_is_a_row_with_its_words_and_the_weight_of_the_sentence(
    speech: Samples,
) -> None:
    row = measure(TASK, "wer", Subject("go on then", speech, Crashing()))
    assert row.value is None
    assert row.weight == 3
    assert "out of memory" in row.reason


def test_an_engine_without_attention_is_told_apart_from_a_failure(spoken: Spoken) -> None:
    blind = Spoken(spoken.samples, spoken.mel, spoken.ended, readings=None, prenet_inputs=None)
    row = measure(TASK, "skips", Subject("go", spoken.samples, spoken=blind))
    assert row.value is None
    assert row.reason.startswith("not measured:")


def test_an_absent_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    assert "make quality" in unavailable(["pesq", "stop"], "pocketsphinx")["pesq"]
    assert "stop" not in unavailable(["pesq", "stop"], "pocketsphinx")


def test_asking_for_a_metric_by_name_without_its_library_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pystoi", None)
    monkeypatch.setattr(sys, "argv", ["speecht5_demo", "evaluate", "-c", "embedded", "--metrics", "stoi"])
    with pytest.raises(SystemExit) as exit_info:
        main()
    assert exit_info.value.code == 1
    assert "pip install -r requirements-quality.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "help_given"),
    [("mcd-recording", "--references"), ("mos", "Choose from")],
)
def test_a_metric_that_cannot_be_had_says_what_it_needs(name: str, help_given: str) -> None:
    with pytest.raises(QualityError, match=help_given):
        choose([name], recordings=False)
