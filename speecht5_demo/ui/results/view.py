"""What a visitor sees of the results, as the pieces of HTML that the page shows."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from datetime import UTC, datetime

from speecht5_demo.hosting.uploader import UploadState
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.manifest import Manifest, Stimulus, clip_path
from speecht5_demo.rendering.html_table import Markup, table
from speecht5_demo.rendering.wording import counted, ends
from speecht5_demo.report import pieces
from speecht5_demo.report.charts import Cost, bounds, cost_chart
from speecht5_demo.report.claims_table import claims_piece
from speecht5_demo.ui.results.service import ResultsService, ResultsView

COSTS = (("seconds", "seconds for one sentence"), ("megabytes", "megabytes on disk"))


@dataclass(frozen=True)
class View:
    """The page's parts, each a piece of HTML."""

    lead: str
    scores: str
    differences: str
    cost: str
    listeners: str
    claims: str
    methods: str


class DrawnPages:
    """Pages by the state of the files they show, so that a page is drawn once for all who see the same."""

    def __init__(self) -> None:
        self._drawn: dict[bool, tuple[object, View]] = {}

    def page_of(self, seen: ResultsView) -> View:
        """The page of what a visitor sees."""
        known = self._drawn.get(seen.owner)
        if known is None or known[0] != seen.signature:
            known = self._drawn[seen.owner] = (seen.signature, view(seen))
        return known[1]


def alert(sentence: str) -> str:
    """Why something was not done."""
    return f'<p role="alert">{html.escape(sentence)}</p>'


def disk_piece(sentence: str) -> str:
    """The disk's warning, where there is one."""
    return _frame(f'<p class="mark">{html.escape(sentence)}</p>') if sentence else ""


def ready_file(address: str, name: str) -> str:
    """A file that was asked for."""
    name = html.escape(name)
    return f'<p role="status"><a class="ready" href="{html.escape(address)}" download="{name}">{name}</a></p>'


def uploading(state: UploadState) -> str:
    """Whether ratings reach the hub."""
    return _frame(_uploading(state))


def view(seen: ResultsView) -> View:
    """Everything the page shows."""
    analysis, headline = seen.analysis, seen.analysis.headline
    casual = ""
    if analysis.casual:
        casual = (
            "<h2>Casual ratings</h2><p>Blind ratings from the Compare page, kept apart from the study.</p>"
        )
        casual += pieces.mos_table("Casual scores", analysis.casual.variants)
    return View(
        lead=_frame(_lead(seen)),
        scores=_frame(
            pieces.scores_piece("page", headline, analysis.settings.scale)
            + "<h2>Grades</h2>"
            + pieces.distribution_piece("page", headline, analysis.settings.scale)
            + pieces.mos_table("Scores by speaker", analysis.by["speaker"], "Speaker")
            + pieces.mos_table("Scores by source", analysis.by["source"], "Source")
            + casual
        ),
        differences=_frame(
            pieces.differences_piece("page", headline, analysis.settings.margin)
            + pieces.noise_floor_piece(analysis)
            + pieces.preference_piece(analysis.preferences)
            + pieces.casual_preference_piece(analysis)
            + pieces.sensitivity_piece(analysis)
        ),
        cost=_frame(cost_piece(seen)),
        listeners=_frame(
            (pieces.suspicion_piece(analysis, seen.refusals) if seen.owner else "")
            + pieces.screening_piece(analysis, seen.owner)
            + pieces.order_piece(analysis)
            + pieces.excluded_piece(analysis)
        ),
        claims=_frame(claims_piece(seen.claims) + _files(seen)),
        methods=_frame(pieces.methods_piece(analysis)),
    )


def _frame(content: str) -> str:
    return f'<div class="chart-report" lang="en" dir="ltr">{content}</div>'


def _lead(seen: ResultsView) -> str:
    parts = [
        "<h1>What listeners heard</h1>",
        f"<p>{html.escape(pieces.headline_sentence(seen.analysis))}</p>",
    ]
    progress = seen.progress
    if progress.title:
        parts.append(
            f"<p>Study <strong>{html.escape(progress.title)}</strong>: {counted(progress.started, 'session')} started, "
            f"{progress.finished} finished, {counted(progress.ratings, 'rating')}.</p>"
        )
    if seen.sealed:
        parts.append(
            '<p class="mark"><strong>The blind study is running.</strong> Its scores stay sealed until its owner '
            "publishes them; shown here are casual ratings from the Compare page.</p>"
        )
    elif seen.running:
        parts.append(
            '<p class="mark"><strong>Not complete.</strong> This study is still running. Verdicts and the thick '
            "intervals hold for one look at the end; only the thin intervals stay valid while you watch.</p>"
        )
    return "".join(parts)


def _uploading(state: UploadState) -> str:
    repo = html.escape(state.place)
    if state.problem:
        return f'<p class="mark">Ratings are not reaching {repo}: {html.escape(state.problem[:300])}</p>'
    if state.last_success is None:
        return f"<p>Ratings are on their way to {repo}.</p>"
    when = datetime.fromtimestamp(state.last_success, UTC).strftime("%H:%M UTC")
    return f"<p>Ratings were uploaded to {repo} at {when}.</p>"


def cost_piece(seen: ResultsView) -> str:
    """MOS against seconds and megabytes, for variants that have both figures."""
    parts = []
    for quantity, axis in COSTS:
        points = [
            Cost(one.variant, found.value, one.mos, bounds(one.ci95))
            for one in seen.analysis.headline.variants
            if bounds(one.ci95) and (found := seen.measured.best(quantity, one.variant)) is not None
        ]
        parts.append(f"<h2>MOS against {axis}</h2>")
        if not points:
            parts.append(
                "<p>No variant has both a score that rests on enough ratings and a measured cost. Measure with "
                "<code>python -m speecht5_demo benchmark --checkpoint random-full --json "
                "results/benchmark.json</code>.</p>"
            )
            continue
        parts.append(cost_chart(f"page-{quantity}", points, axis))
        rows = [[one.variant, f"{one.cost:.3g}", f"{one.score:.2f}", ends(one.interval)] for one in points]
        parts.append(table(f"MOS and {axis}", ["Variant", axis, "MOS", "95 % interval"], rows))
        sources = [one.source for one in seen.measured.measurements if one.quantity == quantity]
        cpus = sorted({one.machine.cpu for one in sources if one.machine})
        voices = sorted({one.checkpoint for one in sources})
        source = f"Measured on {', '.join(cpus)}; checkpoint {', '.join(voices)}."
        source += f" Heard: checkpoint {', '.join(seen.analysis.collected.checkpoints) or 'unknown'}."
        parts.append(f'<p class="key">{html.escape(source)}</p>')
    return "".join(parts)


def _files(seen: ResultsView) -> str:
    names = ", ".join(path.name for path in seen.measured.files) or "none yet"
    text = f'<p class="key">Result files: {html.escape(names)}. Listeners: the ratings this page shows.</p>'
    return text + "".join(f"<p>{html.escape(problem)}</p>" for problem in seen.measured.problems)


def sentences(seen: ResultsView) -> list[tuple[str, str]]:
    """Sentences that have counted ratings, for the drill-down: what they say, and their ids."""
    rated = sorted({one.group[0][1] for one in seen.analysis.by["sentence"]})
    return [(seen.texts.get(each, each), each) for each in rated]


def sentence_piece(service: ResultsService, seen: ResultsView, sentence: str) -> str:
    """One sentence: its numbers, and its clips where this visitor may hear which is which."""
    rows = [one for one in seen.analysis.by["sentence"] if one.group == (("sentence_key", sentence),)]
    if not rows:
        return _frame("<p>Choose a sentence that has ratings.</p>")
    manifest = None if seen.sealed or seen.analysis.source != "study" else service.manifest
    clips = [] if manifest is None else [one for one in manifest.stimuli if one.sentence_id == sentence]
    text = next((one.text for one in clips), seen.texts.get(sentence, ""))
    head = f"<blockquote>{html.escape(text)}</blockquote>" if text else ""
    numbers = table(
        "Ratings of this sentence",
        ["Variant", "MOS", "95 % interval over listeners", "ratings", "listeners", "1 / 2 / 3 / 4 / 5"],
        [_numbers(one) for one in rows],
    )
    return _frame(head + numbers + (_audio(service, manifest, clips) if manifest else ""))


def _numbers(one: Mos) -> list[object]:
    return [
        one.variant,
        f"{one.mos:.2f}",
        pieces.interval_text(one.ci95_listener),
        one.n_ratings,
        one.n_listeners,
        " / ".join(map(str, one.counts)),
    ]


def _audio(service: ResultsService, manifest: Manifest, clips: list[Stimulus]) -> str:
    """Players whose sound is part of the page: no address tells a listener which clip is which."""
    rows = []
    for one in sorted(
        clips, key=lambda clip: (clip.variant != manifest.study.baseline, clip.variant, clip.role)
    ):
        path = clip_path(service.study_folder, one)
        if not path.is_file():
            continue
        sound = base64.b64encode(path.read_bytes()).decode()
        name = f"{one.variant}, {one.speaker}" + ("" if one.role == "test" else f" ({one.role})")
        player = (
            f'<audio controls preload="none" aria-label="{html.escape(name)}" '
            f'src="data:audio/wav;base64,{sound}"></audio>'
        )
        rows.append([name, f"{one.audio_s:.1f}", Markup(player)])
    return table("Clips of this sentence", ["Clip", "seconds", "listen"], rows)
