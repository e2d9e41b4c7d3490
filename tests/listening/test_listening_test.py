"""A session goes on where the disk says it is, and nothing counts twice."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.listening.tickets import Signer, server_secret
from speecht5_demo.listening.views import RefusedError, View
from tests.support.random_words import without_random_words

Open = Callable[..., ListeningTest]
HEARD = {"heard": 1.0, "plays": 1, "response_s": 3.0}


def to_first_clip(test: ListeningTest, parameters: dict[str, str] | None = None) -> View:
    view = test.enter(None, parameters or {}, "en")
    about = {"device": "phone", "headphones": "headphones"}
    for step, given in (
        ("consent", {"parameters": parameters or {}}),
        ("about", about),
        ("headphone-check", {"result": "6/6"}),
        ("level", {}),
    ):
        assert view.step == step
        view = test.answer(view.token, step, given)
    return view


def finish(test: ListeningTest, view: View) -> View:
    while view.step != "end":
        if view.step == "break":
            view = test.answer(view.token, "break", {})
        else:
            view = test.rate(view.ticket, 3, **HEARD)
    return view


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
    assert session["consent_at"] < session["ended_at"]


def test_every_interruption_resumes_at_the_same_page(open_test: Open, tmp_path: Path) -> None:
    view = to_first_clip(open_test())
    for _ in range(20):
        again = open_test().enter(view.token, {}, "en")
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


def test_a_crowd_worker_is_recognised_on_another_device(open_test: Open, tmp_path: Path) -> None:
    link = {"PROLIFIC_PID": "=5f" + "x" * 500, "STUDY_ID": "st", "SESSION_ID": "se"}
    view = to_first_clip(open_test(), link)
    later = open_test().enter(None, link, "de")
    assert later.step == "practice"
    assert later.clips == view.clips
    session = read_sessions(tmp_path).iloc[0]
    assert session["platform_participant"] == link["PROLIFIC_PID"][:128]
    assert (session["platform_study"], session["platform_session"]) == ("st", "se")


def test_nothing_of_the_link_is_kept_before_consent(open_test: Open, tmp_path: Path) -> None:
    open_test().enter(None, {"PROLIFIC_PID": "5f3-secret"}, "en")
    assert all("5f3-secret" not in path.read_text() for path in tmp_path.glob("*.csv"))


@pytest.mark.parametrize(
    "link", [None, 7, [], {"PROLIFIC_PID": 7}, {"PROLIFIC_PID": ["x"]}, {"PROLIFIC_PID": "\ud800"}]
)
def test_a_broken_link_begins_an_anonymous_session(open_test: Open, tmp_path: Path, link: object) -> None:
    test = open_test()
    view = test.enter(None, link if isinstance(link, dict) else {}, "en")
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
    reloaded = test.enter(view.token, {}, "en")
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
    ({"heard": 1.0, "plays": 1, "response_s": 1.0}, 0.0, "too-fast"),
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
    now[0] += wait_s
    test.rate(view.ticket, 2, **given)
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
    assert len({test.clip(name) for name in addresses}) <= 2  # practice is the same two clips for all
    with pytest.raises(RefusedError):
        test.clip(addresses[0][:-2] + "AA")


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
    view = test.enter(None, {}, "en")
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
    view = test.enter(None, {}, "en")
    about = {"device": "phone", "headphones": said}
    for step, given in (
        ("consent", {}),
        ("about", about),
        ("headphone-check", {"result": check}),
        ("level", {}),
    ):
        view = test.answer(view.token, step, given)
    test.rate(view.ticket, 4, **HEARD)
    assert ("headphones-doubtful" in read_ratings(tmp_path).frame["flags"].iloc[0]) == doubted


def test_thirty_newcomers_hear_every_sentence_and_opening_about_equally_often(open_test: Open) -> None:
    rooms = [open_test(), open_test()]  # two replicas on one folder, in turn
    sentences: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    for k in range(30):
        test = rooms[k % 2]
        view = test.enter(None, {"PROLIFIC_PID": f"worker {k}"} if k % 3 else {}, "en", visit=f"visit {k}")
        tests = [t.stimulus for t in test.plan(test.listener_of(view.token) or "") if t.role == "test"]
        sentences.update({clip.sentence_id for clip in tests})
        opened[tests[0].variant] += 1
    assert max(sentences.values()) - min(sentences.values()) <= 3
    assert max(opened.values()) - min(opened.values()) <= 3


def test_beginning_twice_with_one_visit_is_beginning_once(open_test: Open, tmp_path: Path) -> None:
    first = open_test().enter(None, {}, "en", visit="one")
    again = open_test().enter(None, {}, "en", visit="one")
    assert open_test().listener_of(first.token) == open_test().listener_of(again.token)
    assert len(read_sessions(tmp_path)) == 1
