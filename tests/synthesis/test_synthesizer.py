"""Text, speaker, variant and seed in; speech with honest timings out."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint, SpeakingLimits
from speecht5_demo.errors import SpeakerError, SynthesisCancelled, SynthesisError, VariantError
from speecht5_demo.synthesis import Progress, Synthesizer
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.synthesis.plan import plan_speech
from speecht5_demo.variants import Variant, all_variants, custom

TEXT = "The birch canoe slid on the smooth planks."


@pytest.fixture(scope="module")
def synthesizer(embedded: Checkpoint) -> Synthesizer:
    return Synthesizer(embedded)


def test_the_same_request_gives_the_same_samples(synthesizer: Synthesizer) -> None:
    first, second = (synthesizer.speak(TEXT, "am_michael", "int8", seed=5) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)


@pytest.mark.parametrize("variant", ["baseline", "turbo-int8"])
def test_pauses_between_pieces_change_nothing_of_what_is_said(synthesizer: Synthesizer, variant: str) -> None:
    text = f"{TEXT} " * 12
    speaking, pauses = synthesizer.speak_by_piece(text, "am_michael", variant, seed=5), 0
    given = []
    while True:
        try:
            given += next(speaking)
        except StopIteration as end:
            paused = end.value
            break
        pauses += 1
        synthesizer.speak("Oh.", "am_michael", variant)  # somebody else, in between
    assert pauses > 0
    assert np.array_equal(paused.samples, synthesizer.speak(text, "am_michael", variant, seed=5).samples)
    beginning = np.concatenate(given)
    assert 0 < len(beginning) < len(paused.samples)
    assert np.array_equal(beginning, paused.samples[: len(beginning)])
    ends = np.cumsum([len(piece) for piece in given])
    assert paused.piece_ends[: len(given)] == tuple(ends)
    assert (len(paused.piece_ends), paused.piece_ends[-1]) == (paused.pieces, len(paused.samples))


def test_another_seed_is_another_reading(synthesizer: Synthesizer) -> None:
    first, second = (synthesizer.speak(TEXT, "am_michael", seed=seed) for seed in (1, 2))
    assert first.mel.shape != second.mel.shape or not np.array_equal(first.mel, second.mel)


def test_speech_is_audible_bounded_and_as_long_as_its_mel(synthesizer: Synthesizer) -> None:
    speech = synthesizer.speak(TEXT, "am_michael")
    assert speech.ended
    assert speech.sampling_rate == 16_000
    assert speech.samples.dtype == np.float32
    assert 0.05 < np.abs(speech.samples).max() <= 1.0
    assert speech.audio_seconds == pytest.approx(speech.mel.shape[0] * 256 / 16_000 + 0.08)
    assert speech.rtf == speech.latency.median / speech.audio_seconds


def test_heavier_pruning_changes_more(synthesizer: Synthesizer) -> None:
    """At 30 % and at 80 % one should hear a difference, and at 80 % more of it."""
    baseline = synthesizer.speak("Hello there.", "am_michael").mel
    changes = []
    for amount in (0.3, 0.8):
        mel = synthesizer.speak("Hello there.", "am_michael", custom(amount, int8=False)).mel
        frames = min(len(mel), len(baseline))
        changes.append(float(np.abs(mel[:frames] - baseline[:frames]).mean()))
    assert 0.05 < changes[0] < changes[1]


def test_repeats_are_timed_apart_and_interleaved(synthesizer: Synthesizer) -> None:
    heard: list[tuple[str, int]] = []

    def on_progress(progress: Progress) -> None:
        if progress.step == 1:
            heard.append((progress.variant, progress.run))

    results = list(
        synthesizer.compare("Hello.", "am_michael", ["baseline", "int8"], repeats=2, on_progress=on_progress)
    )
    assert heard == [("baseline", 0), ("int8", 0), ("baseline", 1), ("int8", 1)]
    assert [len(speech.latency.runs) for speech in results] == [1, 1, 2, 2]
    assert np.array_equal(results[0].samples, results[2].samples)


def test_stages_add_up_to_the_latency(synthesizer: Synthesizer) -> None:
    latency = synthesizer.speak(TEXT, "am_michael").latency
    assert latency.encode + latency.decode + latency.vocode == pytest.approx(latency.median)
    assert min(latency.encode, latency.decode, latency.vocode) > 0


def test_long_text_is_spoken_in_pieces_with_pauses(synthesizer: Synthesizer) -> None:
    speech = synthesizer.speak(f"{TEXT} {TEXT} {TEXT}", "bf_emma")
    assert speech.pieces == 3
    spoken = speech.mel.shape[0] * 256
    assert len(speech.samples) > spoken + 2 * 0.1 * 16_000


def test_a_voice_that_never_stops_is_cut_and_marked(embedded: Checkpoint) -> None:
    endless = SpeakingLimits(max_characters=110, max_length_ratio=2)
    hurried = replace(embedded, limits=endless)
    speech = Synthesizer(hurried).speak(TEXT, "am_michael")
    assert not speech.ended
    assert speech.audio_seconds < 3


def test_no_piece_may_outrun_the_positions_of_the_decoder(embedded: Checkpoint) -> None:
    generous = SpeakingLimits(max_characters=2000, max_length_ratio=1000)
    plan = plan_speech(replace(embedded, limits=generous), TEXT * 20, embedded.speaker(), seed=0)
    assert (
        max(piece.limits.max_steps for piece in plan.pieces) == embedded.acoustic_config.max_speech_positions
    )


def test_stop_ends_the_run_at_the_next_step(synthesizer: Synthesizer) -> None:
    stop, steps = threading.Event(), []

    def on_progress(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 10:
            stop.set()

    with pytest.raises(SynthesisCancelled):
        synthesizer.speak(TEXT, "am_michael", on_progress=on_progress, cancelled=stop)
    assert steps[-1] == 10
    assert synthesizer.speak("Hello.", "am_michael").ended


def test_threads_do_not_disturb_each_other(synthesizer: Synthesizer) -> None:
    alone = {speaker: synthesizer.speak(TEXT, speaker).samples for speaker in ("am_michael", "bf_emma")}
    together: dict[str, np.ndarray] = {}

    def say(speaker: str) -> None:
        together[speaker] = synthesizer.speak(TEXT, speaker).samples

    threads = [threading.Thread(target=say, args=(speaker,)) for speaker in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for speaker, samples in alone.items():
        assert np.array_equal(samples, together[speaker])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"speaker": "nobody"}, SpeakerError, "am_michael"),
        ({"variant": "int9"}, VariantError, "int8"),
        ({"seed": -1}, SynthesisError, "0 to 2,147,483,647"),
        ({"repeats": 0}, SynthesisError, "1 to 20"),
    ],
)
def test_a_bad_request_is_refused_with_a_way_out(
    synthesizer: Synthesizer, arguments: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        synthesizer.speak(TEXT, **{"speaker": "am_michael", **arguments})


def test_variants_are_compared_each_once(synthesizer: Synthesizer) -> None:
    with pytest.raises(SynthesisError, match="each only once"):
        list(synthesizer.compare(TEXT, "am_michael", ["int8", "int8"]))


def test_a_program_gets_the_threads_that_suit_the_checkpoint(
    embedded: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    torch.set_num_threads(3)
    try:
        Synthesizer(embedded)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("variant", all_variants(), ids=lambda variant: variant.name)
def test_a_recipe_says_whether_its_engine_streams(tiny: Checkpoint, variant: Variant) -> None:
    assert make_engine(tiny, variant).abilities.streams == variant.streams
