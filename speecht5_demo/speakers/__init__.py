"""Who speaks: named embeddings of 512 values, and where they come from."""

from speecht5_demo.speakers.files import read_speakers
from speecht5_demo.speakers.lookup import find_speaker
from speecht5_demo.speakers.speaker import VECTOR_SIZE, Speaker

__all__ = ["VECTOR_SIZE", "Speaker", "find_speaker", "read_speakers"]
