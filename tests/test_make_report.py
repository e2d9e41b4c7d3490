"""`make report` measures everything, in parts that can be run by themselves and made small."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def commands(*words: str) -> list[str]:
    """What make would run, setting up left out."""
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if "-m speecht5_demo" in line]


def test_report_measures_speed_then_quality_then_the_sweep_and_rewrites_the_pages() -> None:
    names = [command.split("speecht5_demo ")[1].split(" --")[0] for command in commands("report")]
    pages = "tables README.md docs/results.md docs/speed.md docs/scale.md"
    assert names == ["benchmark", "evaluate", "evaluate", "evaluate sweep", "report results", pages]


def test_a_part_is_run_by_itself_and_made_small() -> None:
    (evaluate,) = commands("quality-report", "SENTENCES=2", "RUNS=elsewhere", "RESULTS=kept", "JOBS=1")
    assert "--sentences 2 --jobs 1 " in evaluate
    assert "--output elsewhere/evaluation --publish kept/evaluation" in evaluate
