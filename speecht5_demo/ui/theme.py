"""How the pages look: warm paper by day, deep slate by night, one teal accent, the reader's own fonts.

Fonts are system fonts on purpose: no page may ask any other server for anything.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from speecht5_demo.ui.player import STYLESHEET as PLAYER

HERE = Path(__file__).parent
STYLESHEETS = (
    HERE / "theme.css",
    PLAYER,
    HERE / "compare" / "board.css",
    HERE.parent / "rendering" / "report.css",
    HERE / "results" / "results.css",
)
FAVICON = HERE / "favicon.svg"
HEAD = (
    f"<style>{(HERE / 'media.css').read_text(encoding='utf-8')}</style>"
    f"<script>{(HERE / 'address.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(HERE / 'visit.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(HERE / 'pressed.js').read_text(encoding='utf-8')}</script>"
)

_SANS = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """The Gradio theme that `theme.css` builds on."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.amber,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=[gr.themes.Font(name) for name in _SANS],
        font_mono=[gr.themes.Font(name) for name in _MONO],
    )
    return base.set(
        body_background_fill="#f7f5f0",
        body_background_fill_dark="#0e1417",
        body_text_color="#1c1b19",
        body_text_color_dark="#e8ecec",
        body_text_color_subdued="#5d5a54",
        body_text_color_subdued_dark="#a3b0b3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#161e22",
        background_fill_secondary="#f1eee7",
        background_fill_secondary_dark="#1c262b",
        border_color_primary="#e0dbd0",
        border_color_primary_dark="#2c383d",
        color_accent="#0f766e",
        color_accent_soft="#d9efeb",
        color_accent_soft_dark="#12393a",
        block_background_fill="#ffffff",
        block_background_fill_dark="#161e22",
        block_border_color="#e0dbd0",
        block_border_color_dark="#2c383d",
        block_info_text_color="#5d5a54",
        block_info_text_color_dark="#a3b0b3",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="#3c3a36",
        block_label_text_color_dark="#c9d3d5",
        block_label_text_weight="600",
        block_title_text_color="#3c3a36",
        block_title_text_color_dark="#c9d3d5",
        block_title_text_weight="600",
        block_shadow="none",
        input_background_fill="#fbfaf7",
        input_background_fill_dark="#10181b",
        input_border_color="#8f8a7f",
        input_border_color_dark="#5d6c72",
        input_border_color_focus="#0f766e",
        input_border_color_focus_dark="#2dd4bf",
        input_placeholder_color="#6f6b63",
        input_placeholder_color_dark="#8d9a9e",
        input_shadow_focus="0 0 0 3px rgba(15, 118, 110, 0.25)",
        input_shadow_focus_dark="0 0 0 3px rgba(45, 212, 191, 0.3)",
        checkbox_background_color_selected="#0f766e",
        checkbox_background_color_selected_dark="#0f766e",
        checkbox_border_color="#8f8a7f",
        checkbox_border_color_dark="#5d6c72",
        checkbox_label_background_fill="#fbfaf7",
        checkbox_label_background_fill_dark="#10181b",
        checkbox_label_background_fill_selected="#d9efeb",
        checkbox_label_background_fill_selected_dark="#12393a",
        checkbox_label_text_color_selected="#0b4f4a",
        checkbox_label_text_color_selected_dark="#b5f0e6",
        checkbox_label_border_color="#e0dbd0",
        checkbox_label_border_color_dark="#2c383d",
        checkbox_label_border_width="1px",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_dark="#2dd4bf",
        button_primary_background_fill_hover="#0b5f59",
        button_primary_background_fill_hover_dark="#5eead4",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#06201d",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#1c262b",
        button_secondary_background_fill_hover="#f1eee7",
        button_secondary_background_fill_hover_dark="#26333a",
        button_secondary_border_color="#c9c3b6",
        button_secondary_border_color_dark="#3b4a50",
        button_secondary_text_color="#1c1b19",
        button_secondary_text_color_dark="#e8ecec",
        button_border_width="1px",
        button_large_text_weight="650",
        slider_color="#0f766e",
        slider_color_dark="#2dd4bf",
        link_text_color="#0b5f59",
        link_text_color_dark="#5eead4",
        link_text_color_hover="#0f766e",
        link_text_color_hover_dark="#99f6e4",
        loader_color="#0f766e",
        loader_color_dark="#2dd4bf",
    )
