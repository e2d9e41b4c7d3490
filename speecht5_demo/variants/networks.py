"""When transformers' networks are imported: only where a variant is built from them, or is them.

They and what they import hold 130 MB and take over a second; folded weights start from their files without them.
"""

from __future__ import annotations

import importlib

from speecht5_demo.memory import without_garbage_collection

NETWORKS = "transformers.models.speecht5.modeling_speecht5"


def import_networks() -> None:
    """Import them now, as `without_garbage_collection` says, rather than when one is first named."""
    with without_garbage_collection():
        importlib.import_module(NETWORKS)
