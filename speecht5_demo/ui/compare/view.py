"""The one place that decides what a page may know.

`board_view` is all that a browser is ever told about a run. While a run is blind and not all of its samples
are rated, a card is a letter, a ticket, its audio and what this visitor rated: no name, no figure, no
picture, no timing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from speecht5_demo.machine import this_machine
from speecht5_demo.messages import Message, joined
from speecht5_demo.rendering.wording import megabytes
from speecht5_demo.ui.compare.bundle import ADDRESS as BUNDLE
from speecht5_demo.ui.compare.cards import LETTERS, Card
from speecht5_demo.ui.compare.clips import ADDRESS as CLIPS
from speecht5_demo.ui.compare.difference import ADDRESS as DIFFERENCE
from speecht5_demo.ui.compare.difference import difference_of
from speecht5_demo.ui.compare.figures import Cell, Change, Fact, change, overlap, row, seconds
from speecht5_demo.ui.compare.heard import heard_view
from speecht5_demo.ui.compare.levels import RULE, volume
from speecht5_demo.ui.compare.live import ADDRESS, LiveSample
from speecht5_demo.ui.compare.pairs import pair_views, votes_for
from speecht5_demo.ui.compare.result import result_sentences
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.status import share_note, status, time_left
from speecht5_demo.ui.compare.taken import ADDRESS as TAKEN

LEVELS = Message(
    "All samples are played at the same loudness, as in a study: BS.1770, {lufs} LUFS, no peak above {peak} dBFS.",
    lufs=f"{RULE.target_lufs:g}".replace("-", "\N{MINUS SIGN}"),
    peak=f"{RULE.peak_dbfs:g}".replace("-", "\N{MINUS SIGN}"),
)
MEASURING = Message("measuring…")


def board_view(run: Run, waiting: tuple[int, float] = (0, 0.0)) -> dict[str, object]:
    """A snapshot of the run for its visitor's page.

    Args:
        run: what was asked for.
        waiting: how many are served before it, and about how many seconds that takes.
    """
    revision = run.next_revision()
    revealed = run.revealed
    early, cards = run.heard_early, run.cards
    in_pairs = run.plan.pairs and not revealed
    return {
        "run": run.session_id,
        "opened": run.opened_ms,
        "revision": revision,
        "status": status(run, revealed, waiting),
        "problem": run.problem,
        "progress": _progress(run, revealed),
        "spoken": run.plan.spoken_text,
        "voice": run.plan.speaker.label,
        "levels": LEVELS if run.plan.listenable else "",
        "link": run.link,
        "share": share_note(run),
        "expected": len(run.order)
        if run.speaking and not run.cancel.is_set()
        else 0
        if in_pairs
        else len(cards),
        "making": _making(run),
        "left": time_left(run),
        "cards": []
        if in_pairs
        else [_card(run, card, revealed) for card in cards]
        + [_live_card(run, live) for live in early if live.index >= len(cards)],
        "pairs": pair_views(run.trials, _audio_of(run)) if in_pairs and not run.speaking else None,
        "table": _table(run, cards) if revealed and not run.speaking and cards else None,
        "heard": heard_view(run),
    }


def problem_view(sentence: str) -> dict[str, object]:
    """What the page shows when a run could not even begin; its earlier samples stay."""
    return {"run": None, "revision": 0, "problem": sentence}


def _making(run: Run) -> dict[str, object] | None:
    """How far the sample is that is spoken now: of a blind run by the clock alone."""
    if run.phase != "speaking":
        return None
    making, (piece, pieces) = run.making, run.part
    part = Message("Speaking…")
    if pieces > 1 and not run.plan.blind:
        part = Message("Speaking part {part} of {parts}…", part=piece + 1, parts=pieces)
    return {"share": None if making is None else round(making[0], 3), "words": part}


def _progress(run: Run, revealed: bool) -> float | None:
    if run.speaking:
        return run.progress
    if run.phase == "measuring" and revealed:
        return run.runs_done / (run.plan.repeats * len(run.order))
    return None


def _card(run: Run, card: Card, revealed: bool) -> dict[str, object]:
    name = (
        f"{card.sample.speaker}-{card.variant.name}-seed{card.sample.seed}"
        if revealed
        else f"sample-{card.letter}"
    )
    return {
        "letter": card.letter,
        "ticket": card.ticket,
        "rating": card.rating,
        "scored": not run.plan.pairs,
        "may_correct": card.rating is not None and not revealed,
        "cut_off": revealed and not card.sample.ended,
        "audio": {
            **_audio_of(run)(card),
            "taken": TAKEN + card.ticket,
            "download": f"{name}.wav",
            "at_once": run.may_play_live(card.variant),
        }
        if run.plan.listenable
        else None,
        "reveal": _reveal(run, card) if revealed else None,
    }


def _audio_of(run: Run) -> Callable[[Card], dict[str, object]]:
    """What a page needs to play a card."""
    company = [other.clip.level for other in run.made]
    return lambda card: {
        "url": CLIPS + card.clip.audio.name,
        "seconds": round(card.sample.audio_seconds, 3),
        "volume": volume(card.clip.level, company),
    }


def _live_card(run: Run, live: LiveSample) -> dict[str, object]:
    """A sample that can be played already; it is rated, downloaded and measured when it is whole."""
    return {
        "letter": LETTERS[live.index],
        "ticket": live.ticket,
        "rating": None,
        "cut_off": False,
        "label": None if run.plan.blind else live.variant.label,
        "audio": {"live": f"{ADDRESS}{live.token}"},
        "reveal": None,
    }


def _reveal(run: Run, card: Card) -> dict[str, object]:
    sample, latency = card.sample, card.sample.latency
    stages = (("encode", latency.encode), ("decode", latency.decode), ("vocode", latency.vocode))
    done, wanted = len(latency.runs), run.plan.repeats
    return {
        "label": card.variant.label,
        "name": card.variant.name,
        "voice": run.plan.speaker.label,
        "explanation": Message(card.variant.explanation),
        "latency": {
            "median": seconds(latency.median),
            "note": Message("median of {done} runs", done=done)
            if done == wanted and done > 1
            else Message("{done} of {wanted} runs", done=done, wanted=wanted),
            "change": _latency_change(run, card),
            "stages": [
                {
                    "name": Message(name),
                    "seconds": seconds(value),
                    "share": round(1000 * value / max(sum(part for _, part in stages), 1e-9), 1),
                }
                for name, value in stages
            ],
        },
        "facts": _facts(run, card),
        "spectrogram": {
            "day": CLIPS + card.clip.day.name,
            "night": CLIPS + card.clip.night.name,
            "alt": Message(
                "Mel spectrogram of {version}, {length} seconds",
                version=card.variant.label,
                length=f"{sample.audio_seconds:.1f}",
            ),
        },
        "difference": _difference(run, card),
    }


def _difference(run: Run, card: Card) -> dict[str, object] | None:
    found = difference_of(run, card) if run.over else None
    if found is None:
        return None
    address = f"{DIFFERENCE}{run.id}/{card.letter}/"
    return {
        "day": f"{address}day.png",
        "night": f"{address}night.png",
        "aligned": found.aligned,
        "sentence": found.sentence,
    }


def _latency_change(run: Run, card: Card) -> Change | None:
    """None until all is timed, "no clear change" where the runs of both overlap: figures, not noise."""
    baseline = run.baseline
    if baseline is None or baseline is card or not run.over:
        return None
    mine, base = card.sample.latency, baseline.sample.latency
    if overlap(mine.runs, base.runs):
        return {"text": Message("no clear change"), "direction": ""}
    return change(mine.median, base.median, "{share} faster", "{share} slower")


def _first_audio_s(card: Card) -> float | None:
    """Seconds until there is something to play, once they are known: a variant that cannot stream plays when whole."""
    if not card.variant.streams:
        return card.sample.latency.median
    return card.first_audio_s


def _first_audio(run: Run, card: Card) -> str:
    value = _first_audio_s(card)
    if value is None:
        return Message("not measured") if run.over else MEASURING
    return seconds(value)


def _first_audio_change(run: Run, card: Card) -> Change | None:
    baseline, value = run.baseline, _first_audio_s(card)
    if baseline is None or not card.variant.streams or value is None or not run.over:
        return None
    return change(value, _first_audio_s(baseline), "{share} sooner", "{share} later")


def _size_change(run: Run, card: Card, attribute: str) -> Change | None:
    baseline = run.baseline
    if baseline is None or baseline is card or baseline.sizes is None or card.sizes is None:
        return None
    mine, base = (getattr(sizes, attribute) for sizes in (card.sizes, baseline.sizes))
    return change(mine, base, "{share} smaller", "{share} larger")


def _facts(run: Run, card: Card) -> list[Fact]:
    sample, sizes = card.sample, card.sizes
    level = card.clip.level
    rows = [
        row("RTF", f"{sample.rtf:.3f}"),
        row("p90", seconds(sample.latency.p90)),
        row("First audio", _first_audio(run, card), _first_audio_change(run, card)),
        row(
            "Audio",
            Message("{length} s in {steps} steps", length=f"{sample.audio_seconds:.2f}", steps=sample.steps),
        ),
    ]
    if level is not None:
        rows.append(row("Level", Message("changed by {gain} dB", gain=f"{level.gain_db:+.1f}")))
    if sizes is None:
        return [*rows, row("On disk", MEASURING)]
    return [
        *rows,
        row("On disk", f"{megabytes(sizes.disk_bytes)} MB", _size_change(run, card, "disk_bytes")),
        row("– vocoder", f"{megabytes(sizes.vocoder_disk_bytes)} MB"),
        row("Zipped", f"{megabytes(sizes.zip_bytes)} MB", _size_change(run, card, "zip_bytes")),
        row("In memory", f"{megabytes(sizes.resident_bytes)} MB", _size_change(run, card, "resident_bytes")),
        row(
            "Not zero",
            Message(
                "{share} of {all} M",
                share=f"{sizes.nonzero_parameters / sizes.parameters:.0%}",
                all=f"{sizes.parameters / 1e6:.1f}",
            ),
        ),
    ]


HEAD = ("Sample", "You said", "Latency", "Real-time factor", "First audio", "On disk", "Zipped")


def _table(run: Run, cards: list[Card]) -> dict[str, object]:
    place = {variant.name: index for index, variant in enumerate(run.plan.variants)}
    return {
        "caption": Message("What you heard and what it costs"),
        "result": result_sentences(run),
        "bundle": BUNDLE + run.id if run.over and run.plan.listenable else None,
        "note": joined(" ", [*_notes(run), _measured_on()]),
        "head": [Message(name) for name in HEAD],
        "rows": [
            {
                "letter": card.letter,
                "label": card.variant.label,
                "rating": card.rating,
                "votes": votes_for(run.trials, card) if run.trials else None,
                "cells": [
                    {"text": seconds(card.sample.latency.median), "change": _latency_change(run, card)},
                    {"text": f"{card.sample.rtf:.3f}", "change": None},
                    {"text": _first_audio(run, card), "change": None},
                    _size_cell(run, card, "disk_bytes"),
                    _size_cell(run, card, "zip_bytes"),
                ],
            }
            for card in sorted(cards, key=lambda card: place[card.variant.name])
        ],
    }


def _notes(run: Run) -> list[str]:
    notes: list[str] = []
    if run.plan.word:
        notes.append(Message("Seed {seed}, drawn in secret for this comparison.", seed=run.plan.seed))
    if run.before.revealed:
        notes.insert(
            0, Message("You have seen these names before, so ratings given here count as not blind.")
        )
    if run.disturbed:
        notes.append(
            Message("1 timed run was thrown away because somebody waited for the voice.")
            if run.disturbed == 1
            else Message(
                "{runs} timed runs were thrown away because somebody waited for the voice.",
                runs=run.disturbed,
            )
        )
    return notes


def _size_cell(run: Run, card: Card, attribute: str) -> Cell:
    if card.sizes is None:
        return {"text": MEASURING, "change": None}
    return {
        "text": f"{megabytes(getattr(card.sizes, attribute))} MB",
        "change": _size_change(run, card, attribute),
    }


@cache
def _measured_on() -> str:
    machine = this_machine()
    threads = Message("1 thread")
    if machine.threads != 1:
        threads = Message("{threads} threads", threads=machine.threads)
    return Message(
        "Latency is of the model alone, measured here: {cpu}, {threads}, torch {torch}.",
        cpu=machine.cpu,
        threads=threads,
        torch=machine.torch,
    )
