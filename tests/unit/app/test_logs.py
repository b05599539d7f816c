"""The log: JSON lines, from ours and others' loggers, with secrets and addresses struck out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from credserv.app.logs import configure_logging
from credserv.ground.request_ids import within_request


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlog_and_logging_write_the_same_kind_of_line(written: io.StringIO) -> None:
    structlog.get_logger("one").info("first", number=1)
    logging.getLogger("two").warning("second %s", "thing")
    first, second = lines(written)
    assert (first["event"], first["number"], first["level"], first["logger"]) == ("first", 1, "info", "one")
    assert (second["event"], second["level"], second["logger"]) == ("second thing", "warning", "two")
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "secret",
    [
        "csk_0123456789ab_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "pat.doe+badges@mail.example.org",
        "hunter2secret",
    ],
)
def test_attack_103_no_token_and_no_address_in_any_line(written: io.StringIO, secret: str) -> None:
    carriers = [
        f"sent {secret} there",
        f"postgresql://root:{secret}@db.example/x",
        f"Authorization: Bearer {secret}",
    ]
    for carrier in carriers[:1] if secret != "hunter2secret" else carriers[1:]:
        structlog.get_logger("x").info("it happened", text=carrier, deep={"list": [carrier]})
        logging.getLogger("y").error("it %s", carrier)
        try:
            raise ValueError(carrier)
        except ValueError:
            logging.getLogger("z").exception("it broke")
    assert secret not in written.getvalue()
    assert "struck out" in written.getvalue()


@pytest.mark.parametrize("path", ["/wallet/open/", "/console/open/", "/shares/"])
def test_attack_103_links_lose_their_token(written: io.StringIO, path: str) -> None:
    logging.getLogger("x").info("got %s", f"http://localhost{path}S3cretToken_of-a-link")
    assert "S3cretToken" not in written.getvalue()


def test_attack_112_a_line_break_in_a_value_makes_no_second_line(written: io.StringIO) -> None:
    logging.getLogger("x").info("name %s", 'a\n{"event": "forged"}\r\u2028b')
    assert len(written.getvalue().splitlines()) == 1


def test_a_long_value_is_struck_out_in_linear_time(written: io.StringIO) -> None:
    logging.getLogger("x").info("a" * 1_000_000)
    logging.getLogger("x").info("a@" * 500_000)
    assert len(written.getvalue()) < 100_000


def test_text_is_a_line_for_each_and_a_traceback_is_set_in() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers = root.handlers[:]
    configure_logging(form="text", stream=stream)
    try:
        logging.getLogger("credserv.access").info(
            "request", extra={"line": {"path": "/credentials/…", "status": 200, "agent": "a b\nforged"}}
        )
        with within_request("0af7651916cd43dd8448eb211c80319c"):
            logging.getLogger("x").warning("sent to %s", "pat@example.org")
        try:
            raise ValueError("2026-01-01T00:00:00Z info forged\r2026 forged\u20282026 forged\x1b[2J")
        except ValueError:
            logging.getLogger("z").exception("it broke")
    finally:
        root.handlers[:] = handlers
        structlog.reset_defaults()
    said = stream.getvalue()
    first, second, *rest = said.splitlines()
    assert first.split(" ", 1)[1] == (
        'info credserv.access request path=/credentials/… status=200 agent="a b\\nforged"'
    )
    assert second.endswith("sent to [struck out] request_id=0af7651916cd43dd8448eb211c80319c")
    assert "error z it broke" in rest[0]
    assert all(line.startswith("    ") for line in rest[1:])  # attack 112: nothing begins at the margin
    assert "\x1b" not in said  # and nothing speaks to a terminal
