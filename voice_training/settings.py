"""How long, how large and where: everything a training run can be told, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class AcousticSettings:
    """The acoustic model and its training.

    Attributes:
        hidden: width; the encoder's feed-forward layers are four times as wide.
        encoder_layers: they run once a text. decoder_layers: they run at every step.
        decoder_ffn: width of the decoder's feed-forward layers.
        postnet_units: channels of the postnet, which runs once a text.
        reduction: mel frames a step, 2 or 4. With four a sentence takes less time, and there is more to learn.
        frames: mel frames (16 ms) in a batch of one process, padding included.
        learning_rate: highest rate of the cosine schedule. warm_up: steps until it is reached.
        warm_rate: share of that rate for a model that goes on in the shape it was trained in.
        letters_share: share of the time, from nothing, at two frames a step where it ends at four.
        first_lengths: (step, frames): until that step, only clips up to so many frames; alignment is learnt
            on short ones.
        sampling_from: step from which half of the batches see the model's own frames in place of the
            teacher's.
        one_graph: batches have a few fixed shapes, and the step of each shape is recorded once and replayed as one CUDA
            graph. GPUs only.
        pruned_steps: share of the steps in which the layers that touch mel frames do without their smallest
            weights. pruned_most: the largest share of a layer's weights missing in such a step.
    """

    hidden: int = 256
    encoder_layers: int = 3
    decoder_layers: int = 3
    decoder_ffn: int = 1024
    heads: int = 4
    postnet_units: int = 128
    reduction: int = 2
    frames: int = 2600
    learning_rate: float = 7e-4
    warm_rate: float = 0.4
    warm_up: int = 400
    letters_share: float = 0.4
    first_lengths: tuple[tuple[int, int], ...] = ((800, 130), (2500, 220), (6000, 340))
    sampling_from: int = 5000
    pruned_steps: float = 0.5
    pruned_most: float = 0.5
    one_graph: bool = False

    def with_frames(self, reduction: int) -> AcousticSettings:
        """The same settings for so many frames a step.

        With more frames a step less time is spent in the decoder, and what runs once a text is made larger for it: an
        encoder layer more, and a postnet of 11 channels in place of 4.
        """
        if reduction <= self.reduction:
            return replace(self, reduction=reduction)
        return replace(
            self,
            reduction=reduction,
            encoder_layers=self.encoder_layers + 1,
            postnet_units=self.postnet_units * 11 // 4,
        )


@dataclass(frozen=True)
class VocoderSettings:
    """The vocoder and its training.

    Attributes:
        channels: width of the first layer; each of the four stages halves it.
        batch: pieces of speech in a batch.
        piece_frames: frames (16 ms) of one piece.
        learning_rate: highest rate of the cosine schedule. warm_up: steps until it is reached.
        discriminators_from: step from which the discriminators judge; spectra alone before.
        discriminator_width: channels of the discriminators' first layers. periods: one discriminator each; those
            of spectrograms come on top.
        judges_rate: the discriminators' learning rate over the vocoder's.
        judges_alone: first steps, in which the discriminators learn and the vocoder stays as it is.
        nearness: weight of the distance to the teacher's speech, once judged; that of the judges is 1.
        shares: how often each of `SPEAKERS` is heard; None: as often as the clips are theirs.
        one_graph: a step is recorded once and replayed as one CUDA graph: its many kernels are so short that
            starting them one by one takes longer than they do. GPUs only.
    """

    channels: int = 256
    batch: int = 8
    piece_frames: int = 32
    learning_rate: float = 5e-4
    warm_up: int = 200
    discriminators_from: int = 1500
    discriminator_width: int = 16
    periods: tuple[int, ...] = (2, 3, 5, 7, 11)
    judges_rate: float = 0.7
    judges_alone: int = 0
    nearness: float = 1.0
    shares: tuple[float, ...] | None = None
    one_graph: bool = False


WARM_VOCODER = VocoderSettings(
    learning_rate=3e-4,
    warm_up=100,
    discriminators_from=0,
    periods=(),
    judges_rate=2.0,
    judges_alone=600,
    nearness=0.6,
    shares=(0.2, 0.2, 0.2, 0.4),
)
"""For a vocoder that goes on, on a processor, where judges of periods take too long to learn anything.

kal16, the last of the speakers, loses most by a vocoder.
"""


@dataclass(frozen=True)
class SharpeningSettings:
    """The postnet's training against judges of mel frames.

    Attributes:
        frames: mel frames of the teacher that it learns from.
        batch: pieces in a batch. piece_frames: frames (16 ms) of one piece.
        steps: where it ends, if its share of the time lasts so long. More is not better: the judges go on winning, and
            what the postnet then invents is understood less well and liked less.
        learning_rate: of the postnet and the judges. warm_up: steps until it is reached.
        judges_from: step from which the judges judge. judges_width: channels of their first layers.
        nearness: weight of the distance to the teacher's frames; the judges' loss weighs 1.
    """

    frames: int = 1_000_000
    batch: int = 16
    piece_frames: int = 96
    steps: int = 1000
    learning_rate: float = 2e-4
    warm_up: int = 100
    judges_from: int = 400
    judges_width: int = 24
    nearness: float = 10.0


@dataclass(frozen=True)
class ExaminationSettings:
    """The measurement of a finished voice.

    Attributes:
        sentences: Harvard sentences that each speaker speaks.
        seeds: with how many seeds each of them is spoken.
        long_texts: texts of 150 to 200 characters that each speaker speaks.
        blend_sentences: Harvard sentences that each even blend of two speakers speaks.
        with_mos: whether opinion scores are predicted.
    """

    sentences: int = 100
    seeds: int = 3
    long_texts: int = 20
    blend_sentences: int = 10
    with_mos: bool = True


@dataclass(frozen=True)
class Shares:
    """Of the training time: what each stage gets; `acoustic` includes `letters`."""

    vocoder: float
    acoustic: float
    sharpened: float
    matched: float


@dataclass(frozen=True)
class TrainingSettings:
    """One run of the whole chain.

    Attributes:
        texts: sentences that the teacher reads.
        seed: of texts, speakers of texts, initial weights and batches.
        minutes: training time in minutes, shared by the stages; making data and measuring come on top.
        shares: of `minutes`. warm_shares: the same where the run goes on from a voice, whose vocoder can speak.
        kept_shares: the same where that vocoder stays as it is. vocoder_shares: where the acoustic model does.
        warm_vocoder: `vocoder` where it goes on from one that can speak.
        side_by_side: the first two stages run at the same time, in two processes, each for its share: on a GPU
            neither slows the other much, since models this small leave most of it idle.
        evaluate_minutes: training minutes between two free-running measurements on development texts.
        report_steps: gradient steps between two lines about the losses.
        save_seconds: training time between two resumable states.
        held_out_texts: texts kept for development; validation losses are on all of them, by every speaker.
        development_texts: how many development texts each speaker speaks in a measurement.
        examination: the measurement of the finished voice.
    """

    texts: int = 40_000
    seed: int = 1
    minutes: float = 240.0
    shares: Shares = Shares(vocoder=0.25, acoustic=0.5, sharpened=0.1, matched=0.15)
    warm_shares: Shares = Shares(vocoder=0.05, acoustic=0.45, sharpened=0.2, matched=0.3)
    kept_shares: Shares = Shares(vocoder=0.0, acoustic=0.9, sharpened=0.1, matched=0.0)
    vocoder_shares: Shares = Shares(vocoder=1.0, acoustic=0.0, sharpened=0.0, matched=0.0)
    side_by_side: bool = False
    acoustic: AcousticSettings = AcousticSettings()
    vocoder: VocoderSettings = VocoderSettings()
    warm_vocoder: VocoderSettings = WARM_VOCODER
    sharpening: SharpeningSettings = SharpeningSettings()
    evaluate_minutes: float = 25.0
    save_seconds: float = 180.0
    report_steps: int = 100
    held_out_texts: int = 56
    development_texts: int = 56
    examination: ExaminationSettings = ExaminationSettings()


MINIATURE = TrainingSettings(
    texts=40,
    minutes=0.5,
    acoustic=AcousticSettings(
        hidden=32,
        encoder_layers=1,
        decoder_layers=1,
        decoder_ffn=128,
        heads=2,
        postnet_units=32,
        reduction=4,
        frames=1200,
        learning_rate=3e-3,
        warm_up=10,
        first_lengths=(),
        sampling_from=20,
    ),
    vocoder=VocoderSettings(
        channels=32, batch=2, piece_frames=16, warm_up=10, discriminators_from=10, discriminator_width=4
    ),
    warm_vocoder=replace(
        WARM_VOCODER, batch=2, piece_frames=16, warm_up=2, judges_alone=2, discriminator_width=4
    ),
    sharpening=SharpeningSettings(
        frames=4000, batch=2, piece_frames=32, warm_up=5, judges_from=5, judges_width=4
    ),
    evaluate_minutes=10.0,
    save_seconds=2.0,
    report_steps=10,
    held_out_texts=2,
    development_texts=1,
    examination=ExaminationSettings(sentences=1, seeds=1, long_texts=0, blend_sentences=1, with_mos=False),
)
"""The whole chain in little: proves that it runs, not that it speaks."""
