"""Uploading ratings from a disk that will not last, and sharing them as a dataset."""

from speecht5_demo.hosting.dataset import Pushed, push_ratings
from speecht5_demo.hosting.store import HostingError
from speecht5_demo.hosting.uploader import RatingsUploader

__all__ = ["HostingError", "Pushed", "RatingsUploader", "push_ratings"]
