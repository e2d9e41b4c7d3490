"""A refusal in the shape that OpenAI's clients read: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import math

from starlette.responses import JSONResponse, Response

HEADERS = {"cache-control": "no-store"}
LONGEST_WAIT_S = 600


class ApiProblem(Exception):
    """Why a request is not served.

    Args:
        message: one sentence.
        param: the field that is wrong.
        code: a word that programs look for.
        status: of the answer.
        wait_s: for who asked too much: about how many seconds later to ask again.
    """

    def __init__(
        self,
        message: str,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status
        self.wait_s = wait_s

    def response(self) -> Response:
        """The answer, with the time to wait where there is one."""
        kind = "rate_limit_error" if self.status == 429 else "invalid_request_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        headers = dict(HEADERS)
        if self.wait_s is not None:
            headers["retry-after"] = str(min(LONGEST_WAIT_S, max(1, math.ceil(self.wait_s))))
        return JSONResponse({"error": error}, self.status, headers)
