"""What a command needs before it speaks is at hand without torch, which takes seconds to import."""

import os
import subprocess
import sys

import pytest

NEEDED = [
    "import speecht5_demo.text",
    "from speecht5_demo.variants import all_variants; assert all_variants()",
    "from speecht5_demo.checkpoints import open_checkpoint; c = open_checkpoint('auto'); "
    "assert c.speaker('am_michael') and c.letters and c.digest",
]
HEAVY = ("torch", "transformers", "httpx2", "datasets", "gradio")


@pytest.mark.parametrize("needed", NEEDED)
def test_nothing_heavy_is_imported(needed: str) -> None:
    program = f"{needed}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CHECKPOINT": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
