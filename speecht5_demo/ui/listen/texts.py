"""What the Listen page says, in every language, through Gradio's own translation.

Gradio translates one string a key. The page's words are one JSON document, so they are one key: the
component's value arrives in the reader's language, and again when the reader changes it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import gradio as gr

from speecht5_demo.listening.methods import LANGUAGES, METHODS
from speecht5_demo.listening.playback import MUST_HEAR

KEY = "listen"
FOLDER = Path(__file__).parent / "texts"


def texts(language: str) -> dict[str, object]:
    """All words of the page in one language, and how each question type draws a trial."""
    words: dict[str, object] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    methods = {
        name: {**asdict(method.page), "scale": {str(n): label for n, label in method.words[language].items()}}
        for name, method in METHODS.items()
    }
    return {"language": language, "methods": methods, "must_hear": MUST_HEAR, **words}


def translations() -> dict[str, dict[str, str]]:
    """For `gr.I18n(**translations())`, beside what other pages add."""
    return {language: {KEY: json.dumps(texts(language), ensure_ascii=False)} for language in LANGUAGES}


I18N = gr.I18n(**translations())
