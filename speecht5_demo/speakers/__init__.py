"""Who speaks: named embeddings, of 512 values in most models, and where they come from."""

from speecht5_demo.speakers.arctic import arctic_speakers
from speecht5_demo.speakers.blend import blend
from speecht5_demo.speakers.files import read_speakers
from speecht5_demo.speakers.lookup import find_speaker
from speecht5_demo.speakers.speaker import VECTOR_SIZE, Speaker
from speecht5_demo.speakers.upload import load_upload

__all__ = [
    "VECTOR_SIZE",
    "Speaker",
    "arctic_speakers",
    "blend",
    "find_speaker",
    "load_upload",
    "read_speakers",
]
