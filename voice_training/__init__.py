"""How the built-in voice is made: `make voice`, or `python -m voice_training train`. README.md tells the stages."""

from speecht5_demo.errors import DemoError


class VoiceTrainingError(DemoError):
    """A voice cannot be trained, or what training needs is absent."""
