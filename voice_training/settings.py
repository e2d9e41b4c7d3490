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
        reduction: mel frames a step.
        batch_frames: mel frames (16 ms) in a batch of one process, padding included.
        learning_rate: highest rate of the cosine schedule. warmup_steps: until it is reached.
        fine_tuning_rate: share of that rate for a model that was trained before.
        first_share: share of the time, from nothing, at two frames a step: attention finds the letters there sooner.
        length_curriculum: (step, frames): until that step, only clips up to so many frames; alignment is learnt on
            short ones.
        sampling_from: step from which half of the batches see the model's own frames in place of the teacher's.
        joined_share: of the sentences, those that are also heard end to end, as clips of `joined_frames` (at least, at
            most) mel frames.
        pruned_steps: share of the steps in which the layers that touch mel frames do without their smallest weights.
        pruned_most: the largest share of a layer's weights missing in such a step.
        phoneme_tokens: of the texts whose phonemes a step of one process asks of the encoder.
        phoneme_weight: of what they cost, in nats a phoneme. phonemes_from: step from which the encoder learns from
            it; before, only the heads that spell them. phoneme_rate: learning rate of the heads.
        cuda_graph: batches have a few fixed shapes, and the step of each shape is recorded once and replayed.
    """

    hidden: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 3
    decoder_ffn: int = 1024
    heads: int = 4
    postnet_units: int = 352
    reduction: int = 4
    batch_frames: int = 2600
    learning_rate: float = 7e-4
    warmup_steps: int = 400
    fine_tuning_rate: float = 0.4
    first_share: float = 0.4
    length_curriculum: tuple[tuple[int, int], ...] = ((800, 130), (2500, 220), (6000, 340))
    sampling_from: int = 5000
    joined_share: float = 0.5
    joined_frames: tuple[int, int] = (400, 1000)
    pruned_steps: float = 0.5
    pruned_most: float = 0.5
    phoneme_tokens: int = 1200
    phoneme_weight: float = 0.3
    phonemes_from: int = 200
    phoneme_rate: float = 1e-2
    cuda_graph: bool = False


@dataclass(frozen=True)
class VocoderSettings:
    """The vocoder and its training.

    Attributes:
        channels: width of the first layer; each stage halves it.
        rates: samples that each stage makes of one; together 256, the hop. kernels: widths of each stage's blocks.
        dilations: of the layers of each block, one tuple a kernel.
        batch: segments of speech in a batch. segment_frames: frames (16 ms) of one segment.
        learning_rate: highest rate of the cosine schedule. warmup_steps: until it is reached.
        discriminators_from: step from which the discriminators learn; spectra alone before.
        discriminators_alone: steps from then on in which only they learn and the vocoder stays as it is.
        discriminator_width: channels of their first layers.
        discriminator_rate: their learning rate over the vocoder's.
        periods: one discriminator each; on a processor they take too long to learn anything. windows: likewise, of
            spectrograms; samples of a window. The longest is long enough to see harmonics.
        reconstruction_weight: of the distance to the teacher's speech; that of the adversarial loss is 1.
        cuda_graph: a step is recorded once and replayed: its many kernels are so short that starting them one by one
            takes longer than they do.
    """

    channels: int = 512
    rates: tuple[int, ...] = (2, 2, 4, 4, 4)
    kernels: tuple[int, ...] = (3, 7)
    dilations: tuple[tuple[int, ...], ...] = ((1,), (3,))
    batch: int = 4
    segment_frames: int = 32
    learning_rate: float = 8e-4
    warmup_steps: int = 200
    discriminators_from: int = 4000
    discriminators_alone: int = 600
    discriminator_width: int = 16
    discriminator_rate: float = 0.7
    periods: tuple[int, ...] = ()
    windows: tuple[int, ...] = (1024, 512, 256)
    reconstruction_weight: float = 0.6
    cuda_graph: bool = False

    def warm(self) -> VocoderSettings:
        """The same for a vocoder that was trained before: discriminators first have to catch up with it."""
        return replace(
            self,
            learning_rate=0.6 * self.learning_rate,
            warmup_steps=self.warmup_steps // 2,
            discriminators_from=0,
            discriminators_alone=400 if self.cuda_graph else 3 * self.warmup_steps,
            discriminator_rate=1.0 if self.cuda_graph else 2.0,
            reconstruction_weight=0.7 if self.cuda_graph else 0.6,
        )

    def widened(self) -> VocoderSettings:
        """The same for a new vocoder that has most of its stages from another: they know speech sooner."""
        return replace(self, discriminators_from=min(self.discriminators_from, 3000))

    def matched(self) -> VocoderSettings:
        """The same for a vocoder that goes on with frames that were predicted; its discriminators are new."""
        if self.cuda_graph:
            return replace(self, discriminators_from=100)
        return replace(
            self,
            learning_rate=0.6 * self.learning_rate,
            warmup_steps=self.warmup_steps // 2,
            discriminators_from=0,
        )

    def on_gpu(self, *, cuda_graph: bool) -> VocoderSettings:
        """The same for a GPU, which has time for larger batches and for discriminators of periods."""
        return replace(
            self,
            batch=32,
            segment_frames=48,
            learning_rate=5e-4,
            discriminators_from=1500,
            discriminators_alone=0,
            discriminator_width=32,
            periods=(2, 3, 5, 7, 11),
            reconstruction_weight=1.0,
            cuda_graph=cuda_graph,
        )


@dataclass(frozen=True)
class PostnetSettings:
    """The postnet's fine-tuning against discriminators of mel frames.

    Attributes:
        clip_frames: mel frames of the teacher that it learns from.
        batch: segments in a batch. segment_frames: frames (16 ms) of one segment.
        steps: where it ends, if its share of the time lasts so long. More is not better: the discriminators go on
            winning, and what the postnet then invents is understood less well and liked less.
        learning_rate: of postnet and discriminators. warmup_steps: until it is reached.
        discriminators_from: step from which they count. discriminator_width: channels of their first layers.
        reconstruction_weight: of the distance to the teacher's frames; the adversarial loss weighs 1.
    """

    clip_frames: int = 1_000_000
    batch: int = 16
    segment_frames: int = 96
    steps: int = 1000
    learning_rate: float = 2e-4
    warmup_steps: int = 100
    discriminators_from: int = 400
    discriminator_width: int = 24
    reconstruction_weight: float = 10.0


@dataclass(frozen=True)
class EvaluationSettings:
    """The evaluation of a finished voice, and what is heard on the way to it.

    Attributes:
        validated: development clips a speaker whose opinion scores are predicted at each validation.
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
    validated: int = 6


@dataclass(frozen=True)
class Shares:
    """Of the training time: what each stage gets."""

    vocoder: float
    acoustic: float
    postnet: float
    matched: float


@dataclass(frozen=True)
class TrainingSettings:
    """One run of the whole chain.

    Attributes:
        texts: sentences that the teacher reads. pronounced_texts: of which it tells the phonemes alone.
        seed: of texts, speakers of texts, initial weights and batches.
        minutes: training time, shared by the stages; making data and evaluating come on top.
        shares: of `minutes`, from nothing. warm_shares: where a trained voice is gone on from.
        side_by_side: vocoder and acoustic model train at the same time, in two processes, each for its share.
        validation_minutes: training time between two validations of the vocoder or the acoustic model.
        save_seconds: training time between two resumable states.
        report_steps: steps between two lines about the losses.
        development_texts: held out; validation losses and word errors are on all of them, by every speaker.
        evaluation: of the finished voice.
    """

    texts: int = 6000
    pronounced_texts: int = 36_000
    seed: int = 1
    minutes: float = 240.0
    shares: Shares = Shares(vocoder=0.25, acoustic=0.5, postnet=0.1, matched=0.15)
    warm_shares: Shares = Shares(vocoder=0.05, acoustic=0.45, postnet=0.2, matched=0.3)
    side_by_side: bool = False
    acoustic: AcousticSettings = AcousticSettings()
    vocoder: VocoderSettings = VocoderSettings()
    postnet: PostnetSettings = PostnetSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    validation_minutes: float = 25.0
    save_seconds: float = 180.0
    report_steps: int = 100
    development_texts: int = 56

    def on(self, device: str) -> TrainingSettings:
        """The same run on a `device` of that kind: a GPU wants batches that fill it, a processor small ones."""
        if device == "cpu":
            return self
        shares = Shares(vocoder=0.6, acoustic=0.6, postnet=0.1, matched=0.3)
        acoustic = replace(
            self.acoustic,
            batch_frames=20_000,
            phoneme_tokens=6000,
            learning_rate=1e-3,
            length_curriculum=((300, 130), (700, 220), (1200, 340)),
            sampling_from=2000,
            cuda_graph=device == "cuda",
        )
        vocoder = self.vocoder.on_gpu(cuda_graph=device == "cuda")
        return replace(
            self, shares=shares, warm_shares=shares, side_by_side=True, acoustic=acoustic, vocoder=vocoder
        )


MINIATURE = TrainingSettings(
    texts=40,
    pronounced_texts=40,
    minutes=0.5,
    acoustic=AcousticSettings(
        hidden=32,
        encoder_layers=1,
        decoder_layers=1,
        decoder_ffn=128,
        heads=2,
        postnet_units=32,
        batch_frames=1200,
        learning_rate=3e-3,
        warmup_steps=10,
        length_curriculum=(),
        sampling_from=20,
        phoneme_tokens=200,
        phonemes_from=10,
    ),
    vocoder=VocoderSettings(
        channels=32,
        batch=2,
        segment_frames=16,
        warmup_steps=4,
        discriminators_from=10,
        discriminators_alone=2,
        discriminator_width=4,
    ),
    postnet=PostnetSettings(
        clip_frames=4000,
        batch=2,
        segment_frames=32,
        warmup_steps=5,
        discriminators_from=5,
        discriminator_width=4,
    ),
    evaluation=EvaluationSettings(sentences=1, seeds=1, long_texts=0, blend_sentences=1, with_mos=False),
    validation_minutes=10.0,
    save_seconds=0.5,
    report_steps=10,
    development_texts=1,
)
"""The whole chain in little: proves that it runs, not that it speaks."""
