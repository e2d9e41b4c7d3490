"""Carrying ratings off a disk that will not last, and sharing them as a dataset."""

from speecht5_demo.hosting.dataset import HostingError, Pushed, push_ratings
from speecht5_demo.hosting.uploader import RatingsUploader

__all__ = ["HostingError", "Pushed", "RatingsUploader", "push_ratings"]
