"""Whether a known weakness stands against what the image installs: `make audit`, by pip-audit.

| exit | meaning                                                                     |
|------|-----------------------------------------------------------------------------|
| 0    | every locked package was looked up, and nothing stands against any          |
| 1    | a weakness is known; one line each, with the versions that mend it          |
| 3    | the database of advisories could not be asked, so that nothing can be said  |
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-lock.txt"
AUDIT = (sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off")
TIMEOUT_S = 300
FOUND, UNKNOWN = 1, 3


def main(arguments: Sequence[str], command: Sequence[str] = AUDIT) -> int:
    """Print what is known of a lock."""
    lock = arguments[0] if arguments else str(LOCK)
    try:
        done = subprocess.run(
            [*command, "-f", "json", "-r", lock],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        told = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError, TypeError):
        return _unknown("pip-audit got no answer from the database of advisories")
    known = [(one, weakness) for one in told for weakness in one.get("vulns", [])]
    for one, weakness in known:
        mended = ", ".join(weakness.get("fix_versions", [])) or "no version yet"
        print(f"{one['name']} {one.get('version', '')}: {weakness['id']}, mended in {mended}")
    skipped = [one["name"] for one in told if one.get("skip_reason")]
    if known:
        return FOUND
    if skipped or not told:
        return _unknown(f"the database of advisories knew nothing of {len(skipped)} of {len(told)} packages")
    print(f"Nothing is known against the {len(told)} packages of {Path(lock).name}.")
    return 0


def _unknown(why: str) -> int:
    print(f"Not audited: {why}. Run it where pypi.org answers in full.", file=sys.stderr)
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
