"""What is written becomes what is spoken: English words, in pieces short enough for the model.

SpeechT5's vocabulary is characters, without digits and with little punctuation: whatever it does
not know goes silent. So everything is written out first, and what cannot be written out is an error
that says why, never a gap."""

from speecht5_demo.text.dropped import dropped
from speecht5_demo.text.letters import respell_letters
from speecht5_demo.text.normalise import MAX_CHARACTERS, spoken_form
from speecht5_demo.text.split import Piece, split_for_speech

__all__ = ["MAX_CHARACTERS", "Piece", "dropped", "respell_letters", "split_for_speech", "spoken_form"]
