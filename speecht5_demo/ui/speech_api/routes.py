"""The addresses under `/v1` that OpenAI's clients ask.

| address                | what it does                                                                    |
|------------------------|---------------------------------------------------------------------------------|
| POST /v1/audio/speech  | `{model, input, voice, response_format}`: speech, sent on while it is made      |
| GET /v1/models         | the variants                                                                    |
| GET /v1/models/NAME    | one of them                                                                     |

The voice is that of the pages: one step at a time, in turn by visitor, with the same limits of places and of seconds of
speech. A key is asked of nobody; two keys of one address are two visitors of it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis.tags import SpeechFacts, speech_tags
from speecht5_demo.ui.compare.service import TIME_LIMIT_S, CompareService
from speecht5_demo.ui.compare.voice_queue import BusyError, Job
from speecht5_demo.ui.serving.json_body import BodyError, json_object
from speecht5_demo.ui.serving.request_body import RefusedRequest, read_body
from speecht5_demo.ui.serving.visitor import Visitor, sender_of
from speecht5_demo.ui.speech_api.encoders import FORMATS, open_encoder
from speecht5_demo.ui.speech_api.problem import HEADERS, ApiProblem
from speecht5_demo.ui.speech_api.request import SpeechRequest, read_request
from speecht5_demo.ui.speech_api.speaking import GrowingSpeech
from speecht5_demo.variants import all_variants

log = logging.getLogger(__name__)

LOOK_S = 0.02
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OWNER = "speecht5-demo"


class SpeechApi:
    """The routes.

    Args:
        service: whose voice, places and budget are used.
    """

    def __init__(self, service: CompareService) -> None:
        self._service = service
        self._since = int(time.time())
        self.routes: list[BaseRoute] = [
            Route("/v1/audio/speech", _answering(self._speech), methods=["POST"]),
            Route("/v1/models", _answering(self._models), methods=["GET"]),
            Route("/v1/models/{name}", _answering(self._model), methods=["GET"]),
            Route("/v1", _answering(_nothing), methods=METHODS),
            Route("/v1/{path:path}", _answering(_nothing), methods=METHODS),
        ]

    @property
    def _checkpoint(self) -> Checkpoint:
        return self._service.context.checkpoint

    async def _models(self, request: Request) -> Response:
        models = self._listed() if self._checkpoint.listenable else []
        return JSONResponse({"object": "list", "data": models}, 200, HEADERS)

    async def _model(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = [model for model in self._listed() if model["id"] == name and self._checkpoint.listenable]
        if not found:
            raise ApiProblem(f"There is no model {name[:40]!r}.", "model", "model_not_found", 404)
        return JSONResponse(found[0], 200, HEADERS)

    def _listed(self) -> list[dict[str, object]]:
        return [
            {"id": variant.name, "object": "model", "created": self._since, "owned_by": OWNER}
            for variant in all_variants()
        ]

    async def _speech(self, request: Request) -> Response:
        asked = read_request(self._checkpoint, await _sent(request))
        growing = self._begin(asked, visitor_of(request))
        try:
            while not growing.begun:
                if await request.is_disconnected():
                    growing.cancel.set()
                    return Response(status_code=499)
                await anyio.sleep(LOOK_S)
        except BaseException:
            growing.cancel.set()
            raise
        if growing.problem:
            raise ApiProblem(growing.problem, code="synthesis_failed")
        return StreamedSpeech(growing, FORMATS[asked.audio_format])

    def _begin(self, asked: SpeechRequest, visitor: Visitor) -> GrowingSpeech:
        plan = asked.plan
        synthesizer = self._service.context.synthesizer
        rate = self._checkpoint.vocoder_config.sampling_rate
        facts = SpeechFacts(
            plan.text, self._checkpoint.title, plan.speaker.name, plan.variants[0].name, plan.seed
        )
        tags = speech_tags(facts)
        growing = GrowingSpeech(plan, open_encoder(asked.audio_format, rate, tags))
        job = Job(
            visitor,
            growing.steps(synthesizer),
            wanted=lambda: not growing.cancel.is_set() and job.spent_s < TIME_LIMIT_S,
            ended=growing.close,
        )
        try:
            self._service.budget.spend(visitor, plan)
            self._service.queue.submit(job)
        except BusyError as error:
            raise ApiProblem(str(error), None, "rate_limit_exceeded", 429, error.wait_s) from error
        return growing


class StreamedSpeech(Response):
    """Sends a speech while it is made; one that breaks in the middle is no whole answer, and the client is told so."""

    def __init__(self, growing: GrowingSpeech, media_type: str) -> None:
        self._growing = growing
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers({**HEADERS, "x-accel-buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over or nobody listens."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen, receive, tasks.cancel_scope)
                await send(
                    {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
                )
                async for content in self._parts():
                    await send({"type": "http.response.body", "body": content, "more_body": True})
                if self._growing.problem:
                    # An answer without its end: the server closes the connection, and a client sees that it is cut.
                    log.warning("A speech ended in the middle: %s", self._growing.problem)
                else:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                tasks.cancel_scope.cancel()
        finally:
            self._growing.cancel.set()

    async def _parts(self) -> AsyncIterator[bytes]:
        while True:
            over = self._growing.over
            if content := self._growing.take():
                yield content
            elif over:
                return
            else:
                await anyio.sleep(LOOK_S)

    async def _listen(self, receive: Receive, sending: anyio.CancelScope) -> None:
        """End with the client."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._growing.cancel.set()
        sending.cancel()


def visitor_of(request: Request) -> Visitor:
    """Who asks: the address, and the key as what tells two programs of one address apart."""
    key = hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()[:16]
    address = sender_of(request)
    return Visitor(f"program-{key}-{address}", address)


async def _sent(request: Request) -> dict[str, object]:
    return json_object(await read_body(request.scope, request.receive))


async def _nothing(request: Request) -> Response:
    raise ApiProblem(
        f"There is nothing at {request.method} {request.url.path[:80]}: "
        "speech is asked for with POST /v1/audio/speech, models with GET /v1/models.",
        code="unknown_url",
        status=404,
    )


def _answering(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint whose refusals have OpenAI's shape."""

    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except ApiProblem as problem:
            return problem.response()
        except RefusedRequest as refused:
            return ApiProblem(str(refused), status=refused.status).response()
        except BodyError as error:
            return ApiProblem(str(error), code="invalid_json").response()

    return endpoint
