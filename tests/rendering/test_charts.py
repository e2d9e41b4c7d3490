"""A chart fills its column at any width, by day and by night, and no name in it covers anything."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from speecht5_demo.rendering.line_chart import LinePoint, Series, line_chart
from speecht5_demo.rendering.row_chart import Row, height, row_chart
from speecht5_demo.rendering.scatter import Point, scatter
from speecht5_demo.rendering.svg import Canvas, draw, for_file, for_page

NAMES = (
    "baseline",
    "int8",
    "pruned",
    "pruned-int8",
    "turbo",
    "turbo-int8",
    "turbo-pruned-int8",
    "turbo-small",
)
SCORES = (4.1, 4.05, 4.08, 3.98, 4.1, 4.02, 3.9, 3.6)
CLUSTERS = {
    "spread": ((4.4, 2.0, 4.1, 2.1, 3.1, 0.4, 0.39, 0.38), SCORES),
    "in two heaps": ((628, 199, 628, 199, 633, 184, 184, 173), SCORES),
    "all in one": (tuple(1 + 0.001 * k for k in range(8)), tuple(4 + 0.001 * k for k in range(8))),
}


@pytest.mark.parametrize("width", [340, 640, 1000])
@pytest.mark.parametrize("places", CLUSTERS.values(), ids=CLUSTERS)
def test_names_of_points_lie_over_nothing_and_none_is_left_out(
    places: tuple[tuple[float, ...], tuple[float, ...]], width: int
) -> None:
    points = [
        Point(x, y, name, name, y_interval=(y - 0.02, y + 0.02))
        for name, x, y in zip(NAMES, *places, strict=True)
    ]
    canvas = Canvas(Figure(figsize=(width / 72, 340 / 72), dpi=72, layout="constrained"))
    axes = scatter(canvas, points, "seconds", "MOS")
    canvas.figure.draw_without_rendering()
    written = [one for one in axes.texts if isinstance(one, Annotation)]
    boxes = {one.get_text(): Text.get_window_extent(one) for one in written}
    assert sorted(boxes) == sorted(NAMES)
    for one, other in combinations(boxes, 2):
        assert not boxes[one].overlaps(boxes[other]), (one, other)
    frame = axes.get_window_extent()
    for point in points:
        x, y = axes.transData.transform((point.x, point.y))
        assert not any(box.contains(x, y) for box in boxes.values())
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes.values())


def paint(canvas: Canvas) -> None:
    points = [LinePoint(0, 1, "zero: 1 & <more>"), LinePoint(10, 2, "ten: 2", (1.5, 2.5))]
    line_chart(canvas, [Series(points, "on disk")], "% pruned", (5, "breaks at 5 %"))


def test_a_page_gets_a_picture_for_each_width_and_all_their_ids_differ() -> None:
    drawn = for_page("size", "Sizes.", 250, paint)
    assert [re.search(rf"chart-{width}", drawn) is not None for width in ("wide", "medium", "narrow")] == [
        True
    ] * 3
    assert "max-width" not in drawn
    ids = re.findall(r'\bid="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))


def test_a_picture_says_what_it_shows_and_each_mark_its_number() -> None:
    root = ElementTree.fromstring(for_file("size", "Sizes.", 250, paint))
    assert root.get("aria-label") == "Sizes."
    said = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert said == ["zero: 1 & <more>", "ten: 2", "breaks at 5 %"]


def test_colours_are_the_pages_own_and_a_file_brings_its_paper() -> None:
    drawn = for_file("size", "Sizes.", 250, paint)
    assert not re.search(r"#0[0-9a]0[0-9a]0[0-9a]", drawn)
    assert "var(--chart-accent, #0f766e)" in drawn
    assert '<rect width="100%" height="100%" fill="var(--background-fill-primary, #ffffff)"/>' in drawn


@pytest.mark.parametrize("width", [340, 640, 1000])
def test_what_an_axis_shows_is_written_within_the_picture(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    axis = "baseline minus variant, points: right is rated lower; dashed: margin 0.5"
    boxes = []
    save = FigureCanvasSVG.print_svg

    def measured(drawing: FigureCanvasSVG, *args: object, **options: object) -> None:
        save(drawing, *args, **options)  # type: ignore[no-untyped-call]
        boxes.append(drawing.figure.axes[0].xaxis.label.get_window_extent())

    monkeypatch.setattr(FigureCanvasSVG, "print_svg", measured)
    rows = [Row("turbo-pruned-int8", 0.5, "+0.50", "half a point")]
    drawn = draw("rows", "Rows.", width, height(1), lambda canvas: row_chart(canvas, rows, axis) and None)
    assert " ".join(re.findall(r">([^<>]+)</text>", drawn)).count("baseline minus variant") == 1
    (box,) = boxes
    assert box.x0 >= 0
    assert box.x1 <= width
    assert box.y0 >= 0
