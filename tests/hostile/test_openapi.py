"""The whole OpenAPI document against the real application: every call, with what fits its schema and with
what does not. Nothing may be answered with a status, a media type or a shape that the document does not name.

Each call gets the same few examples every day. For more, and others each time:

    CREDSERV_EXAMPLES=500 ./dev test tests/hostile/test_openapi.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.schemas import BaseSchema

from tests.testkit.reports import check_report
from tests.testkit.service import Service, make_service

EXAMPLES = os.environ.get("CREDSERV_EXAMPLES", "")
CONFIG = Path(__file__).resolve().parents[2] / "schemathesis.toml"
METHODS = {"get", "post", "put", "patch", "delete"}
OPEN = {"POST /api/v1/verify", "POST /api/v1/verify/batch", "POST /api/v1/eligibility"}
OPEN |= {"POST /credentials/verify", "POST /presentations/verify"}


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("openapi")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    rates = dict.fromkeys(("rate_verify", "rate_api", "rate_hooks"), "1000000/minute")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, **rates)


@schemathesis.deserializer("application/x-ndjson", "application/jsonl")
def read_lines(_context: schemathesis.DeserializationContext, answer: schemathesis.Response) -> Any:
    """Every line is a report; the last stands for all where the document's schema is asked."""
    reports = [json.loads(line) for line in answer.text.splitlines()]
    for report in reports:
        check_report(report)
    return reports[-1]


def document(service: Service) -> BaseSchema:
    config = tomllib.loads(CONFIG.read_text())
    config |= {"headers": service.api_headers(), "continue-on-failure": True}
    config["checks"]["ignored_auth"] = {"enabled": False}  # fails itself over WSGI; the second test asks it
    config["generation"] = {"deterministic": not EXAMPLES, "max-examples": int(EXAMPLES or 4)}
    made = SchemathesisConfig.from_dict(config)
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", service.app, config=made)


def run(schema: BaseSchema) -> Iterator[events.ScenarioFinished]:
    """What was tried of each call. Whatever could not be tried at all fails."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            pytest.fail(f"{event.label}: {event.info.format()}")
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            yield event


def test_each_call_answers_as_the_document_says(service: Service) -> None:
    found: dict[str, str] = {}
    asked = accepted = 0
    for scenario in run(document(service)):
        recorder = scenario.recorder
        for case_id, checks in recorder.checks.items():
            for made in checks:
                if made.status is Status.FAILURE and made.failure_info is not None:
                    failure = made.failure_info.failure
                    found[f"{recorder.label}: {failure.title}"] = (
                        f"{failure.message}\n{recorder.find_response(case_id=case_id)}"
                    )
        answers = [node.response for node in recorder.interactions.values() if node.response is not None]
        asked += len(answers)
        accepted += sum(answer.status_code < 300 for answer in answers)
    assert found == {}
    assert asked > 400
    assert accepted > 50  # so that it is not refused at the door


def test_attack_99_without_a_key_only_what_is_open_answers(service: Service) -> None:
    """Each call, with no key and with one that nobody has: refused before anything of it is read."""
    before = service.services.store.credentials.count_by_state()
    strange = {"Authorization": "Bearer csk_000000000000_" + "A" * 43}
    client = service.client()
    for path, operations in client.get("/api/v1/openapi.json").json["paths"].items():
        address = re.sub(r"\{\w+\}", "x" * 22, re.sub(r"\{(version|number|place)\}", "1", path))
        for method in operations.keys() & METHODS:
            is_open = f"{method.upper()} {path}" in OPEN
            for headers in ({}, strange):
                answer = client.open(address, method=method.upper(), json={}, headers=headers)
                assert (answer.status_code == 401) is not is_open, (method, path, answer.text)
    assert service.services.store.credentials.count_by_state() == before
