"""The Results page: what listeners heard, live from the ratings files.

with demo.route("Results", "/results") as route:
    results.build(context, route)
"""

from speecht5_demo.ui.results.page import build

__all__ = ["build"]
