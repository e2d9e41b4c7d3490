"""A voice that no longer stops is cut, told, and costs a bounded time."""

from dataclasses import replace

from speecht5_demo.quality.speaking import RUNAWAY, Spoken, bounded, speak
from speecht5_demo.synthesis import ReferenceEngine, SpeechPlan


def test_a_run_is_cut_at_a_multiple_of_the_baselines_steps(
    baseline_engine: ReferenceEngine, plan: SpeechPlan, spoken: Spoken
) -> None:
    assert spoken.prenet_inputs is not None
    begun = tuple(frames[:5] for frames in spoken.prenet_inputs)
    cut = speak(baseline_engine, bounded(plan, begun))
    assert spoken.ended
    assert not cut.ended
    assert cut.prenet_inputs is not None
    assert [len(frames) for frames in cut.prenet_inputs] == [5 * RUNAWAY]


def test_the_checkpoints_own_limit_is_never_raised(plan: SpeechPlan, spoken: Spoken) -> None:
    assert spoken.prenet_inputs is not None
    (piece,) = plan.pieces
    short = replace(plan, pieces=(replace(piece, limits=replace(piece.limits, max_steps=7)),))
    assert bounded(short, spoken.prenet_inputs).pieces[0].limits.max_steps == 7
