"""How big a variant is: a plain record, for those who measure it and those who only read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Bytes and counts of one variant, vocoder included unless named otherwise.

    Attributes:
        disk_bytes: the saved acoustic model and vocoder, in safetensors files.
        zip_bytes: the same files after deflate; this is where zeros of pruning pay.
        resident_bytes: tensors held in memory while serving.
        parameters: weights of both models.
        nonzero_parameters: those whose stored value is not zero.
        acoustic_disk_bytes: the saved acoustic model alone.
        vocoder_disk_bytes: the saved vocoder alone.
    """

    disk_bytes: int
    zip_bytes: int
    resident_bytes: int
    parameters: int
    nonzero_parameters: int
    acoustic_disk_bytes: int
    vocoder_disk_bytes: int
