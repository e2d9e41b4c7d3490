"""Carrying ratings off a disk that will not last, and sharing them as a dataset."""

from speecht5_demo.hosting.carrier import Carrier
from speecht5_demo.hosting.dataset import HostingError, Pushed, push_ratings

__all__ = ["Carrier", "HostingError", "Pushed", "push_ratings"]
