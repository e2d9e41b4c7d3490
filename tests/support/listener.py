"""A listener without a browser: speaks the page's HTTP, and like the page sends until it is answered."""

import http.client
import io
import json
import random
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FOREVER_S = 300
"""A busy machine is no failure."""


@dataclass
class Listener:
    """One listener.

    Attributes:
        port: of the server on 127.0.0.1.
        rng: decides the answers.
        think_s: pause before each rating.
        source: address on the loopback that it comes from.
        acknowledged: ratings that the server called saved, by ticket trial: what was sent.
        seconds: how long each acknowledged rating took from sending to its answer.
    """

    port: int
    rng: random.Random
    think_s: float = 0.0
    source: str = "127.0.0.1"
    acknowledged: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    _line: http.client.HTTPConnection | None = None

    def once(self, what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One request, one answer; raises OSError when there is none."""
        if self._line is None:
            self._line = self._connect()
        try:
            self._line.request(
                "POST", f"/listening/{what}", json.dumps(body), {"content-type": "application/json"}
            )
            reply = self._line.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._line.close()
            self._line = None
            raise OSError(str(error)) from error

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.source, 0))

    def until_answered(self, what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The same request again and again, through dead servers, full disks and lost answers, as the page does."""
        end = time.monotonic() + FOREVER_S
        while time.monotonic() < end:
            try:
                status, reply = self.once(what, body)
            except OSError:
                time.sleep(0.02)
                continue
            if status < 500:
                return status, reply
            time.sleep(0.05)
        raise TimeoutError(f"no answer to {what} in {FOREVER_S} s")

    def listen(self, clips: list[str]) -> tuple[list[str], float]:
        """Fetch clips as the page does: their receipts, and the seconds that playing them takes."""
        receipts, seconds = [], 0.0
        for name in clips:
            audio_s, receipt = self._fetch(name)
            seconds += audio_s
            receipts.append(receipt)
        return receipts, seconds

    def _fetch(self, name: str) -> tuple[float, str]:
        """Seconds and receipt of a clip; a server that was killed is asked again."""
        end = time.monotonic() + FOREVER_S
        while True:
            line = self._connect()
            try:
                line.request("GET", f"/listening/clip/{name}")
                reply = line.getresponse()
                data = reply.read()
                with wave.open(io.BytesIO(data)) as clip:
                    return clip.getnframes() / clip.getframerate(), data[-60:].decode()
            except (OSError, http.client.HTTPException, EOFError, wave.Error, UnicodeError):
                assert time.monotonic() < end, "the clip was never served"
                time.sleep(0.05)
            finally:
                line.close()

    def take_the_test(
        self, stop_before: Callable[[dict[str, Any]], bool] = lambda view: False
    ) -> dict[str, Any]:
        """From the first page to the last, or to a page that `stop_before` chooses; returns the last view."""
        visit = f"visit {self.rng.random()}"
        _, reply = self.until_answered("enter", {"visit": visit, "parameters": {}})
        view: dict[str, Any] = reply["view"]
        answers = {"language": "en", "device": "computer", "headphones": "headphones", "result": "6/6"}
        while view["step"] != "end" and not stop_before(view):
            if view["step"] not in ("practice", "trial"):
                status, reply = self.until_answered(
                    "answer", {"token": view["token"], "event": view["step"], "answers": answers}
                )
                assert status == 200, reply
            else:
                receipts, audio_s = self.listen(view["clips"])
                time.sleep(audio_s + self.think_s * self.rng.random())
                score = self.rng.randint(1, 5)
                self.sent.append(score)
                answer = {
                    "ticket": view["ticket"],
                    "rating": score,
                    "heard": 1.0,
                    "plays": 1,
                    "response_s": audio_s,
                    "receipts": receipts,
                }
                started = time.monotonic()
                status, reply = self.until_answered("rate", answer)
                assert status in (200, 409), reply
                self.seconds.append(time.monotonic() - started)
                self.acknowledged.append(score)
            view = reply["view"]
        return view
