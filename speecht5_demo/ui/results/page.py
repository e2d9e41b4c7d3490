"""The Results page: layout first, then what its buttons do.

Every handler checks the key by itself: an address of Gradio's can be called without the page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
import gradio as gr

from speecht5_demo.errors import DemoError
from speecht5_demo.hosting import RatingsUploader
from speecht5_demo.listening.session_decisions import SessionDecisions
from speecht5_demo.messages import Message, drawn_for
from speecht5_demo.report.result_files import RESULTS
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.folded import folded
from speecht5_demo.ui.languages import Catalog, spoken_to
from speecht5_demo.ui.pressed import with_pressed_last
from speecht5_demo.ui.results import owner_sessions, sign_in
from speecht5_demo.ui.results.downloads import KINDS, OWNERS, Downloads, make_file
from speecht5_demo.ui.results.owner import GuessedTooOftenError, Owner
from speecht5_demo.ui.results.service import ResultsService, ResultsView
from speecht5_demo.ui.results.view import (
    DrawnPages,
    alert,
    disk_piece,
    ready_file,
    sentence_piece,
    sentences,
    status,
    uploading,
)
from speecht5_demo.ui.serving.disk import DiskWatch
from speecht5_demo.ui.visiting import visitor_of

REFRESH_S = 20
QUIET: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "preprocess": False,
    "queue": False,
}
WITH_LAST: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
"""What is asked while an answer is on its way is asked after it; Gradio's page drops it otherwise."""
LOADING = '<p class="results-loading" role="status">Reading the ratings…</p>'
PUBLISH, SEAL = "results-publish", "results-seal"
NO_FILES = f"() => Array({len(KINDS)}).fill('')"
SAVE_FILE = """made => {
    const link = new DOMParser().parseFromString(made ?? '', 'text/html').querySelector('a.ready');
    if (!link) return;
    document.body.append(link);
    link.click();
    link.remove();
}"""
DRAWERS = 2
STORE_S = 30.0
"""Seconds that an owner waits for a store to delete too; it is asked again behind the page."""


def build(
    context: AppContext, route: gr.Blocks, owner: Owner, uploader: RatingsUploader | None = None
) -> Downloads:
    """Lay out the page in `route`, which is open and loads it at every visit.

    Args:
        owner: who holds the key.
        uploader: of the ratings to the hub; its state is shown to the owner.

    Returns:
        What serves the files that the page makes.
    """
    settings = context.settings
    service = ResultsService(
        settings.ratings,
        settings.study,
        settings.data,
        (settings.data / "results", RESULTS),
    )

    disk = DiskWatch(settings.data)
    lead = gr.HTML(LOADING, apply_default_css=False, elem_id="results-lead")
    with folded("For the study's owner", elem_id="results-owner"):
        key = gr.Textbox(
            label="Owner's key",
            type="password",
            info="OWNER_KEY of this server, or the content of the file owner-key beside its data.",
            max_length=500,
            elem_id="results-key",
        )
        if sign_in.offered():
            sign_in.button(route, **QUIET)
        with gr.Row():
            unlock = gr.Button("Open", variant="primary", elem_id="results-open")
            publish = gr.Button("Publish the study's results", elem_id=PUBLISH)
            seal = gr.Button("Seal them again", elem_id=SEAL)
        sure = gr.Checkbox(False, label="Yes, show the scores to everybody", elem_id="results-sure")
        said = gr.HTML(apply_default_css=False, elem_id="results-said")
        panel = owner_sessions.layout()
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
    with gr.Row(elem_id="results-files"):
        files = {kind: gr.HTML(apply_default_css=False, elem_id=f"results-file-{kind}") for kind in KINDS}
    seen = gr.State(None)
    renewed = gr.HTML(visible="hidden", js_on_load=None, elem_id="results-renewed")
    timer = gr.Timer(REFRESH_S)
    outputs = [lead, *parts, sentence, seen, renewed]
    downloads = Downloads()
    drawings = DrawnPages()
    threads = anyio.CapacityLimiter(DRAWERS)

    async def drawn(known: bool) -> ResultsView:
        """Threads of its own: whoever waits for a drawing takes none that other pages need."""
        return await anyio.to_thread.run_sync(service.view_for, known, limiter=threads)

    async def pieces(known: bool, catalog: Catalog) -> list[Any]:
        current = await drawn(known)
        state = hash(current.signature)
        page = await anyio.to_thread.run_sync(drawings.page_of, current, catalog, limiter=threads)
        with drawn_for(catalog):
            upload = uploading(uploader.state) if uploader and known else ""
            warning = disk_piece(disk.warning()) if known else ""
        return [
            page.lead + upload + warning, page.scores, page.differences, page.cost, page.listeners, page.claims,
            page.methods, gr.Dropdown(choices=sentences(current)), state, str(state),
        ]  # fmt: skip

    def is_owner(given: object, request: gr.Request) -> bool:
        if sign_in.offered() and sign_in.is_owner(request):
            return True
        try:
            return owner.is_known(given, visitor_of(request).address)
        except GuessedTooOftenError:
            return False

    async def show(given: object, request: gr.Request) -> list[Any]:
        """To a page that comes; no sentence is opened in it yet."""
        return [*(await pieces(is_owner(given, request), spoken_to(request)))[:-1], gr.skip()]

    async def show_if_changed(given: object, known: object, request: gr.Request) -> list[Any]:
        may = is_owner(given, request)
        current = await drawn(may)
        if hash(current.signature) == known:
            return [gr.skip()] * len(outputs)
        return await pieces(may, spoken_to(request))

    async def open_up(given: object, request: gr.Request) -> list[Any]:
        catalog = spoken_to(request)
        if sign_in.offered() and sign_in.is_owner(request):
            return [*await pieces(True, catalog), ""]
        with drawn_for(catalog):
            try:
                may = owner.is_known(given, visitor_of(request).address)
                words = "" if may else alert(Message("This is not the owner's key."))
            except GuessedTooOftenError as error:
                may, words = False, alert(str(error))
        return [*await pieces(may, catalog), words]

    async def set_seal(given: object, pressed: object, sure: object, request: gr.Request) -> list[Any]:
        """What is published already needs no tick: it is asked again where a button is pressed twice."""
        open_to_all, catalog = pressed == PUBLISH, spoken_to(request)
        with drawn_for(catalog):
            if not is_owner(given, request):
                return [*await pieces(False, catalog), alert(owner_sessions.NOT_OWNER), gr.skip()]
            if pressed not in (PUBLISH, SEAL):
                return [gr.skip()] * (len(outputs) + 2)
            if open_to_all and sure is not True and not service.published:
                problem = alert(Message("Tick the box first: everybody will see the scores."))
                return [*[gr.skip()] * len(outputs), problem, gr.skip()]
            try:
                service.publish(open_to_all)
            except DemoError as error:
                return [*await pieces(True, catalog), alert(str(error)), gr.skip()]
            done = status(Message("Published.") if open_to_all else Message("Sealed."))
        return [*await pieces(True, catalog), done, False if open_to_all else gr.skip()]

    async def drill_down(chosen: object, given: object, request: gr.Request) -> list[Any]:
        """The opened sentence; none is opened when who asks sees it no more."""
        if not isinstance(chosen, str) or not chosen:
            return [gr.skip(), ""]
        current = await drawn(is_owner(given, request))
        if chosen not in [name for _, name in sentences(current)]:
            return [gr.Dropdown(value=None), ""]
        with drawn_for(spoken_to(request)):
            return [gr.skip(), sentence_piece(service, current, chosen)]

    async def fetch(kind: str, given: object, request: gr.Request) -> str:
        may, catalog = is_owner(given, request), spoken_to(request)
        if kind in OWNERS and not may:
            refused = Message(
                "Raw ratings are for the study's owner: open the owner's section above and enter the key."
            )
            with drawn_for(catalog):
                return alert(refused)
        current = await drawn(may)
        made = await anyio.to_thread.run_sync(make_file, kind, service, current, catalog, limiter=threads)
        return ready_file(downloads.keep(made, visitor_of(request).address), made.name)

    def fetcher(kind: str) -> Callable[..., Any]:
        async def fetch_kind(given: object, request: gr.Request) -> str:
            return await fetch(kind, given, request)

        return fetch_kind

    async def after_decision(known: bool, catalog: Catalog) -> list[Any]:
        return [*await pieces(known, catalog), *[""] * len(files)]

    def changed() -> None:
        service.look_again()
        downloads.forget()

    keep = (lambda: uploader.upload_now(STORE_S)) if uploader else (lambda: True)
    sessions = owner_sessions.OwnerSessions(
        SessionDecisions(settings.ratings, keep), uploader.store.label if uploader else ""
    )
    list_sessions = owner_sessions.connect(
        panel, sessions, key, is_owner, after_decision, changed, [*outputs, *files.values()], QUIET
    )

    gr.on([timer.tick], show_if_changed, [key, seen], outputs, **QUIET)
    gr.on([unlock.click, key.submit], open_up, key, [*outputs, said], **WITH_LAST).then(
        list_sessions, key, panel.outputs, **WITH_LAST
    )
    # What was pressed takes the place of what was said.
    gr.on(
        [publish.click, seal.click],
        set_seal,
        [key, said, sure],
        [*outputs, said, sure],
        js=with_pressed_last(PUBLISH, SEAL),
        **WITH_LAST,
    )
    gr.on([sentence.change, renewed.change], drill_down, [sentence, key], [sentence, drill], **WITH_LAST)
    gr.on([button.click for button in buttons.values()], None, None, [*files.values()], js=NO_FILES, **QUIET)
    for kind, button in buttons.items():
        # A place for each kind: two that are asked for together are both brought.
        button.click(fetcher(kind), key, files[kind], **WITH_LAST).then(
            None, files[kind], None, js=SAVE_FILE, **QUIET
        )
    route.load(show, key, outputs, **QUIET)
    if sign_in.offered():
        route.load(list_sessions, key, panel.outputs, **QUIET)
    threading.Thread(target=service.view_for, args=(False,), name="results", daemon=True).start()
    return downloads
