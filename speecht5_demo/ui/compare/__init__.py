"""The Compare page: one sentence, several variants, rated blind."""

from speecht5_demo.ui.compare.page import build

__all__ = ["build"]
