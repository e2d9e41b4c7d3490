"""Synthesis: text, a speaker, a variant and a seed become speech with timings."""

from speecht5_demo.synthesis.document import speech_document
from speecht5_demo.synthesis.engine import Abilities, Engine, Request, StepLimits, Utterance
from speecht5_demo.synthesis.first_audio import first_audio_s
from speecht5_demo.synthesis.many import Line, speak_many
from speecht5_demo.synthesis.masks import DropoutMasks, mask_seed
from speecht5_demo.synthesis.plan import SpeechPlan, plan_speech, step_limits
from speecht5_demo.synthesis.reference import ReferenceEngine
from speecht5_demo.synthesis.speech import Latency, Speech
from speecht5_demo.synthesis.streaming import SpeechStream, write_stream
from speecht5_demo.synthesis.synthesizer import Progress, Synthesizer
from speecht5_demo.synthesis.turns import Turns

__all__ = [
    "Abilities",
    "DropoutMasks",
    "Engine",
    "Latency",
    "Line",
    "Progress",
    "ReferenceEngine",
    "Request",
    "Speech",
    "SpeechPlan",
    "SpeechStream",
    "StepLimits",
    "Synthesizer",
    "Turns",
    "Utterance",
    "first_audio_s",
    "mask_seed",
    "plan_speech",
    "speak_many",
    "speech_document",
    "step_limits",
    "write_stream",
]
