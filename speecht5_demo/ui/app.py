"""The whole app: three pages under one roof, and the way it is served.

demo = build_app(Settings.from_environment())
demo.launch(**launch_options(settings))
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import gradio as gr
from gradio.components import Component, Navbar
from starlette.middleware import Middleware

from speecht5_demo.hosting import RatingsUploader
from speecht5_demo.hosting.choosing import chosen_store
from speecht5_demo.hosting.ending import end_on_sigterm
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.ui import compare, results
from speecht5_demo.ui.compare.sweep import audio_route, places_of
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.languages import language_menu
from speecht5_demo.ui.listen import build as listen
from speecht5_demo.ui.operation import Operation, log_operation
from speecht5_demo.ui.results import sign_in
from speecht5_demo.ui.results.owner import Owner
from speecht5_demo.ui.serving.assets import ASSETS, theme_route
from speecht5_demo.ui.serving.connections import limit_connections
from speecht5_demo.ui.serving.guard import Event, Guard, Surface
from speecht5_demo.ui.serving.page_head import PICTURE_ROUTE, PageHead, Preview
from speecht5_demo.ui.serving.prefix import Prefix
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.settings import Settings
from speecht5_demo.ui.speech_api.routes import SpeechApi
from speecht5_demo.ui.speech_api.tools import OFF, TOOL_EVENT, TOOLS, build_tools, mcp_installed
from speecht5_demo.ui.startup import ROOT_PATH
from speecht5_demo.ui.theme import FAVICON, HEAD, STYLESHEETS, theme

TITLE = "Hear what optimisation costs"
PREVIEWS = {
    "": Preview(
        TITLE,
        "SpeechT5 reads your sentence as it is, quantised and pruned. Listen blind, rate, see the price.",
    ),
    "/listen": Preview(
        "Listening test · Hear what optimisation costs",
        "A blind test of some minutes: how natural do these voices sound?",
    ),
    "/results": Preview(
        "Results · Hear what optimisation costs",
        "What listeners heard: scores with their intervals, verdicts and costs.",
    ),
}
SWITCH_S = 0.001
"""Seconds after which a thread that speaks hands the interpreter on; an answer needs it some ten times."""
MOST_QUEUED = 128
"""Events that wait in Gradio's queue; who speaks next is decided in our own."""
QUEUE_POLL_S, PROGRESS_POLL_S = 0.02, 0.1
"""How often Gradio's queue looks for events and for their progress; its own 1 and 10 ms cost an idle server a tenth of
a core, and it has no setting for them."""
MOST_THREADS = 128
KEPT_SESSIONS = 1_000


class App(gr.Blocks):
    """Blocks that also serve addresses which are not Gradio events, behind a guard."""

    surface: Surface
    said: list[str]
    """Messages that stand in the pages from the start."""

    def launch(self, *args: Any, **kwargs: Any) -> Any:
        """As `gr.Blocks.launch`, with our addresses, translations and limits."""
        sys.setswitchinterval(SWITCH_S)
        self.surface.routes = routes = list(self.surface.routes)
        self.surface.events = {
            number: Event(len(function.inputs), bool(function.queue), str(function.api_name or ""))
            for number, function in self.fns.items()
            # Events of the page's script alone ask no server, and tools are called over MCP.
            if function.fn is not None and not str(function.api_name).startswith(TOOL_EVENT)
        }
        self.surface.components = {
            number: frozenset(function.__name__ for function in block.server_fns)
            for number, block in self.blocks.items()
            if isinstance(block, Component) and block.server_fns
        }
        self.surface.knows_session = self._queue.pending_messages_per_session.__contains__
        kwargs["app_kwargs"] = {
            **kwargs.get("app_kwargs", {}),
            "routes": routes,
            "middleware": [
                Middleware(Prefix, root=os.environ.get(ROOT_PATH, "")),
                Middleware(Guard, surface=self.surface),
                Middleware(
                    PageHead,
                    previews=PREVIEWS,
                    root=os.environ.get(ROOT_PATH, ""),
                    said=self.said,
                    framed=self.surface.in_space,
                ),
            ],
        }
        return super().launch(*args, **{"i18n": listen.I18N, **kwargs})

    @property
    def server(self) -> Any:
        """The web server; `launch` makes it, and waits for its end inside."""
        return self._server

    @server.setter
    def server(self, server: Any) -> None:
        limit_connections(server)
        self._server = server


def build_app(settings: Settings) -> gr.Blocks:
    """Compare at `/`, Listen at `/listen`, Results at `/results`.

    Raises:
        CheckpointError: the checkpoint that the settings name cannot be opened.
    """
    log_operation()
    uploader = start_uploader(settings)
    context = AppContext.open(settings)
    if threading.current_thread() is threading.main_thread():
        end_on_sigterm(context.ratings, uploader)
    if uploader is not None and uploader.store.live:
        context.ratings.kept_by(uploader.upload_now)
    presence = Presence()
    demo = App(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_width=True)
    with demo:
        Navbar(main_page_name="Compare")
        service = compare.build(context, demo, presence)
        if mcp_installed():
            build_tools(service, presence)
        language_menu()
    with demo.route("Listen", "/listen"):
        Navbar(main_page_name="Compare")
        study = listen.build(context)
        language_menu()
    with demo.route("Results", "/results") as page:
        Navbar(main_page_name="Compare")
        owner = Owner.of(settings.data, settings.owner_key)
        downloads = results.build(context, page, owner, uploader)
        language_menu()
    demo.said = compare.first_messages(context.checkpoint)
    expects_study = settings.prepare_study or settings.study != settings.data / "study"
    operation = Operation(
        settings.data, owner, service, study.served, context.ratings, uploader, expects_study
    )
    demo.surface = Surface(
        presence,
        in_space=bool(os.environ.get("SPACE_ID")),
        sign_in=sign_in.ADDRESSES if sign_in.offered() else (),
        pages=("/listen", "/results"),
        routes=[
            *service.routes,
            audio_route(places_of(context)),
            *downloads.routes,
            *study.routes,
            *operation.routes,
            *SpeechApi(service).routes,
            PICTURE_ROUTE,
            ASSETS,
            theme_route(lambda: (demo.theme_css, demo.theme_hash)),
        ],
    )
    if mcp_installed():
        demo.surface.tools = TOOLS
    else:
        print(OFF, flush=True)
    if sign_in.configured() and sign_in.missing():
        print(sign_in.MISSING, flush=True)
    queue = demo.queue(max_size=MOST_QUEUED, api_open=False)._queue
    queue.sleep_when_free, queue.progress_update_sleep_when_free = QUEUE_POLL_S, PROGRESS_POLL_S
    service.warm_up_in_background()
    return demo


def start_uploader(settings: Settings) -> RatingsUploader | None:
    """Keep ratings safe where the disk does not last, if the deployment names a place for them.

    Raises:
        HostingError: the place cannot be used, or is public and the owner did not allow it.
    """
    store = chosen_store(os.environ)
    if store is None:
        return None
    uploader = RatingsUploader(settings.ratings, store, server_secret(settings.data))
    uploader.start()
    return uploader


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `launch`: nothing is remembered in the browser, nothing is fetched from elsewhere."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "64kb",
        "max_threads": MOST_THREADS,
        "state_session_capacity": KEPT_SESSIONS,
        "show_error": False,
        "enable_monitoring": False,
        "mcp_server": mcp_installed(),
        "theme": theme(),
        "css_paths": list(STYLESHEETS),
        "head": HEAD,
        "favicon_path": FAVICON,
    }
