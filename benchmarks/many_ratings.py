"""How long a large crowd's ratings take to read and analyse, against a plain pandas read of the same files.

    python -m benchmarks.many_ratings [--rows 1000000] [--files 200] [--rounds 3]

Files are made once; then each way runs in a process of its own, in turns, and reports its time and its peak
memory. The median of the rounds is what counts: a machine that is busy elsewhere slows both ways alike.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingRow

VARIANTS = ("baseline", "int8", "pruned", "pruned-int8", "turbo", "turbo-int8")
SENTENCES = 40


@dataclass(frozen=True)
class Timing:
    """One way of reading, over all rounds.

    Attributes:
        seconds: median wall time, the start of Python and its imports excluded.
        cpu_seconds: median processor time of the same stretch.
        peak_bytes: largest resident memory of the process, imports included.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Outcome:
    """Both ways on the same files.

    Attributes:
        rows, files, total_bytes: what was read.
        analysed: ours: read, cleaned, screened, analysed.
        read: ours: read only.
        pandas: `pandas.read_csv` of every file and one `concat`.
    """

    rows: int
    files: int
    total_bytes: int
    analysed: Timing
    read: Timing
    pandas: Timing

    @property
    def ratio(self) -> float:
        """Our whole analysis against the plain pandas read, in wall time."""
        return self.analysed.seconds / self.pandas.seconds


def write_files(folder: Path, rows: int, files: int, seed: int = 0) -> int:
    """Ratings of a large made-up crowd; returns the bytes written."""
    rng = np.random.default_rng(seed)
    total = 0
    for number in range(files):
        count = rows // files + (number < rows % files)
        path = folder / f"ratings-{number:04d}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(RATING_COLUMNS)
            writer.writerows(_rows(rng, number, count))
        total += path.stat().st_size
    return total


def _rows(rng: np.random.Generator, number: int, count: int) -> list[list[str]]:
    per_session = 60
    bias = rng.normal(0, 0.5, count // per_session + 1)
    noise = rng.normal(0, 0.75, count)
    template = RatingRow(
        study_id="benchmark",
        session_id="",
        listener_id="",
        source="study",
        blind=True,
        trial=0,
        position=1,
        question="How natural does this speech sound?",
        stimulus_id="",
        sentence_id="",
        text="",
        speaker="am_michael",
        variant="",
        checkpoint="embedded",
        seed=0,
        audio_sha256="",
        rating=3,
        heard_fraction=1.0,
        plays=1,
        response_s=2.5,
    ).cells()
    places = {name: place for place, name in enumerate(RATING_COLUMNS)}
    rows = []
    for place in range(count):
        session, trial = divmod(place, per_session)
        sentence, variant = (session * 7 + trial // len(VARIANTS)) % SENTENCES, trial % len(VARIANTS)
        points = 3.7 + bias[session] - 0.08 * variant + noise[place]
        cells = list(template)
        for name, cell in (
            ("rating_id", str(uuid.UUID(bytes=rng.bytes(16)))),
            ("session_id", f"session-{number}-{session}"),
            ("listener_id", f"listener-{number}-{session}"),
            ("trial", str(trial)),
            ("position", str(trial + 1)),
            ("stimulus_id", f"{variant:032x}{sentence:x}"),
            ("sentence_id", f"h{sentence:03d}"),
            ("text", f"Sentence {sentence}: glue the sheet to the dark blue background."),
            ("variant", VARIANTS[variant]),
            ("audio_sha256", f"{sentence:032x}{variant:032x}"),
            ("rating", str(min(5, max(1, round(points))))),
            ("response_s", f"{2 + abs(noise[place]):.3f}"),
        ):
            cells[places[name]] = cell
        rows.append(cells)
    return rows


_WORK = {
    "analysed": "from speecht5_demo.listening.ratings import read_ratings\n"
    "from speecht5_demo.listening.analysis import NEEDED_COLUMNS, analyse, as_json\n"
    "def work(f):\n return len(as_json(analyse(read_ratings(f, only=NEEDED_COLUMNS)))['variants'])\n",
    "read": "from speecht5_demo.listening.ratings import read_ratings\n"
    "def work(f):\n return len(read_ratings(f).frame)\n",
    "pandas": "import pandas as pd\nfrom pathlib import Path\n"
    "def work(f):\n return len(pd.concat([pd.read_csv(p) for p in sorted(Path(f).glob('*.csv'))]))\n",
}
_CLOCK = """
import json, resource, sys, time
from pathlib import Path

def peak_bytes():
    # A process that was started from a large one keeps that one's size in ru_maxrss; the kernel's own status does not.
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

wall, processor = time.perf_counter(), time.process_time()
work(sys.argv[1])
print(json.dumps([time.perf_counter() - wall, time.process_time() - processor, peak_bytes()]))
"""


def run(folder: Path, rows: int, files: int, rounds: int = 3) -> Outcome:
    """Time all ways on the files of `write_files`, in turns."""
    found: dict[str, list[list[float]]] = {name: [] for name in _WORK}
    for _ in range(rounds):
        for name, code in _WORK.items():
            done = subprocess.run(
                [sys.executable, "-c", code + _CLOCK, str(folder)], capture_output=True, text=True, check=True
            )
            found[name].append(json.loads(done.stdout))
    total = sum(path.stat().st_size for path in folder.glob("*.csv"))
    return Outcome(rows, files, total, **{name: _timing(each) for name, each in found.items()})


def _timing(rounds: list[list[float]]) -> Timing:
    return Timing(
        statistics.median(each[0] for each in rounds),
        statistics.median(each[1] for each in rounds),
        int(max(each[2] for each in rounds)),
    )


def main() -> None:
    """Print one JSON document of what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="ratings to make up and read")
    parser.add_argument("--files", type=int, default=200, help="files they are spread over")
    parser.add_argument("--rounds", type=int, default=3, help="rounds in turns; medians count")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), wanted.rows, wanted.files)
        outcome = run(Path(folder), wanted.rows, wanted.files, wanted.rounds)
    print(json.dumps({**asdict(outcome), "ratio_to_pandas": outcome.ratio}, indent=1))


if __name__ == "__main__":
    main()
