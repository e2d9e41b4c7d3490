"""Ratings in Postgres: a row a rating, in a transaction of its own, kept before the listener is told that it is saved.

The columns are those of the ratings files, `rating` as a number and all others as text; `file` names the file of the
server that took the rating, `seq` counts in the order of the commits. A rating_id stands once: where two servers took
one trial before they knew of each other, the row that was committed first stays, and the log names the other.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from speecht5_demo.hosting.store import NAME, Fetched, HostingError, Segment
from speecht5_demo.listening.decisions import DECISION_COLUMNS, DELETE
from speecht5_demo.listening.rows import RATING_COLUMNS
from speecht5_demo.listening.session_events import SESSION_COLUMNS

try:
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as missing:
    raise HostingError(
        "RATINGS_DB needs psycopg: .venv/bin/pip install -r requirements-postgres.txt"
    ) from missing

log = logging.getLogger(__name__)

EVERY_S = 1.0
CONNECT_S, STATEMENT_MS = 5, 5_000
ORDER_LOCK = 0x5EE5
"""Held while a row is added, so that rows can be read in the order of `seq` and none appears late."""
ROWS_AT_ONCE = 5_000
TABLES = {
    "ratings": ("rating_id", RATING_COLUMNS),
    "sessions": ("event_id", SESSION_COLUMNS),
    "decisions": ("decision_id", DECISION_COLUMNS),
}


class PostgresStore:
    """A database.

    Args:
        address: of the database, as libpq reads it.
    """

    every_s = EVERY_S
    live = True

    def __init__(self, address: str) -> None:
        try:
            parts = conninfo_to_dict(address)
            self._address = make_conninfo(
                address, connect_timeout=CONNECT_S, application_name="speecht5_demo",
                options=f"-c statement_timeout={STATEMENT_MS}",
            )  # fmt: skip
        except psycopg.Error as error:
            raise HostingError(
                "RATINGS_DB is no address of Postgres: write postgresql://user:password@host/database."
            ) from error
        self._label = f"Postgres ({parts.get('dbname') or parts.get('user') or 'default'})"
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def label(self) -> str:
        """The database's name, without host, user and password."""
        return self._label

    def open(self) -> None:
        """Make the tables where they are not there."""
        try:
            with self._connected().transaction():
                self._lock()
                for table, (key, columns) in TABLES.items():
                    self._make(table, key, columns)
                self._run(
                    "CREATE TABLE IF NOT EXISTS studies (name text PRIMARY KEY, content bytea NOT NULL)"
                )
        except psycopg.Error as error:
            raise self._failed(error) from error

    def send(self, segments: Sequence[Segment]) -> None:
        """Add rows, each in a transaction of its own."""
        try:
            for segment in segments:
                table = segment.name.partition("-")[0]
                key, columns = TABLES[table]
                lines = io.StringIO(segment.with_header().decode("utf-8", errors="replace"), newline="")
                rows = (row for row in csv.DictReader(lines) if None not in row and None not in row.values())
                for row in rows:
                    known = [name for name in columns if name in row]
                    self._add(table, key, known, row, segment.name)
        except psycopg.Error as error:
            raise self._failed(error) from error

    def fetch(self, folder: Path, own: Collection[str], cursor: int) -> Fetched:
        """Write the rows of other servers behind those that are here."""
        names: set[str] = set()
        reached = cursor
        try:
            for table, (_, columns) in TABLES.items():
                after = cursor
                while rows := self._after(table, columns, after, own):
                    for seq, file, *cells in rows:
                        after = seq
                        if NAME.fullmatch(file):
                            _append(folder / file, columns, cells)
                            names.add(file)
                reached = max(reached, after)
        except psycopg.Error as error:
            raise self._failed(error) from error
        except OSError as error:
            raise HostingError(f"Ratings cannot be written here: {error.strerror}.") from error
        return Fetched(frozenset(names), reached)

    def erase(self, deleted: Collection[str]) -> None:
        """Delete the rows of the sessions, which are found by the digest of their id, as `session_digest` makes it."""
        digests = list(deleted)
        try:
            for table in ("ratings", "sessions"):
                self._run(
                    sql.SQL(
                        "DELETE FROM {} WHERE left(encode(sha256(convert_to('session', 'UTF8') || "
                        "'\\x00'::bytea || convert_to(session_id, 'UTF8')), 'hex'), 32) = ANY(%s)"
                    ).format(sql.Identifier(table)),
                    (digests,),
                )
            self._run("DELETE FROM decisions WHERE session = ANY(%s) AND action <> %s", (digests, DELETE))
        except psycopg.Error as error:
            raise self._failed(error) from error

    def put_study(self, name: str, data: bytes) -> bytes:
        """Keep a study unless there is one."""
        try:
            self._run("INSERT INTO studies VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, data))
        except psycopg.Error as error:
            raise self._failed(error) from error
        return self.get_study(name) or data

    def get_study(self, name: str) -> bytes | None:
        """A kept study."""
        try:
            found = self._run("SELECT content FROM studies WHERE name = %s", (name,)).fetchone()
        except psycopg.Error as error:
            raise self._failed(error) from error
        return None if found is None else bytes(found[0])

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._address, autocommit=True)
        return self._connection

    def _run(self, statement: str | sql.Composed, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        query = statement if isinstance(statement, sql.Composed) else sql.SQL(statement)
        return self._connected().execute(query, values)

    def _lock(self) -> None:
        self._run("SELECT pg_advisory_xact_lock(%s)", (ORDER_LOCK,))

    def _make(self, table: str, key: str, columns: Sequence[str]) -> None:
        """The table, and columns that an older version of the app did not have."""
        self._run("CREATE SEQUENCE IF NOT EXISTS exchange_seq")
        self._run(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} ({} text PRIMARY KEY, "
                "seq bigint NOT NULL DEFAULT nextval('exchange_seq') UNIQUE, file text NOT NULL)"
            ).format(sql.Identifier(table), sql.Identifier(key))
        )
        for name in columns:
            kind = "numeric" if name == "rating" else "text"
            self._run(
                sql.SQL(f"ALTER TABLE {{}} ADD COLUMN IF NOT EXISTS {{}} {kind}").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )

    def _add(self, table: str, key: str, columns: Sequence[str], row: dict[str, str], file: str) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, ("file", *columns)))
        places = sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 1))
        values = [file, *(row[name] if name != "rating" or row[name] else None for name in columns)]
        with self._connected().transaction():
            self._lock()
            added = self._run(
                sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
                    sql.Identifier(table), names, places
                ),
                values,
            )
        if added.rowcount == 0 and table == "ratings":
            stands = self._run("SELECT file FROM ratings WHERE rating_id = %s", (row[key],)).fetchone()
            if stands and stands[0] != file:
                log.warning("Two servers took rating %s; the first one stands.", row[key])

    def _after(
        self, table: str, columns: Sequence[str], after: int, own: Collection[str]
    ) -> list[tuple[Any, ...]]:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        return self._run(
            sql.SQL(
                "SELECT seq, file, {} FROM {} WHERE seq > %s AND NOT file = ANY(%s) ORDER BY seq LIMIT %s"
            ).format(names, sql.Identifier(table)),
            (after, list(own), ROWS_AT_ONCE),
        ).fetchall()

    def _failed(self, error: Exception) -> HostingError:
        """The failure in words; what the driver says may name host and user, never the password."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return HostingError(f"The database did not answer as it should ({type(error).__name__}).")


def _append(path: Path, columns: Sequence[str], cells: Sequence[Any]) -> None:
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    if not path.exists():
        out.writerow(columns)
    out.writerow(["" if cell is None else str(cell) for cell in cells])
    with path.open("ab") as stream:
        stream.write(buffer.getvalue().encode("utf-8"))
