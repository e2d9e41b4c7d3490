"""What a visitor sees of the results, in the visitor's language, as the pieces of HTML that the page shows."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from speecht5_demo.hosting.uploader import UploadState
from speecht5_demo.listening.analysis.interval import bounds
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.manifest import Manifest, Stimulus, clip_path
from speecht5_demo.messages import Message, drawn_for, messages, told
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import Markup, escaped, framed, heading, in_english, paragraph
from speecht5_demo.rendering.wording import counted, ends
from speecht5_demo.report import pieces, sessions
from speecht5_demo.report.charts import Cost, cost_chart
from speecht5_demo.report.claims_table import claims_piece
from speecht5_demo.report.tables import interval_text, mos_table
from speecht5_demo.ui.languages import IN_ENGLISH, Catalog
from speecht5_demo.ui.results.service import ResultsService, ResultsView

COSTS = (
    ("seconds", Message("seconds for one sentence")),
    ("megabytes", Message("megabytes on disk")),
)

MEASURE = Markup(
    "<code>python -m speecht5_demo benchmark --checkpoint random-full --json results/benchmark.json</code>"
)


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
        self._drawn: dict[tuple[bool, Catalog], tuple[object, View]] = {}

    def page_of(self, seen: ResultsView, catalog: Catalog = IN_ENGLISH) -> View:
        """The page of what a visitor sees, in a language."""
        known = self._drawn.get((seen.owner, catalog))
        if known is None or known[0] != seen.signature:
            with drawn_for(catalog):
                known = self._drawn[seen.owner, catalog] = (seen.signature, view(seen))
        return known[1]


def alert(sentence: str) -> str:
    """Why something was not done."""
    return f'<p role="alert">{escaped(sentence)}</p>'


def status(sentence: str) -> str:
    """That something was done."""
    return f'<p role="status">{escaped(sentence)}</p>'


def disk_piece(sentence: str) -> str:
    """The disk's warning, where there is one."""
    return framed(paragraph(sentence, "mark")) if sentence else ""


def ready_file(address: str, name: str) -> str:
    """A file that was asked for."""
    name = escaped(name)
    return f'<p role="status"><a class="ready" href="{escaped(address)}" download="{name}">{name}</a></p>'


def uploading(state: UploadState) -> str:
    """Whether ratings reach the hub."""
    return framed(_uploading(state))


def view(seen: ResultsView) -> View:
    """Everything the page shows, in the language of who reads."""
    analysis, headline = seen.analysis, seen.analysis.headline
    casual = ""
    if analysis.casual:
        casual = heading(Message("Casual ratings"))
        casual += paragraph(Message("Blind ratings from the Compare page, kept apart from the study."))
        casual += mos_table(Message("Casual scores"), analysis.casual.variants)
    grades = pieces.distribution_piece("page", headline, analysis.settings)
    return View(
        lead=framed(_lead(seen)),
        scores=framed(
            pieces.scores_piece("page", headline, analysis.settings)
            + (heading(Message("Grades")) + grades if grades else "")
            + mos_table(Message("Scores by speaker"), analysis.by["speaker"], Message("Speaker"))
            + mos_table(Message("Scores by source"), analysis.by["source"], Message("Source"))
            + casual
        ),
        differences=framed(
            pieces.differences_piece("page", headline, analysis.settings.margin)
            + pieces.noise_floor_piece(analysis)
            + pieces.preference_piece(analysis.preferences)
            + pieces.casual_preference_piece(analysis)
            + pieces.sensitivity_piece(analysis)
        ),
        cost=framed(cost_piece(seen)),
        listeners=framed(
            (sessions.suspicion_piece(analysis, seen.refusals) if seen.owner else "")
            + sessions.screening_piece(analysis, seen.owner)
            + pieces.order_piece(analysis)
            + sessions.excluded_piece(analysis)
        ),
        claims=framed(claims_piece(seen.claims) + _files(seen)),
        methods=framed(pieces.methods_piece(analysis, level=2)),
    )


def _lead(seen: ResultsView) -> str:
    parts = [
        heading(Message("What listeners heard"), 1),
        paragraph(pieces.headline_sentence(seen.analysis)),
    ]
    progress = seen.progress
    if progress.title:
        parts.append(
            paragraph(
                Message(
                    "Study {title}: {sessions} started, {finished} finished, {ratings}.",
                    title=_strong(progress.title),
                    sessions=counted(progress.started, "session"),
                    finished=progress.finished,
                    ratings=counted(progress.ratings, "rating"),
                )
            )
        )
    if seen.sealed:
        sealed = Message(
            "{running} Its scores stay sealed until its owner publishes them; shown here are casual ratings from the "
            "Compare page.",
            running=_strong(Message("The blind study is running.")),
        )
        parts.append(paragraph(sealed, "mark"))
    elif seen.running:
        watched = Message(
            "{incomplete} This study is still running. Verdicts and the thick intervals hold for one look at the end; "
            "only the thin intervals stay valid while you watch.",
            incomplete=_strong(Message("Not complete.")),
        )
        parts.append(paragraph(watched, "mark"))
    return "".join(parts)


def _strong(text: str) -> Markup:
    return Markup(f"<strong>{escaped(text)}</strong>")


def _uploading(state: UploadState) -> str:
    if state.problem:
        why = in_english(state.problem[:300])
        return paragraph(
            Message("Ratings are not reaching {place}: {why}", place=state.place, why=why), "mark"
        )
    if state.last_success is None:
        return paragraph(Message("Ratings are on their way to {place}.", place=state.place))
    when = datetime.fromtimestamp(state.last_success, UTC).strftime("%H:%M UTC")
    return paragraph(Message("Ratings were uploaded to {place} at {when}.", place=state.place, when=when))


def cost_piece(seen: ResultsView) -> str:
    """MOS against seconds and megabytes, for variants that have both figures."""
    parts = []
    for quantity, axis in COSTS:
        points = [
            Cost(one.variant, found.value, one.mos, bounds(one.ci95))
            for one in seen.analysis.headline.variants
            if bounds(one.ci95) and (found := seen.measured.best(quantity, one.variant)) is not None
        ]
        parts.append(heading(Message("MOS against {axis}", axis=axis)))
        if not points:
            none = Message(
                "No variant has both a score that rests on enough ratings and a measured cost. Measure with {command}.",
                command=MEASURE,
            )
            parts.append(paragraph(none))
            continue
        parts.append(cost_chart(f"page-{quantity}", points, axis))
        rows = [[one.variant, f"{one.cost:.3g}", f"{one.score:.2f}", ends(one.interval)] for one in points]
        head = [Message("Variant"), axis, *messages("MOS", "95 % interval")]
        parts.append(table(Message("MOS and {axis}", axis=axis), head, rows))
        sources = [one.source for one in seen.measured.measurements if one.quantity == quantity]
        cpus = sorted({one.machine.cpu for one in sources if one.machine})
        voices = sorted({one.checkpoint for one in sources})
        source = Message(
            "Measured on {cpus}; checkpoint {voices}. Heard: checkpoint {heard}.",
            cpus=", ".join(cpus),
            voices=", ".join(voices),
            heard=", ".join(seen.analysis.collected.checkpoints) or Message("unknown"),
        )
        parts.append(paragraph(source, "key"))
    return "".join(parts)


def _files(seen: ResultsView) -> str:
    names = ", ".join(path.name for path in seen.measured.files) or Message("none yet")
    text = Message("Result files: {names}. Listeners: the ratings this page shows.", names=names)
    problems = "".join(f"<p>{in_english(problem)}</p>" for problem in seen.measured.problems)
    return paragraph(text, "key") + problems


def sentences(seen: ResultsView) -> list[tuple[str, str]]:
    """Sentences that have counted ratings, for the drill-down: what they say, and their ids."""
    rated = sorted({one.group[0][1] for one in seen.analysis.by["sentence"]})
    return [(seen.texts.get(each, each), each) for each in rated]


def sentence_piece(service: ResultsService, seen: ResultsView, sentence: str) -> str:
    """One sentence: its numbers, and its clips where this visitor may hear which is which."""
    rows = [one for one in seen.analysis.by["sentence"] if one.group == (("sentence_key", sentence),)]
    if not rows:
        return framed(paragraph(Message("Choose a sentence that has ratings.")))
    manifest = None if seen.sealed or seen.analysis.source != "study" else service.manifest
    clips = [] if manifest is None else [one for one in manifest.stimuli if one.sentence_id == sentence]
    text = next((one.text for one in clips), seen.texts.get(sentence, ""))
    head = f"<blockquote>{in_english(text)}</blockquote>" if text else ""
    columns = messages("Variant", "MOS", "95 % interval over listeners", "ratings", "listeners")
    numbers = table(
        Message("Ratings of this sentence"), [*columns, "1 / 2 / 3 / 4 / 5"], [_numbers(one) for one in rows]
    )
    return framed(head + numbers + (_audio(service, manifest, clips) if manifest else ""))


def _numbers(one: Mos) -> list[object]:
    return [
        one.variant,
        f"{one.mos:.2f}",
        interval_text(one.ci95_listener),
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
        role = "" if one.role == "test" else f" ({told(Message(one.role))})"
        name = f"{one.variant}, {one.speaker}{role}"
        player = (
            f'<audio controls preload="none" aria-label="{escaped(name)}" '
            f'src="data:audio/wav;base64,{sound}"></audio>'
        )
        rows.append([name, f"{one.audio_s:.1f}", Markup(player)])
    return table(Message("Clips of this sentence"), messages("Clip", "seconds", "listen"), rows)
