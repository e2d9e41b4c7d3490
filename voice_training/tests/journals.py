"""What a run has noted."""

import json
from pathlib import Path


def entries(folder: Path) -> list[dict]:
    """Every event in the journal of the run in `folder`."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
