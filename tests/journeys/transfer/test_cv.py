"""A person chooses what to show: a CV with what was signed inside, and a transcript that is signed itself."""

from __future__ import annotations

import html
import io
import json
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from credserv.carriers.pdf import read_pdf
from credserv.ground.errors import InputError
from credserv.ground.verification import Verdict
from credserv.journeys.award.employment import confirm_employment, parse_said
from credserv.journeys.check.check import check
from credserv.journeys.define.employment import require_employment
from credserv.journeys.measure.trajectory import trajectory_of
from credserv.journeys.publish.publish import set_status
from credserv.journeys.transfer.brought import proven_badges
from credserv.journeys.transfer.chosen import choices_of
from credserv.journeys.transfer.imports import keep_import
from credserv.journeys.transfer.transcript import make_resume, make_transcript, resume_data, resume_pdf
from credserv.records.credentials import CredentialState
from credserv.records.people import MemberFacts, ProvedKind
from tests.testkit.browsing import Person
from tests.testkit.defects import ALICE, HOLDER, defects, hosts_of
from tests.testkit.service import NOW, Service, make_service

PAT = "pat@example.org"
DEFECTS = {defect.name: defect.data or b"" for defect in defects(NOW)}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("cv")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=hosts_of(NOW))


@pytest.fixture(scope="module")
def pat(here: Service) -> str:
    """With a badge, an employment credential, one revoked, and three from elsewhere, one of them revoked."""
    services = here.services
    record = services.store.credentials.get(here.issue(email=PAT))
    assert record is not None
    member = services.store.members.of_person(record.person_id)
    assert member is not None
    facts = MemberFacts("Pat Doe", "Nursing", None, None, date(2024, 2, 1), None)
    services.store.roster.change_facts(member.id, facts)
    known = services.store.roster.get(member.id)
    assert known is not None
    version = require_employment(services, actor="a test", now=NOW)
    confirm_employment(services, known, parse_said("Ward nurse", ""), version, actor="a test", now=NOW)
    gone, _ = confirm_employment(services, known, parse_said("Typo", ""), version, actor="a test", now=NOW)
    set_status(services, gone.id, CredentialState.REVOKED, reason="x", actor="a test", now=NOW)
    services.store.people.prove(record.person_id, ProvedKind.EMAIL, PAT, added_by="a test", now=NOW)
    for name in ("unknown-issuer", "revoked", "status-unreachable"):
        keep_import(services, record.person_id, DEFECTS[name], NOW, added_by="a test")
    return record.person_id


def keys(here: Service, pat: str) -> set[str]:
    return {one.key for one in choices_of(here.services, pat)}


def test_what_was_taken_back_is_no_choice(here: Service, pat: str) -> None:
    choices = choices_of(here.services, pat)
    assert [one.is_ours for one in choices] == [True, True, False, False]
    assert {one.by for one in choices if one.is_ours} == {"Example Academy"}


def test_the_cv_holds_what_was_signed_and_only_what_verifies(here: Service, pat: str) -> None:
    resume = make_resume(here.services, pat, keys(here, pat), name=" Pat Doe ", email=PAT, now=NOW)
    document = resume.document
    assert document["person"] == {"name": {"formattedName": "Pat Doe"}}
    assert document["communication"] == {"email": [{"address": PAT}]}
    (job,) = document["employmentHistories"]
    assert job["positionHistories"] == [{"title": "Ward nurse", "resourceRelationshipCode": "Employee"}]
    assert (job["start"], job["current"]) == ("2024-02-01", True)
    assert {one["name"] for one in document["certifications"]} == {
        "Mentor Accreditation: Foundation",
        "Mentor",
    }
    assert {"name": "provide mentorship"} in document["skills"]
    assert len(resume.left_out) == 1, "its status could not be checked"
    signed = [one["verifications"][0] for one in (job, *document["certifications"])]
    for credential in signed:
        data = json.dumps(credential).encode()
        assert check(here.services, data=data, url=None, now=NOW).result.verified


def test_the_pdf_says_the_same_and_carries_the_data(here: Service, pat: str) -> None:
    name = "Pat #strong[Doe] Žižek"
    resume = make_resume(here.services, pat, keys(here, pat), name=name, email=PAT, now=NOW)
    made = resume_pdf(resume, NOW)
    assert b"<pdfaid:part>3</pdfaid:part>" in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made
    assert read_pdf(made).attachments == (("cv.json", resume_data(resume)),)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).split())
    for words in (name, PAT, "Ward nurse", "2024-02-01 to today", "provide mentorship"):
        assert words in text
    assert "checked on 14 March 2026, 09:26 UTC" in text


def test_the_transcript_is_signed_around_our_own_badges_alone(here: Service, pat: str) -> None:
    signed, _ = make_transcript(here.services, pat, keys(here, pat), NOW)
    checked = check(here.services, data=signed, url=None, now=NOW)
    assert checked.verdict is Verdict.VERIFIED, checked.result
    assert [item.verdict for item in checked.within] == [Verdict.VERIFIED] * 2
    assert checked.result.passed("schema"), checked.result.check("schema")
    assert ALICE.did not in signed.decode()
    one = next(key for key in sorted(keys(here, pat)) if key.startswith("own:"))
    subject = json.loads(make_transcript(here.services, pat, {one}, NOW)[0])["credentialSubject"]
    assert len(subject["verifiableCredential"]) == 1


def test_what_cannot_be_made_is_refused_with_the_reason(here: Service, pat: str) -> None:
    every = keys(here, pat)
    for name, email, chosen in (
        ("", "", every),
        ("Pat\n", "x@example.org", every),
        ("Pat", "sam@example.org", every),
        ("Pat", "", set()),
        ("Pat", "", {"own:another's"}),
    ):
        with pytest.raises(InputError):
            make_resume(here.services, pat, chosen, name=name, email=email, now=NOW)
    brought = {key for key in every if key.startswith("brought:")}
    with pytest.raises(InputError, match="signs for no other"):
        make_transcript(here.services, pat, brought, NOW)


def test_the_pages(here: Service, pat: str, tmp_path: Path) -> None:
    person = Person(here).open_wallet(PAT)
    assert "A CV that can be checked" in person.get("/wallet")
    path, chosen = "/wallet/cv", sorted(keys(here, pat))
    assert person.get(path).count('name="badge"') == 4
    shown = person.submit(path, badge=chosen, name="Pat Doe", email="", form="page").text
    assert all(word in shown for word in ("Ward nurse", "confirmed by the employer", "provide mentorship"))
    assert "Left out" in shown
    data = person.submit(path, badge=chosen, name="Pat Doe", email="", form="data")
    assert json.loads(data.data)["person"]["name"]["formattedName"] == "Pat Doe"
    printed = person.submit(path, badge=chosen, name="Pat Doe", email="", form="pdf")
    assert printed.mimetype == "application/pdf"
    transcript = person.submit(path, badge=chosen, name="", email="", form="transcript")
    assert json.loads(transcript.data)["type"] == ["VerifiableCredential", "ClrCredential"]
    refused = person.submit(path, name="Pat Doe", email="", form="page")
    assert (refused.status_code, "Choose at least one badge" in refused.text) == (400, True)


def test_a_trajectory_has_what_was_brought_along_if_it_names_them_and_stands(here: Service, pat: str) -> None:
    """Whose badge it is, they show by an identifier that they proved."""
    signed = DEFECTS["recipient"]
    (kept,) = keep_import(here.services, pat, signed, NOW, added_by="a test")
    assert (kept.reason, proven_badges(here.services, pat)) == ("", ()), "it is not known whose it is"
    here.services.store.people.prove(pat, ProvedKind.DID, HOLDER.did, added_by="a test", now=NOW)
    (found,) = proven_badges(here.services, pat)
    assert found == json.loads(signed)
    (line, *_) = trajectory_of(here.services, (), (found,))
    page = html.unescape(Person(here).open_wallet(PAT).get("/wallet/mentoring/trajectory"))
    assert (line.name in page, f"<bdi>{line.steps[0].issuer}</bdi>" in page) == (True, True)
