"""The service's endpoints, called as any client would, without a network (PEP 3333)."""

from __future__ import annotations

import html
import io
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, unquote, urlencode

from credserv.ground.canonical_json import to_json

Application = Callable[..., Iterable[bytes]]
HOST = "simulation.localhost"
_NOT_FOUND = 404
_FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        return self.status < 400

    def json(self) -> Any:
        return json.loads(self.body)

    def code(self) -> str:
        """The code of a refusal, for programs."""
        try:
            told = self.json()
        except ValueError:
            return str(self.status)
        return str(told["code"])

    def detail(self) -> str:
        """The detail of a refusal, for people."""
        try:
            told = self.json()
        except ValueError:
            return f"status {self.status}"
        faults = "".join(f"; {one['place']}: {one['message']}" for one in told.get("faults", ()))
        return f"{told.get('detail', self.status)}{faults}"


@dataclass
class Caller:
    """One client: a program with an API key, or a browser with its cookies."""

    app: Application
    key: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, told: Any = None) -> Answer:
        """Send a JSON document to the API."""
        body = to_json(told) if told is not None else b""
        return self._call(method, path, body, "application/json", "application/json")

    def open(self, path: str) -> Answer:
        """Open a page."""
        return self._call("GET", path, b"", "", "text/html")

    def submit(self, path: str, **fields: str) -> Answer:
        """Submit the form on the page at this path, with its token."""
        page = self.open(path)
        token = _FORM_TOKEN.search(page.body.decode())
        if token is None:
            return Answer(max(page.status, _NOT_FOUND), page.body)  # no form, so nothing was accepted
        form = urlencode({"csrf_token": html.unescape(token[1]), **fields}).encode()
        return self._call("POST", path, form, "application/x-www-form-urlencoded", "text/html")

    def _call(self, method: str, path: str, body: bytes, content: str, accept: str) -> Answer:
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_rest: object) -> Any:
            answered.append((status, headers))

        chunks = self.app(self._environ(method, path, body, content, accept), start)
        try:
            sent = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = answered[-1]
        self._keep([value for name, value in headers if name.lower() == "set-cookie"])
        return Answer(int(status[:3]), sent)

    def _environ(self, method: str, path: str, body: bytes, content: str, accept: str) -> dict[str, Any]:
        address, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(address, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "HTTP_ACCEPT": accept,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if content:
            environ["CONTENT_TYPE"] = content
        if self.key:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.key}"
        if self.cookies:
            environ["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return environ

    def _keep(self, cookies: list[str]) -> None:
        for text in cookies:
            for name, morsel in SimpleCookie(text).items():
                self.cookies[name] = morsel.value


def part(text: str) -> str:
    """Return a path segment of an address."""
    return quote(text, safe="")
