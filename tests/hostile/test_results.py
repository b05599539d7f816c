"""Attacks on results that pass through a visitor's hands: forged, exported, kept under a link."""

from __future__ import annotations

import base64
import copy
import csv
import io
import json
import logging
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from limits import parse_many
from markupsafe import escape
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from credserv.app.factory import RATE_LINKS
from credserv.app.logs import configure_logging
from credserv.journeys.check.kept import MAX_RESULT_BYTES
from credserv.store.hold.shared_results import MAX_RESULTS, SharedResultRepository
from credserv.web.verify.signed_reports import (
    MAX_CHARS,
    MAX_UNPACKED_BYTES,
    read_reports,
    sign_reports,
)
from tests.journeys.check.test_verify_pages import DEFECTS, hand_in, keep, signed_report
from tests.testkit.defects import ALICE, good, hosts_of
from tests.testkit.service import NOW, Service, make_service

SCRIPT = "<script>alert(1)</script>"
BIDI = "Mentor \u202etnecid\u202c"


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path) -> Service:
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return make_service(f"sqlite:///{path}", tmp_path, fetcher=hosts_of(NOW), rate_verify="500/minute")


def kept(service: Service) -> int:
    engine = create_engine(service.settings.database_url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM shared_results")).scalar_one()
    engine.dispose()
    return int(found)


def named(name: str, **more: Any) -> bytes:
    document = good(NOW)
    document["credentialSubject"]["achievement"]["name"] = name
    return json.dumps(ALICE.sign(document | more)).encode()


# --- forged -------------------------------------------------------------------------------------


def forgeries(service: Service, genuine: str) -> dict[str, str]:
    """Reports that say *verified* without this service having found it."""
    page = service.client().post(
        "/api/v1/verify", data=DEFECTS["tampered"].data, content_type="application/vc"
    )
    report = {**page.json, "verified": True, "verdict": "verified"}
    body, _, signature = genuine.rpartition(".")
    payload = base64.urlsafe_b64encode(zlib.compress(json.dumps([report]).encode())).decode().rstrip("=")
    return {
        "unsigned": json.dumps([report]),
        "altered": f".{payload}.{signature}",
        "cut off": genuine[:-1],
        "without its signature": body,
        "by another key": str(URLSafeSerializer("another key").dumps([report])),
        "by another key, under the right label": str(
            URLSafeSerializer("another key", salt="credserv: verification reports").dumps([report])
        ),
        "signed as a form token": str(
            URLSafeSerializer(service.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps([report])
        ),
        "a bomb": "." + base64.urlsafe_b64encode(zlib.compress(b"0" * 10_000_000)).decode() + "." + signature,
        "too long": "A" * (MAX_CHARS + 1),
        "nothing": "",
        "not ascii": "é.é",
    }


def test_a_forged_verdict_is_neither_kept_nor_exported(service: Service) -> None:
    genuine = signed_report(hand_in(service, DEFECTS["tampered"]).text)
    for name, forged in forgeries(service, genuine).items():
        for address, fields in (
            ("/verify/results", {"days": "7"}),
            ("/verify/export", {"format": "json"}),
            ("/verify/export", {"format": "csv"}),
        ):
            answer = service.client().post(address, data={"report": forged, **fields})
            assert answer.status_code == 400, (name, address, answer.text[:200])
    assert kept(service) == 0


def test_a_verdict_is_not_kept_long_after_it_was_found(service: Service) -> None:
    report = signed_report(hand_in(service, DEFECTS["unknown-issuer"]).text)
    service.clock.advance(days=1, seconds=1)
    answer = service.client().post("/verify/results", data={"report": report, "days": "30"})
    assert answer.status_code == 400
    assert "older than a day" in answer.json["detail"]


def test_several_results_are_not_one_link(service: Service) -> None:
    page = hand_in(service, DEFECTS["tampered"], DEFECTS["expired"]).text
    assert keep(service, page).status_code == 400


def test_attack_121_nothing_is_kept_or_ended_by_following_a_link(service: Service) -> None:
    page = hand_in(service, DEFECTS["tampered"]).text
    report = signed_report(page)
    client = service.client()
    assert client.get("/verify/results", query_string={"report": report, "days": "7"}).status_code == 405
    assert kept(service) == 0
    address = keep(service, page).headers["Location"]
    for method in ("GET", "HEAD"):
        assert client.open(f"{address}/end", method=method).status_code == 405
        assert client.open(address, method=method).status_code == 200
    assert kept(service) == 1


def test_attack_113_guesses_at_results_run_into_a_budget(service: Service) -> None:
    client = service.client()
    statuses = [client.get(f"/verify/results/guess{number}").status_code for number in range(130)]
    assert (statuses[0], statuses[-1]) == (410, 429)


def test_attack_119_no_cache_keeps_a_result_and_no_other_site_reads_it(service: Service) -> None:
    page = hand_in(service, DEFECTS["expired"])
    address = keep(service, page.text).headers["Location"]
    for answer in (page, service.client().get(address, headers={"Origin": "https://evil.example"})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_attack_103_the_log_opens_no_result(service: Service) -> None:
    written = io.StringIO()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    configure_logging(level=logging.DEBUG, stream=written)
    try:
        address = keep(
            service, hand_in(service, DEFECTS["expired"], recipient="pat@example.org").text
        ).headers["Location"]
        service.client().get(address)
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    assert "/verify/results/" in written.getvalue()
    assert address.rpartition("/")[2] not in written.getvalue()
    assert "pat@example.org" not in written.getvalue()


def test_the_credential_itself_is_kept_nowhere(service: Service) -> None:
    secret = "Only to be read by who was given the credential"
    document = named("Mentor", evidence=[{"id": "urn:x:1", "type": ["Evidence"], "narrative": secret}])
    file = {"file": (io.BytesIO(document), "a.json")}
    page = service.client().post("/verify", data=file, content_type="multipart/form-data").text
    assert secret in page
    keep(service, page)
    database = Path(service.settings.database_url.removeprefix("sqlite:///"))
    stored = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert b"not_verified" in stored or b"verified_issuer_unknown" in stored
    assert secret.encode() not in stored


# --- names that are more than names --------------------------------------------------------------


@pytest.mark.parametrize("name", [SCRIPT, BIDI, '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_attack_60_names_stay_text_in_tables_and_kept_results(service: Service, name: str) -> None:
    document, called = named(name), name.replace('"', "")

    def post(address: str, *names: str) -> str:
        files = [(io.BytesIO(document), each) for each in names]
        answer = service.client().post(address, data={"file": files}, content_type="multipart/form-data")
        assert answer.status_code == 200
        return answer.text

    page = post("/verify", called)
    shown = service.client().get(keep(service, page).headers["Location"]).text
    for markup in (post("/verify", called, f"second {called}"), post("/verify/row", called), page, shown):
        assert "<script>alert" not in markup
        assert "<img src=x" not in markup
        assert f"<bdi>{escape(name)}</bdi>" in markup


def test_found_u7_a_table_marks_what_an_altered_badge_claims(service: Service) -> None:
    """Alone and within a presentation; of a good one the name stands as it is."""
    good = json.loads(service.client().get(f"/credentials/{service.issue()}.json").data)
    altered = copy.deepcopy(good)
    altered["credentialSubject"]["achievement"]["name"] = "Professor"
    shown = {
        "@context": good["@context"][:1],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [altered, good],
    }
    name = good["credentialSubject"]["achievement"]["name"]

    def post(*documents: Any) -> str:
        files = [(io.BytesIO(json.dumps(one).encode()), f"{at}.json") for at, one in enumerate(documents)]
        return service.client().post("/verify", data={"file": files}, content_type="multipart/form-data").text

    for page in (post(altered, good), post(shown, good), post(shown)):
        assert page.count("Professor") == page.count("Claims to be “<bdi>Professor</bdi>”")
        assert f"<bdi>{name}</bdi>" in page
        assert f"“<bdi>{name}</bdi>”" not in page


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "＝1+1"])
def test_attack_109_an_exported_table_holds_no_formula(service: Service, name: str) -> None:
    document = named(name)
    form = {"file": (io.BytesIO(document), name)}
    page = service.client().post("/verify", data=form, content_type="multipart/form-data").text
    exported = service.client().post("/verify/export", data={"report": signed_report(page), "format": "csv"})
    assert "attachment" in exported.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(exported.data.decode("utf-8-sig"), newline=""))
    for cell in row.values():
        assert not cell.lstrip("\t\r\n ").startswith(("=", "+", "-", "@", "＝"))
    assert row["credential_name"].lstrip("'") == name.strip()


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["//evil.example", "javascript:alert(1)", "https://evil.example/?next=//x", SCRIPT]
)
def test_attack_62_a_prefilled_form_is_only_filled_in(service: Service, url: str) -> None:
    answer = service.client().get("/verify", query_string={"url": url})
    assert answer.status_code == 200
    assert SCRIPT not in answer.text
    assert 'action="/verify"' in answer.text
    assert 'href="//evil' not in answer.text
    page = answer.text.replace('name="back" value="/verify?url=javascript:alert(1)"', "")  # to come back to
    assert "javascript:alert" not in page.replace(">javascript:alert(1)</textarea>", "")


def test_attack_62_101_pictures_and_snippets_name_our_own_origin_alone(service: Service) -> None:
    credential_id = service.issue()
    spoofed = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Accept": "text/html"}
    for address in (
        f"/credentials/{credential_id}",
        f"/credentials/{credential_id}/verification.svg",
        "/verify/badge.svg",
    ):
        answer = service.client().get(address, headers=spoofed)
        assert answer.status_code == 200
        assert "evil.example" not in answer.text


def test_attack_59_the_pictures_hold_nothing_that_runs(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    service = make_service(f"sqlite:///{path}", tmp_path, issuer_name=f'A "{SCRIPT}" & B')
    answer = service.client().get("/verify/badge.svg")
    assert "<script" not in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = service.client().get(f"/credentials/{service.issue()}", headers={"Accept": "text/html"}).text
    assert SCRIPT not in page
    assert 'alt="Verify with A &amp;#34;&amp;lt;script&amp;gt;' in page  # markup once copied, text here


# --- what visitors may keep ---------------------------------------------------------------------


def unpacked(service: Service, signed: str) -> dict[str, Any]:
    with service.app.test_request_context():
        return dict(read_reports(signed)[0])


def keep_report(service: Service, report: dict[str, Any]) -> TestResponse:
    with service.app.test_request_context():
        signed = sign_reports([report])
    return service.client().post("/verify/results", data={"report": signed, "days": "7"})


def test_found_f2_one_content_is_one_row(service: Service) -> None:
    page = hand_in(service, DEFECTS["tampered"]).text
    first, again = (keep(service, page).headers["Location"] for _ in range(2))
    assert first == again
    assert kept(service) == 1
    assert len(first.rpartition("/")[2]) >= 43


def test_found_f2_long_texts_are_cut_and_what_is_large_all_the_same_is_refused(service: Service) -> None:
    report = unpacked(service, signed_report(hand_in(service, DEFECTS["tampered"]).text))
    assert keep_report(service, {**report, "detail": "x" * 1_000_000}).status_code == 303
    many = [{**report["checks"][0], "reason": "y" * 1_900} for _ in range(200)]
    assert keep_report(service, {**report, "checks": many}).status_code == 400
    engine = create_engine(service.settings.database_url)
    with engine.connect() as connection:
        (size,) = connection.execute(text("SELECT length(report) FROM shared_results")).scalars()
    engine.dispose()
    assert size < MAX_RESULT_BYTES + 1_000


def test_found_f2_what_unpacks_to_more_than_we_sign_is_refused(service: Service) -> None:
    """Under our own signature, too."""
    with service.app.test_request_context():
        packed = sign_reports([{"checked_at": "2026-03-14T09:26:53Z", "x": "0" * MAX_UNPACKED_BYTES}])
    assert len(packed) < 100_000
    answer = service.client().post("/verify/results", data={"report": packed, "days": "7"})
    assert answer.status_code == 400


def test_found_f2_of_more_than_may_be_kept_the_oldest_ends(service: Service) -> None:
    store, now = service.services.store, service.clock.now
    few = SharedResultRepository(store.shared_results._database, store.organisation_id, most=3)
    ends_at = now + timedelta(days=1)
    tokens = [
        few.create({"n": number}, now=now + timedelta(seconds=number), ends_at=ends_at) for number in range(5)
    ]
    assert [few.get(token, now) is not None for token in tokens] == [False, False, True, True, True]


def test_found_f2_a_visitor_has_a_share_for_the_day() -> None:
    spans = {item.get_expiry(): item.amount for item in parse_many(RATE_LINKS)}
    assert spans[86_400] <= MAX_RESULTS // 20
