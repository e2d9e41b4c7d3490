"""Whether a key or a password lies in a file that git keeps: `make audit`, by detect-secrets, without a network.

What only looks like one, such as the made-up keys of tests, is in .secrets.baseline, by file and hash.
`python scripts/secrets_scan.py --update` writes it anew; look at what it adds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ".secrets.baseline"
NOT_TEXT = (
    r"(^|/)(assets/(text|voice)/|results/|requirements-lock\.txt|\.secrets\.baseline)"
    r"|\.(wav|svg|png|safetensors|npy|bin)$"
)
"""Word lists, weights, figures and hashes: long strings that look like keys by the thousand."""


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """1 with a line for each secret that the baseline does not know."""
    found = scan(root)
    baseline = root / BASELINE
    if "--update" in arguments:
        baseline.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    known = json.loads(baseline.read_text(encoding="utf-8")) if baseline.is_file() else {}
    new = [
        f"{name}: looks like a secret ({kind})"
        for name, secrets in sorted(found.items())
        for digest, kind in sorted(secrets.items())
        if digest not in known.get(name, {})
    ]
    print("\n".join(new) or "No secret lies in a file that git keeps.")
    return int(bool(new))


def scan(root: Path) -> dict[str, dict[str, str]]:
    """What looks like a secret: by file, by hash, what it looks like."""
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", "--exclude-files", NOT_TEXT],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    results = json.loads(done.stdout)["results"]
    return {
        name: {one["hashed_secret"]: one["type"] for one in secrets}
        for name, secrets in sorted(results.items())
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
