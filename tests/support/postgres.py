"""A Postgres of our own, run from Debian's package by an unprivileged user in a temporary folder.

The server refuses to be root, so where the tests are, it runs as `nobody`. It listens on a socket in its own folder and
on no network.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

USER = "nobody"
LIMIT_S = 300  # a busy machine is no failure


def programs() -> Path:
    """Where the server's programs are.

    Raises:
        FileNotFoundError: it is not installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise FileNotFoundError("Postgres is not installed: sh scripts/system_packages.sh")
    return found[-1]


class LoopbackPostgres:
    """The server; a context manager. `address` is what RATINGS_DB should be."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._as = {}
        if os.getuid() == 0:
            who = pwd.getpwnam(USER)
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self._as = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        self._data = self.folder / "data"
        self.address = f"postgresql://rater:a-password-of-its-own@/ratings?host={self.folder}"

    def __enter__(self) -> LoopbackPostgres:
        words = self.folder / "password"
        words.write_text("a-password-of-its-own")
        words.chmod(0o644)
        self._run("initdb", "-D", str(self._data), "-U", "rater", "-A", "scram-sha-256", "--pwfile", str(words), "-N",
                  "--no-locale", "-E", "UTF8")  # fmt: skip
        self.start()
        with psycopg.connect(self.address.replace("/ratings?", "/postgres?"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE ratings")
        return self

    def start(self) -> None:
        """Begin to serve; again after `stop`."""
        options = f"-k {self.folder} -c listen_addresses='' -c shared_buffers=16MB -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(self._data), "-l", str(self.folder / "log"), "-o", options, "-w", "start"
        )

    def stop(self) -> None:
        """Hang up on everybody."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a researcher reads."""
        with psycopg.connect(self.address) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def __exit__(self, *failure: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *arguments], cwd=self.folder, check=False, timeout=LIMIT_S,
            env={**os.environ, "PGCTLTIMEOUT": str(LIMIT_S)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, **self._as,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
