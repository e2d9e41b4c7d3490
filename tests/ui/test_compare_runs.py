"""A run from start to reveal, as the server sees it."""

from __future__ import annotations

import io
import json
import threading
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import soundfile
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.errors import DemoError
from speecht5_demo.synthesis import Speech
from speecht5_demo.ui.compare import runs
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.plan import OwnVariant
from speecht5_demo.ui.compare.rating import rating_row
from speecht5_demo.ui.compare.runs import DROPPED, KEPT_A_SESSION, Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.compare.voice_queue import BusyError
from speecht5_demo.ui.languages import catalogs
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.variants import all_variants
from tests.support.random_words import without_random_words
from tests.ui.conftest import Guest

TELLING = [word for variant in all_variants() for word in (variant.name, variant.label, variant.explanation)]


def silent(view: object) -> str:
    return without_random_words(json.dumps(view, ensure_ascii=False).encode()).decode()


def told(run: Run) -> str:
    return silent(board_view(run))


def rate_all(visitor: Guest, run: Run, score: int = 4) -> list[dict[str, object]]:
    return [visitor.service.rate({"ticket": card.ticket, "rating": score}) for card in run.cards]


def test_no_snapshot_of_a_blind_run_tells_a_name_or_a_figure(visitor: Guest) -> None:
    snapshots = []
    for run in visitor.by_hand():
        snapshots.append(told(run))
    assert run.over
    snapshots += [
        silent(visitor.service.rate({"ticket": card.ticket, "rating": 2})) for card in run.cards[:-1]
    ]
    snapshots = [snapshot.replace("versions=baseline+int8+pruned&", "") for snapshot in snapshots]
    assert len(snapshots) > 5
    for snapshot in snapshots:
        assert not [word for word in TELLING if word in snapshot]
        assert not [
            word for word in ("latency", "rtf", " MB", ".png", "faster", "smaller") if word in snapshot
        ]


def test_the_last_rating_reveals_names_and_figures(visitor: Guest) -> None:
    run = visitor.finish(visitor.start())
    answers = rate_all(visitor, run)
    board = answers[-1]["board"]
    assert isinstance(board, dict)
    assert {card["reveal"]["name"] for card in board["cards"]} == {"baseline", "int8", "pruned"}
    assert [row["rating"] for row in board["table"]["rows"]] == [4, 4, 4]


def test_a_rating_can_be_corrected_until_the_names_are_known(visitor: Guest, tmp_path: Path) -> None:
    run = visitor.finish(visitor.start(variants=["baseline", "int8"]))
    ticket = run.cards[0].ticket

    def send(score: int, **more: object) -> dict[str, object]:
        return visitor.service.rate({"ticket": ticket, "rating": score, **more})

    assert send(2)["rating"] == 2
    assert send(3)["rating"] == 2, "a ticket counts once"
    assert send(4, correct=True)["rating"] == 4
    assert send(4, correct=True)["rating"] == 4
    assert send(9, correct=True)["saved"] is False
    assert send(5, correct=True)["rating"] == 5
    rows = pd.read_csv(next((tmp_path / "ratings").glob("*.csv")), keep_default_na=False)
    assert rows["rating"].tolist() == [2, 4, 5]
    assert rows["corrects"].tolist() == ["", *rows["rating_id"][:2]]
    assert ["correction" in flags for flags in rows["flags"]] == [False, True, True]
    visitor.service.rate({"ticket": run.cards[1].ticket, "rating": 1})
    assert run.revealed
    assert "stands" in str(send(1, correct=True)["problem"])
    assert run.cards[0].rating == 5


def test_a_disk_that_takes_no_rating_is_a_sentence_in_any_language_and_its_path_is_the_logs(
    visitor: Guest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = visitor.finish(visitor.start(variants=["baseline", "int8"]))
    (tmp_path / "ratings").write_text("a file where a folder should be")
    answer = visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3})
    assert answer == {"saved": False, "problem": answer["problem"]}
    assert "disk does not take it" in str(answer["problem"])
    assert str(tmp_path) not in str(answer["problem"])
    assert "Datenträger" in catalogs()["de"].said(answer)["problem"]
    assert str(tmp_path) in caplog.text
    (tmp_path / "ratings").unlink()
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3})["saved"]


def test_a_rating_is_not_corrected_without_end(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(variants=["baseline", "int8"]))
    answers = [
        visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 1 + number % 2, "correct": True})
        for number in range(40)
    ]
    assert 0 < sum(bool(answer["saved"]) for answer in answers) < 30


def test_blind_runs_are_shuffled_afresh_each_time(visitor: Guest) -> None:
    plan = visitor.start().plan
    orders = {tuple(variant.name for variant in Run(plan, Visitor("a")).order) for _ in range(120)}
    assert len(orders) == 6


def test_a_blind_run_draws_a_seed_that_nobody_knows_before_the_reveal(visitor: Guest) -> None:
    run, again = (visitor.finish(visitor.start(seed=7)) for _ in range(2))
    assert len({run.plan.seed, again.plan.seed, 7}) == 3
    assert str(run.plan.seed) not in told(run)
    rate_all(visitor, run)
    assert f"Seed {run.plan.seed}" in told(run)


def test_one_sample_alone_has_no_name_to_hide_and_its_row_says_so(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    assert rating_row(run, run.cards[0], {"rating": 3}).blind is False
    assert run.revealed


def test_an_open_run_keeps_the_order_chosen(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(blind=False))
    assert [card.variant.name for card in run.cards] == ["baseline", "int8", "pruned"]
    assert json.loads(told(run))["table"] is not None


def test_every_repeat_is_in_the_median(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(repeats=3, blind=False))
    assert [len(card.sample.latency.runs) for card in run.cards] == [3, 3, 3]


def test_a_stopped_run_keeps_what_is_complete_and_can_be_rated(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor.behind_another():
        run = visitor.start(blind=False)
        complete = run.complete

        def completed(card: Card) -> None:
            complete(card)
            visitor.service.stop(run.id)

        monkeypatch.setattr(run, "complete", completed)
    visitor.finish(run)
    assert run.phase == "stopped"
    assert len(run.cards) == 1
    answers = rate_all(visitor, run)
    assert all(answer["saved"] for answer in answers)
    assert run.revealed


def test_a_run_stopped_before_its_turn_never_speaks(visitor: Guest) -> None:
    with visitor.behind_another():
        run = visitor.start()
        visitor.service.stop(run.id)
        assert run.over
    after = visitor.finish(visitor.start(session="after"))
    assert after.phase == "done"
    assert run.made == []


def test_speaking_again_stops_the_same_visitors_earlier_run_only(visitor: Guest) -> None:
    mine, theirs = visitor.start("mine"), visitor.start("theirs")
    visitor.start("mine")
    assert mine.cancel.is_set()
    assert not theirs.cancel.is_set()


def test_leaving_the_page_stops_the_run(visitor: Guest) -> None:
    run = visitor.start("mine")
    visitor.service.leave("mine")
    assert run.cancel.is_set()


def test_a_recipe_that_fails_is_left_out_and_the_others_speak(visitor: Guest) -> None:
    own = OwnVariant(wanted=True, pruned_percent=50, include="no.such.layer")
    run = visitor.finish(visitor.start(own=own, variants=["int8"]))
    assert "no.such.layer" in run.problem
    assert [card.variant.name for card in run.cards] == ["int8"]
    assert not run.plan.blind, "one is left: it has no name to hide"


def test_a_recipe_that_fails_alone_is_explained_before_anything_speaks(visitor: Guest) -> None:
    own = OwnVariant(wanted=True, pruned_percent=50, include="no.such.layer")
    run = visitor.finish(visitor.start(own=own, variants=[]))
    assert "no.such.layer" in run.problem
    assert run.cards == []


def test_a_defect_ends_the_run_with_a_sentence_and_no_detail(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Speech]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(visitor.service.context.synthesizer, "warm_up", broken)
    run = visitor.finish(visitor.start())
    assert "secret detail" not in told(run)
    assert "Press Speak to try again" in told(run)


def test_one_ticket_makes_one_row_under_simultaneous_posts(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    answers: list[dict[str, object]] = []
    posts = [
        threading.Thread(
            target=lambda score=score: answers.append(  # type: ignore[misc]
                visitor.service.rate({"ticket": run.cards[0].ticket, "rating": score})
            )
        )
        for score in (1, 2, 3, 4, 5) * 4
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    (path,) = visitor.service.context.settings.ratings.glob("*.csv")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert len({answer["rating"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        7,
        [],
        {},
        {"ticket": None, "rating": 3},
        {"ticket": "guess", "rating": 3},
        {"ticket": ["a"]},
    ],
)
def test_a_rating_without_a_known_ticket_is_refused_in_words(visitor: Guest, sent: object) -> None:
    visitor.finish(visitor.start(variants=["int8"]))
    answer = visitor.service.rate(sent)
    assert answer["saved"] is False
    assert str(answer["problem"]).endswith(".")


@pytest.mark.parametrize("score", [0, 6, 3.5, "3", True, None, [3], float("nan")])
def test_a_score_off_the_scale_is_refused_and_the_ticket_stays_good(visitor: Guest, score: object) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": score})["saved"] is False
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3})["saved"] is True


def test_what_a_browser_claims_about_listening_is_checked(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    lies = {"heard_fraction": 7, "plays": "many", "response_s": -1, "listener": "=1+1", "device": "<b>"}
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3, **lies})["saved"] is True
    (path,) = visitor.service.context.settings.ratings.glob("*.csv")
    row = path.read_text(encoding="utf-8").splitlines()[1]
    assert "=1+1" not in row
    assert "<b>" not in row
    assert "many" not in row


def test_a_visitors_oldest_run_makes_room_for_the_newest(visitor: Guest) -> None:
    first, *_ = [
        visitor.finish(visitor.start(variants=["int8"], repeats=1)) for _ in range(KEPT_A_SESSION + 1)
    ]
    assert visitor.service.find(first.id) is None
    assert not first.made[0].clip.audio.exists()
    answer = visitor.service.rate({"ticket": first.made[0].ticket, "rating": 3})
    assert answer == {"saved": False, "problem": DROPPED}


def test_nobody_pushes_out_a_run_that_waits_to_be_rated(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT_RUNS", 3)
    mine = visitor.finish(visitor.start("mine", variants=["int8"], repeats=1))
    rated = visitor.finish(visitor.start("rated", variants=["int8"], repeats=1))
    rate_all(visitor, rated)
    for name in ("flood-1", "flood-2"):
        visitor.finish(visitor.start(name, variants=["int8"], repeats=1))
    assert visitor.service.find(rated.id) is None, "what is rated goes first"
    with pytest.raises(BusyError, match="wait to be rated"):
        visitor.start("flood-3")
    assert rate_all(visitor, mine)[0]["saved"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "   "},
        {"text": None},
        {"text": "word " * 1000},
        {"seed": -1, "blind": False},
        {"seed": 1.5, "blind": False},
        {"seed": 10**400, "blind": False},
        {"text": "½" * 2000},
        {"variants": []},
        {"variants": ["nope"]},
        {"variants": "int8"},
        {"variants": [1]},
        {"repeats": 0},
        {"repeats": 1000},
        {"own": OwnVariant(wanted=True, pruned_percent=96)},
        {"own": OwnVariant(wanted=True, include=5)},
    ],
)
def test_unusable_input_is_refused_before_a_run_exists(visitor: Guest, wrong: dict[str, object]) -> None:
    with pytest.raises(DemoError):
        visitor.start(**wrong)


def test_a_revealed_run_is_taken_away_as_one_file_and_a_blind_one_is_not(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(text="=Good morning."))
    client = TestClient(Starlette(routes=visitor.service.routes))
    assert client.get(f"/compare/bundle/{run.id}").status_code == 404
    rate_all(visitor, run)
    answer = client.get(str(board_view(run)["table"]["bundle"]))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    figures = json.loads(archive.read("figures.json"))
    assert {row["variant"] for row in figures} == {"baseline", "int8", "pruned"}
    assert [row["rating"] for row in figures] == [4, 4, 4]
    assert {row["seed"] for row in figures} == {run.plan.seed}
    for row in figures:
        said = comment_of(archive.read(row["file"]))
        assert said.startswith("Synthetic speech")
        assert f"variant {row['variant']}, checkpoint " in said
    assert b"synthetic" in archive.read("README.txt")
    assert b"'=Good" in archive.read("figures.csv")


def comment_of(wav: bytes) -> str:
    with soundfile.SoundFile(io.BytesIO(wav)) as file:
        return str(file.comment)


def before_the_audio(wav: bytes) -> bytes:
    """All but the samples and the two lengths that follow from them."""
    start = wav.index(b"data")
    return wav[:4] + wav[8:start] + b"data"


def test_blind_samples_carry_the_same_bytes_before_their_audio(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(text="Good morning."))
    client = TestClient(Starlette(routes=visitor.service.routes))
    audios = [card["audio"] for card in board_view(run)["cards"]]
    played = [client.get(audio["url"]).content for audio in audios]
    taken = [client.get(audio["taken"]) for audio in audios]
    assert {before_the_audio(wav) for wav in played} == {before_the_audio(played[0])}
    assert len(before_the_audio(played[0])) == 44 - 8  # no tags at all
    assert {before_the_audio(answer.content) for answer in taken} == {before_the_audio(taken[0].content)}
    assert {tuple(sorted(set(answer.headers) - {"content-length"})) for answer in taken} == {
        ("cache-control", "content-type")
    }
    assert comment_of(taken[0].content).startswith("Synthetic speech")
    for word in TELLING:
        assert word.encode() not in before_the_audio(taken[0].content)


def test_a_sample_taken_away_after_the_reveal_says_its_variant(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(text="Good morning."))
    client = TestClient(Starlette(routes=visitor.service.routes))
    rate_all(visitor, run)
    for card, shown in zip(run.cards, board_view(run)["cards"], strict=True):
        content = client.get(shown["audio"]["taken"]).content
        assert f"variant {card.variant.name}, checkpoint {card.sample.checkpoint}" in comment_of(content)
        with wave.open(io.BytesIO(content)) as file, wave.open(str(card.clip.audio)) as kept:
            assert file.readframes(file.getnframes()) == kept.readframes(kept.getnframes())
    assert client.get("/compare/taken/nobody").status_code == 404
