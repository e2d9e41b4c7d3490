"""What Ray costs beside local processes, and what an utterance of an evaluation costs: both do the same, in turn.

    python -m benchmarks.distributed [--rounds 5] [--sentences 20] [--variants ...] [--json results/distributed.json]

    python -m benchmarks.distributed --empty 500    # what giving out an item costs, and what starting and ending does

Each run is a command of its own with an empty folder, on two workers. Processor seconds are those of the command and of
everything that it started, Ray's own processes among them. On a machine that does other things too, compare processor
seconds: wall time is then the others' as much as ours; the load is written beside both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.listening_sockets import descendants

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
LOOK_S = 0.2
WORKERS = 2
ITEM_BYTES = 300_000
"""About what goes out with an utterance: the baseline's speech."""


def processor_seconds(pid: int) -> float:
    """Of a process that is there, in user and kernel mode."""
    with suppress(OSError, IndexError):
        cells = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(cells[11]) + int(cells[12])) / TICKS
    return 0.0


def measured(command: list[str]) -> tuple[dict[str, float], float]:
    """What a command printed, and the processor seconds of it and of all that it started, looked at as they pass."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    spent: dict[int, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for pid in {process.pid, *descendants(process.pid)}:
                spent[pid] = max(spent.get(pid, 0.0), processor_seconds(pid))
            over.wait(LOOK_S)

    looking = threading.Thread(target=look)
    looking.start()
    printed, _ = process.communicate()
    over.set()
    looking.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(printed.splitlines()[-1]), sum(spent.values())


def settings_of(options: argparse.Namespace):
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.quality.metrics import choose
    from speecht5_demo.quality.plan import Settings
    from speecht5_demo.quality.sentences import read_sentences
    from speecht5_demo.variants import all_variants, find

    source = open_checkpoint("embedded")
    names = [name for name in options.variants.split(",") if name]
    return source, Settings(
        checkpoint=source.spec,
        variants=tuple(map(find, names)) or tuple(all_variants()),
        speakers=(source.speaker(),),
        sentences=read_sentences(str(options.sentences)),
        metrics=choose(options.metrics.split(","), recordings=False),
    )


def run_once(options: argparse.Namespace) -> None:
    """What the command of a run does: evaluate, and print when utterances were done."""
    from speecht5_demo.distributed import open_executor
    from speecht5_demo.quality.evaluation import evaluate

    begun = time.monotonic()
    source, settings = settings_of(options)
    done: list[float] = []
    executor = open_executor(options.engine, jobs=WORKERS)
    evaluate(settings, source, options.folder, executor, on_task=lambda *_: done.append(time.monotonic()))
    print(
        json.dumps(
            {"wall_s": time.monotonic() - begun, "steady_s": done[-1] - done[0], "utterances": len(done)}
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=20)
    parser.add_argument("--variants", default="", help="all by default")
    parser.add_argument("--metrics", default="all")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--empty", type=int, default=0, help="so many items of no work, as large as an utterance's"
    )
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        (give_out if options.empty else run_once)(options)
    elif options.empty:
        measure_empty(options.empty, options.rounds)
    else:
        measure(options)


@dataclass(frozen=True)
class Echo:
    """Gives an item back."""

    def open(self) -> Callable[[bytes], Iterator[bytes]]:
        return lambda item: iter((item,))


def give_out(options: argparse.Namespace) -> None:
    """What the command of a run of empty items does."""
    from benchmarks.distributed import Echo as ImportedByWorkers
    from speecht5_demo.distributed import open_executor

    with open_executor(options.engine, jobs=WORKERS).start(ImportedByWorkers()) as workers:
        outcomes = workers.do(os.urandom(ITEM_BYTES) for _ in range(options.empty))
        done = [time.monotonic() for _ in outcomes]
    print(json.dumps({"steady_s": done[-1] - done[0]}))


def measure_empty(items: int, rounds: int) -> None:
    """Few items and many, by both engines: the difference is the items', what is left is the start and the end."""
    from statistics import median

    for engine in ("local", "ray"):
        found: dict[int, list[tuple[float, float]]] = {WORKERS: [], items: []}
        for _ in range(rounds):
            for count, runs in found.items():
                told, cpu_s = measured(
                    [
                        sys.executable,
                        "-m",
                        "benchmarks.distributed",
                        "--engine",
                        engine,
                        "--empty",
                        str(count),
                    ]
                )
                runs.append((told["steady_s"], cpu_s))
        fixed = median(cpu_s for _, cpu_s in found[WORKERS])
        each = (median(cpu_s for _, cpu_s in found[items]) - fixed) / (items - WORKERS)
        wall = median(steady for steady, _ in found[items]) / (items - 1)
        print(
            f"{engine}: {fixed:.1f} processor-seconds to start and end, then {1e3 * each:.1f} ms of a processor and "
            f"{1e3 * wall:.1f} ms of time an item; load {os.getloadavg()[0]:.1f}"
        )


def measure(options: argparse.Namespace) -> None:
    """The rounds, and the document of them."""
    from dataclasses import replace

    from speecht5_demo.machine import this_machine
    from speecht5_demo.results import CheckpointIdentity, DistributedDocument, DistributedRun, now, write

    runs, utterances, sizes = [], 0, (0.0, 0.0, 0.0)
    asked = [
        "--sentences",
        str(options.sentences),
        "--variants",
        options.variants,
        "--metrics",
        options.metrics,
    ]
    for number in range(options.rounds):
        for engine in ("local", "ray"):
            with tempfile.TemporaryDirectory(prefix="speecht5-distributed-") as folder:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.distributed",
                    "--engine",
                    engine,
                    "--folder",
                    folder,
                    *asked,
                ]
                load = os.getloadavg()[0]
                begun = time.monotonic()
                told, cpu_s = measured(command)
                wall_s = time.monotonic() - begun
                utterances = int(told["utterances"])
                sizes = sizes_of(Path(folder))
            runs.append(DistributedRun(engine, wall_s, told["steady_s"], cpu_s, load))
            print(f"round {number + 1}: {runs[-1]}", file=sys.stderr, flush=True)
    source, settings = settings_of(options)
    document = DistributedDocument(
        created=now(),
        machine=replace(this_machine(), threads=1),
        checkpoint=CheckpointIdentity.of(source),
        variants=tuple(variant.name for variant in settings.variants),
        metrics=settings.metrics,
        sentences=len(settings.sentences),
        speakers=len(settings.speakers),
        workers=WORKERS,
        utterances=utterances,
        audio_seconds=sizes[0],
        baseline_bytes=sizes[1],
        rows_bytes=sizes[2],
        runs=tuple(runs),
    )
    if options.json is not None:
        write(document, options.json)
    for field in ("cpu_s", "wall_s", "steady_s"):
        print(f"Ray took {document.overhead(field):+.1%} more of {field}")


def sizes_of(folder: Path) -> tuple[float, float, float]:
    """Seconds and bytes of a baseline's utterance, and bytes of the rows of an utterance of all variants."""
    import numpy as np

    kept = list((folder / "baseline").rglob("*.npz"))
    seconds = []
    for path in kept:
        with np.load(path) as arrays:
            seconds.append(len(arrays[arrays.files[0]]) / 16_000)
    rows = (folder / "rows.jsonl").stat().st_size
    return sum(seconds) / len(kept), sum(path.stat().st_size for path in kept) / len(kept), rows / len(kept)


if __name__ == "__main__":
    main()
