"""Figures of a running server for Prometheus, read at the moment they are asked for.

They count what happened and say nothing of anybody: no address, session, listener or text is in a name or a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

PREFIX = "speecht5_demo_"
MEDIA_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True)
class Figure:
    """One figure, or one for each value of a label.

    Attributes:
        name: without the prefix.
        means: one sentence.
        read: the figure, or figures by the label's value; None leaves it out.
        label: what the figures are told apart by.
        counts: whether it only grows while the server runs.
    """

    name: str
    means: str
    read: Callable[[], float | dict[str, float] | None]
    label: str = ""
    counts: bool = False


class _Figures(Collector):
    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = tuple(figures)

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures:
            found = figure.read()
            if found is None:
                continue
            kind = CounterMetricFamily if figure.counts else GaugeMetricFamily
            family = kind(PREFIX + figure.name, figure.means, labels=[figure.label] if figure.label else [])
            for value, number in found.items() if isinstance(found, dict) else [("", found)]:
                family.add_metric([value] if figure.label else [], number)
            yield family


class Metrics:
    """The figures of one server.

    Args:
        figures: that the server tells of itself; those of its process (memory, descriptors, time of the processor) are
            added.
    """

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Figures(figures))

    def text(self) -> bytes:
        """All of them as Prometheus reads them."""
        return generate_latest(self._registry)
