"""Markdown tables hold whatever a cell says, and land between their marks and nowhere else."""

from pathlib import Path

import pytest

from speecht5_demo.errors import DemoError
from speecht5_demo.rendering.markdown_table import has_section, markdown_table, write_section

PAGE = "before\n<!-- begin table: speed -->\nold\n<!-- end table: speed -->\nafter\n"


def test_numbers_stand_to_the_right_and_nothing_is_a_dash() -> None:
    assert markdown_table(["name", "MB"], [["a", 1], ["b", None]]) == (
        "| name | MB |\n|---|---:|\n| a | 1 |\n| b | – |"
    )


def test_a_cell_cannot_break_its_row() -> None:
    (row,) = markdown_table(["x"], [["a|b\nc"]]).splitlines()[2:]
    assert row == "| a\\|b c |"


def test_only_what_stands_between_the_marks_changes(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    write_section(page, "speed", "| new |\n")
    assert page.read_text() == PAGE.replace("old", "| new |")
    assert has_section(page, "speed")
    assert not has_section(page, "quality")


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    with pytest.raises(DemoError, match="begin table: quality"):
        write_section(page, "quality", "| new |")
    assert page.read_text() == PAGE


def test_the_readme_opens_as_a_space() -> None:
    front = Path(__file__).parents[2].joinpath("README.md").read_text().split("---")[1]
    pins = Path(__file__).parents[2].joinpath("requirements.txt").read_text()
    settings = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    assert settings["sdk"] == "gradio"
    assert f"gradio=={settings['sdk_version']}" in pins
    assert settings["python_version"] == '"3.11"'
    assert Path(__file__).parents[2].joinpath(settings["app_file"]).exists()
    assert len(settings["short_description"]) <= 60
