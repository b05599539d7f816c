"""Verifying by machine: what is asked beside the credential, several at once, as lines and as a table."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError
from credserv.journeys.check.many import Submitted, each, report_each, report_on
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import badge, issuer
from tests.testkit.reports import check_report
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.testkit.why import why

ALICE = issuer(1)
LINK = "https://badges.example/credentials/1"
GOOD = ALICE.sign(badge(ALICE))
ALTERED = {**GOOD, "name": "Another"}
BATCH = "/api/v1/verify/batch"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({STATUS_URL: signed_list(ALICE), LINK: GOOD})


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)


def post(service: Service, items: list[Any], accept: str = "application/json") -> TestResponse:
    return service.client().post(BATCH, json={"items": items}, headers={"Accept": accept})


def outcome(report: dict[str, Any], name: str) -> str:
    return next(made["outcome"] for made in (*report["checks"], *report["policy"]) if made["name"] == name)


# --- the schema -----------------------------------------------------------------------------------


def test_the_schema_is_published_where_each_report_says(service: Service) -> None:
    client = service.client()
    answer = client.post("/api/v1/verify", json={"credential": GOOD})
    published = client.get(answer.json["schema"])
    assert published.status_code == 200
    assert published.content_type == "application/schema+json"
    assert published.headers["Access-Control-Allow-Origin"] == "*"
    assert published.json["$id"] == answer.json["schema"]
    assert answer.headers["Link"] == f'<{answer.json["schema"]}>; rel="describedby"'
    folder = service.settings.schemas_dir
    entries = json.loads((folder / "MANIFEST.json").read_bytes())
    entry = next(entry for entry in entries if entry["urls"] == [answer.json["schema"]])
    assert published.data == (folder / entry["path"]).read_bytes()
    assert hashlib.sha256(published.data).hexdigest() == entry["sha256"]
    etag = {"If-None-Match": published.headers["ETag"]}
    assert client.get(answer.json["schema"], headers=etag).status_code == 304


def test_the_schema_and_openapi_say_the_same(service: Service) -> None:
    client = service.client()
    published = client.get("/schemas/verification-result.json").json
    document = client.get("/api/v1/openapi.json").json
    components = document["components"]["schemas"]
    for operation, place in (("/api/v1/verify", ()), (BATCH, ("properties", "items", "items"))):
        answer = document["paths"][operation]["post"]["responses"]["200"]["content"]["application/json"]
        schema = answer["schema"]
        for key in place:
            schema = schema[key]
        assert schema == {"$ref": "#/components/schemas/VerificationResult"}
    names = {"#/components/schemas/VerificationResult": "#"} | {
        f"#/components/schemas/{part['title']}": f"#/$defs/{key}" for key, part in published["$defs"].items()
    }
    text = json.dumps({title.rpartition("/")[2]: components[title.rpartition("/")[2]] for title in names})
    for ours, theirs in names.items():
        text = text.replace(f'"{ours}"', f'"{theirs}"')
    said = json.loads(text)
    whole = said.pop("VerificationResult")
    assert whole == {
        name: value for name, value in published.items() if name not in ("$id", "$schema", "$defs")
    }
    assert list(said.values()) == list(published["$defs"].values())


def test_every_member_of_the_schema_is_described(service: Service) -> None:
    published = service.client().get("/schemas/verification-result.json").json
    for described in (published, *published["$defs"].values()):
        assert described["description"]
        for name, member in described["properties"].items():
            assert member.get("description") or member.get("$ref"), name


# --- one ------------------------------------------------------------------------------------------


def test_a_recipient_is_asked_for(service: Service) -> None:
    document = badge(ALICE)
    document["credentialSubject"]["id"] = "did:example:sam"
    own = ALICE.sign(document)
    for recipient, found in (("did:example:sam", "passed"), ("did:example:pat", "failed")):
        answer = service.client().post("/api/v1/verify", json={"credential": own, "recipient": recipient})
        assert outcome(answer.json, "recipient") == found
        assert answer.json["verified"] is (found == "passed")


def test_an_organisation_without_lists_is_the_fault_of_its_item(service: Service) -> None:
    asked = {"credential": GOOD, "organisation": "nobody"}
    answer = service.client().post("/api/v1/verify", json=asked)
    assert (answer.status_code, answer.json["code"]) == (400, "unknown-organisation")
    bad, good = post(service, [asked, {"credential": GOOD}]).json["items"]
    assert (bad["kind"], good["verdict"]) == ("unreadable", "verified_issuer_unknown")
    assert (bad["verdict"], bad["error"]["code"]) == ("could_not_be_checked", "unknown-organisation")


def test_a_presentation_is_for_its_challenge_and_domain(service: Service) -> None:
    presentation = {
        "@context": [GOOD["@context"][0]],
        "type": ["VerifiablePresentation"],
        "holder": ALICE.did,
        "verifiableCredential": [GOOD],
    }
    asked = {"proofPurpose": "authentication", "challenge": "c-1", "domain": "hr.example"}
    signed = {**presentation, "proof": ALICE.prove(presentation, **asked)}

    def ask(**members: Any) -> TestResponse:
        return service.client().post("/api/v1/verify", json={"presentation": signed, **members})

    good = ask(challenge="c-1", domain="hr.example").json
    assert (good["kind"], good["verified"], good["holder"]) == ("presentation", True, ALICE.did)
    assert len(good["within"]) == 1
    for other in ({"challenge": "c-2"}, {"domain": "evil.example"}, {"challenge": "c-1", "domain": "x"}):
        assert ask(**other).json["verdict"] == "not_verified"
        assert why(ask(**other).json) == {"proof: other-occasion"}


def test_attack_31_a_credential_is_no_presentation(service: Service) -> None:
    answer = service.client().post("/api/v1/verify", json={"presentation": GOOD})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-input")
    (item,) = post(service, [{"presentation": GOOD}]).json["items"]
    assert (item["verdict"], item["kind"]) == ("not_verified", "unreadable")


def test_a_file_of_a_form_is_verified_with_what_is_asked(service: Service) -> None:
    def ask(**fields: Any) -> TestResponse:
        return service.client().post("/api/v1/verify", data=fields, content_type="multipart/form-data")

    file = json.dumps(GOOD).encode()
    assert ask(file=(io.BytesIO(file), "a.json")).json["verified"] is True
    asked = ask(file=(io.BytesIO(file), "a.json"), domain="hr.example")
    assert asked.status_code == 200
    assert ask(file=(io.BytesIO(file), "a.json"), colour="red").status_code == 422
    assert ask(other=(io.BytesIO(file), "a.json")).status_code == 422
    assert ask(recipient="did:example:nobody").status_code == 422
    two = [(io.BytesIO(file), "a.json"), (io.BytesIO(file), "b.json")]
    assert ask(file=two).status_code == 400


def test_a_link_that_cannot_be_followed_is_a_report_and_no_problem(service: Service) -> None:
    for url in ("https://away.example/1", f"{service.settings.public_url}/credentials/absent"):
        answer = service.client().post("/api/v1/verify", json={"url": url})
        assert (answer.status_code, answer.json["verdict"]) == (200, "could_not_be_checked")
    assert service.client().post("/api/v1/verify", json={"url": "file:///etc/passwd"}).status_code == 422


# --- many -----------------------------------------------------------------------------------------

WRONG: list[Any] = [
    7,
    None,
    [],
    {},
    {"credential": 7},
    {"credential": GOOD, "url": LINK},
    {"credential": GOOD, "x": 1},
    {"credential": "no token"},
    {"credential": "a.b.c"},
    {"url": "nonsense"},
    {"credential": GOOD, "recipient": ""},
    {"id": "x" * 501, "credential": GOOD},
]


def test_each_is_answered_in_order_and_a_wrong_one_spoils_no_other(service: Service) -> None:
    items = [
        {"id": "first", "credential": GOOD},
        *WRONG,
        {"url": LINK},
        {"id": "last", "credential": ALTERED},
    ]
    answer = post(service, items)
    assert answer.status_code == 200, answer.text
    found = answer.json["items"]
    assert [item["index"] for item in found] == list(range(len(items)))
    assert (found[0]["input"], found[0]["verdict"]) == ("first", "verified_issuer_unknown")
    assert "input" not in found[-2]
    assert found[-2]["verdict"] == "verified_issuer_unknown"
    assert (found[-1]["input"], found[-1]["verdict"]) == ("last", "not_verified")
    for item in found[1:-2]:
        assert item["kind"] == "unreadable"
        if "error" in item:
            assert (item["verdict"], item["error"]["code"]) == ("could_not_be_checked", "schema-faults")
            assert item["error"]["faults"]
        else:
            assert item["verdict"] == "not_verified"
            assert item["checks"][0]["code"] in ("invalid-input", "malformed-json", "no-credential")
    counts = answer.json["counts"]
    assert counts["verified_issuer_unknown"] == 2
    assert sum(counts.values()) == len(items)


@pytest.mark.parametrize(
    "typo", [{"recipent": "pat@example.org"}, {"recipient": ""}, {"url": 7}, {"organisation": "nobody"}]
)
def test_found_d3_a_typo_of_the_caller_is_no_verdict_on_the_applicant(
    service: Service, typo: dict[str, Any]
) -> None:
    answer = post(service, [{"id": "pat", "credential": GOOD, **typo}])
    (item,) = answer.json["items"]
    assert (item["input"], item["verdict"], item["verified"]) == ("pat", "could_not_be_checked", False)
    assert item["error"]["detail"]
    assert answer.json["counts"]["not_verified"] == 0


def test_an_error_that_nobody_foresaw_costs_one_item_alone(
    service: Service, hosts: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    hosts.pages[LINK] = 7 + 1j  # no page can be made of it
    found = post(service, [{"url": LINK}, {"credential": GOOD}]).json["items"]
    assert [item["verdict"] for item in found] == ["could_not_be_checked", "verified_issuer_unknown"]
    assert "complex" not in json.dumps(found)
    assert "nobody foresaw" in caplog.text


def test_several_files_go_into_one_form(service: Service) -> None:
    files = [(io.BytesIO(json.dumps(one).encode()), f"{n}.json") for n, one in enumerate((GOOD, ALTERED))]
    answer = service.client().post(BATCH, data={"file": files}, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    told = [(item["input"], item["verified"]) for item in answer.json["items"]]
    assert told == [("0.json", True), ("1.json", False)]


@pytest.mark.parametrize("accept", ["application/x-ndjson", "application/jsonl"])
def test_lines_come_as_they_are_ready(service: Service, accept: str) -> None:
    answer = post(service, [{"id": "a", "credential": GOOD}, 7, {"id": "b", "url": LINK}], accept)
    assert answer.mimetype == accept
    lines = [json.loads(line) for line in answer.text.splitlines()]
    for line in lines:
        check_report(line)
    assert {line["index"]: line["verified"] for line in lines} == {0: True, 1: False, 2: True}


class Slow(Hosts):
    """One host that answers only when it is told to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers = threading.Event()

    def get(self, url: str, **options: Any) -> Fetched:
        if url == LINK and not self.answers.wait(HANGS_AFTER):
            raise UnavailableError("it was never told to")
        return super().get(url, **options)


def test_what_is_ready_does_not_wait_for_a_slow_host(tmp_path: Path) -> None:
    slow = Slow({STATUS_URL: signed_list(ALICE), LINK: GOOD})
    service = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=slow, starters=False)
    items = [{"url": LINK}, {"credential": GOOD}, {"credential": ALTERED}]
    answer = service.client().post(
        BATCH, json={"items": items}, headers={"Accept": "application/x-ndjson"}, buffered=False
    )
    lines = iter(answer.response)
    assert {json.loads(next(lines))["index"], json.loads(next(lines))["index"]} == {1, 2}
    slow.answers.set()
    last = json.loads(next(lines))
    assert (last["index"], last["verified"]) == (0, True)
    assert list(lines) == []


def test_f1b_batches_share_the_threads_that_wait_for_hosts() -> None:
    """A batch by itself has four; one beside it goes on with a thread of its own."""
    four = threading.Barrier(5)

    def together(_item: Submitted) -> None:
        four.wait(HANGS_AFTER)

    with ThreadPoolExecutor(1) as threads:
        for _ in range(2):
            first = threads.submit(lambda: list(each([Submitted()] * 8, together)))
            four.wait(HANGS_AFTER)
            names = {name for _, name in each([Submitted()] * 8, lambda _: threading.current_thread().name)}
            assert len(names) == 1
            four.wait(HANGS_AFTER)
            assert len(first.result(HANGS_AFTER)) == 8


def test_what_no_time_is_left_for_was_not_checked(service: Service) -> None:
    items = [Submitted("a", data=json.dumps(GOOD).encode())] * 3
    found = list(report_each(service.services, items, now=service.clock.now, seconds=0))
    assert [item["verdict"] for item in found] == ["could_not_be_checked"] * 3


def test_a_table_is_for_a_spreadsheet(service: Service) -> None:
    named = json.loads(json.dumps(GOOD))
    named["credentialSubject"]["achievement"]["name"] = '=HYPERLINK("https://evil.example")'
    answer = post(service, [{"id": "@a", "credential": named}, {"credential": GOOD}], "text/csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    first, second = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert first["input"] == "'@a"
    assert first["credential_name"].startswith("'=")
    assert first["failed_checks"] == "proof"
    assert second["verdict"] == "verified_issuer_unknown"


def test_an_answer_of_another_kind_is_not_to_be_had(service: Service) -> None:
    answer = post(service, [{"credential": GOOD}], "application/xml")
    assert (answer.status_code, answer.json["code"]) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 422),
        ({}, 422),
        ({"items": []}, 422),
        ({"items": {}}, 422),
        ({"items": [{}] * 101}, 422),
        ({"items": [{}], "x": 1}, 422),
    ],
)
def test_what_is_no_batch_is_a_problem(service: Service, body: Any, status: int) -> None:
    answer = service.client().post(BATCH, json=body)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert service.client().post(BATCH, data=b"x", content_type="text/plain").status_code == 415


def test_a_hundred_pictures_and_documents_fit_and_more_does_not(service: Service) -> None:
    heavy = {**GOOD, "image": "data:image/png;base64," + base64.b64encode(bytes(90_000)).decode()}
    answer = post(service, [{"credential": heavy}] * 100)
    assert answer.status_code == 200
    assert answer.json["counts"]["not_verified"] == 100
    large = b'{"items": ["' + b"x" * 16_777_216 + b'"]}'
    answer = service.client().post(BATCH, data=large, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")


def test_attack_45_the_budget_counts_items(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    service = make_service(url, tmp_path, starters=False, rate_verify="5/minute")
    assert post(service, [{}] * 7).status_code == 413
    assert post(service, [{}] * 4).status_code == 200
    refused = post(service, [{}] * 3)
    assert (refused.status_code, refused.json["code"]) == (429, "rate-limited")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_report_says_what_it_is_of(service: Service) -> None:
    report = report_on(service.services, Submitted("badge.json", data=b"{"), now=service.clock.now)
    check_report(report)
    assert (report["input"], report["kind"]) == ("badge.json", "unreadable")
