"""What a user can act on while a voice is trained."""

from speecht5_demo.errors import DemoError


class VoiceTrainingError(DemoError):
    """A voice cannot be trained, or what training needs is absent."""
