"""A small server for one page, on this machine."""

import hmac
import json
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tfgmmgan.explore.explorer import Explorer
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.local_hosts import is_local

__all__ = ["make_server"]

LARGEST = 40 * 2**20  # bytes of a question
QUESTIONS = ("draw", "between", "recognise", "rename")
SAFE = {
    "Content-Security-Policy": "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_server(explorer: Explorer, port: int = 0, share: bool = False) -> tuple[ThreadingHTTPServer, str]:
    """Return a server that is not yet serving, and the address of its page.

    Args:
        explorer: What answers.
        port: 0 for any that is free.
        share: Let other machines in, by an address with a key that nobody guesses. Default False: this machine alone.

    Raises:
        UserError: If the port is taken.
    """
    key = secrets.token_urlsafe(16) if share else None
    lock = threading.Lock()  # one question at a time; the model is one

    class Handler(_Handler):
        pass

    Handler.explorer, Handler.key, Handler.lock = explorer, key, lock
    try:
        server = _Server(("0.0.0.0" if share else "127.0.0.1", port), Handler)
    except OSError as error:
        raise UserError(f"Port {port} can't be had ({error.strerror}). Choose another --port.") from error
    return server, f"http://localhost:{server.server_address[1]}/" + (f"?key={key}" if share else "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that was closed while it was answered."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers the page, and its questions."""

    explorer: Explorer
    key: str | None
    lock: threading.Lock

    def do_GET(self) -> None:
        """Answer with the page."""
        if not self._may_ask():
            return
        if urlsplit(self.path).path != "/":
            self._answer(404, {"error": "There is one page alone."})
            return
        with self.lock:
            about = json.dumps(self.explorer.about()).replace("<", "\\u003c")
        page = files("tfgmmgan.explore").joinpath("page.html").read_text(encoding="utf-8")
        self._send(200, "text/html; charset=utf-8", page.replace("{{ about }}", about).encode())

    def do_POST(self) -> None:
        """Answer a question: JSON to JSON."""
        if not self._may_ask():
            return
        name, length = urlsplit(self.path).path.strip("/"), self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        is_json = kind == "application/json"  # as pages of others can't say
        if name not in QUESTIONS or not is_json or not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            questions = ", ".join(QUESTIONS)
            self._answer(400, {"error": f"Expected one of {questions}, as JSON of at most {LARGEST >> 20} MiB."})
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
            with self.lock:
                status, answer = 200, getattr(self.explorer, name)(**asked)
        except ConnectionError:
            raise
        except Exception as error:  # the page says what it was, and the server lives
            status, answer = 400, {"error": str(error) or type(error).__name__}
        self._answer(status, answer)

    def _may_ask(self) -> bool:
        """Return whether who asks is on this machine, or has the key; else refuse."""
        if self.key is None:
            allowed = is_local(self.headers.get("Host", ""))  # not by a name that leads here
        else:
            given = parse_qs(urlsplit(self.path).query).get("key", [""])[0]
            allowed = hmac.compare_digest(given.encode(), self.key.encode())
        if not allowed:
            self.close_connection = True
            self._answer(403, {"error": "Open the address that explore printed."})
        return allowed

    def _answer(self, status: int, content: Any) -> None:
        self._send(status, "application/json", json.dumps(content).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **SAFE}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
