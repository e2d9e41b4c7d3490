"""Results in every language: nothing of them is left in English but data, and English readers see what they saw."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from speecht5_demo.listening.methods import LANGUAGES
from speecht5_demo.listening.ratings import RatingRow, RatingsWriter, read_ratings
from speecht5_demo.messages import Message
from speecht5_demo.report.claims import CLAIMS
from speecht5_demo.report.methods import methods
from speecht5_demo.results import write
from speecht5_demo.ui.languages import IN_ENGLISH, Catalog, catalogs
from speecht5_demo.ui.results.downloads import make_file
from speecht5_demo.ui.results.service import ResultsService, ResultsView
from speecht5_demo.ui.results.sign_in import SIGN_IN, leading_script
from speecht5_demo.ui.results.view import DrawnPages
from tests.browser.languages import outside_of_brackets, write_bracketed
from tests.support.rated_study import LOSSES, SENTENCES, make_study, write_ratings
from tests.support.results import PESQ, PUBLISHED, WER, benchmark, entry, evaluation

IN_ENGLISH_BEFORE = Path(__file__).with_name("results_in_english.txt")
SPOKEN = ("aria-label", "title", "alt", "placeholder")
WITHOUT_FIELDS = '{"kind": "benchmark", "schema": 2}'
Folder = Callable[[Path], None]


def texts_of(markup: str) -> list[str]:
    """What is read and spoken of HTML, once each, but for formulas."""
    found: list[str] = []
    unread: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("style", "pre", "code"):
                unread.append(tag)
            found.extend(value for name, value in attrs if value and name in SPOKEN)

        def handle_endtag(self, tag: str) -> None:
            if unread and unread[-1] == tag:
                unread.pop()

        def handle_data(self, data: str) -> None:
            if not unread:
                found.append(data)

    Reader().feed(markup)
    cleaned = (" ".join(text.split()) for text in found)
    return [text for text in dict.fromkeys(cleaned) if text and not text.startswith("Made ")]


def nothing(folder: Path) -> None:
    """Nobody has rated."""


def few(folder: Path) -> None:
    make_study(folder / "study")
    write_ratings(folder / "ratings", "study", 2, seed=1)


def enough(folder: Path) -> None:
    """A study of twenty listeners and three casual ones, rows of every kind, and files of results."""
    make_study(folder / "study")
    write_ratings(folder / "ratings", "study", 20, seed=1)
    write_ratings(folder / "ratings", "compare", 3, seed=5)
    writer = RatingsWriter(folder / "ratings")
    for number, changes in enumerate(
        [
            *({"role": "repeat", "listener_id": f"study-1-{who}", "rating": 3 + who % 3} for who in range(8)),
            *({"method": "AB", "listener_id": f"study-1-{who}", "variant": "int8", "compared_with": "baseline",
               "sentence_id": f"s{who % SENTENCES}", "rating": who % 3 - 1} for who in range(12)),
            *({"method": "CCR", "source": "compare", "listener_id": f"study-1-{who}", "variant": "pruned",
               "compared_with": "baseline", "sentence_id": f"s{who % SENTENCES}", "rating": -(who % 3)}
              for who in range(12)),
            *({"session_id": "flat", "sentence_id": f"s{what}", "rating": 3, "heard_fraction": 0.5,
               "flags": ("too-fast", "not-fetched")} for what in range(SENTENCES)),
            {"role": "trap", "flags": ("trap-wrong",)}, {"role": "practice"}, {"role": "anchor"},
            {"blind": False}, {"variant": ""}, {"listener_id": ""}, {"study_id": "other"},
        ]
    ):  # fmt: skip
        given = {
            "rating_id": f"odd-{number}", "study_id": "tones", "session_id": "odd", "listener_id": "odd",
            "source": "study", "blind": True, "trial": 0, "position": number + 1,
            "question": "How natural does this speech sound?", "stimulus_id": f"odd-{number}", "sentence_id": "s0",
            "text": "Sentence number 0.", "speaker": "am_michael", "variant": "baseline", "checkpoint": "embedded",
            "audio_sha256": "0" * 64, "rating": 4, "heard_fraction": 1.0,
        }  # fmt: skip
        path = writer.append(RatingRow(**{**given, **changes}))
    writer.close()
    whole = path.read_text()
    path.unlink()
    first = whole.splitlines(keepends=True)[1]
    (folder / "ratings" / "ratings-odd.csv").write_text(whole + first + "a,row,of,too,few,cells\nand a torn")
    (folder / "ratings" / "ratings-none.csv").write_text("neither,ratings\nnor,rows\n")
    (folder / "ratings" / "refusals-x.csv").write_text("at,study_id,reason\n2026-01-01,tones,not-heard\n")
    results = folder / "results"
    results.mkdir()
    write(benchmark(), results / "benchmark.json")
    write(
        evaluation("embedded", entry(WER, "baseline", 0.1), entry(PESQ, "pruned-int8", 3.0)),
        results / "a.json",
    )
    write(evaluation(PUBLISHED, entry(WER, "pruned-int8", 0.9)), results / "b.json")
    for number, broken in enumerate(
        ('{"rows": [', '{"kind": "poem"}', '{"kind": "benchmark"}', WITHOUT_FIELDS)
    ):
        (results / f"broken-{number}.json").write_text(broken)


@pytest.fixture(scope="module")
def bracketed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """A language in which every text stands in brackets, written from right to left."""
    return Catalog.read(write_bracketed(tmp_path_factory.mktemp("bracketed")))


def seen_by(folder: Path, owner: bool) -> tuple[ResultsService, ResultsView]:
    service = ResultsService(folder / "ratings", folder / "study", folder, (folder / "results",))
    return service, service.view_for(owner)


def shown(service: ResultsService, seen: ResultsView, catalog: Catalog) -> list[str]:
    """All that a page and the report say."""
    page = "".join(vars(DrawnPages().page_of(seen, catalog)).values())
    return texts_of(page + make_file("report", service, seen, catalog).content.decode())


def data_of(seen: ResultsView) -> list[str]:
    """What is of no language: names, what was said and asked, quotations, and file names."""
    analysis = seen.analysis
    return [
        *LOSSES, "pruned-int8", "Tones", "am_michael", "embedded", "random-full", PUBLISHED, "Test CPU", "Whisper",
        *(f"{claim.metric}: {claim.statement}" for claim in CLAIMS),
        *("; ".join(section.sources) for section in methods(analysis)),
        *analysis.collected.questions, *analysis.excluded, *analysis.flagged, *analysis.screening.removed_by_rule,
        *(text for one in analysis.screening.removed for text in (one.session, one.listener)),
        *(sentence for one in analysis.by["sentence"] for _, sentence in one.group),
        *(path.name for path in seen.measured.files),
        *(one for one in analysis.problems if not isinstance(one, Message)),
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "owner"), [(nothing, False), (few, False), (few, True), (enough, True)])
def test_nothing_of_the_results_is_left_untranslated_but_data(
    state: Folder, owner: bool, bracketed: Catalog, tmp_path: Path
) -> None:
    state(tmp_path)
    service, seen = seen_by(tmp_path, owner)
    assert outside_of_brackets(shown(service, seen, bracketed), *data_of(seen)) == []


def test_english_readers_see_what_they_saw(tmp_path: Path) -> None:
    told: list[str] = []
    for state in (nothing, few, enough):
        folder = tmp_path / state.__name__
        folder.mkdir()
        state(folder)
        service, seen = seen_by(folder, True)
        days = {str(when)[:10] for when in read_ratings(folder / "ratings").frame["submitted_at"]}
        told += [
            "DAY" if text in days else text.replace(str(folder), "FOLDER")
            for text in shown(service, seen, IN_ENGLISH)
        ]
    assert told == IN_ENGLISH_BEFORE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("language", [each.lower() for each in LANGUAGES if each != "en"])
def test_every_language_fills_in_all_figures(language: str, tmp_path: Path) -> None:
    few(tmp_path)
    service, seen = seen_by(tmp_path, True)
    catalog = catalogs()[language]
    report = make_file("report", service, seen, catalog).content.decode()
    assert f'<html lang="{catalog.language}">' in report
    assert not re.search(r"\{\w+[:}]", " ".join(texts_of(report)))


def test_a_page_is_drawn_once_for_each_language(tmp_path: Path) -> None:
    few(tmp_path)
    _, seen = seen_by(tmp_path, False)
    pages, german = DrawnPages(), catalogs()["de"]
    assert pages.page_of(seen, german) is pages.page_of(seen, german)
    assert "<h1>Was Hörer gehört haben</h1>" in pages.page_of(seen, german).lead
    assert "<h1>What listeners heard</h1>" in pages.page_of(seen, IN_ENGLISH).lead


def test_data_files_are_in_english_for_all(tmp_path: Path) -> None:
    few(tmp_path)
    service, seen = seen_by(tmp_path, True)
    for kind in ("json", "summary"):
        assert (
            make_file(kind, service, seen, catalogs()["hi"]).content
            == make_file(kind, service, seen, IN_ENGLISH).content
        )


def test_the_button_to_sign_in_is_told_from_signing_out_in_every_language() -> None:
    script = leading_script("results")
    assert "BUTTON_DEFAULT_VALUE" not in script
    assert "_target_url=/results" in script
    for catalog in catalogs().values():
        assert json.dumps(catalog.said(SIGN_IN)) in script
