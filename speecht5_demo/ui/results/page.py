"""The Results page: layout first, then what its buttons do.

Every handler checks the key by itself: an address of Gradio's can be called without the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.hosting import RatingsUploader
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.results.downloads import KINDS, make_file
from speecht5_demo.ui.results.owner import Owner
from speecht5_demo.ui.results.service import ResultsService
from speecht5_demo.ui.results.view import sentence_piece, sentences, view

REFRESH_S = 20
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
"""Gradio's page closes its stream of answers when nothing is queued any more, and is deaf to what it queues in that
moment. So only downloads are queued (a refusal is shown for queued events alone); the service makes one analysis at a
time by itself.
"""
SAVE_FILE = "() => { setTimeout(() => document.querySelector('#results-file')?.click(), 50) }"


def build(context: AppContext, route: gr.Blocks, uploader: RatingsUploader | None = None) -> None:
    """Lay out the page in `route`, which is open and loads it at every visit.

    Args:
        uploader: of the ratings to the hub; its state is shown to the owner.
    """
    settings = context.settings
    owner = Owner.of(settings.data, settings.owner_key)
    service = ResultsService(
        settings.ratings,
        settings.study,
        settings.data,
        (settings.data / "results", Path("results"), Path("docs")),
    )

    lead = gr.HTML(apply_default_css=False, elem_id="results-lead")
    with gr.Accordion("For the study's owner", open=False, elem_id="results-owner"):
        key = gr.Textbox(
            label="Owner's key",
            type="password",
            info="OWNER_KEY of this server, or the content of the file owner-key beside its data.",
            max_length=500,
            elem_id="results-key",
        )
        with gr.Row():
            unlock = gr.Button("Open", variant="primary", elem_id="results-open")
            publish = gr.Button("Publish the study's results", elem_id="results-publish")
            seal = gr.Button("Seal them again", elem_id="results-seal")
        said = gr.HTML(apply_default_css=False, elem_id="results-said")
    with gr.Tabs(elem_id="results-tabs"):
        parts = []
        for name in ("Scores", "Against the baseline", "Cost"):
            with gr.Tab(name):
                parts.append(gr.HTML(apply_default_css=False))
        with gr.Tab("Sentences"):
            sentence = gr.Dropdown([], label="Sentence", elem_id="results-sentence")
            drill = gr.HTML(apply_default_css=False, elem_id="results-drill")
        for name in ("Listeners", "Claims", "Methods"):
            with gr.Tab(name):
                parts.append(gr.HTML(apply_default_css=False))
    with gr.Row(elem_id="results-downloads"):
        buttons = {
            kind: gr.Button(label, size="sm", elem_id=f"results-get-{kind}") for kind, label in KINDS.items()
        }
        file = gr.DownloadButton("file", elem_id="results-file", elem_classes="results-hidden")
    seen = gr.State(None)
    timer = gr.Timer(REFRESH_S)
    outputs = [lead, *parts, sentence, seen]

    def show(given: str) -> list[Any]:
        seen = service.view_for(owner.is_known(given))
        page = view(seen, uploader.state if uploader else None)
        choices = sentences(seen)
        return [
            page.lead, page.scores, page.differences, page.cost, page.listeners, page.claims, page.methods,
            gr.Dropdown(choices=choices, value=None), hash(seen.signature),
        ]  # fmt: skip

    def show_if_changed(given: str, known: int | None) -> list[Any]:
        seen = service.view_for(owner.is_known(given))
        return [gr.skip()] * len(outputs) if hash(seen.signature) == known else show(given)

    def open_up(given: str) -> list[Any]:
        words = "" if owner.is_known(given) else '<p role="alert">This is not the owner\'s key.</p>'
        return [*show(given), words]

    def set_seal(given: str, open_to_all: bool) -> list[Any]:
        if not owner.is_known(given):
            return [*show(given), '<p role="alert">Only the owner can do this: enter the key first.</p>']
        service.publish(open_to_all)
        return [*show(given), f'<p role="status">{"Published." if open_to_all else "Sealed."}</p>']

    def drill_down(chosen: str | None, given: str) -> str:
        return sentence_piece(service, service.view_for(owner.is_known(given)), chosen) if chosen else ""

    def fetch(kind: str, given: str) -> str:
        known = owner.is_known(given)
        if kind == "ratings" and not known:
            raise gr.Error(
                "Raw ratings are for the study's owner: enter the key above.", print_exception=False
            )
        return str(make_file(kind, service, service.view_for(known)))

    gr.on([timer.tick], show_if_changed, [key, seen], outputs, **AT_ONCE)
    gr.on([unlock.click, key.submit], open_up, key, [*outputs, said], **AT_ONCE)
    publish.click(lambda given: set_seal(given, True), key, [*outputs, said], **AT_ONCE)
    seal.click(lambda given: set_seal(given, False), key, [*outputs, said], **AT_ONCE)
    sentence.change(drill_down, [sentence, key], drill, **AT_ONCE)
    for kind, button in buttons.items():
        button.click(
            lambda given, kind=kind: fetch(kind, given), key, file, concurrency_id="results", **QUIET
        ).success(None, js=SAVE_FILE)
    route.load(show, key, outputs, **AT_ONCE)
