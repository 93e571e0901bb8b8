"""A proxy before a server (an InfluxDB, the product), for tests: it waits, answers in its place, or does a deed."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"code": "test", "message": "said by the test"}'


@dataclass
class Request:
    """A request as it came; `at` on the clock that only goes forward."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def lines(self) -> list[str]:
        """Of a body of text, unpacked where the sender packed it."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode().splitlines()


@dataclass
class Proxy:
    """Forwards to `target`. `instead` may give the answer, or do something first and return None."""

    target: str
    url: str = ""
    delay_seconds: float = 0.0
    instead: Callable[[Request], Answer | None] = lambda _: None
    requests: list[Request] = field(default_factory=list)

    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.path.startswith("/api/v2/write")]


@contextmanager
def proxy_to(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            request = Request(self.path, dict(self.headers), self._body(), time.monotonic())
            proxy.requests.append(request)
            time.sleep(proxy.delay_seconds)
            answer = proxy.instead(request) or self._from_target(request)
            if answer is None:  # the server is gone: so is this connection
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _from_target(self, request: Request) -> Answer | None:
            kept = {name: self.headers[name] for name in ("Authorization", "Content-Encoding", "Content-Type")}
            headers = {name: value for name, value in kept.items() if value is not None}
            try:
                answer = httpx.request(
                    self.command, proxy.target + self.path, content=request.body, headers=headers, timeout=60
                )
            except httpx.TransportError:
                return None
            passed = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
            return Answer(answer.status_code, passed, answer.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # which is how long an end takes
    thread.start()
    yield proxy
    server.shutdown()
    server.server_close()
