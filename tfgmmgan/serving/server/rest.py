"""The REST door, as an ASGI application."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.json_format import MessageToDict
from prometheus_client import CONTENT_TYPE_LATEST

from tfgmmgan.serving.server.json_format import read_request, write_answer
from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.model import Request, ServedModel
from tfgmmgan.serving.server.service import Service
from tfgmmgan.utils.local_hosts import is_local

__all__ = ["rest_app"]

STATUSES = {
    "INVALID_ARGUMENT": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "TOO_SLOW": 408,
    "TOO_LARGE": 413,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d{1,18})|/labels/(?P<label>[^/:]+))?"
    r"(?P<action>:predict|/metadata)?"
)
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def rest_app(service: Service, local: bool = False) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """Return an application with TF Serving's paths.

    - `GET /v1/models/NAME[/versions/N]`: whether it is served; with `/metadata` its signatures.
    - `POST /v1/models/NAME[/versions/N]:predict`.
    - `GET /monitoring/prometheus/metrics`, and `GET /healthz`: 200, or 503 when the server is about to end.

    An error is `{"error": "..."}`.

    Args:
        service: What answers.
        local: Whether only those are answered who call the server by a name of this machine. Default False.
    """

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        kind, status = "application/json", 200
        try:
            if local and not is_local(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
                raise Refusal("PERMISSION_DENIED", "Call this server by localhost; --host lets others in.")
            if scope["path"] == "/monitoring/prometheus/metrics" and scope["method"] == "GET":
                kind, content = CONTENT_TYPE_LATEST, service.metrics.text()
            elif scope["path"] == "/healthz":
                status, content = (503, b'{"status": "stopping"}') if service.stopping else (200, b'{"status": "ok"}')
            else:
                content = await _about_model(service, scope["method"], scope["path"], receive)
        except Refusal as refusal:
            status, content = STATUSES.get(refusal.code, 500), json.dumps({"error": str(refusal)}).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
        if service.stopping:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


async def _about_model(service: Service, method: str, path: str, receive: Receive) -> bytes:
    found = PATH.fullmatch(path)
    if not path.startswith("/v1/"):
        raise Refusal("NOT_FOUND", "There is no such page; the model is at /v1/models/NAME.")
    if not found or (method == "POST") != (found["action"] == ":predict") or method not in ("GET", "POST"):
        raise Refusal("INVALID_ARGUMENT", f"Malformed request: {method} {path[:200]}.")

    def check_name() -> None:
        service.model.check_name(found["name"], int(found["version"]) if found["version"] else None, found["label"])

    async def read() -> Request:
        body = await _body(receive, service.limits.max_bytes, service.limits.timeout_s)
        check_name()
        return await service.aside(len(body), read_request, service.model, body)

    if method == "POST":
        return await service.answer("rest", read, write_answer)
    check_name()
    return _metadata(service.model) if found["action"] else _status(service.model)


async def _body(receive: Receive, most: int, seconds: float) -> bytearray:
    """Return a request's body. One that is too large is read to its end all the same, so that the client hears it."""
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal("CANCELLED", "The client went away.")
                size += len(message["body"])
                if size <= most:
                    body += message["body"]
                else:
                    body.clear()
                if not message["more_body"]:
                    break
    except TimeoutError:
        raise Refusal("TOO_SLOW", f"The body took longer than {seconds:g} seconds to arrive.") from None
    if size > most:
        raise Refusal("TOO_LARGE", f"A request may have {most / 2**20:g} MiB; got {size / 2**20:.2f}.")
    return body


def _status(model: ServedModel) -> bytes:
    status = {"error_code": "OK", "error_message": ""}
    version = {"version": str(model.version), "state": "AVAILABLE", "status": status}
    return json.dumps({"model_version_status": [version]}, indent=1).encode()


def _metadata(model: ServedModel) -> bytes:
    described = {
        name: MessageToDict(one, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for name, one in model.metadata.items()
    }
    spec = {"name": model.name, "signature_name": "", "version": str(model.version)}
    return json.dumps({"model_spec": spec, "metadata": {"signature_def": {"signature_def": described}}}).encode()
