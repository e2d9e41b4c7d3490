"""`/compare` for programs: the same comparison, not blind, all results at once.

    client = gradio_client.Client("http://127.0.0.1:7860")
    results = client.predict("Glue the sheet to the dark blue background.", ["baseline", "int8"],
    api_name="/compare")

It opens a run of its own and takes no ticket or run of anybody else, so it cannot tell what a blind page
hides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.errors import DemoError
from speecht5_demo.synthesis import Speech, first_audio_s
from speecht5_demo.synthesis.document import speech_document
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice, make_plan
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.variants import REPORT_VARIANTS, Sizes

CompareEndpoint = Callable[[str, list[str], str, int, int], list[dict[str, Any]]]


def compare_endpoint(service: CompareService) -> CompareEndpoint:
    """The function behind `/compare`."""
    context, clips = service.context, service.clips
    report, first_speaker = list(REPORT_VARIANTS), context.checkpoint.speaker().name

    def compare(
        text: str,
        variants: list[str] = report,
        speaker: str = first_speaker,
        seed: int = 0,
        repeats: int = 1,
    ) -> list[dict[str, Any]]:
        """Speak a text with several variants, and measure them.

        Args: text, up to 2,000 characters; variants, names such as baseline, int8, pruned, pruned-int8;
        speaker, a name; seed, of the dropout masks; repeats, timed runs of each, interleaved. Returns one
        object a variant: variant, text, spoken_text, speaker, seed, checkpoint, sampling_rate, audio_seconds,
        latency_s {median, p90, runs, encode, decode, vocode}, first_audio_s, rtf, sizes {disk_bytes, zip_bytes,
        resident_bytes, parameters, nonzero_parameters, acoustic_disk_bytes, vocoder_disk_bytes}, stopped
        (true when the model ended by itself) and audio (a WAV file).
        """
        try:
            plan = make_plan(
                context.checkpoint,
                text=text,
                voice=VoiceChoice(speaker),
                seed=seed,
                variants=variants,
                own=OwnVariant(),
                repeats=repeats,
                blind=False,
            )
            service.wait_until_warm()
            for variant in plan.variants:
                context.synthesizer.warm_up(variant)
            speeches: dict[str, Speech] = {}
            for speech in context.synthesizer.compare(
                plan.text, plan.speaker, plan.variants, plan.seed, plan.repeats
            ):
                speeches[speech.variant] = speech
            return [
                _with_file(
                    speech,
                    context.synthesizer.sizes(speech.variant),
                    clips.store(speech).audio,
                    first_audio_s(context.synthesizer, plan.text, plan.speaker, speech.variant, plan.seed),
                )
                for speech in speeches.values()
            ]
        except DemoError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return compare


def _with_file(speech: Speech, sizes: Sizes, audio: Path, first: float | None) -> dict[str, Any]:
    """The document of one speech, its audio as a file that a client downloads."""
    document = speech_document(speech, sizes, audio, first)
    return {**document, "audio": gr.FileData(path=str(audio)).model_dump()}
