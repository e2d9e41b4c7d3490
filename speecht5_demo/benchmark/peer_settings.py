"""Another engine at its best: each of its settings is tried here, and the fastest one takes part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from speecht5_demo.benchmark.processes import Worker, workers
from speecht5_demo.benchmark.protocol import Utterance

_TRIALS = 3

Start = Callable[[str], Worker]
"""Starts the engine under a name."""


@dataclass(frozen=True)
class Peer:
    """Another engine.

    Attributes:
        name: of the row.
        settings: how it can be started, by what the setting is called; at least one.
    """

    name: str
    settings: Mapping[str, Start]


@dataclass(frozen=True)
class Chosen:
    """An engine with the setting it takes part with.

    Attributes:
        setting: what it is called, and what the others took.
    """

    name: str
    setting: str
    start: Start


def fastest(peer: Peer, characters: int, steps: int, say: Callable[[str], None]) -> Chosen:
    """The setting of the least median time over interleaved utterances.

    Raises:
        BenchmarkError: one of the settings does not run.
    """
    if len(peer.settings) == 1:
        ((setting, start),) = peer.settings.items()
        return Chosen(peer.name, setting, start)
    seconds: dict[str, list[float]] = {setting: [] for setting in peer.settings}
    with workers() as started:
        for setting, start in peer.settings.items():
            say(f"trying {peer.name}, {setting}")
            started.append(start(f"{peer.name}, {setting}"))
        for trial in range(_TRIALS + 1):
            for worker, times in zip(started, seconds.values(), strict=True):
                answer = worker.ask(Utterance, "speak", characters=characters, steps=steps)
                if trial:
                    times.append(answer.total_s / answer.audio_s)
    medians = {setting: median(times) for setting, times in seconds.items()}
    best, *others = sorted(medians, key=lambda setting: medians[setting])
    slower = ", ".join(f"{setting} {medians[setting]:.3f}" for setting in others)
    return Chosen(peer.name, f"{best}: RTF {medians[best]:.3f} when tried; {slower}", peer.settings[best])
