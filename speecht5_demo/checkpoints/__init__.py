"""Where a checkpoint comes from, and what everything above it may know of one."""

from speecht5_demo.checkpoints.checkpoint import Checkpoint, SpeakingLimits
from speecht5_demo.checkpoints.opening import open_checkpoint

__all__ = ["Checkpoint", "SpeakingLimits", "open_checkpoint"]
