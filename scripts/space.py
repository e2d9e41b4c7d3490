"""Check that this folder is a Space that starts: `make space`. One line a fault; no network.

Spaces read the front matter of README.md, install requirements.txt and packages.txt, and refuse large files that are
not stored beside git.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
NEEDED = (
    "title",
    "emoji",
    "colorFrom",
    "colorTo",
    "sdk",
    "sdk_version",
    "python_version",
    "app_file",
    "license",
)
LONGEST_DESCRIPTION = 60
LONGEST_SIGN_IN_MINUTES = 43_200
LARGE, LARGEST_IN_ALL = 10_000_000, 1_000_000_000


def faults(root: Path) -> list[str]:
    """What would keep the Space from starting, or from being taken."""
    text = (root / "README.md").read_text(encoding="utf-8")
    matter = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    told = yaml.safe_load(matter[1]) if matter else None
    if not isinstance(told, dict):
        return ["README.md has no front matter."]
    found = [f"The front matter lacks {name}." for name in NEEDED if not told.get(name)]
    found += [
        f"{name} is {told.get(name)!r}: one of {', '.join(COLORS)}."
        for name in ("colorFrom", "colorTo") if told.get(name) not in COLORS
    ]  # fmt: skip
    if len(str(told.get("short_description", ""))) > LONGEST_DESCRIPTION:
        found.append(f"short_description has more than {LONGEST_DESCRIPTION} characters.")
    if not (root / str(told.get("app_file"))).is_file():
        found.append(f"app_file {told.get('app_file')!r} is not there.")
    pinned = dict(
        re.findall(r"^([\w.-]+)==([\w.+-]+)", (root / "requirements.txt").read_text(), re.MULTILINE)
    )
    if told.get("sdk") != "gradio":
        found.append(f"sdk is {told.get('sdk')!r}; the app is made for gradio.")
    if str(told.get("sdk_version")) != pinned.get("gradio"):
        found.append(
            f"sdk_version {told.get('sdk_version')} is not requirements.txt's gradio {pinned.get('gradio')}."
        )
    version = re.fullmatch(r"(\d+)\.(\d+)", str(told.get("python_version")))
    if not version or (int(version[1]), int(version[2])) < (3, 11):
        found.append(f"python_version {told.get('python_version')!r} must be 3.11 or newer, in quotes.")
    found += sign_in_faults(told)
    for kind in ("models", "datasets"):
        named = [str(one) for one in told.get(kind) or []]
        found += [f"{kind}: {one!r} is no id." for one in named if not re.fullmatch(r"[\w.-]+/[\w.-]+", one)]
    total = sum(sizes(root).values())
    if total > LARGEST_IN_ALL:
        found.append(f"The folder has {total / 1e6:,.0f} MB; a Space takes {LARGEST_IN_ALL / 1e6:,.0f}.")
    return found


def sign_in_faults(told: Mapping[str, object]) -> list[str]:
    """What is wrong with `hf_oauth`, by which the Space's owner signs in."""
    found = []
    if told.get("hf_oauth") is not True:
        found.append(f"hf_oauth is {told.get('hf_oauth')!r}: write true, so that the owner can sign in.")
    minutes = told.get("hf_oauth_expiration_minutes", 480)
    if not isinstance(minutes, int) or not 1 <= minutes <= LONGEST_SIGN_IN_MINUTES:
        found.append(f"hf_oauth_expiration_minutes is {minutes!r}: from 1 to {LONGEST_SIGN_IN_MINUTES:,}.")
    scopes = told.get("hf_oauth_scopes") or []
    asked = [str(one) for one in scopes] if isinstance(scopes, list) else [str(scopes)]
    found += [f"hf_oauth_scopes: the app needs none, {one!r} asks owners for more." for one in asked]
    return found


def sizes(root: Path) -> dict[str, int]:
    """Bytes of every file that git keeps."""
    told = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    return {
        name: (root / name).stat().st_size for name in told.split("\0") if name and (root / name).is_file()
    }


def main() -> int:
    """1 with a line a fault."""
    root = Path(__file__).resolve().parents[1]
    large = [f"{name} ({size / 1e6:.0f} MB)" for name, size in sizes(root).items() if size > LARGE]
    if large:
        print(f"Larger than git may push to the hub; `hf upload` takes them: {', '.join(large)}.")
    found = faults(root)
    print("\n".join(found) or "A Space can be made of this folder.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
