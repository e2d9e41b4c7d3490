"""What the loopback hub answers: the real hub's addresses, headers and JSON, as far as its libraries look at them."""

import base64
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support import hub_oauth

if TYPE_CHECKING:
    from tests.support.hub import LoopbackHub

LFS_SUFFIXES = (".bin", ".model", ".safetensors", ".parquet", ".npy", ".zip", ".wav")
KINDS = "models|datasets|spaces"


@dataclass
class Repository:
    """One repository's files on its only branch, main, the commits it received, and the files before each."""

    files: dict[str, bytes]
    private: bool = False
    gated: bool = False
    commits: list[str] = field(default_factory=list)
    earlier: list[dict[str, bytes]] = field(default_factory=list)

    @property
    def sha(self) -> str:
        """The commit id of what is there now."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.files.items()):
            digest.update(path.encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()


class HubAnswers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: "LoopbackHub"

    def setup(self) -> None:
        super().setup()
        self.hub.connections.add(self.connection)

    def finish(self) -> None:
        self.hub.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keep the test output quiet; `hub.requests` holds what came."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = (
            self._chunked_body()
            if self.headers.get("Transfer-Encoding") == "chunked"
            else self.rfile.read(length)
        )
        request = f"{self.command} {self.path}"
        self.hub.requests.append(request)
        self._fault = None
        for fault in self.hub.misbehaviours:
            if fault.times == 0 or not re.search(fault.where, request):
                continue
            fault.under_way += bool(fault.silent)
            if fault.times is not None:
                fault.times -= 1
            if fault.silent:
                self.hub.closing.wait(fault.silent)
                self.close_connection = True
                fault.under_way -= 1
                return
            if fault.status is not None:
                self._error(fault.status, "ServerError", "out of order")
                return
            self._fault = fault
        self._route(urlsplit(self.path).path, body)

    def _chunked_body(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _route(self, path: str, body: bytes) -> None:
        if match := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
            return self._lfs(match[1])
        if match := re.fullmatch(r"/(?:(datasets|spaces)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(match[1] or "models", match[2], unquote(match[3]), unquote(match[4]))
        if match := re.fullmatch(rf"/api/({KINDS})/([^/]+/[^/]+)(?:/([a-z-]+)/([^/]+)(?:/(.*))?)?", path):
            return self._api(
                match[1], match[2], match[3] or "revision", unquote(match[4] or "main"), match[5], body
            )
        if path == "/api/whoami-v2":
            return self._json(
                {"type": "user", "name": "tester", "orgs": [], "auth": {"type": "access_token"}}
            )
        if path in hub_oauth.ADDRESSES:
            return self._send(
                *hub_oauth.answer(
                    self.hub.url,
                    self.hub.signs_in,
                    path,
                    urlsplit(self.path).query,
                    body,
                    self.hub.reached_at,
                )
            )
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        return self._error(404, "NotFound", "no such page")

    def _repository(self, kind: str, name: str, revision: str) -> Repository | None:
        repository = self.hub.repositories.get((kind, name))
        authorised = bool(self.headers.get("Authorization"))
        if repository is None or (repository.private and not authorised):
            # To a stranger the real hub does not tell a private repository from one that does not exist.
            self._error(404 if authorised else 401, "RepoNotFound", "Repository not found")
            return None
        if repository.gated and not authorised:
            self._error(401, "GatedRepo", "Access to this repository is restricted")
            return None
        if revision not in {"main", repository.sha}:
            self._error(404, "RevisionNotFound", "Revision not found")
            return None
        return repository

    def _resolve(self, kind: str, name: str, revision: str, path: str) -> None:
        repository = self._repository(kind, name, revision)
        if repository is None:
            return None
        content = repository.files.get(path)
        if content is None:
            return self._error(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": repository.sha})
        if not path.endswith(LFS_SUFFIXES):
            headers = {"X-Repo-Commit": repository.sha, "ETag": f'"{git_blob_id(content)}"'}
            return self._content(content, headers)
        sha256 = hashlib.sha256(content).hexdigest()
        headers = {
            "X-Repo-Commit": repository.sha,
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{sha256}"',
            "Location": f"{self.hub.storage_url}/lfs/{sha256}",
        }
        return self._send(302, b"", headers)

    def _lfs(self, sha256: str) -> None:
        for repository in self.hub.repositories.values():
            for content in repository.files.values():
                if hashlib.sha256(content).hexdigest() == sha256:
                    return self._content(content, {"ETag": f'"{sha256}"'})
        return self._error(404, "EntryNotFound", "no such object")

    def _api(self, kind: str, name: str, what: str, revision: str, path: str | None, body: bytes) -> None:
        repository = self._repository(kind, name, revision)
        if repository is None:
            return None
        if what == "revision":
            return self._json(self._description(name, repository))
        if what in {"tree", "paths-info"}:
            wanted = parse_qs(body.decode()).get("paths") if what == "paths-info" else None
            return self._json(self._tree(repository, (path or "").strip("/"), wanted))
        if what == "preupload":
            files = json.loads(body)["files"]
            answers = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            return self._json({"files": answers})
        if what == "super-squash":
            repository.commits[:] = [json.loads(body).get("message") or "Squashed"]
            repository.earlier.clear()
            return self._json({"success": True})
        if what == "commit":
            return self._commit(kind, name, repository, body)
        return self._error(404, "NotFound", "no such page")

    def _description(self, name: str, repository: Repository) -> dict[str, object]:
        return {
            "_id": "0" * 24,
            "id": name,
            "modelId": name,
            "sha": repository.sha,
            "private": repository.private,
            "gated": "auto" if repository.gated else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "lastModified": "2023-11-08T14:37:04.000Z",
            "createdAt": "2023-02-02T12:56:54.000Z",
            "siblings": [{"rfilename": path} for path in sorted(repository.files)],
        }

    def _tree(self, repository: Repository, folder: str, wanted: list[str] | None) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = []
        folders: set[str] = set()
        for path, content in sorted(repository.files.items()):
            folders.update(str(parent) for parent in Path(path).parents if str(parent) != ".")
            sha256 = hashlib.sha256(content).hexdigest()
            entry: dict[str, object] = {
                "type": "file",
                "path": path,
                "size": len(content),
                "oid": git_blob_id(content),
            }
            if path.endswith(LFS_SUFFIXES):
                entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
            entries.append(entry)
        entries += [
            {"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in sorted(folders)
        ]
        if wanted is not None:
            return [entry for entry in entries if entry["path"] in wanted]
        inside = f"{folder}/" if folder else ""
        recursive = "recursive=true" in self.path.lower()
        return [
            entry
            for entry in entries
            if (rest := str(entry["path"]).removeprefix(inside)) != entry["path"] or not inside
            if recursive or "/" not in rest
        ]

    def _create(self, wish: dict[str, str]) -> None:
        kind = f"{wish.get('type', 'model')}s"
        name = f"{wish.get('organization') or 'tester'}/{wish['name']}"
        if (kind, name) in self.hub.repositories:
            return self._json(
                {"url": f"{self.hub.url}/{name}", "error": "You already created this repo"}, status=409
            )
        self.hub.add(
            kind,
            name,
            {".gitattributes": b""},
            private=wish.get("visibility") == "private" or bool(wish.get("private")),
        )
        prefix = "" if kind == "models" else f"{kind}/"
        return self._json({"url": f"{self.hub.url}/{prefix}{name}", "name": name, "id": "0" * 24})

    def _commit(self, kind: str, name: str, repository: Repository, body: bytes) -> None:
        items = [json.loads(line) for line in body.splitlines()]
        parents = [item["value"].get("parentCommit") for item in items if item["key"] == "header"]
        if any(parent not in (None, repository.sha) for parent in parents):
            return self._error(412, "PreconditionFailed", "A commit has happened since.")
        repository.earlier.append(dict(repository.files))
        for item in items:
            value = item["value"]
            if item["key"] == "header":
                repository.commits.append(value["summary"])
            elif item["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "deletedFile":
                repository.files.pop(value["path"], None)
        prefix = "" if kind == "models" else f"{kind}/"
        commit_url = f"{self.hub.url}/{prefix}{name}/commit/{repository.sha}"
        return self._json(
            {"success": True, "commitOid": repository.sha, "commitUrl": commit_url, "hookOutput": ""}
        )

    def _content(self, content: bytes, headers: dict[str, str]) -> None:
        headers["Accept-Ranges"] = "bytes"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not wanted:
            return self._send(200, content, headers)
        first = int(wanted[1])
        last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return self._send(206, content[first : last + 1], headers)

    def _json(self, answer: object, status: int = 200) -> None:
        self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, b"", {**(headers or {}), "X-Error-Code": code, "X-Error-Message": message})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        fault = self._fault
        if fault is not None and fault.damage and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        allowed = (
            None if fault is None else fault.cut_after if fault.stall_after is None else fault.stall_after
        )
        if allowed is None or allowed >= len(body):
            self.wfile.write(body)
            return
        self.wfile.write(body[:allowed])
        self.wfile.flush()
        if fault is not None and fault.stall_after is not None:
            self.hub.closing.wait(60)
        self.close_connection = True


def git_blob_id(content: bytes) -> str:
    """The id git gives a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
