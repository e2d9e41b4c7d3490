"""Rows become means that weigh words, intervals over sentences, and pairs that both sides have."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.intervals import pooled
from speecht5_demo.quality.plan import RESEEDED, Settings
from speecht5_demo.quality.records import Records, Row, read_rows
from speecht5_demo.quality.sentences import Sentence, read_sentences
from speecht5_demo.quality.summary import summarise
from speecht5_demo.results import Failure, NotMeasured
from speecht5_demo.variants import find


def test_a_pooled_rate_is_all_errors_over_all_words() -> None:
    found = pooled([1.0, 0.0], [2, 8], [1, 2])
    assert found is not None
    assert found.mean == pytest.approx(0.2)
    assert found.ci95 is None


def test_a_second_speaker_of_the_same_sentences_does_not_narrow_the_interval() -> None:
    values = list(np.random.default_rng(3).normal(size=40))
    sentences = list(range(40))
    one, both = pooled(values, [1] * 40, sentences), pooled(values * 2, [1] * 80, sentences * 2)
    assert one is not None
    assert both is not None
    assert both.ci95 == pytest.approx(one.ci95)


def test_bootstrap_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        found = pooled(list(generator.normal(size=50)), [1] * 50, list(range(50)))
        assert found is not None
        assert found.ci95 is not None
        covered += found.ci95[0] <= 0 <= found.ci95[1]
    assert 0.88 <= covered / 200 <= 0.99


@pytest.fixture
def settings(embedded: Checkpoint) -> Settings:
    return Settings(
        checkpoint="embedded",
        variants=(find("baseline"), find("int8")),
        speakers=(embedded.speaker("bf_emma"), embedded.speaker("am_michael")),
        sentences=tuple(Sentence(number, f"Sentence {number}.") for number in range(1, 7)),
        metrics=("wer", "pesq"),
    )


def some_rows() -> list[Row]:
    rows = []
    for number in range(1, 7):
        for speaker in ("bf_emma", "am_michael"):
            rows.append(Row("baseline", speaker, number, "wer", 0.1, 8))
            rows.append(Row("int8", speaker, number, "wer", 0.3, 8))
            rows.append(Row("int8", speaker, number, "pesq", 2.0))
            rows.append(Row(RESEEDED, speaker, number, "pesq", 3.5))
    rows[0] = Row(
        "baseline", "bf_emma", 1, "wer", None, 8, "the process died (signal 11) during this measurement"
    )
    rows[2] = Row("int8", "bf_emma", 1, "pesq", None, 1, "PESQ: no utterance detected.")
    return rows


def test_differences_are_paired_and_failures_are_counted(settings: Settings, embedded: Checkpoint) -> None:
    summary = summarise(some_rows(), settings, embedded, {"stoi": "STOI needs pystoi. Run `make quality`."})
    baseline, int8, pesq = (
        summary.entry(*each) for each in (("wer", "baseline"), ("wer", "int8"), ("pesq", "int8"))
    )
    assert baseline is not None
    assert int8 is not None
    assert pesq is not None
    assert (baseline.n, baseline.failed, baseline.difference) == (11, 1, None)
    assert (int8.n, int8.failed) == (12, 0)
    assert int8.difference is not None
    assert int8.difference.n == 11
    assert int8.difference.mean == pytest.approx(0.2)
    assert (pesq.mean, pesq.failed) == (2.0, 1)
    assert summary.failures == (
        Failure("pesq", "int8", "PESQ: no utterance detected.", 1, ("bf_emma/1",)),
        Failure("wer", "baseline", "the process died (signal 11) during this measurement", 1, ("bf_emma/1",)),
    )
    assert summary.not_measured == (NotMeasured("stoi", "*", "STOI needs pystoi. Run `make quality`."),)
    assert [entry.mean for entry in summary.floors] == [3.5]


def test_a_torn_last_row_is_dropped_and_made_again(settings: Settings, tmp_path: Path) -> None:
    records = Records(tmp_path, settings.document())
    records.append(some_rows()[:3])
    records.close()
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"variant": "int8", "speak')
    again = Records(tmp_path, settings.document())
    assert len(again.rows) == 3
    again.append(some_rows()[:4])
    again.close()
    assert len(read_rows(tmp_path)) == 4


def test_a_folder_holds_one_evaluation_but_may_gain_variants(
    settings: Settings, embedded: Checkpoint, tmp_path: Path
) -> None:
    Records(tmp_path, settings.document()).close()
    wider = Settings(
        **{
            **vars(settings),
            "variants": (*settings.variants, find("pruned")),
            "sentences": settings.sentences[:3],
        }
    )
    Records(tmp_path, wider.document()).close()
    reseeded = Settings(**{**vars(settings), "seed": 7})
    with pytest.raises(QualityError, match="other settings \\(seed\\)"):
        Records(tmp_path, reseeded.document())
    reworded = Settings(**{**vars(settings), "sentences": (Sentence(1, "Another one."),)})
    with pytest.raises(QualityError, match="sentences"):
        Records(tmp_path, reworded.document())


def test_sentences_come_from_the_harvard_list_or_a_file(tmp_path: Path) -> None:
    assert len(read_sentences("harvard")) == 720
    assert [one.text for one in read_sentences("1")] == ["The birch canoe slid on the smooth planks."]
    own = tmp_path / "own.txt"
    own.write_text("# mine\nHello there.\n\nIt cost $5.\n")
    assert [(one.number, one.text) for one in read_sentences(str(own))] == [
        (1, "Hello there."),
        (2, "It cost $5."),
    ]
    with pytest.raises(QualityError, match="no readable list"):
        read_sentences(str(tmp_path / "absent.txt"))
    with pytest.raises(QualityError, match="1 to 720"):
        read_sentences("721")
