"""A picture takes a tenth of a second or more, and many pages show the same one."""

import pytest

from speecht5_demo.report import charts
from speecht5_demo.report.charts import Cost, cost_chart


def test_the_same_figures_are_drawn_once_and_other_figures_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(
        charts, "for_page", lambda name, label, *how: drawn.append(label) or f"<svg>{label}</svg>"
    )

    def chart(score: float) -> str:
        return cost_chart("drawn-once", [Cost("int8", 2.0, score, None)], "seconds")

    first = chart(4.125)
    assert chart(4.125) == first
    assert len(drawn) == 1
    assert chart(3.875) != first
    assert len(drawn) == 2
