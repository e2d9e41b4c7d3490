"""Every language says the same things: no text is missing in one, and none is there that no page says."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from speecht5_demo import errors
from speecht5_demo.errors import DemoError
from speecht5_demo.listening.analysis.cleaning import NOT_RATINGS_OF_A_TEST, REASONS
from speecht5_demo.listening.analysis.order import MEANINGS
from speecht5_demo.listening.analysis.paired import Verdict
from speecht5_demo.listening.analysis.screening import RULES
from speecht5_demo.listening.methods import ACR, LANGUAGES, METHODS
from speecht5_demo.listening.playback import FLAGS
from speecht5_demo.listening.refusals import REASONS as REFUSED
from speecht5_demo.listening.views import DEVICES, HEADPHONES
from speecht5_demo.quality.metrics import METRICS
from speecht5_demo.quality.plan import FLOORS
from speecht5_demo.rendering.units import PERCENT
from speecht5_demo.rendering.wording import COUNTED
from speecht5_demo.report.claims import CLAIMS, ClaimVerdict
from speecht5_demo.report.sessions import FILE_PROBLEMS
from speecht5_demo.ui.languages import Catalog, catalogs, chosen, language_of
from speecht5_demo.ui.languages.page import translated_config, translated_markup
from speecht5_demo.ui.results.owner_sessions import QUESTIONS

PACKAGE = Path(__file__).parents[2] / "speecht5_demo"
TEXTS = sorted((PACKAGE / "ui" / "languages" / "texts").glob("*.json"))
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in TEXTS}
NOTHING_TO_SAY = {"{facts}.", "{version}: {findings}."}
"""Patterns of messages that are only joined."""
OF_VISITORS = (
    *("speakers/upload.py", "speakers/speaker.py", "speakers/blend.py", "speakers/lookup.py", "wav.py"),
    *("text/**/*.py", "ui/compare/*.py", "ui/serving/disk.py"),
)
"""Where what a visitor of Compare brings is refused."""
PATTERNS = {"Message": slice(1), "messages": slice(None), "of_count": slice(1, None)}
"""Which arguments are patterns, by who makes messages of them."""
_SAID = re.compile(r"\bt\((?:[^()'`]*\? )?'([^']*)'(?: : '([^']*)')?")


@cache
def constants() -> tuple[frozenset[str], frozenset[str]]:
    """All texts in the sources: those of messages, and any, also as they stand in HTML."""
    messages: set[str] = set()
    texts: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.update((node.value, *texts_of(node.value)))
            if isinstance(node, ast.Call):
                messages.update(
                    part.value
                    for argument in node.args[PATTERNS.get(getattr(node.func, "id", ""), slice(0))]
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
    return frozenset(messages), frozenset(texts)


def texts_of(markup: str) -> Iterator[str]:
    """Texts and spoken attributes of HTML."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(" ".join(data.split()))

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value for _, value in attrs if value)

    if re.search("<[a-z]", markup) and "<!" not in markup:
        Reader().feed(markup)
    yield from found


@cache
def of_scripts() -> frozenset[str]:
    """All texts that scripts say."""
    found: set[str] = set()
    for path in (PACKAGE / "ui").rglob("*.js"):
        for said in _SAID.finditer(path.read_text(encoding="utf-8")):
            found.update(filter(None, said.groups()))
    return frozenset(found)


def test_there_is_a_file_for_every_language_of_listening_tests() -> None:
    assert {"en", *FILES} == set(LANGUAGES)
    assert next(iter(catalogs())) == "en"


@pytest.mark.parametrize("section", ["page", "script"])
def test_every_language_has_the_same_texts(section: str) -> None:
    (first, *others) = FILES.values()
    for other in others:
        assert list(other[section]) == list(first[section])


def placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


@pytest.mark.parametrize("language", FILES)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    for section in ("page", "script"):
        for text, said in FILES[language][section].items():
            assert placeholders(said) == placeholders(text), text
            assert said, text
            assert said.strip() == said, text


@pytest.mark.parametrize("language", FILES)
def test_every_message_of_the_sources_is_translated(language: str) -> None:
    messages, _ = constants()
    assert messages - NOTHING_TO_SAY - set(FILES[language]["page"]) == set()


@pytest.mark.parametrize("language", FILES)
def test_what_a_sweep_measures_is_named_in_every_language(language: str) -> None:
    units = {metric.unit for metric in METRICS} - {*PERCENT, "dB"}
    said = {*(metric.label for metric in METRICS), *units, *FLOORS.values()}
    assert said - set(FILES[language]["page"]) == set()


def test_errors_that_a_visitor_of_compare_makes_are_messages() -> None:
    paths = [path for part in OF_VISITORS for path in sorted(PACKAGE.glob(part))]
    assert len(paths) > len(OF_VISITORS)
    assert [found for path in paths for found in errors_without_message(path)] == []


def errors_without_message(path: Path) -> Iterator[str]:
    """Errors for users that are raised with a plain text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
            continue
        kind = getattr(errors, getattr(node.exc.func, "id", ""), None)
        text = node.exc.args[0]
        if isinstance(kind, type) and isinstance(text, (ast.JoinedStr, ast.Constant)):
            yield f"{path.name}:{node.lineno} {ast.unparse(text)}"


def test_every_word_that_results_look_up_is_translated() -> None:
    tables = (
        REASONS,
        RULES,
        FILE_PROBLEMS,
        FLAGS,
        REFUSED,
        MEANINGS,
        {name: name for name in MEANINGS},
        QUESTIONS,
    )
    words = {
        *(word for table in tables for word in table.values()),
        *(pattern for patterns in COUNTED.values() for pattern in patterns),
        *(sign for claim in CLAIMS if claim.signs for sign in claim.signs),
        *(word for kind in (Verdict, ClaimVerdict) for word in get_args(kind)),
        *(word for one in METHODS.values() if one.table for word in vars(one.table).values()),
        *(*DEVICES, *HEADPHONES, *NOT_RATINGS_OF_A_TEST, "study", "compare", ACR.summary),
    }
    for language, texts in FILES.items():
        assert words - set(texts["page"]) == set(), language


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_text_is_translated_once(path: Path) -> None:
    def each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        assert sorted(names) == sorted(set(names))
        return dict(pairs)

    json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=each_once)


@pytest.mark.parametrize("language", FILES)
def test_every_text_of_a_script_is_translated(language: str) -> None:
    assert of_scripts() - set(FILES[language]["script"]) == set()


def test_no_text_is_kept_that_nothing_says() -> None:
    _, texts = constants()
    any_language = next(iter(FILES.values()))
    assert set(any_language["page"]) - texts == set()
    assert set(any_language["script"]) - of_scripts() - texts == set()


@pytest.mark.parametrize(
    ("query", "accepted", "language", "named"),
    [
        ("", "", "en", False),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de", False),
        ("", "sv-SE,sv;q=0.9", "en", False),
        ("", "it,fr;q=0.5,de;q=0.7", "de", False),
        ("", "zh", "zh-CN", False),
        ("", "zh-Hans-CN,zh;q=0.9", "zh-CN", False),
        ("", "zh-TW", "en", False),
        ("", "*", "en", False),
        ("", "de;q=x, ;;,fr", "fr", False),
        ("lang=hi", "de", "hi", True),
        ("__theme=dark&lang=ZH-cn", "de", "zh-CN", True),
        ("lang=en", "de", "en", True),
        ("lang=klingon", "de", "de", False),
        ("lang=../../etc", "es", "es", False),
        ("&" * 100, "es", "es", False),
    ],
)
def test_the_address_names_a_language_before_the_browser_does(
    query: str, accepted: str, language: str, named: bool
) -> None:
    found, was_named = chosen(query, accepted)
    assert (found.language, was_named) == (language, named)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "Any", "script": {}, "pages": {}}'])
def test_a_file_that_is_no_language_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "qps.json").write_text(content)
    with pytest.raises(DemoError, match="is no file of a language"):
        Catalog.read(tmp_path / "qps.json")


def test_a_header_of_any_length_is_read_in_no_time() -> None:
    assert language_of("de;q=0.1," * 100_000).language == "de"


def test_markup_is_said_text_by_text() -> None:
    german = {"Speak": "Sprechen", "Layers": "Schichten", "a & b": "a < b"}
    markup = """<p title="Layers" class="Layers"> Speak
<br>a &amp; b <q translate="no">Speak <b>Speak</b></q><img alt="Layers"/> Speak</p>"""
    said = """<p title="Schichten" class="Layers"> Sprechen
<br>a &lt; b <q translate="no">Speak <b>Speak</b></q><img alt="Schichten"/> Sprechen</p>"""
    assert translated_markup(markup, german) == said


def test_what_a_field_holds_is_not_translated() -> None:
    config = {
        "title": "Speak",
        "pages": [["", "Speak", True]],
        "components": [
            {"type": "textbox", "props": {"label": "Speak", "value": "Speak", "placeholder": "Speak"}},
            {"type": "button", "props": {"value": "Speak"}},
            {"type": "dropdown", "props": {"choices": [["Speak", "Speak"]], "value": "Speak"}},
        ],
    }
    said = translated_config(config, {"Speak": "Sprechen"})
    assert said["title"] == "Sprechen"
    assert said["pages"] == [["", "Sprechen", True]]
    assert [each["props"] for each in said["components"]] == [
        {"label": "Sprechen", "value": "Speak", "placeholder": "Sprechen"},
        {"value": "Sprechen"},
        {"choices": [["Sprechen", "Speak"]], "value": "Speak"},
    ]
