"""Sizes that were measured before, kept in the user's cache: measuring a full-size variant takes most of a minute.

What is kept is named after all that decides it: the checkpoint's weights, the recipe, the code of this package and the
versions of the libraries that write the files. So nothing kept is ever out of date, only unused.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from speecht5_demo.sizes import Sizes
from speecht5_demo.user_cache import keep, kept
from speecht5_demo.variants.manifest import recipe_json
from speecht5_demo.variants.recipe import Variant

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint


def kept_sizes(checkpoint: Checkpoint, variant: Variant) -> Sizes | None:
    """Sizes of a variant as they were measured last, or None where nobody has measured them."""
    content = kept(_name(checkpoint, variant))
    if content is None:
        return None
    try:
        return Sizes(**json.loads(content))
    except (ValueError, TypeError):
        return None


def keep_sizes(checkpoint: Checkpoint, variant: Variant, sizes: Sizes) -> None:
    """Remember what was measured; a disk that cannot be written only costs another measurement."""
    keep(_name(checkpoint, variant), json.dumps(asdict(sizes)).encode())


def _name(checkpoint: Checkpoint, variant: Variant) -> str:
    recipe = json.dumps(recipe_json(variant))
    key = "\x1f".join([checkpoint.digest, recipe, _code(), version("torch"), version("safetensors")])
    return f"sizes/{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


@functools.cache
def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
