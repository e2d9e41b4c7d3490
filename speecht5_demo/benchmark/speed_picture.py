"""A benchmark as a picture of speed against size."""

from __future__ import annotations

from speecht5_demo.rendering.scatter import Point, scatter
from speecht5_demo.rendering.svg import Canvas, for_file
from speecht5_demo.rendering.wording import counted, megabytes
from speecht5_demo.results import BenchmarkDocument


def speed_picture(document: BenchmarkDocument) -> str:
    """An SVG file: right is faster, down is smaller; both axes logarithmic."""
    points = [
        Point(
            x=1 / row.rtf.median,
            y=row.disk_bytes / 1e6,
            name=row.variant,
            words=f"{row.variant}: {1 / row.rtf.median:.1f} times real time, {megabytes(row.disk_bytes, 0)} MB",
            strong=row.variant.startswith("turbo"),
        )
        for row in document.all_rows
        if row.disk_bytes
    ]
    machine = f"{document.machine.cpu}, {counted(document.settings.threads, 'thread')}"

    def paint(canvas: Canvas) -> None:
        scatter(canvas, points, f"seconds of audio a second of computing ({machine})", "MB on disk", log=True)

    said = "; ".join(point.words for point in points)
    return for_file("speed", f"Speed against size of each variant on {machine}: {said}.", 420, paint)
