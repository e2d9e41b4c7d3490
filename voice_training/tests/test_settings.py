"""What the settings become on a GPU and for a voice that was trained before."""

from voice_training.settings import TrainingSettings


def test_a_gpu_gets_larger_batches_and_trains_side_by_side() -> None:
    settings = TrainingSettings()
    assert settings.on("cpu") == settings
    larger = settings.on("cuda")
    assert larger.acoustic.batch_frames > 4 * settings.acoustic.batch_frames
    assert larger.vocoder.batch > settings.vocoder.batch
    assert larger.side_by_side
    assert larger.acoustic.cuda_graph
    assert larger.vocoder.cuda_graph


def test_a_trained_vocoder_goes_on_more_gently_while_its_discriminators_catch_up() -> None:
    for device in ("cpu", "cuda"):
        new = TrainingSettings().on(device).vocoder
        warm = new.warm()
        assert warm.learning_rate < new.learning_rate
        assert warm.discriminators_alone > 0 == warm.discriminators_from
        assert bool(warm.periods) == (device == "cuda"), "only a GPU has the time for those of periods"


def test_discriminators_of_predicted_frames_learn_before_they_count() -> None:
    for device in ("cpu", "cuda"):
        new = TrainingSettings().on(device).vocoder
        matched = new.matched()
        assert matched.discriminators_from + matched.discriminators_alone > 0
        assert matched.learning_rate <= new.learning_rate


def test_the_stages_share_the_whole_time() -> None:
    for shares in (TrainingSettings().shares, TrainingSettings().warm_shares):
        assert abs(shares.vocoder + shares.acoustic + shares.postnet + shares.matched - 1) < 1e-9
    gpu = TrainingSettings().on("cuda").shares
    assert abs(gpu.acoustic + gpu.postnet + gpu.matched - 1) < 1e-9
    assert gpu.vocoder <= gpu.acoustic, "beside it, not after it"
