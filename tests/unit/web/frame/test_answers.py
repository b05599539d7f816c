"""What is sent is what werkzeug would send, and with it the headers that stand for all answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response

from credserv.web.frame.answers import Answer

STANDING = (("Cache-Control", "no-store"), ("X-Frame-Options", "DENY"))


def _lines() -> Iterator[bytes]:
    yield b"one\n"
    yield b"two\n"


ANSWERS = {
    "text": lambda: Response("caf\u00e9", mimetype="text/plain"),
    "bytes": lambda: Response(b"{}", mimetype="application/json", headers={"ETag": '"1"'}),
    "nothing": lambda: Response(status=204),
    "not modified": lambda: Response("left out", status=304),
    "created": lambda: Response(
        "{}", status=201, headers={"Location": "http://localhost:8080/credentials/a_b-c"}
    ),
    "elsewhere": lambda: Response(status=303, headers={"Location": "/verify?of=1#a"}),
    "to be escaped": lambda: Response(
        status=302, headers={"Location": "https://B\u00fccher.example/f\u00fcr uns"}
    ),
    "called by another name": lambda: Response("{}", headers={"Content-Location": "/f\u00fcr"}),
    "made as it is sent": lambda: Response(_lines(), mimetype="text/plain"),
    "its length is told": lambda: Response("abc", headers={"Content-Length": "3"}),
    "its own cache": lambda: Response("abc", headers={"cache-control": "max-age=60"}),
    "two cookies": lambda: Response("abc", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_is_sent_as_werkzeug_would(name: str, method: str) -> None:
    environ = {"REQUEST_METHOD": method, "wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}
    plain, ours = ANSWERS[name](), Answer.force_type(ANSWERS[name](), environ)
    assert isinstance(ours, Answer)
    ours.standing = STANDING
    for one in STANDING:
        if one[0] not in plain.headers:
            plain.headers.add(*one)
    body, status, headers = plain.get_wsgi_response(environ)
    our_body, our_status, our_headers = ours.get_wsgi_response(environ)
    assert (our_status, sorted(our_headers)) == (status, sorted(headers))
    assert b"".join(our_body) == b"".join(body)


def test_what_stands_for_all_answers_is_sent_once_and_never_instead_of_their_own() -> None:
    ours = Answer("abc", headers={"cache-control": "max-age=60"})
    ours.standing = STANDING
    _, _, headers = ours.get_wsgi_response({"REQUEST_METHOD": "GET"})
    named = [name.lower() for name, _ in headers]
    assert named.count("cache-control") == named.count("x-frame-options") == 1
    assert ("cache-control", "max-age=60") in headers
