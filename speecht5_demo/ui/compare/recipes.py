"""What the page says of recipes before they are used: for whom each variant is, which layers there are, what patterns
choose, and the command that does the same.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.messages import Message
from speecht5_demo.rendering.wording import megabytes
from speecht5_demo.variants.patterns import selected, written_patterns

BYTES_A_WEIGHT = 4
GOOD_FOR = {
    "baseline": "The reference: always choose it, or there is nothing to compare with.",
    "int8": "For a server or laptop without our C++ kernels: a third of the size, and faster.",
    "pruned": "For the curious: no smaller and no faster until it is compressed, and audible.",
    "pruned-int8": "For who checks the source report: its full recipe.",
    "turbo": "For who wants the very same sound sooner.",
    "turbo-int8": "For production on a CPU: smallest change to the ear for the most speed.",
    "turbo-pruned-int8": "For downloads that are compressed: zeros zip well.",
    "turbo-small": "For phones and small machines: the fewest bytes of all.",
}
"""By variant; a named one without a line here fails a test."""


@dataclass(frozen=True)
class Layers:
    """The Linear layers of a checkpoint, by name, with their bytes in fp32."""

    bytes_of: Mapping[str, int]

    def tree(self) -> dict[str, object]:
        """Nested: `{"name", "path", "bytes", "children"}`; a part with one child alone is joined with it."""
        root: dict[str, Any] = {"name": "", "path": "", "bytes": 0, "children": {}}
        for name, size in self.bytes_of.items():
            node = root
            node["bytes"] += size
            for part in name.split("."):
                path = f"{node['path']}.{part}".lstrip(".")
                node = node["children"].setdefault(
                    part, {"name": part, "path": path, "bytes": 0, "children": {}}
                )
                node["bytes"] += size
        return _listed(root)

    def said_of(self, include: Any, exclude: Any) -> tuple[str, bool]:
        """What patterns choose, in a sentence, and whether that is wrong: one matches nothing, or nothing is left."""
        patterns = [_written(include) or ("*",), _written(exclude)]
        for pattern in (*patterns[0], *patterns[1]):
            if not any(fnmatchcase(name, pattern) for name in self.bytes_of):
                example = next(iter(self.bytes_of), "none")
                problem = Message(
                    "“{pattern}” matches none of the {layers} Linear layers. Patterns match whole "
                    "names such as {example} and may use * and ?.",
                    pattern=pattern[:80],
                    layers=len(self.bytes_of),
                    example=example,
                )
                return problem, True
        chosen = [name for name in self.bytes_of if selected(name, patterns[0], patterns[1])]
        if not chosen:
            return Message("These patterns leave no layer to change."), True
        size = megabytes(sum(self.bytes_of[name] for name in chosen))
        found = Message(
            "{chosen} of {layers} Linear layers, {size} MB of fp32, are changed.",
            chosen=len(chosen),
            layers=len(self.bytes_of),
            size=size,
        )
        return found, False


class LayersOf:
    """The layers of a checkpoint, looked for once, when somebody asks: no weight is read."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._lock = threading.Lock()
        self._found: Layers | None = None

    def __call__(self) -> Layers:
        """Names and sizes."""
        with self._lock:
            if self._found is None:
                self._found = Layers(_linear_bytes(self._checkpoint))
            return self._found


def command(
    checkpoint: Checkpoint,
    *,
    text: Any,
    variants: Any,
    speaker: Any,
    blend_with: Any,
    share_percent: Any,
    seed: Any,
    repeats: Any,
    own: Any,
    percent: Any,
    int8: Any,
    include: Any,
    exclude: Any,
) -> str:
    """The command line that speaks what the page would; what is no text or number is left out."""
    words: list[str] = []
    names = [name for name in variants if isinstance(name, str)] if isinstance(variants, list) else []
    if names:
        words += ["--variants", ",".join(names)]
    if isinstance(speaker, str):
        words += ["--speaker", f"{speaker}{_blended(blend_with, share_percent)}"]
    if isinstance(seed, (int, float)) and seed:
        words += ["--seed", f"{seed:.0f}"]
    if isinstance(repeats, (int, float)):
        words += ["--repeats", f"{repeats:.0f}"]
    if own is True:
        if isinstance(percent, (int, float)) and percent > 0:
            words += ["--prune", f"{percent / 100:g}"]
        words += ["--int8"] if int8 is True else []
        for option, written in (("--include", include), ("--exclude", exclude)):
            for pattern in _written(written):
                words += [] if (option, pattern) == ("--include", "*") else [option, pattern]
    said = text if isinstance(text, str) else ""
    first, last = ([], ["--", said]) if said.startswith("-") else ([said], [])
    program = ["python", "-m", "speecht5_demo", "compare"]
    return shlex.join([*program, *first, *words, "--checkpoint", checkpoint.spec, *last])


def _blended(second: Any, percent: Any) -> str:
    share = f":{percent / 100:g}" if isinstance(percent, (int, float)) else ""
    return f"+{second}{share}" if isinstance(second, str) and second else ""


def _written(written: Any) -> Sequence[str]:
    return written_patterns(written) if isinstance(written, str) else ()


def _linear_bytes(checkpoint: Checkpoint) -> dict[str, int]:
    import torch
    from transformers import SpeechT5ForTextToSpeech

    with torch.device("meta"):
        model = SpeechT5ForTextToSpeech(checkpoint.acoustic_config)
    return {
        name: module.weight.numel() * BYTES_A_WEIGHT
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
    }


def _listed(node: dict[str, Any]) -> dict[str, object]:
    children = [_listed(child) for child in node["children"].values()]
    if len(children) == 1 and node["name"]:
        (only,) = children
        return {**only, "name": f"{node['name']}.{only['name']}"}
    return {**node, "children": children}
