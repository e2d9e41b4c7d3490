"""A process that opens checkpoints on request, for tests that need a hub.

The hub's libraries read their environment once, so a test cannot point them at a hub of its own; it can point a
process at one, which answers many requests: a line of JSON in, a line out.
"""

import json
import os
import sys
import time
from typing import Any

from tests.support.programs import converse


class HubWorker:
    """The process, as its parent sees it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = converse(["-m", "tests.support.hub_worker"], environment)

    def open(self, spec: str, **how: Any) -> dict[str, Any]:
        """Open a checkpoint: its facts, or `error` and `kind`; always `seconds`.

        Args:
            space: act as a Space.
            load: load both networks, too.
            timeout_s: wait so long, in seconds, for the rest of a file.
        """
        return self._ask({"do": "open", "spec": spec, **how})

    def push(self, repository: str, path: str, content: str) -> dict[str, Any]:
        """Create a dataset repository and commit one file to it."""
        return self._ask({"do": "push", "repository": repository, "path": path, "content": content})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._process.ask(json.dumps(request)))
        return answer

    def close(self) -> int:
        """End the process by closing its input; its exit status."""
        self._process.stdin.close()
        try:
            return self._process.process.wait(60)
        finally:
            self._process.close()


def serve() -> None:
    """Answer requests until the input ends."""
    # Imported here, so that it counts to no request.
    from transformers import SpeechT5Tokenizer  # noqa: F401

    import speecht5_demo.checkpoints.from_hub
    import speecht5_demo.checkpoints.loading  # noqa: F401

    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        action = {"open": _open, "push": _push}[request.pop("do")]
        began = time.monotonic()
        answer = action(**request)
        print(json.dumps({**answer, "seconds": time.monotonic() - began}), file=answers, flush=True)


def _open(spec: str, space: bool = False, load: bool = False, timeout_s: float = 15) -> dict[str, Any]:
    from speecht5_demo import hub
    from speecht5_demo.checkpoints import open_checkpoint
    from speecht5_demo.errors import DemoError

    os.environ.pop("SPACE_ID", None)
    if space:
        os.environ["SPACE_ID"] = "tester/demo"
    hub.SILENCE_WITHIN_A_FILE_S = timeout_s
    try:
        checkpoint = open_checkpoint(spec)
        if load:
            checkpoint.load_acoustic()
            checkpoint.load_vocoder()
        return {
            "spec": checkpoint.spec,
            "notice": checkpoint.notice,
            "digest": checkpoint.digest,
            "speakers": {name: speaker.vector.tolist() for name, speaker in checkpoint.speakers.items()},
            "five": checkpoint.tokenizer("5")["input_ids"],
        }
    except DemoError as error:
        return {"error": str(error), "kind": type(error).__name__}


def _push(repository: str, path: str, content: str) -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi(token="hf_tester")
    api.create_repo(repository, repo_type="dataset", private=True)
    done = api.upload_file(
        path_or_fileobj=content.encode(), path_in_repo=path, repo_id=repository, repo_type="dataset"
    )
    return {"commit": done.oid}


if __name__ == "__main__":
    serve()
