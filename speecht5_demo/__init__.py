"""What does optimising a text-to-speech model cost, to the ear and on the clock?"""

__version__ = "0.1.0"
