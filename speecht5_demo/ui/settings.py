"""What a deployment can choose, read once from the environment.

| variable      | meaning                                                        | default                             |
|---------------|----------------------------------------------------------------|-------------------------------------|
| HOST          | address to listen on                                           | 127.0.0.1; 0.0.0.0 in a Space       |
| PORT          | TCP port, 1 to 65535                                           | 7860                                |
| CHECKPOINT    | auto, embedded, random-full, a hub id or a folder              | auto                                |
| DATA_DIR      | where ratings, sessions and the server's secret live           | ./data                              |
| STUDY_DIR     | the study that the Listen page plays                           | DATA_DIR/study                      |
| PREPARE_STUDY | 0: do not prepare the shipped study when there is none         | 1                                   |
| RATINGS_...   | where ratings go beyond this disk: hosting/choosing.py         | they stay here                      |
| OWNER_KEY     | opens a running study's results and the raw ratings            | made in DATA_DIR/owner-key          |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.errors import DemoError


class SettingsError(DemoError):
    """An environment variable holds a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """One deployment's choices.

    Attributes:
        host: address the server listens on.
        port: TCP port.
        checkpoint: what `open_checkpoint` takes.
        data: folder of everything that must survive a restart.
        study: folder of the study to listen to; may not exist.
        owner_key: opens a running study's results; None makes one in `data`.
        prepare_study: whether to make the shipped study when DATA_DIR/study holds none.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    checkpoint: str = "auto"
    data: Path = Path("data")
    study: Path = Path("data/study")
    owner_key: str | None = None
    prepare_study: bool = True

    @property
    def ratings(self) -> Path:
        """Folder of the ratings and sessions files."""
        return self.data / "ratings"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables above.

        Raises:
            SettingsError: PORT is not a port.
        """
        written = environment.get("PORT", "7860").strip()
        if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= 65535:
            raise SettingsError(f"PORT is {written!r}: give a number from 1 to 65535, such as 7860.")
        data = Path(environment.get("DATA_DIR") or "data")
        return cls(
            host=environment.get("HOST") or ("0.0.0.0" if environment.get("SPACE_ID") else "127.0.0.1"),
            port=int(written),
            checkpoint=environment.get("CHECKPOINT") or "auto",
            data=data,
            study=Path(environment.get("STUDY_DIR") or data / "study"),
            owner_key=environment.get("OWNER_KEY", "").strip() or None,
            prepare_study=environment.get("PREPARE_STUDY", "1").strip().lower()
            not in ("0", "no", "false", "off"),
        )
