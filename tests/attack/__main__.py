"""`python -m tests.attack [--scale 1] [--write docs/attack.md]`: every attack on a server of its own, on loopback."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.attack.attacks import ATTACKS
from tests.attack.target import Outcome, attacked

HEAD = """# Attacked on loopback

`make attack` starts the app and runs these attacks against it, from the same machine and bounded; it writes this page.
What is promised beyond them is in [SECURITY.md](../SECURITY.md).

| attack | what has to hold | measured | held |
|---|---|---|---|
"""


def write_table(page: Path, outcomes: list[Outcome]) -> None:
    """The table as it was, with what was run now in the place of what was told of the same promises."""
    before = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    rows = {line.split(" | ")[1]: line for line in before}
    for one in outcomes:
        held = "yes" if one.held else "**no**"
        rows[one.promise] = f"| {one.attack} | {one.promise} | {one.figures} | {held} |"
    page.write_text(HEAD + "\n".join(rows.values()) + "\n", encoding="utf-8")


def main() -> int:
    """1 when a promise did not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack", description="Attack a server on loopback."
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full amounts")
    parser.add_argument("--write", type=Path, help="Markdown file for the table")
    parser.add_argument("--only", help="part of an attack's name; several with commas")
    chosen = parser.parse_args()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, attacked(Path(folder)) as target:
        for attack in ATTACKS:
            if chosen.only and not any(part in attack.__name__ for part in chosen.only.split(",")):
                continue
            begun = time.monotonic()
            try:
                outcome = attack(target, chosen.scale)
            except (AssertionError, OSError, LookupError, ValueError) as error:
                words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
                outcome = Outcome(attack.__name__, "the attack itself comes to its end", words, False)
            outcomes.append(outcome)
            print(
                f"{'held  ' if outcome.held else 'FAILED'} {attack.__name__}: {outcome.figures}"
                f" ({time.monotonic() - begun:.0f} s)",
                flush=True,
            )
            if chosen.write:
                write_table(chosen.write, outcomes)
    return 0 if all(one.held for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
