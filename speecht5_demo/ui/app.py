"""The whole app: three pages under one roof, and the way it is served.

demo = build_app(Settings.from_environment())
demo.launch(**launch_options(settings))
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Navbar
from starlette.routing import BaseRoute

from speecht5_demo.hosting import RatingsUploader
from speecht5_demo.ui import compare, results
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.listen import build as listen
from speecht5_demo.ui.settings import Settings
from speecht5_demo.ui.theme import FAVICON, HEAD, STYLESHEETS, theme

TITLE = "Hear what optimisation costs"


class App(gr.Blocks):
    """Blocks that also serve addresses which are not Gradio events."""

    routes: Sequence[BaseRoute] = ()

    def launch(self, *args: Any, **kwargs: Any) -> Any:
        """As `gr.Blocks.launch`, with our addresses and translations."""
        kwargs.setdefault("app_kwargs", {}).setdefault("routes", list(self.routes))
        return super().launch(*args, **{"i18n": listen.I18N, **kwargs})


def build_app(settings: Settings) -> gr.Blocks:
    """Compare at `/`, Listen at `/listen`, Results at `/results`.

    Raises:
        CheckpointError: the checkpoint that the settings name cannot be opened.
    """
    uploader = start_uploader(settings)
    context = AppContext.open(settings)
    demo = App(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400), fill_width=True)
    with demo:
        Navbar(main_page_name="Compare")
        service = compare.build(context, demo)
    with demo.route("Listen", "/listen"):
        Navbar(main_page_name="Compare")
        demo.routes = [*service.streams.routes, *listen.build(context).routes]
    with demo.route("Results", "/results") as page:
        Navbar(main_page_name="Compare")
        results.build(context, page, uploader)
    demo.queue(max_size=32)
    service.warm_up_in_background()
    return demo


def start_uploader(settings: Settings) -> RatingsUploader | None:
    """Keep ratings safe where the disk does not last, if the deployment names a dataset for them."""
    if not settings.ratings_repo:
        return None
    uploader = RatingsUploader(settings.ratings, settings.ratings_repo)
    uploader.start()
    if threading.current_thread() is threading.main_thread():
        uploader.push_on_sigterm()
    return uploader


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `launch`: nothing is remembered in the browser, nothing is fetched from elsewhere."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "5mb",
        "show_error": False,
        "enable_monitoring": False,
        "theme": theme(),
        "css_paths": list(STYLESHEETS),
        "head": HEAD,
        "favicon_path": FAVICON,
    }
