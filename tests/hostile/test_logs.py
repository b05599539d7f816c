"""The log says which request it was, and nothing about anybody: every door is tried with marked people."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from credserv.app.logs import configure_logging
from credserv.journeys.deliver.links import send_links
from credserv.journeys.deliver.outbox import send_due
from credserv.outbound.mail import Mailer
from tests.hostile.test_http import signed_in_administrator, signed_in_holder
from tests.testkit.mailserver import mail_server
from tests.testkit.service import ACHIEVEMENT, SOURCE, Service, make_service

MARK = "zaphodia-marked-person"  # as long as the ids in addresses
EMAIL, NAME = f"{MARK}@marked.example", f"{MARK.title()} van Marked"
# What the log may show of addresses: parts that name something of the organisation's, never somebody's.
THINGS = {
    **dict.fromkeys(("act", "action", "change", "kind", "part", "purpose"), "show"),
    **dict.fromkeys(("framework_id", "import_id", "list_id", "period", "slug"), "a-thing"),
    **{"source": SOURCE, "key": ACHIEVEMENT, "version": 1, "number": 1, "place": 1, "suffix": "png"},
}
THINGS_BY_NAME = ("/assets/", "/docs/", "/console/sources/")
FIELDS = (
    "email",
    "name",
    "q",
    "subject",
    "note",
    "reason",
    "address",
    "holder",
    "label",
    "credential",
    "text",
)
REQUEST = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(form="text", level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def known(rule: str, part: str) -> Any:
    """What stands for a part of an address: somebody, wherever it may be."""
    is_thing = part == "name" and rule.startswith(THINGS_BY_NAME)
    return "a-thing" if is_thing else THINGS.get(part, MARK)


def addresses(service: Service) -> Iterator[tuple[str, str]]:
    """Each route once, by the method that brings most along."""
    adapter = service.app.url_map.bind("localhost")
    for rule in service.app.url_map.iter_rules():
        method = max(rule.methods - {"HEAD", "OPTIONS", "DELETE"}, default="DELETE")
        parts = {name: known(rule.rule, name) for name in rule.arguments}
        yield method, adapter.build(rule.endpoint, parts, method=method)


def test_attack_103_nothing_about_anybody_at_any_door(sqlite_service: Service, log: io.StringIO) -> None:
    service = sqlite_service
    nobody = service.client()
    inside = {"/console": signed_in_administrator(service), "/wallet": signed_in_holder(service)}
    service.app.config["WTF_CSRF_METHODS"] = []
    rates = service.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    headers = {
        **service.api_headers(),
        "User-Agent": NAME,
        "Referer": f"https://marked.example/{MARK}",
        "From": EMAIL,
        "X-Request-Id": EMAIL,
        "Idempotency-Key": f"{MARK}-1",
    }
    values = dict(zip(FIELDS, (EMAIL, NAME) * len(FIELDS), strict=False))
    asked = 0
    for method, address in addresses(service):
        if "sign-out" in address:
            continue
        client: Any = next((one for place, one in inside.items() if address.startswith(place)), nobody)
        sent = {"json": values} if address.startswith("/api") else {"data": values}
        answer = client.open(
            address, method=method, query_string=values, headers=headers, **({} if method == "GET" else sent)
        )
        assert answer.status_code != 500, address
        asked += 1
    service.send_event(service.event(email=EMAIL, name=NAME))
    written = log.getvalue()
    assert written.count("credserv.access request") >= asked
    told = [line for line in written.splitlines() if "marked" in line.lower()]
    assert told == []


def test_a_request_is_known_by_its_id_through_its_letters(
    sqlite_service: Service, log: io.StringIO, tmp_path: Path
) -> None:
    service = sqlite_service
    client = service.client()
    for named, told in ((REQUEST, REQUEST), (str(uuid.UUID(REQUEST)), str(uuid.UUID(REQUEST)))):
        answer = client.get("/credentials/none-of-this-length", headers={"X-Request-Id": named})
        assert answer.headers["X-Request-Id"] == told
        assert answer.json["instance"] == f"urn:uuid:{uuid.UUID(REQUEST)}"
    traced = client.get("/healthz", headers={"Traceparent": f"00-{REQUEST}-b7ad6b7169203331-01"})
    assert traced.headers["X-Request-Id"] == REQUEST
    assert uuid.UUID(client.get("/healthz").headers["X-Request-Id"]).hex != REQUEST
    folder = tmp_path / "with-mail"
    folder.mkdir()
    with mail_server() as server:
        url = f"sqlite:///{folder / 'c.sqlite'}"
        mail = {"smtp_url": server.url, "mail_from": "badges@academy.example"}
        service = make_service(url, folder, **mail)
        body = json.dumps(service.event(email=EMAIL)).encode()
        event = {**service.sign(body, "evt_1"), "X-Request-Id": REQUEST}
        assert service.client().post(f"/hooks/{SOURCE}", data=body, headers=event).status_code == 201
        service.app.config["WTF_CSRF_METHODS"] = []
        other = {"X-Request-Id": "f" * 32}
        service.client().post("/wallet/link", data={"email": EMAIL}, headers=other)
        service.clock.advance(seconds=1)
        mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Academy")
        log.truncate(0)
        assert send_due(service.services, mailer, clock=service.clock) == 1
        assert f"request_id={REQUEST}" in log.getvalue()
        log.truncate(0)
        send_links(service.services, mailer, clock=service.clock)
        assert f"request_id={'f' * 32}" in log.getvalue()
        assert REQUEST not in log.getvalue()
