"""The Compare page: one sentence, several variants, rated blind."""

from speecht5_demo.ui.compare.page import build
from speecht5_demo.ui.compare.preview import first_messages

__all__ = ["build", "first_messages"]
