"""The Compare page: layout first, then what its buttons do."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from html import escape
from typing import Any

import gradio as gr
from gradio.events import api as gradio_api

from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare import sweep
from speecht5_demo.ui.compare.api import compare_endpoint
from speecht5_demo.ui.compare.board import board
from speecht5_demo.ui.compare.link import Arrival, listener_of
from speecht5_demo.ui.compare.link_fields import UPLOADED, link_fields
from speecht5_demo.ui.compare.panels import own_panel, timing_panel, voice_panel
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice, preselected
from speecht5_demo.ui.compare.preview import EXAMPLES, example_text, preview
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.compare.recipe_fields import variant_lines
from speecht5_demo.ui.compare.recipes import LayersOf, command
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.compare.view import board_view, problem_view
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.languages import IN_ENGLISH, spoken_to
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.visiting import visitor_of
from speecht5_demo.variants import all_variants

HERO = """<div class="hero"><h1>Hear what optimisation costs</h1>
<p>SpeechT5 reads your sentence as it is and after quantisation and pruning. Listen without names, rate what
you hear, then see what each version costs in time and megabytes.</p>
<p class="notice"><span>{notice}</span></p></div>"""


def build(context: AppContext, demo: gr.Blocks, presence: Presence | None = None) -> CompareService:
    """Lay out the page in `demo`, which is open; returns the service that the app warms up."""
    service = CompareService(context, presence)
    checkpoint = context.checkpoint
    layers = LayersOf(checkpoint)
    speakers = [(speaker.label, name) for name, speaker in checkpoint.speakers.items()]

    # What a page sends is checked in `make_plan`, whoever sent it: a component's own check would answer with a fault.
    inside: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "preprocess": False}
    # Gradio's page closes its stream of answers when nothing is queued any more, and is deaf to what it queues in that
    # moment. So only speaking is queued: nothing else that a visitor does closes a stream that Speak is about to use.
    at_once: dict[str, Any] = {**inside, "queue": False}
    # While an answer is on its way, Gradio's page drops what else a field asks, unless it is told to ask with the last.
    with_last: dict[str, Any] = {"trigger_mode": "always_last", **at_once}

    gr.HTML(HERO.format(notice=escape(checkpoint.notice)), elem_id="hero", apply_default_css=False)
    with gr.Row(equal_height=False, elem_classes="inputs"):
        with gr.Column(scale=6, min_width=300):
            text = gr.Textbox(
                EXAMPLES[0],
                label="What should it say?",
                lines=3,
                max_lines=8,
                placeholder="Type a sentence: numbers, prices and dates are welcome. Ctrl+Enter speaks it.",
                elem_id="text",
            )
            spoken = gr.HTML(
                preview(EXAMPLES[0], checkpoint, IN_ENGLISH), elem_id="spoken", apply_default_css=False
            )
            with gr.Row(elem_classes="actions"):
                speak = gr.Button(
                    "Speak", variant="primary", size="lg", scale=2, min_width=140, elem_id="speak"
                )
                stop = gr.Button(
                    "Stop", variant="stop", size="lg", scale=1, min_width=90, visible=False, elem_id="stop"
                )
            with gr.Row():
                blind = gr.Checkbox(
                    checkpoint.listenable,
                    label="Hide names until I have rated",
                    interactive=checkpoint.listenable,
                    scale=2,
                    min_width=220,
                    container=False,
                    elem_id="blind",
                )
                pairs = gr.Checkbox(
                    False,
                    label="Vote by pairs, both orders",
                    interactive=checkpoint.listenable,
                    scale=2,
                    min_width=220,
                    container=False,
                    elem_id="pairs",
                )
            examples = gr.Dataset(
                components=[text],
                samples=[[sentence] for sentence in EXAMPLES],
                label="Or try one of these",
                type="tuple",
                elem_id="examples",
            )
        with gr.Column(scale=5, min_width=300):
            variants = gr.CheckboxGroup(
                [(variant.label, variant.name) for variant in all_variants()],
                value=list(preselected(checkpoint)),
                label="Versions to compare",
                elem_id="variants",
            )
            variant_lines()
            speaker = gr.Dropdown(speakers, value=speakers[0][1], label="Speaker", elem_id="speaker")
            with gr.Row():
                seed = gr.Number(
                    0,
                    label="Seed",
                    info="Where names are shown; a blind comparison draws its own in secret.",
                    precision=0,
                    scale=2,
                    min_width=160,
                    elem_id="seed",
                )
                dice = gr.Button("New seed", size="sm", scale=1, min_width=80, elem_id="dice")
    with gr.Row(equal_height=False, elem_classes="options"):
        other = voice_panel(service, speakers)
        own = own_panel(layers, with_last)
        timing = timing_panel()
    samples = board(service.rate, service.hearing.hear)
    run = gr.State(None)
    # What the page's script hands over and presses when a page is opened by a link or loaded again.
    from_script = gr.Textbox(visible=False)
    reopen = gr.Button("Open the comparison of the link", elem_id="reopen", elem_classes="undisplayed")
    refill = gr.Button("Fill in what was there", elem_id="refill", elem_classes="undisplayed")
    sweep.build(context)

    def start(request: gr.Request, *sent: Any) -> tuple[Any, ...]:
        (
            written,
            voice,
            second,
            file,
            percent,
            number,
            names,
            *own_recipe,
            times,
            hidden,
            by_pairs,
            listener,
        ) = sent
        try:
            started = service.start(
                text=written,
                voice=VoiceChoice(voice, file, second, percent),
                seed=number,
                variants=names,
                own=OwnVariant(*own_recipe),
                repeats=times,
                blind=hidden,
                pairs=by_pairs,
                visitor=visitor_of(request),
                listener=listener_of(listener),
            )
        except DemoError as error:
            return spoken_to(request).said(problem_view(problem_of(error))), None, gr.skip(), gr.skip()
        return begun_view(started, request)

    def begun_view(started: Run, request: gr.Request) -> tuple[Any, ...]:
        view = spoken_to(request).said(board_view(started, service.waiting(started)))
        return view, started.id, gr.update(interactive=started.over), gr.update(visible=not started.over)

    def open_link(sent: Any, request: gr.Request) -> tuple[Any, ...]:
        """A page that was opened by a link, or loaded again: its fields, and its comparison."""
        none = (gr.skip(),) * len(asked)
        try:
            arrival = Arrival.read(sent)
            shown = arrival.draft or arrival.link
            filled = none if shown is None else tuple(link_fields(shown, service, speakers))
            if arrival.link is None:
                return *filled, gr.skip(), gr.skip(), gr.skip(), gr.skip()
            started = service.open_link(arrival.link, visitor_of(request), arrival.listener)
        except DemoError as error:
            return *none, spoken_to(request).said(problem_view(problem_of(error))), None, gr.skip(), gr.skip()
        return *filled, *begun_view(started, request)

    def fill(sent: Any) -> tuple[Any, ...]:
        """The fields as they were before the page was loaded again."""
        try:
            draft = Arrival.read(sent).draft
        except DemoError:
            draft = None
        return (gr.skip(),) * len(asked) if draft is None else tuple(link_fields(draft, service, speakers))

    async def follow(run_id: object, request: gr.Request) -> AsyncIterator[Any]:
        catalog = spoken_to(request)
        yield (
            gr.skip(),
            gr.skip(),
        )  # events that yield nothing empty what they are bound to, the label of Speak too
        usable: bool | None = None
        async for running in service.follow(run_id):
            before, usable = usable, not running.speaking
            button = gr.skip() if usable == before else gr.update(interactive=usable)  # an update is costly
            yield catalog.said(board_view(running, service.waiting(running))), button

    def stop_run(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        service.stop(run_id)
        return rest(run_id, request)

    def rest(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        latest = service.find(run_id)
        if latest is None:
            return gr.skip(), gr.update(interactive=True), gr.update(visible=False)
        if not latest.over:
            return gr.skip(), gr.skip(), gr.skip()
        view = spoken_to(request).said(board_view(latest))
        return view, gr.update(interactive=True), gr.update(visible=False)

    def leave(request: gr.Request) -> None:
        service.leave(request.session_hash)

    def show_command(request: gr.Request, *sent: Any) -> str:
        written, names, who, second, part, number, times, wanted, percent, quantised, changed, left = sent
        line = command(
            checkpoint,
            text=written,
            variants=names,
            speaker="YOUR-SPEAKER.npy" if who == UPLOADED else who,
            blend_with=second,
            share_percent=part,
            seed=number,
            repeats=times,
            own=wanted,
            percent=percent,
            int8=quantised,
            include=changed,
            exclude=left,
        )
        label, shown_line = escape(spoken_to(request).said(Message("Command"))), escape(line)
        return f'<pre class="command" tabindex="0" aria-label="{label}"><span translate="no">{shown_line}</span></pre>'

    def say_spoken(written: object, request: gr.Request) -> str:
        return preview(written, checkpoint, spoken_to(request))

    def name_upload(token: object, chosen: object, request: gr.Request) -> Any:
        """The menu names the voice in use, wherever it is from."""
        try:
            label = service.uploads.find(token).label if isinstance(token, str) else ""
        except DemoError:
            label = ""
        if label:
            mine = (spoken_to(request).said(label), UPLOADED)
            return gr.update(choices=[mine, *speakers], value=UPLOADED)
        known = [name for _, name in speakers]
        # A known choice is left alone: another may have been made since.
        return gr.update(choices=speakers) if chosen in known else gr.update(choices=speakers, value=known[0])

    asked: list[Any] = [
        text,
        speaker,
        other.blend_with,
        other.upload,
        other.share,
        seed,
        variants,
        own.added,
        own.amount,
        own.int8,
        own.include,
        own.exclude,
        timing.repeats,
        blind,
        pairs,
    ]
    answered = [samples, run, speak, stop]
    ask_once = {"js": "(...sent) => window.speecht5.ask(sent)", "trigger_mode": "once", **at_once}
    begun = speak.click(start, [*asked, from_script], answered, **ask_once)
    begun.then(None, None, None, js="() => window.speecht5.answered()", **at_once)
    begun.failure(None, None, None, js="() => window.speecht5.unanswered()", **at_once)
    arrive = {"js": "() => [window.speecht5.arrived()]", "trigger_mode": "once", **at_once}
    opened = reopen.click(open_link, from_script, [*asked, *answered], **arrive)
    refilled = refill.click(fill, from_script, asked, **arrive)
    for event in (opened, refilled):
        event.then(None, asked, None, js="(...values) => window.speecht5.filled(values)", **at_once)
    for event in (begun, opened):
        followed = event.then(
            follow, run, [samples, speak], trigger_mode="multiple", concurrency_limit=None, **inside
        )
        followed.then(rest, run, [samples, speak, stop], trigger_mode="multiple", **at_once)
    gr.on(
        [field.change for field in asked],
        None,
        asked,
        None,
        js="(...values) => window.speecht5.keep(values)",
        **with_last,
    )
    demo.load(None, asked, None, js="(...values) => window.speecht5.arrive(values)", **at_once)
    stop.click(stop_run, run, [samples, speak, stop], **at_once)
    described = [
        text,
        variants,
        speaker,
        other.blend_with,
        other.share,
        seed,
        timing.repeats,
        own.added,
        own.amount,
        own.int8,
        own.include,
        own.exclude,
    ]
    timing.typed.click(show_command, described, timing.shown, **with_last)
    other.upload.input(name_upload, [other.upload, speaker], speaker, **with_last)
    from_menu = f"(chosen) => {{ if (chosen !== '{UPLOADED}') window.speecht5.chooseFromMenu() }}"
    speaker.input(None, speaker, None, js=from_menu, **at_once)
    examples.click(example_text, examples, text, **with_last)
    dice.click(lambda: secrets.randbelow(10_000), None, seed, **at_once)
    text.change(say_spoken, text, spoken, **with_last)
    gradio_api(compare_endpoint(service), api_name="compare", concurrency_limit=None)
    demo.unload(leave)
    return service
