"""Where the voice breaks: the sweep of the current checkpoint, each point to be played."""

from __future__ import annotations

import shlex
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from speecht5_demo.messages import Message, drawn_for, told
from speecht5_demo.quality.sweep import SWEEP, find_sweeps
from speecht5_demo.quality.sweep_page import charts, conditions, figures_table, treatment, verdict
from speecht5_demo.rendering.html_text import framed, heading, paragraph
from speecht5_demo.results import SweepDocument, SweepPoint, read
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.languages import IN_ENGLISH, Catalog, spoken_to

SHIPPED = Path(__file__).parents[3] / "results"
RUNS = Path("runs")
ADDRESS = "compare/sweep/"
"""Below the page, so that a path prefix stays."""
WAITING = '<p role="status">Drawing the sweep…</p>'
SILENCE = "() => document.querySelectorAll('#sweep audio').forEach((clip) => clip.pause())"
KEPT_DRAWINGS = 24
"""Of a sweep in a language; its charts take about a second of a core."""


def places_of(context: AppContext) -> tuple[Path, ...]:
    """Where sweeps are looked for."""
    return (context.settings.data / "sweeps", RUNS, SHIPPED)


def audio_route(places: tuple[Path, ...]) -> Route:
    """Samples of sweeps, by the number of their place and their path in it."""

    def serve(request: Request) -> Response:
        number, path = request.path_params["place"], request.path_params["path"]
        if number < len(places):
            place = places[number].resolve()
            file = (place / path).resolve()
            audio = next((folder for folder in file.parents if folder.name == "audio"), None)
            known = file.is_relative_to(place) and audio is not None and (audio.parent / SWEEP).is_file()
            if known and file.suffix == ".wav" and file.is_file():
                return FileResponse(file)
        return Response("There is no such sample.", 404, media_type="text/plain")

    return Route("/" + ADDRESS + "{place:int}/{path:path}", serve, methods=["GET"])


def build(context: AppContext) -> None:
    """A closed section; it is drawn when somebody opens it."""
    places = places_of(context)
    with gr.Accordion(
        "Where does it break? Quality, time and size over the amount of pruning", open=False
    ) as section:
        shown = gr.HTML(
            WAITING,
            js_on_load=(Path(__file__).parent / "sweep.js").read_text(encoding="utf-8"),
            elem_id="sweep",
            apply_default_css=False,
        )

    def fill(request: gr.Request) -> str:
        return sweep_piece(context, places, spoken_to(request))

    inside: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",  # what the library says of it aloud is the name of a text, in any language
        "queue": False,
        "preprocess": False,
    }
    section.expand(fill, None, shown, **inside)
    section.collapse(None, None, None, js=SILENCE, **inside)


def sweep_piece(context: AppContext, places: tuple[Path, ...], catalog: Catalog = IN_ENGLISH) -> str:
    """The newest sweep of each kind (quantised too, layers left alone) of the checkpoint that speaks here, or how to
    make one; in a language.
    """
    checkpoint = context.checkpoint
    newest: dict[tuple[bool, tuple[str, ...]], Path] = {}
    if any(file for place in places if place.is_dir() for file in place.rglob(SWEEP)):
        for folder, document in find_sweeps(places, checkpoint.digest):
            newest.setdefault((document.int8, document.exclude), folder)
    if newest:
        folders = [newest[kind] for kind in sorted(newest)]
        return "".join(
            _drawn(folder, _address(places, folder), number, (folder / SWEEP).stat().st_mtime_ns, catalog)
            for number, folder in enumerate(folders)
        )
    command = f"python -m speecht5_demo evaluate sweep -c {shlex.quote(checkpoint.spec)} -o {RUNS / 'sweep'}"
    advice = Message(
        "Nobody has swept this checkpoint here yet. This command does, in some minutes; then start the app again:"
    )
    with drawn_for(catalog):
        return framed(f'{paragraph(advice)}<pre dir="ltr" translate="no">{escape(command)}</pre>')


def _address(places: tuple[Path, ...], folder: Path) -> str:
    """Of a sweep's files."""
    for number, place in enumerate(places):
        if folder.resolve().is_relative_to(place.resolve()):
            return f"{ADDRESS}{number}/{quote(str(folder.resolve().relative_to(place.resolve())))}/"
    raise AssertionError(folder)


@lru_cache(maxsize=KEPT_DRAWINGS)
def _drawn(folder: Path, address: str, number: int, _: int, catalog: Catalog) -> str:
    document = read(folder / SWEEP, SweepDocument)
    points = "".join(
        f"<li><span>{escape(point.label)}</span> {_players(address, point)}</li>" for point in document.points
    )
    sentence = escape(document.settings.sentences[0])
    with drawn_for(catalog):
        done = told(treatment(document))
        return framed(
            f"{heading(done[0].upper() + done[1:])}{paragraph(verdict(document), 'mark')}"
            f"{heading(Message('Hear every point'), 3)}<p lang='en' dir='ltr' translate='no'>{sentence}</p>"
            f"<ol class='sweep-points' translate='no'>{points}</ol>"
            f"{charts(document, f'compare-sweep-{number}')}{figures_table(document)}"
            f"{paragraph(conditions(document), 'key')}"
        )


def _players(address: str, point: SweepPoint) -> str:
    players = []
    for speaker, path in point.audio.items():
        label = escape(f"{point.label}, {speaker}", quote=True)
        source = escape(address + quote(str(path)), quote=True)
        players.append(
            f'{escape(speaker)} <audio controls preload="none" aria-label="{label}" src="{source}"></audio>'
        )
    return " ".join(players)
