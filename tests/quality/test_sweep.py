"""A sweep finds where a voice breaks, and every point of it can be weighed, timed and heard."""

from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
import soundfile

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import LocalProcesses
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.breaking import breaks_at
from speecht5_demo.quality.markdown import sweep_markdown
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.sentences import read_sentences
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.sweep import amounts, find_sweeps, recipes, sweep
from speecht5_demo.quality.sweep_page import charts, conditions, figures_table, verdict, write_sweep_page
from speecht5_demo.results import SweepDocument, SweepOutline, read, write
from speecht5_demo.ui.compare.sweep import sweep_piece
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.languages import catalogs
from speecht5_demo.ui.settings import Settings as AppSettings
from speecht5_demo.wav import write_wav_file
from tests.support.results import point


@pytest.mark.parametrize(
    ("grid", "row"),
    [
        ("0:0.9:0.3", (0.0, 0.3, 0.6, 0.9)),
        ("0:0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        ("0.5,0.1", (0.1, 0.5)),
        ("0.3", (0.3,)),
    ],
)
def test_a_row_of_amounts_includes_both_ends(grid: str, row: tuple[float, ...]) -> None:
    assert amounts(grid) == row


@pytest.mark.parametrize("grid", ["", "0:1:0.5", "a:b:c", "0:0.9:0", "-0.1"])
def test_an_impossible_row_says_how_to_write_one(grid: str) -> None:
    with pytest.raises(QualityError, match="amounts"):
        amounts(grid)


def test_a_voice_breaks_where_words_are_surely_lost_or_runs_do_not_stop() -> None:
    unsure, lost, runaway = (-0.1, 0.7), (0.2, 0.4), 0.2
    assert breaks_at([point(0.0, unsure, 0.0), point(0.3, unsure, 0.0)]) is None
    assert breaks_at([point(0.6, lost, 0.0), point(0.3, unsure, 0.0)]) == 0.6
    assert breaks_at([point(0.3, unsure, runaway), point(0.6, lost, 0.0)]) == 0.3
    assert breaks_at([point(0.3, None, 0.0)]) is None


def test_layers_can_be_left_alone_at_every_amount() -> None:
    found = recipes((0.0, 0.3, 0.6), True, ("*.prenet.*",))
    steps = [step for variant in found.values() for step in variant.steps]
    assert len(steps) == 5
    assert all(step.exclude == ("*.prenet.*",) for step in steps)
    assert len({variant.name for variant in (*found.values(), *recipes((0.3, 0.6), True).values())}) == 5


def test_the_built_in_voice_is_swept_shown_and_played(
    embedded: Checkpoint, speech: Samples, tmp_path: Path
) -> None:
    readings = tmp_path / "readings"
    write_wav_file(speech, 16_000, readings / "bf_emma" / "001.wav", parents=True)
    settings = Settings(
        checkpoint="embedded",
        variants=(),
        speakers=(embedded.speaker("bf_emma"),),
        sentences=read_sentences("1"),
        metrics=("duration", "stop", "wer"),
        teacher=readings,
    )
    folder = tmp_path / "sweeps" / "mine"
    outline = SweepOutline(amounts("0,0.8"), int8=False, repeats=2, exclude=())
    document = sweep(settings, embedded, outline, folder, LocalProcesses(1))
    untouched, pruned = document.points
    assert (untouched.variant, pruned.variant) == ("baseline", "custom-p80")
    assert pruned.sizes.nonzero_parameters < 0.6 * untouched.sizes.nonzero_parameters
    assert pruned.sizes.disk_bytes == pytest.approx(untouched.sizes.disk_bytes, rel=0.01)
    assert len(pruned.latency_s.runs) == 2
    for one in (untouched, pruned):
        samples, rate = soundfile.read(folder / one.audio["bf_emma"])
        assert rate == 16_000
        assert len(samples) > 8_000
    assert read(folder / "sweep.json", SweepDocument) == document
    assert escape(verdict(document)) in write_sweep_page(document, folder).read_text(encoding="utf-8")
    (teacher,) = document.floors_of("wer")
    assert escape(teacher.variant_label) in figures_table(document)
    assert teacher.variant_label in sweep_markdown(document)
    assert document.core_share is not None
    assert 0 < document.core_share < 1.2

    beside = replace(document, core_share=0.3)
    assert "30% of a core" in conditions(beside)
    assert "Real-time factor" not in charts(beside, "beside")
    assert f"{untouched.rtf:.3f}" not in figures_table(beside)
    alone = replace(document, core_share=0.99)
    assert "of a core" not in conditions(alone)
    assert "Real-time factor" in charts(alone, "alone")
    assert f"{untouched.rtf:.3f}" in figures_table(alone)

    assert [found for found, _ in find_sweeps([tmp_path], embedded.digest)] == [folder]
    assert find_sweeps([tmp_path], "another voice") == []
    context = AppContext.open(AppSettings(checkpoint="embedded", data=tmp_path))
    shown = sweep_piece(context, (tmp_path / "sweeps",))
    assert shown.count("<audio") == 2
    assert "Pruned 80 %" in shown
    quantised = replace(document, points=tuple(replace(one, int8=True) for one in document.points))
    write(quantised, tmp_path / "sweeps" / "int8" / "sweep.json")
    both = sweep_piece(context, (tmp_path / "sweeps",))
    assert both.count("<audio") == 4
    assert both.count("<h2>Pruned</h2>") == 1
    assert both.count("<h2>Pruned and stored as 8-bit integers</h2>") == 1
    kept = replace(document, exclude=("*.prenet.*",))
    write(kept, tmp_path / "sweeps" / "kept" / "sweep.json")
    three = sweep_piece(context, (tmp_path / "sweeps",))
    assert three.count("<audio") == 6
    assert three.count("pruned but for *.prenet.*:") == 1

    german = sweep_piece(context, (tmp_path / "sweeps",), catalogs()["de"])
    assert german.count("<h2>Geprunt</h2>") == 1
    assert german.count("eingebaute Stimme, geprunt: ") == 1
    assert "Hörte nicht von selbst auf, %" in german
    assert "Der Lehrer der Stimme" in german
    assert "Megabyte, mit Vocoder" in german
    assert "% der Gewichte jeder geprunten Linear-Schicht" in german
    assert sweep_piece(context, (tmp_path / "sweeps",)) == three

    other = replace(context, checkpoint=replace(context.checkpoint, spec="my voice"))
    assert "evaluate sweep -c &#x27;my voice&#x27;" in sweep_piece(other, (tmp_path / "nothing",))
