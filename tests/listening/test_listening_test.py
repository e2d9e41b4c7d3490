"""A session goes on where the disk says it is, and nothing counts twice."""

import inspect
import io
import json
import re
import threading
import uuid
import wave
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening import listening_test
from speecht5_demo.listening.links import sign_id
from speecht5_demo.listening.listeners import MANY
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import Manifest, clip_path
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.refusals import REASONS, count_refusals
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.listening.tickets import Signer, server_secret
from speecht5_demo.listening.views import RefusedError, View
from tests.support.random_words import without_random_words

Open = Callable[..., ListeningTest]
HEARD = {"heard": 1.0, "plays": 1, "response_s": 3.0}


def to_first_clip(test: ListeningTest, parameters: dict[str, str] | None = None) -> View:
    view = test.enter(None, parameters or {})
    about = {"device": "phone", "headphones": "headphones"}
    for step, given in (
        ("consent", {"parameters": parameters or {}, "language": "de"}),
        ("about", about),
        ("level", {}),
        ("headphone-check", {"result": "6/6"}),
    ):
        assert view.step == step
        view = test.answer(view.token, step, given)
    return view


def finish(test: ListeningTest, view: View) -> View:
    while view.step != "end":
        if view.step == "break":
            view = test.answer(view.token, "break", {})
        else:
            view = test.rate(view.ticket, 3, **HEARD, receipts=receipts(test, view))
    return view


def receipts(test: ListeningTest, view: View) -> list[str]:
    """What the page gets with the clips of a trial."""
    return [test.clip(name)[1] for name in view.clips]


def test_a_whole_session_leaves_one_row_a_page(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    view = finish(test, to_first_clip(test))
    assert view.done == view.total == 13
    assert len(view.code) == 8
    frame = read_ratings(tmp_path).frame
    assert frame["trial"].tolist() == list(range(13))
    assert frame["position"].tolist() == list(range(1, 14))
    assert frame["rating_id"].is_unique
    assert set(frame["device"]) == {"phone"}
    session = read_sessions(tmp_path).iloc[0]
    assert session["completion_code"] == view.code
    assert session["headphone_check"] == "6/6"
    assert session["started_at"] == session["consent_at"] < session["ended_at"]
    assert session["language"] == "de"
    assert set(frame["flags"]) == {"", "trap-wrong"}


def test_every_interruption_resumes_at_the_same_page(open_test: Open, tmp_path: Path) -> None:
    view = to_first_clip(open_test())
    for _ in range(20):
        again = open_test().enter(view.token, {})
        assert (again.step, again.done, again.clips, again.upcoming) == (
            view.step,
            view.done,
            view.clips,
            view.upcoming,
        )
        if again.step == "end":
            break
        another = open_test()
        view = (
            another.answer(again.token, "break", {})
            if again.step == "break"
            else another.rate(again.ticket, 4, **HEARD)
        )
    assert view.step == "end"
    table = read_ratings(tmp_path)
    assert len(table.frame) == 13
    assert table.problems == ()
    assert len(table.files) == 13


def test_a_session_goes_on_elsewhere_only_with_what_its_browser_holds(
    open_test: Open, tmp_path: Path
) -> None:
    link = {"PROLIFIC_PID": "=5f" + "x" * 500, "STUDY_ID": " st\n", "SESSION_ID": "se"}
    view = to_first_clip(open_test(), link)
    for token in (None, "", to_first_clip(open_test()).token, view.ticket[:-2]):
        with pytest.raises(RefusedError, match="another browser") as refusal:
            open_test().enter(token, link)
        assert refusal.value.reason == "not-yours"
    for parameters in (link, {}):  # the link to go on, with the platform's ids in it or without
        later = open_test().enter(view.token, parameters)
        assert (later.step, later.clips) == ("practice", view.clips)
    session = read_sessions(tmp_path).query("platform_study == 'st'").iloc[0]
    assert session["platform_participant"] == link["PROLIFIC_PID"][:128]
    assert (session["platform_study"], session["platform_session"]) == ("st", "se")


def test_another_id_at_the_consent_is_not_taken(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    for link in ({"PROLIFIC_PID": "mine"}, {}):
        view = test.enter(None, link)
        with pytest.raises(RefusedError) as refusal:
            test.answer(view.token, "consent", {"parameters": {"PROLIFIC_PID": "another"}})
        assert refusal.value.reason == "other-id"
    assert not list(tmp_path.glob("sessions-*.csv"))


def test_a_session_starts_with_the_consent(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    view = test.enter(None, {"PROLIFIC_PID": "one"})
    assert read_sessions(tmp_path).empty
    test.answer(view.token, "consent", {"parameters": {"PROLIFIC_PID": "one"}})
    assert len(read_sessions(tmp_path)) == 1


def test_a_platforms_preview_shows_the_consent_and_cannot_be_taken(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    link = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "h"}
    view = test.enter(None, link)
    assert (view.step, view.preview, view.token) == ("consent", True, "")
    own = test.enter(None, {})
    with pytest.raises(RefusedError) as refusal:
        test.answer(own.token, "consent", {"parameters": link})
    assert refusal.value.reason == "preview"
    assert read_sessions(tmp_path).empty


@pytest.mark.parametrize("value", [
    "{{%PROLIFIC_PID%}}", "${e://Field/PID}", "<id>", "[PID]", "%7B%7B%25PROLIFIC_PID%25%7D%7D", "%PID%",
    "PROLIFIC_PID", "undefined", " {{id}} ",
])  # fmt: skip
@pytest.mark.parametrize("name", ["PROLIFIC_PID", "STUDY_ID", "session"])
def test_a_link_that_was_not_filled_in_is_refused_with_a_sentence_for_the_researcher(
    open_test: Open, name: str, value: str
) -> None:
    with pytest.raises(RefusedError, match=f"still says {name}=.*If you run this study") as refusal:
        open_test().enter(None, {name: value})
    assert refusal.value.reason == "placeholder"


def test_ids_are_trimmed(open_test: Open) -> None:
    test = open_test()
    names = {
        test.listener_of(test.enter(None, {"participant": name}).token)
        for name in ("w1", " w1 ", "w1\n", "\ufeffw1")
    }
    assert len(names) == 1


def test_signed_links_are_told_from_ids_that_anybody_could_write(
    open_test: Open, prepared: tuple[Manifest, Path], tmp_path: Path
) -> None:
    secret = "a secret of the study's owner"
    signed = {"participant": "w1", "signature": sign_id(secret, "test-study", "w1")}
    test = open_test(link_secret=secret)
    for link in ({"participant": "w1", "signature": "x"}, {**signed, "participant": "w2"}):
        with pytest.raises(RefusedError, match="not one that the study gave out"):
            test.enter(None, link)
    for link in (signed, {"participant": "w3"}):
        view = to_first_clip(test, link)
        test.rate(view.ticket, 3, **HEARD, receipts=receipts(test, view))
    assert read_ratings(tmp_path).frame["flags"].tolist() == ["", "id-unsigned"]
    assert read_sessions(tmp_path)["id_signed"].tolist().count("yes") == 1
    manifest, _ = prepared
    for ids, link, reason in (("required", {}, "no-id"), ("signed", {"participant": "w3"}, "not-signed")):
        session = replace(manifest.study.session, ids=ids)
        strict = open_test(
            manifest=replace(manifest, study=replace(manifest.study, session=session)), link_secret=secret
        )
        with pytest.raises(RefusedError) as refusal:
            strict.enter(None, link)
        assert refusal.value.reason == reason
        with pytest.raises(RefusedError):
            strict.answer(test.enter(None, {}).token, "consent", {})


def test_a_rating_sooner_than_its_clips_last_is_not_taken(open_test: Open, tmp_path: Path) -> None:
    now = [1_700_000_000.0]
    test = open_test(clock=lambda: now[0])
    view = to_first_clip(test)
    audio_s = test.plan(test.listener_of(view.token) or "")[0].audio_s
    early = receipts(test, view)
    now[0] += 0.5 * audio_s
    late = receipts(test, view)
    now[0] += 0.1 * audio_s
    for given in (early, late, []):
        with pytest.raises(RefusedError) as refusal:
            test.rate(view.ticket, 2, **HEARD, receipts=given)
        assert refusal.value.reason == "not-heard"
    now[0] += 0.5 * audio_s
    with pytest.raises(RefusedError):  # the page was there long enough, its clip was not
        test.rate(view.ticket, 2, **HEARD, receipts=late)
    assert not list(tmp_path.glob("ratings-*.csv"))
    assert test.rate(view.ticket, 2, **HEARD, receipts=early).done == 1


def test_a_receipt_stands_at_the_end_of_a_clip_which_stays_a_sound_file(open_test: Open) -> None:
    test = open_test()
    view = to_first_clip(test)
    data, receipt = test.clip(view.clips[0])
    assert data.endswith(receipt.encode())
    assert receipt.encode() not in data[: -len(receipt)]
    trial = test.plan(test.listener_of(view.token) or "")[0]
    plain = clip_path(test.study_folder, trial.clips[0]).read_bytes()
    with wave.open(io.BytesIO(data)) as given, wave.open(io.BytesIO(plain)) as kept:
        assert given.readframes(10**9) == kept.readframes(10**9)


def test_clips_that_were_never_fetched_are_flagged_whichever_server_gave_them_out(
    open_test: Open, tmp_path: Path
) -> None:
    test, other = open_test(), open_test()
    view = to_first_clip(test)
    view = test.rate(view.ticket, 3, **HEARD, receipts=receipts(other, view))
    view = test.rate(view.ticket, 3, **HEARD, receipts=["x", view.ticket])
    assert [("not-fetched" in flags) for flags in read_ratings(tmp_path).frame["flags"]] == [False, True]


def test_a_clock_that_was_set_back_flags_nobody_as_too_fast(open_test: Open, tmp_path: Path) -> None:
    now = [1_700_000_000.0]
    test = open_test(clock=lambda: now[0])
    view = to_first_clip(test)
    now[0] -= 3600
    test.rate(view.ticket, 3, **HEARD, receipts=receipts(test, view))
    assert read_ratings(tmp_path).frame["flags"].tolist() == ["clock-unsure"]
    assert read_ratings(tmp_path).frame["rating"].tolist() == [3.0]


def test_one_address_begins_a_classroom_of_sessions_and_no_flood(open_test: Open) -> None:
    assert 100 <= open_test().most_sessions <= 500
    test = open_test(most_sessions=3)
    for k in range(3):
        test.answer(test.enter(None, {}, visit=f"v{k}").token, "consent", {}, "192.0.2.1")
    view = test.enter(None, {}, visit="elsewhere")
    with pytest.raises(RefusedError, match="Very many sessions"):
        test.answer(view.token, "consent", {}, "192.0.2.1")
    assert test.answer(view.token, "consent", {}, "192.0.2.2").step == "about"


def test_a_consent_that_the_disk_did_not_take_counts_as_no_session(
    open_test: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = open_test(most_sessions=2)
    view = test.enter(None, {}, visit="v")

    def full(event: object) -> None:
        raise RatingsError("The disk is full.")

    with monkeypatch.context() as disk:
        disk.setattr(test._sessions, "append", full)
        for _ in range(5):
            with pytest.raises(RatingsError):
                test.answer(view.token, "consent", {}, "192.0.2.1")
    assert test.answer(view.token, "consent", {}, "192.0.2.1").step == "about"


def test_sessions_that_one_network_begins_within_a_minute_are_taken_and_marked(
    open_test: Open, tmp_path: Path
) -> None:
    test = open_test()
    views = [test.enter(None, {}, visit=f"v{k}") for k in range(MANY + 1)]
    for view in views:
        view = test.answer(view.token, "consent", {}, "192.0.2.1")
        for step, given in (
            ("about", {"device": "phone", "headphones": "loudspeaker"}),
            ("level", {}),
            ("headphone-check", {"result": "skipped"}),
        ):
            view = test.answer(view.token, step, given)
        fetched = receipts(test, view)
        test.rate(view.ticket, 3, **HEARD, receipts=fetched)
    flags = read_ratings(tmp_path).frame["flags"].tolist()
    assert sorted(flags) == [""] * MANY + ["many-at-once"]


def test_what_was_not_taken_is_counted_by_reason(open_test: Open, tmp_path: Path) -> None:
    test, other = open_test(), open_test()
    view = to_first_clip(test)
    for server, ticket, rating in ((test, "forged", 3), (other, "forged", 3), (other, view.ticket, 9)):
        with pytest.raises(RefusedError):
            server.rate(ticket, rating, **HEARD)
    assert count_refusals(tmp_path, "test-study") == {"not-ours": 2, "not-a-rating": 1}
    assert count_refusals(tmp_path, "another") == {}


def test_every_reason_and_flag_that_is_written_down_has_its_meaning(open_test: Open) -> None:
    documented = RefusedError.__doc__ or ""
    assert [reason for reason in REASONS if reason not in documented] == []
    assert set(re.findall(r'_refusal\(\s*"([a-z-]+)"', inspect.getsource(listening_test))) <= set(REASONS)


def test_two_servers_on_one_folder_take_a_trial_once(open_test: Open, tmp_path: Path) -> None:
    """Both look, then both write: only a lock that they share keeps the second from being told that it counts."""
    servers = [open_test(), open_test()]
    view = to_first_clip(servers[0])
    outcomes: list[str] = []

    def send(test: ListeningTest, score: int) -> None:
        try:
            test.rate(view.ticket, score, **HEARD)
            outcomes.append("saved")
        except RefusedError as error:
            outcomes.append(error.reason)

    threads = [threading.Thread(target=send, args=(servers[k % 2], 1 + k % 5)) for k in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-rated"] * 9 + ["saved"]
    assert len(read_ratings(tmp_path).frame) == 1


def test_nothing_of_the_link_is_kept_before_consent(open_test: Open, tmp_path: Path) -> None:
    open_test().enter(None, {"PROLIFIC_PID": "5f3-secret"})
    assert all("5f3-secret" not in path.read_text() for path in tmp_path.glob("*.csv"))


@pytest.mark.parametrize(
    "link", [None, 7, [], {"PROLIFIC_PID": 7}, {"PROLIFIC_PID": ["x"]}, {"PROLIFIC_PID": "\ud800"}]
)
def test_a_broken_link_begins_an_anonymous_session(open_test: Open, tmp_path: Path, link: object) -> None:
    test = open_test()
    view = test.enter(None, link if isinstance(link, dict) else {})
    assert test.answer(view.token, "consent", {"parameters": link}).step == "about"
    assert len(read_sessions(tmp_path)) == 1


def test_a_ticket_counts_once_also_when_sent_ten_times_at_once(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    view = to_first_clip(test)
    outcomes: list[str] = []

    def send() -> None:
        try:
            test.rate(view.ticket, 5, **HEARD)
            outcomes.append("saved")
        except RefusedError as error:
            outcomes.append(error.reason)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-rated"] * 9 + ["saved"]
    assert test.refused == {"already-rated": 9}
    assert len(read_ratings(tmp_path).frame) == 1


def test_an_older_ticket_of_a_rated_trial_is_refused(open_test: Open) -> None:
    test = open_test()
    view = to_first_clip(test)
    reloaded = test.enter(view.token, {})
    test.rate(reloaded.ticket, 4, **HEARD)
    with pytest.raises(RefusedError, match="first one counts"):
        test.rate(view.ticket, 1, **HEARD)


@pytest.mark.parametrize("forge", [
    lambda ticket: ticket[:-1] + ("A" if ticket[-1] != "A" else "B"),
    lambda ticket: ("A" if ticket[0] != "A" else "B") + ticket[1:],
    lambda ticket: ticket[:-4],
    lambda ticket: "",
    lambda ticket: None,
    lambda ticket: 7,
    lambda ticket: ticket * 50,
    lambda ticket: "é" * 60,
])  # fmt: skip
def test_a_forged_ticket_is_refused_with_its_reason_and_counted(
    open_test: Open, tmp_path: Path, forge: Callable[[str], object]
) -> None:
    test = open_test()
    ticket = to_first_clip(test).ticket
    with pytest.raises(RefusedError) as refusal:
        test.rate(forge(ticket), 5, **HEARD)
    assert refusal.value.reason == "not-ours"
    assert test.refused == {"not-ours": 1}
    assert not list(tmp_path.glob("ratings-*.csv"))
    assert next(tmp_path.glob("refusals-*.csv")).read_text().endswith(",not-ours\n")


def test_tokens_of_other_kinds_studies_and_secrets_are_no_tickets(open_test: Open) -> None:
    test = open_test()
    view = to_first_clip(test)
    for wrong in (view.token, view.clips[0], to_first_clip(open_test(secret=b"t" * 32)).ticket):
        with pytest.raises(RefusedError):
            test.rate(wrong, 5, **HEARD)


@pytest.mark.parametrize("rating", [0, 6, -1, 3.5, 4.0, "5", True, None, [4], {"a": 1}])
def test_a_rating_off_the_scale_is_refused(open_test: Open, rating: object) -> None:
    test = open_test()
    view = to_first_clip(test)
    with pytest.raises(RefusedError) as refusal:
        test.rate(view.ticket, rating, **HEARD)
    assert refusal.value.reason == "not-a-rating"
    assert test.view(test.listener_of(view.token) or "").ticket


@pytest.mark.parametrize(("given", "wait_s", "flag"), [
    ({"heard": 0.5, "plays": 1, "response_s": 1.0}, 9.0, "not-all-heard"),
    ({"heard": None, "plays": 1, "response_s": 1.0}, 9.0, "heard-unknown"),
    ({"heard": 7.0, "plays": 1, "response_s": 1.0}, 9.0, "heard-impossible"),
    ({"heard": 1.0, "plays": 0, "response_s": 1.0}, 9.0, "heard-impossible"),
    ({"heard": "1", "plays": "x", "response_s": float("nan")}, 9.0, "heard-unknown"),
    ({"heard": 1.0, "plays": 1, "response_s": 1e6}, 9.0, "response-impossible"),
    ({"heard": 1.0, "plays": 1, "response_s": 3.0}, 9.0, None),
])  # fmt: skip
def test_an_impossible_rating_is_kept_and_flagged(
    open_test: Open, tmp_path: Path, given: dict[str, object], wait_s: float, flag: str | None
) -> None:
    now = [1_700_000_000.0]
    test = open_test(clock=lambda: now[0])
    view = to_first_clip(test)
    fetched = receipts(test, view)
    now[0] += wait_s
    test.rate(view.ticket, 2, **given, receipts=fetched)
    row = read_ratings(tmp_path).frame.iloc[0]
    assert row["rating"] == 2
    assert (flag in row["flags"].split(";")) if flag else row["flags"] == ""


def test_a_wrong_answer_to_a_trap_is_flagged(open_test: Open, tmp_path: Path) -> None:
    test = open_test()
    finish(test, to_first_clip(test))
    frame = read_ratings(tmp_path).frame
    trap = frame[frame["role"] == "trap"].iloc[0]
    assert "trap-wrong" in trap["flags"].split(";")
    assert not frame.loc[frame["role"] != "trap", "flags"].str.contains("trap-wrong").any()


def test_nothing_that_leaves_the_server_tells_a_variant(
    open_test: Open, prepared: tuple[Manifest, Path]
) -> None:
    manifest, _ = prepared
    test = open_test()
    view = to_first_clip(test)
    said = []
    sealed: set[bytes] = set()
    while view.step != "end":
        said.append(json.dumps(view.as_json()))
        names = (*view.clips, *view.upcoming, *filter(None, [view.ticket]), view.token)
        sealed |= {name.encode() for name in names}
        view = (
            test.answer(view.token, "break", {})
            if view.step == "break"
            else test.rate(view.ticket, 3, **HEARD)
        )
    everything = without_random_words(" ".join(said).encode(), sealed).decode().lower()
    for clip in manifest.stimuli:
        for secret in (clip.id, clip.variant, clip.sha256, clip.text.lower(), f'"{clip.role}"'):
            assert secret == '"practice"' or secret not in everything
    assert len({len(name) for name in sealed}) == 1


def test_two_listeners_never_share_an_address_of_a_clip(open_test: Open) -> None:
    test = open_test()
    addresses = [name for _ in range(5) for name in to_first_clip(test).clips]
    assert len(set(addresses)) == 5
    assert (
        len({test.clip(name)[0][8:-60] for name in addresses}) <= 2
    )  # practice is the same two clips for all
    changed = "BB" if addresses[0][-2] == "A" else "AA"
    with pytest.raises(RefusedError):
        test.clip(addresses[0][:-2] + changed)


def test_a_comparison_is_kept_as_stimulus_against_baseline(
    open_test: Open, prepared_pairs: tuple[Manifest, Path], tmp_path: Path
) -> None:
    manifest, folder = prepared_pairs
    test = open_test(manifest=manifest, study_folder=folder)
    view = to_first_clip(test)
    listener = test.listener_of(view.token) or ""
    while view.step != "end":
        assert view.step == "break" or len(view.clips) == 2
        # Always "the second is worse"; whether that speaks for the variant depends on the order.
        view = (
            test.answer(view.token, "break", {})
            if view.step == "break"
            else test.rate(view.ticket, -2, **HEARD)
        )
    frame = read_ratings(tmp_path).frame
    tests = frame[frame["role"] == "test"]
    first = {trial.number: trial.stimulus_first for trial in test.plan(listener)}
    assert set(tests["method"]) == {"CCR"}
    assert (tests["compared_with"] != "").all()
    assert tests["rating"].tolist() == [2.0 if first[number] else -2.0 for number in tests["trial"]]
    assert (tests["rating"] > 0).sum() == (tests["rating"] < 0).sum()


def test_answers_out_of_turn_are_refused_and_repeats_are_not(open_test: Open) -> None:
    test = open_test()
    view = test.enter(None, {})
    with pytest.raises(RefusedError):
        test.answer(view.token, "about", {"device": "phone", "headphones": "headphones"})
    view = test.answer(view.token, "consent", {})
    assert test.answer(view.token, "consent", {}).step == "about"
    with pytest.raises(RefusedError, match="Choose one of"):
        test.answer(view.token, "about", {"device": "<script>", "headphones": "headphones"})


def test_the_secret_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    first = server_secret(tmp_path, {})
    assert server_secret(tmp_path, {}) == first
    assert len(first) == 64
    assert (tmp_path / "listening-secret").stat().st_mode & 0o777 == 0o600
    assert server_secret(tmp_path, {"LISTENING_SECRET": "x" * 20}) == b"x" * 20
    assert Signer(first, "a").name("p", "x") != Signer(first, "b").name("p", "x")
    assert uuid.UUID(bytes=Signer(first, "a").name("p", "x"))


@pytest.mark.parametrize(("said", "check", "doubted"), [
    ("headphones", "6/6", False), ("earphones", "5/6", False), ("headphones", "4/6", True),
    ("headphones", "skipped", True), ("headphones", "", True), ("headphones", "0/0", True),
    ("loudspeaker", "skipped", False), ("loudspeaker", "1/6", False),
])  # fmt: skip
def test_claimed_headphones_that_do_not_pass_the_check_are_flagged_and_not_blocked(
    open_test: Open, tmp_path: Path, said: str, check: str, doubted: bool
) -> None:
    test = open_test()
    view = test.enter(None, {})
    about = {"device": "phone", "headphones": said}
    for step, given in (
        ("consent", {}),
        ("about", about),
        ("level", {}),
        ("headphone-check", {"result": check}),
    ):
        view = test.answer(view.token, step, given)
    test.rate(view.ticket, 4, **HEARD)
    assert ("headphones-doubtful" in read_ratings(tmp_path).frame["flags"].iloc[0]) == doubted


def test_thirty_newcomers_hear_every_sentence_and_opening_about_equally_often(open_test: Open) -> None:
    replicas = [open_test(), open_test()]  # two replicas on one folder, in turn
    sentences: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    for k in range(30):
        test = replicas[k % 2]
        view = test.enter(None, link := {"PROLIFIC_PID": f"worker {k}"} if k % 3 else {}, visit=f"visit {k}")
        test.answer(view.token, "consent", {"parameters": link})
        tests = [t.stimulus for t in test.plan(test.listener_of(view.token) or "") if t.role == "test"]
        sentences.update({clip.sentence_id for clip in tests})
        opened[tests[0].variant] += 1
    assert max(sentences.values()) - min(sentences.values()) <= 3
    assert max(opened.values()) - min(opened.values()) <= 3


def test_beginning_twice_with_one_visit_is_beginning_once(open_test: Open, tmp_path: Path) -> None:
    first = open_test().enter(None, {}, visit="one")
    again = open_test().enter(None, {}, visit="one")
    assert open_test().listener_of(first.token) == open_test().listener_of(again.token)
    open_test().answer(first.token, "consent", {})
    assert open_test().enter(None, {}, visit="one").step == "about"
    assert len(read_sessions(tmp_path)) == 1
