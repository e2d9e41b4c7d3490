"""Errors that a user can act on.

Each carries one sentence that says what is wrong and what to do. The command line prints it and exits with 1; a page
shows it; anything that is not a `DemoError` is a defect of ours.
"""


class DemoError(Exception):
    """Base of every error whose message is written for the user."""


class TextError(DemoError):
    """The text cannot be spoken as it is."""


class CheckpointError(DemoError):
    """A checkpoint cannot be found, reached or read."""


class SpeakerError(DemoError):
    """A speaker is unknown, or its embedding is unusable."""


class VariantError(DemoError):
    """A recipe names an unknown variant, or its steps cannot be applied."""


class ArtifactError(VariantError):
    """A saved variant is broken, foreign or out of date."""


class SynthesisError(DemoError):
    """Speech could not be made from valid inputs."""


class SynthesisCancelled(SynthesisError):
    """The user stopped the run."""


class OutputError(DemoError):
    """A file or folder cannot be written.

    Attributes:
        reason: why, in a few words; empty where the message alone says it.
    """

    reason = ""


class RatingsError(DemoError):
    """A rating or a ratings file is invalid."""


class StudyError(DemoError):
    """A study's recipe, folder or plan is invalid."""


class QualityError(DemoError):
    """An objective metric cannot be computed, or its library is absent."""


class ResultsError(DemoError):
    """A file of results cannot be read, or results cannot be put together."""
