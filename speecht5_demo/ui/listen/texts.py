"""What the Listen page says, in every language, through Gradio's own translation.

Gradio translates one string a key. The page's words are one JSON document, so they are one key: the
component's value arrives in the reader's language, and again when the reader changes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.listening.scale import LANGUAGES, SCALES

KEY = "listen"
FOLDER = Path(__file__).parent / "texts"


def texts(language: str) -> dict[str, Any]:
    """All words of the page in one language, the scales among them."""
    words: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    scales = {method: {str(n): label for n, label in SCALES[method][language].items()} for method in SCALES}
    return {"language": language, "scales": scales, **words}


def translations() -> dict[str, dict[str, str]]:
    """For `gr.I18n(**translations())`, beside what other pages add."""
    return {language: {KEY: json.dumps(texts(language), ensure_ascii=False)} for language in LANGUAGES}


I18N = gr.I18n(**translations())
