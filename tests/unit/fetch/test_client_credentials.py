"""An access token for a client with a secret (RFC 6749, 4.4)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from credserv.fetch.calling import Answer
from credserv.fetch.client_credentials import TokenClient, fetch_token
from credserv.ground.errors import InputError, UnavailableError

CLIENT = TokenClient("https://case.example/token", "client:1", "s%cret", "core.readonly")


@dataclass
class Host:
    answer: Answer
    asked: list[Any] = field(default_factory=list)

    def call(
        self, url: str, *, headers: Mapping[str, str], content: bytes | None = None, max_bytes: int = 0
    ) -> Answer:
        self.asked.append((url, headers, parse_qs((content or b"").decode())))
        return self.answer


def test_the_client_says_who_it_is_and_gets_a_token() -> None:
    host = Host(Answer(200, {}, b'{"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600}'))
    assert fetch_token(host, CLIENT) == "t-1"
    ((url, headers, form),) = host.asked
    assert url == CLIENT.token_endpoint
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"client%3A1:s%25cret"
    assert form == {"grant_type": ["client_credentials"], "scope": ["core.readonly"]}
    assert "s%cret" not in repr(CLIENT)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(401, {}, b""), InputError),
        (Answer(400, {}, b""), InputError),
        (Answer(503, {}, b""), UnavailableError),
        (Answer(200, {}, b"{}"), InputError),
        (Answer(200, {}, b'{"access_token": "a b"}'), InputError),
        (Answer(200, {}, b"<html>"), InputError),
    ],
)
def test_a_host_that_gives_none_is_told(answer: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        fetch_token(Host(answer), CLIENT)
