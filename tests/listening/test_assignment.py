"""Orders are the listener's own, always the same, and fair to every condition."""

import itertools
import json
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path

import pytest

from speecht5_demo.listening.assignment import plan_session
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.williams import williams_rows

LISTENERS = [str(uuid.UUID(int=k)) for k in range(240)]


@pytest.mark.parametrize("conditions", range(2, 10))
def test_each_condition_stands_everywhere_and_follows_every_other_equally_often(conditions: int) -> None:
    rows = williams_rows(conditions)
    times = len(rows) // conditions
    places = Counter((place, condition) for row in rows for place, condition in enumerate(row))
    pairs = Counter(pair for row in rows for pair in itertools.pairwise(row))
    assert set(places.values()) == {times}
    assert len(places) == conditions**2
    assert set(pairs.values()) == {times}
    assert len(pairs) == conditions * (conditions - 1)


def test_a_listener_hears_each_of_their_sentences_in_every_variant_once(
    prepared: tuple[Manifest, Path],
) -> None:
    manifest, _ = prepared
    for listener in LISTENERS[:50]:
        tests = [trial.stimulus for trial in plan_session(manifest, listener) if trial.role == "test"]
        heard = Counter((clip.sentence_id, clip.variant) for clip in tests)
        assert set(heard.values()) == {1}
        assert len({clip.sentence_id for clip in tests}) == 2
        assert len(heard) == 2 * len(manifest.study.variants)


def test_a_session_has_its_repeat_anchor_trap_and_practice(prepared: tuple[Manifest, Path]) -> None:
    manifest, _ = prepared
    for listener in LISTENERS[:50]:
        plan = plan_session(manifest, listener)
        assert Counter(trial.role for trial in plan) == {
            "test": 8,
            "repeat": 1,
            "anchor": 1,
            "trap": 1,
            "practice": 2,
        }
        assert [trial.number for trial in plan] == list(range(13))
        assert [trial.role for trial in plan[:2]] == ["practice", "practice"]
        assert "trap" not in (plan[2].role, plan[3].role, plan[-1].role)
        heard = {trial.stimulus.sentence_id for trial in plan if trial.role == "test"}
        assert all(
            trial.stimulus.sentence_id in heard for trial in plan if trial.role in ("repeat", "anchor")
        )


def test_the_order_is_the_same_on_another_machine(prepared: tuple[Manifest, Path]) -> None:
    manifest, folder = prepared
    program = (
        "import sys; from pathlib import Path\n"
        "from speecht5_demo.listening.manifest import load_manifest\n"
        "from speecht5_demo.listening.assignment import plan_session\n"
        "print([t.stimulus.id for t in plan_session(load_manifest(Path(sys.argv[1])), sys.argv[2])])"
    )
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", program, str(folder), LISTENERS[7]],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str([trial.stimulus.id for trial in plan_session(manifest, LISTENERS[7])])


def test_listeners_get_different_orders_that_are_balanced_together(prepared: tuple[Manifest, Path]) -> None:
    manifest, _ = prepared
    crowd = [str(uuid.UUID(int=k)) for k in range(4000)]  # so many that chance cannot tip the shares
    plans = [[t for t in plan_session(manifest, listener) if t.role == "test"] for listener in crowd]
    assert len({tuple(t.stimulus.id for t in plan) for plan in plans}) > 100
    sentences = Counter(t.stimulus.sentence_id for plan in plans for t in plan)
    assert max(sentences.values()) < 1.25 * min(sentences.values())
    for half in (slice(0, 4), slice(4, 8)):
        per_half = Counter(t.stimulus.variant for plan in plans for t in plan[half])
        assert set(per_half.values()) == {len(plans)}
    first = Counter(plan[0].stimulus.variant for plan in plans)
    assert max(first.values()) < 1.25 * min(first.values())


def test_comparisons_come_in_both_orders(prepared_pairs: tuple[Manifest, Path]) -> None:
    manifest, _ = prepared_pairs
    for listener in LISTENERS[:30]:
        tests = [trial for trial in plan_session(manifest, listener) if trial.role == "test"]
        assert len(tests) == 2 * 3 * 2
        for trial in tests:
            assert trial.compared_with is not None
            assert trial.compared_with.variant == "baseline"
            assert trial.compared_with.sentence_id == trial.stimulus.sentence_id
        orders = Counter((t.stimulus.variant, t.stimulus.sentence_id, t.stimulus_first) for t in tests)
        assert set(orders.values()) == {1}


def test_the_manifest_tells_the_length_of_a_session(
    prepared: tuple[Manifest, Path], prepared_pairs: tuple[Manifest, Path]
) -> None:
    for manifest, folder in (prepared, prepared_pairs):
        written = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert written["session_pages"] == len(plan_session(manifest, LISTENERS[0]))
        assert written["question_asked"] == manifest.study.asked
        assert written["study"]["margin"] == 0.2
