"""The pages' events without a browser: what a button sends, over HTTP, and what comes back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class PageEvents:
    """One visitor of a served app.

    Attributes:
        port: on 127.0.0.1.
        session: what the tab calls itself.
        headers: sent with everything.
        cookies: that were set.
    """

    port: int
    session: str = "a-tab"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _config: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers and body of the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"content-type": "application/json", **self.headers}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            reply = line.getresponse()
            for cookie in reply.headers.get_all("set-cookie") or []:
                name, _, rest = cookie.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            return reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.read()
        finally:
            line.close()

    def click(self, button: str, *data: object, event: str = "click") -> list[Any]:
        """Press a button by its elem_id; the values of its outputs."""
        status, _, content = self.press(button, *data, event=event)
        assert status == 200, content
        found: list[Any] = json.loads(content)["data"]
        return found

    def press(self, button: str, *data: object, event: str = "click") -> tuple[int, dict[str, str], bytes]:
        """As `click`, with whatever is answered."""
        if not self._config:
            self._config = json.loads(self.ask("GET", "/config")[2])
        numbers = [one["id"] for one in self._config["components"] if one["props"].get("elem_id") == button]
        assert numbers, f"no {button} on any page"
        event_of = next(
            one for one in self._config["dependencies"]
            if [numbers[0], event] in [list(target) for target in one["targets"]] and one["backend_fn"]
        )  # fmt: skip
        given = {
            "data": list(data),
            "fn_index": event_of["id"],
            "session_hash": self.session,
            "trigger_id": numbers[0],
        }
        return self.ask("POST", "/gradio_api/run/predict", given)
