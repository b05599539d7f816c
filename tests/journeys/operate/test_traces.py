"""Traces of OpenTelemetry: one of an order over web and worker, to a collector; of nobody, and nothing where
none is set."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credserv.app.settings import Settings
from credserv.app.traces import begin_to_trace
from credserv.ground import spans
from credserv.ground.errors import SettingsError
from credserv.ground.request_ids import carried_request, within_request
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.collector import Seen, collecting
from tests.testkit.mailserver import mail_server
from tests.testkit.processes import free_port, running
from tests.testkit.service import SOURCE, Clock, make_service, make_settings

PERSON, NAME = "trillian.mcmillan@example.org", "Tricia Marvel-McMillan"
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_an_order_is_one_trace_over_web_and_worker_and_tells_of_nobody(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, kind = free_port(), database_url.partition(":")[0]
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with collecting() as collector, mail_server() as mail:
        service = make_service(
            database_url,
            tmp_path,
            clock=Clock(datetime.now(UTC)),
            port=port,
            public_url=f"http://localhost:{port}",
            smtp_url=mail.url,
            mail_from="badges@example.org",
            traces_url=collector.url,
        )
        event = json.dumps(service.event(email=PERSON, name=NAME)).encode()
        sent = {
            **service.sign(event, "evt_traced"),
            "X-Request-Id": "f" * 32,  # as a proxy names it: another than the caller's trace
            "Traceparent": f"00-{TRACE}-{CALLER}-01",
        }
        with running(service.settings) as processes:
            answer = processes.request("POST", f"/hooks/{SOURCE}?who={PERSON}", body=event, headers=sent)
            assert answer.status == 201
            page = json.loads(answer.body)["credential"].rpartition("/")[2]
            assert processes.request("GET", f"/credentials/{page}?q={PERSON}").status == 200
            assert processes.request("GET", f"/nowhere/{PERSON}").status == 404
            mail.wait_for(1)
            until = time.monotonic() + HANGS_AFTER
            # What a busy collector refused at first is sent again, but not by a process that has to end.
            while {"GET", "letter about a badge"} - {span.name for span in collector.spans()}:
                assert time.monotonic() < until
                time.sleep(0.1)
            for name in processes.names():
                assert processes.stop(name) == 0
        found = collector.spans()
    ours = {span.id: span for span in found if span.trace == TRACE}
    (served,) = [span for span in ours.values() if span.parent == CALLER]
    assert (served.part, served.name) == ("web", "POST /hooks/<string:source>")
    assert served.attributes == {
        "http.request.method": "POST",
        "http.route": "/hooks/<string:source>",
        "http.response.status_code": 201,
    }
    (letter,) = named(found, "letter about a badge")
    assert (letter.part, letter.trace, letter.parent in ours) == ("worker", TRACE, True)
    assert all(span.parent in ours for span in ours.values() if span is not served)
    signed = [span for span in named(found, "sign") if span.trace == TRACE]
    assert [span.attributes for span in signed] == [{"credserv.key_type": "ed25519"}] * len(signed) != []
    words = {span.name for span in ours.values() if "db.operation.name" in span.attributes}
    assert {"SELECT", "INSERT"} <= words
    assert {span.attributes["db.system.name"] for span in ours.values() if span.name in words} == {kind}
    assert not [span for span in found if not span.parent and span.name in words], (
        "each second the worker looks"
    )
    assert named(found, "GET")[0].attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 404,
    }
    for told in (PERSON, NAME, "trillian", "Tricia", page, "nowhere", "example.org"):
        assert told.encode() not in collector.raw()


def named(found: list[Seen], name: str) -> list[Seen]:
    return [span for span in found if span.name == name]


def test_where_none_is_set_nothing_is_begun_and_nothing_carried(tmp_path: Path) -> None:
    begin_to_trace(make_settings(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path), "web")
    assert spans.tracer() is None
    assert spans.span("a") is spans.span("b") is spans.within_trace("x")
    with within_request("e" * 32):
        assert carried_request() == "e" * 32
    with within_request(f"{'e' * 32} 00-{TRACE}-{CALLER}-01"):  # of before traces were switched off
        assert carried_request() == "e" * 32


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings("sqlite:///x", tmp_path, traces_url="http://localhost:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"pip install 'credserv\[traces\]'"):
        begin_to_trace(settings, "web")


def test_the_standard_variable_counts_where_ours_is_not_set() -> None:
    secrets = {"CREDSERV_SECRET_KEY": "0123456789abcdef" * 2, "CREDSERV_KEY_PASSPHRASE": "0123456789abcdef"}
    standard = {**secrets, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}
    assert Settings.from_env(standard).traces_url == "http://collector:4318"
    ours = {**standard, "CREDSERV_TRACES_URL": "https://ours:4318/v1/traces"}
    assert Settings.from_env(ours).traces_url == "https://ours:4318/v1/traces"


def test_work_elsewhere_belongs_to_the_trace_that_asked_for_it_and_failures_tell_no_text() -> None:
    """In this process, with a tracer that keeps its spans."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from credserv.app.traces import _OpenTelemetry

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    spans.trace_with(_OpenTelemetry(provider))
    try:
        with within_request("e" * 32), spans.span("outer"):
            carried = carried_request()
        with suppress(ValueError), within_request(carried), spans.span("job archive"):
            raise ValueError(PERSON)
        assert carried.startswith(f"{'e' * 32} 00-")
    finally:
        spans.trace_with(None)
    outer, inner = kept.get_finished_spans()
    assert (inner.context.trace_id, inner.parent.span_id) == (outer.context.trace_id, outer.context.span_id)
    assert dict(inner.attributes) == {"error.type": "ValueError"}
    assert PERSON not in inner.to_json()
