"""Generated tables land between their markers and nowhere else."""

from pathlib import Path

import pytest

from speecht5_demo.errors import DemoError
from speecht5_demo.readme import write_section

PAGE = "before\n<!-- begin table: speed -->\nold\n<!-- end table: speed -->\nafter\n"


def test_only_what_stands_between_the_markers_changes(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    write_section(page, "speed", "| new |\n")
    assert page.read_text() == PAGE.replace("old", "| new |")


def test_a_page_without_the_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    with pytest.raises(DemoError, match="begin table: quality"):
        write_section(page, "quality", "| new |")
    assert page.read_text() == PAGE


def test_the_readme_opens_as_a_space() -> None:
    front = Path(__file__).parents[1].joinpath("README.md").read_text().split("---")[1]
    pins = Path(__file__).parents[1].joinpath("requirements.txt").read_text()
    settings = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    assert settings["sdk"] == "gradio"
    assert f"gradio=={settings['sdk_version']}" in pins
    assert settings["python_version"] == '"3.11"'
    assert Path(__file__).parents[1].joinpath(settings["app_file"]).exists()
    assert len(settings["short_description"]) <= 60
