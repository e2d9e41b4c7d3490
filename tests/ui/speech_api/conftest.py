"""One running app for all programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Server, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("programs")) as running:
        yield running
