"""What a server says of itself to whoever watches it, and to whom."""

import pytest

from speecht5_demo.hosting.health import Finding, look
from speecht5_demo.hosting.metrics import Figure, Metrics
from speecht5_demo.ui.operation import is_this_machine

LOADS = Finding("The voice is being loaded.", loading=True, blocking=True)
PREPARES = Finding("The listening test is being prepared: 3 of 98 clips.", loading=True)
FULL = Finding("The disk is nearly full.")


@pytest.mark.parametrize(
    ("found", "status", "serving"),
    [
        ((None, None), "ready", True),
        ((LOADS, None), "loading", False),
        ((None, PREPARES), "loading", True),
        ((FULL, None), "degraded", True),
        ((PREPARES, FULL), "degraded", True),
        ((LOADS, FULL), "degraded", False),
    ],
)
def test_what_does_not_pass_by_itself_outweighs_what_is_loading(
    found: tuple[Finding | None, ...], status: str, serving: bool
) -> None:
    health = look([lambda one=one: one for one in found])
    assert health.status == status
    assert health.serving == serving
    assert health.as_json()["reasons"] == [one.reason for one in found if one]


def test_figures_are_read_when_they_are_asked_for() -> None:
    counted = {"study": 0.0}
    metrics = Metrics([Figure("ratings", "Acknowledged.", lambda: dict(counted), "source", counts=True),
                       Figure("uploaded", "Never yet.", lambda: None)])  # fmt: skip
    counted["study"] = 7.0
    text = metrics.text().decode()
    assert 'speecht5_demo_ratings_total{source="study"} 7.0' in text
    assert "speecht5_demo_uploaded" not in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize(
    ("peer", "headers", "environment", "answered"),
    [
        ("127.0.0.1", {}, {}, True),
        ("::1", {}, {}, True),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, {}, False),
        ("127.0.0.1", {"x-real-ip": "10.0.0.9"}, {}, False),
        ("127.0.0.1", {"via": "1.1 proxy"}, {}, False),
        ("127.0.0.1", {}, {"TRUST_PROXY": "1"}, False),
        ("127.0.0.1", {}, {"SPACE_ID": "you/space"}, False),
        ("10.0.0.9", {}, {}, False),
        (None, {}, {}, False),
        ("not an address", {}, {}, False),
    ],
)
def test_a_proxy_is_not_taken_for_a_program_on_this_machine(
    peer: str | None,
    headers: dict[str, str],
    environment: dict[str, str],
    answered: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SPACE_ID", "TRUST_PROXY"):
        monkeypatch.setenv(name, environment.get(name, ""))
    assert is_this_machine(peer, headers) == answered
