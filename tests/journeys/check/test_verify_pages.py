"""The verify page: what a reader is told of everything that can be wrong, and what they take away."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from credserv.ground.verification import Verdict
from credserv.openbadges.display import build_display
from credserv.records.credentials import CredentialState
from tests.testkit.defects import ALICE, Defect, defects, good, hosts_of, present
from tests.testkit.service import NOW, Service, make_service

DEFECTS = {defect.name: defect for defect in defects(NOW)}
MAX_PAGE_BYTES = 100_000


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path) -> Service:
    """One whose world is the hosts of the defects."""
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return make_service(f"sqlite:///{path}", tmp_path, fetcher=hosts_of(NOW), rate_verify="500/minute")


def hand_in(service: Service, *given: Defect, **fields: str) -> TestResponse:
    form: MultiDict[str, Any] = MultiDict(fields)
    for defect in given:
        if defect.data is not None:
            form.add("file", (io.BytesIO(defect.data), f"{defect.name}.json"))
        if defect.url is not None:
            form["url"] = defect.url
        if defect.recipient:
            form["recipient"] = defect.recipient
    return service.client().post("/verify", data=form, content_type="multipart/form-data")


def heading(page: str) -> str:
    return re.sub(r"<[^>]+>", "", re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)[0]).strip()


def signed_report(page: str) -> str:
    found = re.search(r'name="report" value="([^"]+)"', page)
    assert found is not None
    return found[1]


# --- one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_has_its_sentence_its_look_and_a_next_step(service: Service, name: str) -> None:
    defect = DEFECTS[name]
    answer = hand_in(service, defect)
    assert answer.status_code == (400 if name == "unreadable" else 200)
    assert defect.words in heading(answer.text)
    assert f'<section class="verdict {defect.tone}"' in answer.text
    assert "What to do now:" in answer.text
    assert len(answer.data) < MAX_PAGE_BYTES
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    exported = service.client().post(
        "/verify/export", data={"report": signed_report(answer.text), "format": "json"}
    )
    assert exported.json["verdict"] == defect.verdict
    assert exported.json["next_step"]


@pytest.mark.parametrize("name", [d.name for d in DEFECTS.values() if d.verdict is Verdict.ISSUER_UNKNOWN])
def test_an_unknown_issuer_is_never_red(service: Service, name: str) -> None:
    page = hand_in(service, DEFECTS[name]).text
    assert 'class="verdict bad"' not in page
    assert '<li class="bad">' not in page


def test_what_the_checks_rest_on_is_told_behind_a_detail(service: Service) -> None:
    page = hand_in(service, DEFECTS["expired"]).text
    experts = page.partition("Standards and facts, for experts")[2]
    assert "VC Data Model 2.0, 4.9" in experts


def test_the_rubric_shows_the_level_that_was_reached(service: Service) -> None:
    page = hand_in(service, DEFECTS["unknown-issuer"]).text
    reached = page.partition('<li class="achieved">')[2].partition("</li>")[0]
    assert "Proficient" in reached
    assert "reached" in reached
    assert "Leads mentoring relations" in reached
    assert "Developing" in page
    assert "On a scale from" in page
    assert "ESCO" in page


def test_each_credential_of_a_presentation_has_its_own_verdict(service: Service) -> None:
    page = hand_in(service, DEFECTS["presentation-part-bad"]).text
    assert 'href="#result-2"' in page
    second = page.partition('id="result-2"')[2]
    assert "Not verified" in second
    assert "It comes with 2 credentials: 1 verified, issuer not known here; 1 not verified" in page


def test_a_presentation_is_verified_when_all_its_issuers_are_known(service: Service) -> None:
    record = service.services.store.credentials.get(service.issue())
    assert record is not None
    own, strange = json.loads(record.signed or b""), ALICE.sign(good(NOW))
    for held, tone, words in (
        ([own], "good", "with 1 credential: verified."),
        ([own, strange], "signed", "with 2 credentials: 1 verified; 1 verified, issuer not known here."),
    ):
        presented = Defect("", Verdict.VERIFIED, "", "", json.dumps(present(*held)).encode())
        page = hand_in(service, presented).text
        assert heading(page).startswith("Presented by the holder of did:key:")
        assert heading(page).endswith(words)
        assert f'<section class="verdict {tone}"' in page


def test_the_form_is_filled_in_and_nothing_is_fetched(service: Service) -> None:
    hosts: Any = service.services.fetcher
    address = "https://badges.example/credentials/1"
    page = service.client().get("/verify", query_string={"url": address})
    assert f">{address}</textarea>" in page.text
    assert hosts.asked == []
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_an_organisation_that_keeps_no_lists_is_said_to(service: Service) -> None:
    for answer in (
        service.client().get("/verify?for=nobody"),
        hand_in(service, DEFECTS["expired"], **{"for": "nobody"}),
    ):
        assert answer.status_code == 400
        assert "nobody keeps lists" in answer.json["detail"]


# --- several ------------------------------------------------------------------------------------


def test_several_files_are_answered_with_a_table(service: Service) -> None:
    page = hand_in(
        service, *(DEFECTS[name] for name in ("unknown-issuer", "tampered", "unsupported-proof"))
    ).text
    assert "1 verified, issuer not known here; 1 not verified; 1 could not be checked." in page
    assert re.findall(r'<tr data-verdict="(\w+)">', page) == [
        "verified_issuer_unknown",
        "not_verified",
        "could_not_be_checked",
    ]
    assert [page.index(f"{name}.json") for name in ("unknown-issuer", "tampered")] == sorted(
        page.index(f"{name}.json") for name in ("unknown-issuer", "tampered")
    )


def test_several_links_one_on_each_line(service: Service) -> None:
    links = "https://one.example/a\r\n https://two.example/b\n"
    page = service.client().post("/verify", data={"url": links}).text
    assert page.count("<tr data-verdict=") == 2
    assert "2 could not be checked" in page


def test_a_hundred_at_once_and_not_one_more(service: Service) -> None:
    defect = DEFECTS["no-signature"]
    answer = hand_in(service, *[defect] * 100)
    assert answer.status_code == 200
    assert answer.text.count("<tr data-verdict=") == 100
    assert len(answer.data) < 4 * MAX_PAGE_BYTES
    assert hand_in(service, *[defect] * 101).status_code == 413


def test_each_file_counts_against_the_budget(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    service = make_service(f"sqlite:///{path}", tmp_path, rate_verify="3/minute")
    bad = DEFECTS["unreadable"]
    assert hand_in(service, *[bad] * 4).status_code == 413  # which cost no more than the call itself
    assert hand_in(service, bad, bad).status_code == 200
    assert hand_in(service, bad, bad).status_code == 429


def test_a_row_is_the_same_row(service: Service) -> None:
    defect = DEFECTS["expired"]
    form = {"file": (io.BytesIO(defect.data or b""), "expired.json")}
    row = service.client().post("/verify/row", data=form, content_type="multipart/form-data").text
    table = hand_in(service, defect, defect).text
    assert re.sub(r"<input[^>]+>", "", row).strip() in table
    assert service.client().post("/verify/row", data={}).status_code == 400


def test_exports_hold_every_result(service: Service) -> None:
    names = ("unknown-issuer", "tampered", "presentation")
    report = signed_report(hand_in(service, *(DEFECTS[name] for name in names)).text)
    client = service.client()
    table = client.post("/verify/export", data={"report": report, "format": "csv"})
    assert table.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert [row["input"] for row in rows] == [f"{name}.json" for name in names]
    assert rows[1]["verdict"] == "not_verified"
    assert rows[1]["sentence"].startswith("Not genuine")
    data = client.post("/verify/export", data={"report": report, "format": "json"})
    assert [item["kind"] for item in data.json] == ["credential", "credential", "presentation"]


def test_rows_of_the_script_are_exported_together(service: Service) -> None:
    reports = [signed_report(hand_in(service, DEFECTS[name]).text) for name in ("expired", "revoked")]
    form: MultiDict[str, str] = MultiDict([("format", "json"), *(("report", text) for text in reports)])
    assert len(service.client().post("/verify/export", data=form).json) == 2


# --- under a link -------------------------------------------------------------------------------


def keep(service: Service, page: str, days: str = "7") -> TestResponse:
    return service.client().post("/verify/results", data={"report": signed_report(page), "days": days})


def test_a_result_is_kept_only_when_asked_and_until_it_ends(service: Service) -> None:
    page = hand_in(service, DEFECTS["expired"]).text
    made = keep(service, page)
    assert made.status_code == 303
    address = made.headers["Location"]
    shown = service.client().get(address)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert "Genuine, expired on" in heading(shown.text)
    assert "14 March 2026, 09:26 UTC" in shown.text
    assert "21 March 2026, 09:26 UTC" in shown.text
    assert "Three observed sessions" not in shown.text  # of the credential, which is not kept
    service.clock.advance(days=7)
    assert service.client().get(address).status_code == 410


def test_whoever_has_the_link_may_end_it(service: Service) -> None:
    address = keep(service, hand_in(service, DEFECTS["tampered"]).text).headers["Location"]
    assert service.client().get(f"{address}/end").status_code == 405
    ended = service.client().post(f"{address}/end")
    assert ended.status_code == 200
    assert service.client().get(address).status_code == 410
    assert service.client().post(f"{address}/end").status_code == 200


@pytest.mark.parametrize("days", ["", "0", "2", "365", "7 ", "seven"])
def test_a_link_lives_for_a_stated_time(service: Service, days: str) -> None:
    assert keep(service, hand_in(service, DEFECTS["tampered"]).text, days).status_code == 400


def test_who_was_asked_about_is_told_to_nobody_else(service: Service) -> None:
    document = json.dumps(ALICE.sign(good(NOW))).encode()
    asked = Defect("asked", Verdict.NOT_CHECKED, "", "", document, recipient="pat.private@example.org")
    shown = service.client().get(keep(service, hand_in(service, asked).text).headers["Location"])
    assert "pat.private" not in shown.text


# --- for career pages ---------------------------------------------------------------------------


def test_the_badge_of_the_verifier_may_be_shown_anywhere(service: Service) -> None:
    answer = service.client().get("/verify/badge.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "Verify with Example Academy" in answer.text
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_the_picture_of_a_credential_says_how_it_stands_now(service: Service) -> None:
    credential_id = service.issue()
    address = f"/credentials/{credential_id}/verification.svg"
    answer = service.client().get(address)
    assert "Valid · check it" in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    service.clock.advance(days=20_000)
    assert "Expired" in service.client().get(address).text
    assert service.client().get(f"/credentials/{'A' * 22}/verification.svg").status_code == 404


def test_a_credentials_page_has_what_to_copy(service: Service) -> None:
    credential_id = service.issue()
    page = service.client().get(f"/credentials/{credential_id}", headers={"Accept": "text/html"}).text
    own = service.settings.public_url
    assert f"/verify?url={own}/credentials/{credential_id}" in page
    assert f"{own}/credentials/{credential_id}/verification.svg" in page


# --- the accreditation of mentors ---------------------------------------------------------------


def accreditations(service: Service, credential_id: str) -> set[str]:
    """What the credential's own page, and its verification, say of it."""
    address = f"/credentials/{credential_id}"
    shown = service.client().get(address, headers={"Accept": "text/html"}).text
    checked = service.client().post("/verify", data={"url": service.settings.public_url + address}).text
    pattern = r"<dt>Mentor accreditation</dt><dd>\s*<span class=\"status \w+\"><svg.*?</svg>([\w ]+)</span>"
    return {re.findall(pattern, page, re.DOTALL)[0] for page in (shown, checked)}


def test_how_an_accreditation_stands_is_said_on_each_page(service: Service) -> None:
    kept, suspended = service.issue(email="a@example.org"), service.issue(email="b@example.org")
    assert accreditations(service, kept) == {"In force"}
    service.services.store.credentials.set_state(
        suspended, CredentialState.SUSPENDED, reason="x", now=service.clock.now, actor="test"
    )
    assert accreditations(service, suspended) == {"Suspended"}
    record = service.services.store.credentials.get(kept)
    assert record is not None
    ends = build_display(json.loads(record.signed or b"")).valid_until
    assert ends is not None
    service.clock.now = ends - timedelta(days=20)  # of no programme, so nobody says when it is due
    assert accreditations(service, kept) == {"In force"}
    service.clock.now = ends
    assert accreditations(service, kept) == {"Lapsed"}
