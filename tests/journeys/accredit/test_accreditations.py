"""An accreditation from the decision on: its badge in versions, its states, and who may change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.accreditation.programme import Requirement
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError
from credserv.journeys.accredit.reminding import remind_accredited
from credserv.journeys.accredit.review import asks_for_endorsements
from credserv.journeys.accredit.states import standing_figures
from credserv.journeys.accredit.versions import finish_left
from credserv.journeys.admit.persons import find_member
from credserv.journeys.award.objections import object_to, uphold
from credserv.journeys.check.check import check
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.hold.erasure import erase
from credserv.records.copies import CopyForm, Holder
from credserv.records.letters import DueLetter, LetterRecord, Tells
from credserv.records.objections import ObjectionKind
from credserv.records.roles import Role
from tests.journeys.accredit.test_applications import Firm
from tests.testkit.browsing import Person
from tests.testkit.holding import wallet_did
from tests.testkit.service import make_service

PROGRAMME: dict[str, Any] = {
    "key": "mentor-basic", "version": 1, "term_months": 12, "notice_days": 90, "grace_days": 60,
    "late_days": 300, "endorsements": 1, "assessment_min": 70, "observed": 1, "observed_level": 2,
    "renewal": {"cpd_hours": 2},
}  # fmt: skip
GRANTED = datetime.fromisoformat("2026-01-14T09:00:00Z")
UNSIGNED = {"Accept": "application/json"}


class Accreditor(Firm):
    """A firm that decides: `dee` and `eli` are deciders, with no other part in any case."""

    def ready(self, person: str, name: str, *, endorser: str = "ann") -> Any:
        """An application that lacks nothing."""
        assert self.apply(person, name, "mentor-basic").status_code == 201
        assert self.hand_in(name, "assessment", score=80).status_code == 201
        assert self.hand_in(name, "observation", by="cyd", competency="feedback", level=2).status_code == 201
        self.endorse(name, endorser, f"e-{name}")

    def give_role(self, *people: str) -> None:
        services = self.service.services
        for person in people:
            member = find_member(services, person).id
            services.store.colleagues.set_roles(
                member, {Role.DECIDER}, services.today(self.service.clock.now)
            )

    def decide(self, name: str, reference: str, by: str = "dee", **more: Any) -> Any:
        told = {"decision": "grant", "by": by, "reference": reference, **more}
        return self.post(f"/applications/{name}/decision", told)

    def act(self, name: str, what: str, by: str = "dee", **more: Any) -> Any:
        told = {"by": by, "reason": "As the panel found.", **more}
        return self.post(f"/accreditations/{name}/{what}", told)

    def stands(self, name: str, **when: str) -> tuple[str, str | None]:
        asked = "&".join(f"{key}={value}" for key, value in when.items())
        found = self.get(f"/accreditations/{name}?{asked}").json
        return found["state"], found["since"]

    def badge(self, name: str) -> str:
        return str(self.get(f"/accreditations/{name}").json["id"])

    def fetch(self, path: str) -> Any:
        return self.service.client().get(f"/credentials/{path}", headers=UNSIGNED)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Accreditor:
    folder = tmp_path_factory.mktemp("accreditations")
    firm = Accreditor(make_service(f"sqlite:///{folder / 'a.db'}", folder))
    firm.employ("dee", "eli")
    firm.give_role("dee", "eli")
    assert firm.load(PROGRAMME).status_code == 201
    for person in ("ann", "ben", "cyd"):
        assert firm.found("mentor-basic", person, until="2026-12-01T00:00:00Z").status_code == 201
    firm.at("2026-01-10T09:00:00Z")
    firm.ready("dan", "a1")
    firm.at(format_instant(GRANTED))
    answer = firm.decide("a1", "c1")
    assert answer.status_code == 200, answer.json
    firm.at("2026-03-01T09:00:00Z")
    firm.ready("gus", "a3", endorser="dan")
    assert firm.decide("a3", "c3").status_code == 200
    return firm


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_the_badge_is_issued_under_the_id_that_the_application_gave(firm: Accreditor) -> None:
    reserved = firm.get("/applications/a1").json["credential_url"]
    document = json.loads(firm.fetch(firm.badge("c1")).data)
    assert document["id"] == reserved
    assert document["refreshService"] == {"id": f"{reserved}/refresh", "type": "1EdTechCredentialRefresh"}
    assert document["validFrom"] == "2026-01-14T09:00:00Z"
    assert document["validUntil"] == "2027-03-15T09:00:00Z"  # the end of grace
    subject = document["credentialSubject"]
    assert subject["id"].startswith("did:")
    assert subject["id"] != document["issuer"]["id"]
    said = {one["resultDescription"].partition("#")[2]: one["value"] for one in subject["result"]}
    assert said == {"renewal": "2027-01-14", "opens": "2026-10-16", "competencies": "feedback"}


def test_the_same_decision_again_is_answered_with_the_same_accreditation(firm: Accreditor) -> None:
    again = firm.decide("a1", "c1")
    assert (again.status_code, again.json["id"]) == (200, firm.badge("c1"))
    assert refused(firm.decide("a1", "c1-other")) == (409, "conflict")
    assert refused(firm.decide("a1", "c1", by="eli")) == (409, "conflict")
    assert refused(firm.decide("a1", "c1", reason="Otherwise.")) == (409, "conflict")


def test_nothing_is_granted_without_its_evidence_nor_by_whom_it_is_not_for(firm: Accreditor) -> None:
    assert firm.apply("eve", "a2", "mentor-basic").status_code == 201
    answer = firm.decide("a2", "c2")
    assert refused(answer) == (422, "requirements-open")
    assert len(answer.json["faults"]) == 3
    reserved = firm.get("/applications/a2").json["credential_url"].rsplit("/", 1)[1]
    assert firm.fetch(reserved).status_code == 404
    firm.hand_in("a2", "assessment", score=80)
    firm.hand_in("a2", "observation", by="cyd", competency="feedback", level=2)
    firm.endorse("a2", "ann", "e-a2")
    assert refused(firm.decide("a2", "c2", by="fay")) == (403, "forbidden")  # has no role
    firm.give_role("cyd")
    assert refused(firm.decide("a2", "c2", by="cyd")) == (403, "involved")  # assessed it
    told = {"decision": "refuse", "by": "dee", "reason": "The panel was not convinced.", "reference": "r2"}
    assert firm.post("/applications/a2/decision", told).json["state"] == "refused"
    assert refused(firm.decide("a2", "c2")) == (409, "closed")
    assert firm.fetch(reserved).status_code == 404  # burnt


def test_a_decider_sees_what_was_found_and_decides(firm: Accreditor) -> None:
    firm.ready("hal", "a5", endorser="ben")
    reserved = firm.get("/applications/a5").json["credential_url"].rsplit("/", 1)[1]
    case = f"/console/cases/{reserved}"
    decider = Person(firm.service).sign_in_as(Role.DECIDER)
    assert case in decider.get("/console/cases").partition('id="renewals"')[0]
    shown = decider.get(case)
    assert "1 of 1 endorsement counts" in shown
    assert "2 observed" not in shown
    told = decider.submit(f"{case}/suspend", on=case, reason="Too early.")
    assert told.status_code == 404  # there is nothing to suspend yet
    page = decider.follow(decider.submit(f"{case}/grant", on=case, reason="All of it is there."))
    assert "Granted: the badge is issued." in page
    assert "In force</span>" in page
    refused_ = decider.submit(f"{case}/suspend", on=case, reason="")
    assert "needs its reason" in refused_.text
    mistyped = decider.submit(f"{case}/suspend", on=case, reason="A complaint.", complainant="nobody")
    assert (mistyped.status_code, "obody here is known" in mistyped.text) == (400, True)
    page = decider.follow(decider.submit(f"{case}/suspend", on=case, reason="A complaint."))
    assert "A complaint." in page
    assert case in decider.get("/console/cases").partition('id="suspended"')[2]
    page = decider.follow(decider.submit(f"{case}/restore", on=case, reason="It was unfounded."))
    assert "In force</span>" in page
    looking = Person(firm.service).sign_in_as(Role.AUDITOR)
    assert f'action="{case}' not in looking.get(case)
    assert looking.client.post(f"{case}/suspend", data={"reason": "x"}).status_code in (400, 403)
    found = firm.get("/accreditations?state=live&programme=mentor-basic").json
    assert {one["id"] for one in found["items"]} >= {reserved, firm.badge("c1")}
    assert (found["next"], found["more"], found["accreditations"]) == (None, False, found["items"])


def test_found_u5_accreditations_come_in_pages(firm: Accreditor) -> None:
    whole = firm.get("/accreditations").json["items"]
    assert len(whole) > 1
    seen, after = [], ""
    while after is not None:
        page = firm.get(f"/accreditations?limit=1{after and f'&after={after}'}").json
        seen, after = [*seen, *page["items"]], page["next"]
    assert seen == whole
    assert firm.get("/accreditations?after=x").status_code == 422


def test_a_badge_says_how_it_stands_wherever_it_is_shown(firm: Accreditor) -> None:
    badge, services = firm.badge("c1"), firm.service.services
    document = firm.fetch(badge).data
    found = check(services, data=document, url=None, now=firm.service.clock.now).accreditation
    assert found is not None
    assert found.report() == {
        "state": "live",
        "since": "2026-01-14T09:00:00Z",
        "inForce": True,
        "renewalDue": "2027-01-14T09:00:00Z",
        "establishedBy": "this service",
    }
    client = firm.service.client()
    page = client.get(f"/credentials/{badge}", headers={"Accept": "text/html"}).text
    shown = client.post("/verify", data={"text": document.decode()}).text
    for text in (page, shown):
        assert "Mentor accreditation" in text
        assert "In force</span>" in text
        assert 'datetime="2027-01-14T09:00:00Z"' in text


def test_a_renewal_is_a_further_version_under_the_same_id(firm: Accreditor) -> None:
    services, badge = firm.service.services, firm.badge("c1")
    first = firm.fetch(badge).data
    record = services.store.credentials.get(badge)
    assert record is not None
    holder = Holder(record.person_id, wallet_did())
    copy = make_copy(services, badge, CopyForm.LDP_VC, holder, firm.service.clock.now)
    assert refused(firm.act("c1", "renewals")) == (409, "too-early")
    firm.at("2026-12-20T09:00:00Z")
    assert refused(firm.act("c1", "renewals")) == (422, "requirements-open")
    now = firm.service.clock.now
    assert remind_accredited(services, now) == 3  # whose terms end in less than 90 days
    assert remind_accredited(services, now) == 0  # each once
    told = LetterRecord(badge, now, now)
    due = DueLetter(told, record.person_id, "dan@firm.example", "Dan", "mentor-basic", 1, GRANTED, Tells.DUE)
    letter = badge_letter(services, due)
    assert letter.subject.endswith("is due for renewal")
    assert "on 14 January 2027" in letter.text
    firm.post("/members/dan/practice", {"kind": "cpd", "minutes": 120, "reference": "p1"})
    answer = firm.act("c1", "renewals", reference="n1")
    assert answer.status_code == 200, answer.json
    assert [term["term_end"] for term in answer.json["terms"]] == [
        "2027-01-14T09:00:00Z",
        "2028-01-14T09:00:00Z",  # from the old end, though it was renewed early
    ]
    assert firm.act("c1", "renewals", reference="n1").json == answer.json
    second = firm.fetch(badge).data
    assert first != second
    before, after = json.loads(first), json.loads(second)
    assert (before["id"], before["credentialStatus"]) == (after["id"], after["credentialStatus"])
    assert after["validFrom"] == "2026-12-20T09:00:00Z"
    assert firm.fetch(f"{badge}/refresh").data == second
    assert firm.fetch(f"{badge}?version=1").data == first
    assert firm.fetch(f"{badge}?version=2").data == second
    assert firm.fetch(f"{badge}?version=3").status_code == 404
    # An old file, shown online: one step leads to the newest, which is judged.
    found = check(services, data=first, url=None, now=firm.service.clock.now)
    assert found.result.passed("refresh")
    assert found.credential["validUntil"] == after["validUntil"]
    assert found.result.verified
    # The copy in a wallet followed, under its own id.
    theirs = json.loads(firm.fetch(copy.id).data)
    assert theirs["validUntil"] == after["validUntil"]
    assert theirs["refreshService"]["id"] == f"{theirs['id']}/refresh"
    assert firm.fetch(f"{copy.id}?version=1").data == copy.signed
    assert check(services, data=copy.signed, url=None, now=firm.service.clock.now).result.verified
    assert finish_left(services, firm.service.clock.now + timedelta(days=1), firm.service.clock.now) == 0


def test_states_change_by_the_table_and_the_clock_goes_on(firm: Accreditor) -> None:
    firm.at("2027-02-01T09:00:00Z")
    assert refused(firm.act("c1", "restoration")) == (409, "conflict")
    assert refused(firm.act("c1", "suspension", review_on="2027-06-01")) == (422, "schema-faults")
    assert refused(firm.act("c1", "suspension", complainant="dee")) == (403, "involved")
    suspended = firm.act("c1", "suspension", reference="s1")
    assert suspended.json["state"] == "suspended"
    assert firm.act("c1", "suspension", reference="s1").json == suspended.json
    assert refused(firm.act("c1", "suspension", reference="s1", reason="Otherwise.")) == (409, "conflict")
    record = firm.service.services.store.credentials.get(firm.badge("c1"))
    assert record is not None
    assert record.reason == ""  # systems that hear of badges, and who only looks at them, read none
    assert refused(firm.act("c1", "suspension")) == (409, "conflict")
    assert refused(firm.act("c1", "renewals")) == (409, "suspended")
    assert refused(firm.act("c1", "revocation")) == (409, "appeal-open")
    page = firm.service.client().get(f"/credentials/{firm.badge('c1')}", headers={"Accept": "text/html"}).text
    assert "Suspended" in page
    assert "As the panel found." not in page
    firm.at("2027-02-10T09:00:00Z")
    assert firm.act("c1", "restoration", reference="s1").json["state"] == "live"
    assert firm.stands("c1") == ("live", "2027-02-10T09:00:00Z")
    firm.at("2028-01-14T09:00:00Z")
    assert firm.stands("c1") == ("grace", "2028-01-14T09:00:00Z")
    assert remind_accredited(firm.service.services, firm.service.clock.now) == 1
    firm.at("2028-03-14T09:00:00Z")
    assert firm.stands("c1") == ("lapsed", "2028-03-14T09:00:00Z")
    firm.post("/members/dan/practice", {"kind": "cpd", "minutes": 120, "reference": "p2"})
    late = firm.act("c1", "renewals", reference="n2")
    assert late.json["terms"][-1]["term_end"] == "2029-01-14T09:00:00Z"
    assert firm.stands("c1", at="2028-03-14T08:59:59Z")[0] == "grace"
    assert firm.stands("c1", at="2028-03-14T09:00:00Z")[0] == "live"


def test_the_doors_of_ordinary_badges_neither_change_nor_grant_an_accreditation(firm: Accreditor) -> None:
    services, badge = firm.service.services, firm.badge("c1")
    told = {"state": "revoked", "reason": "x"}
    assert firm.post(f"/credentials/{badge}/status", told).status_code == 409
    record = services.store.credentials.get(badge)
    assert record is not None
    now = firm.service.clock.now
    object_to(services, record.person_id, badge, ObjectionKind.NOT_MINE, "", now)
    (objection,) = services.store.objections.of_credential(badge)
    with pytest.raises(ConflictError, match="under Decisions"):
        uphold(services, objection.id, "It is not theirs.", None, actor="test", now=now)
    order = {"achievement": "mentor-basic", "recipient": {"email": "zoe@firm.example"}}
    headers = {**firm.service.api_headers(), "Idempotency-Key": "order-0001"}
    answer = firm.service.client().post("/api/v1/credentials", json=order, headers=headers)
    assert refused(answer) == (409, "conflict")


def test_a_revocation_from_earlier_takes_two_and_asks_a_person_about_others(firm: Accreditor) -> None:
    badge, services = firm.badge("c1"), firm.service.services
    early = {"effective_from": "2026-02-01T00:00:00Z", "reference": "v1"}
    assert refused(firm.act("c1", "revocation", **early)) == (409, "conflict")
    firm.give_role("kit")
    granted_it = firm.act("c1", "revocation", by="dee", also_by="kit", **early)
    assert refused(granted_it) == (403, "involved")
    firm.at("2028-05-01T09:00:00Z")
    revoked = firm.act("c1", "revocation", by="eli", also_by="kit", **early)
    assert revoked.json["state"] == "revoked", revoked.json
    assert firm.stands("c1") == ("revoked", "2026-02-01T00:00:00Z")
    as_known = {"at": "2028-03-20T00:00:00Z", "known": "2028-03-20T00:00:00Z"}
    assert firm.stands("c1", **as_known)[0] == "live"
    assert firm.stands("c1", at="2028-03-20T00:00:00Z", known="2028-05-01T09:00:00Z")[0] == "revoked"
    for number in (1, 2, 3):  # one status index: early copies are refused as well
        version = firm.fetch(f"{badge}?version={number}").data
        assert not check(services, data=version, url=None, now=firm.service.clock.now).result.verified
    assert refused(firm.act("c1", "revocation", by="eli", also_by="kit")) == (409, "conflict")
    assert firm.act("c1", "revocation", by="eli", also_by="kit", **early).json == revoked.json
    other = early | {"effective_from": "2026-02-02T00:00:00Z"}
    assert refused(firm.act("c1", "revocation", by="eli", also_by="kit", **other)) == (409, "conflict")
    assert firm.get("/accreditations/c3").json["to_review_since"] == "2028-05-01T09:00:00Z"
    assert firm.stands("c3")[0] == "lapsed"  # nothing is revoked by itself
    for _ in range(2):
        reviewed = firm.act("c3", "review", by="eli")
    assert reviewed.json["to_review_since"] is None
    assert [line.action for line in services.store.audit.recent(9)].count("accreditation.reviewed") == 1


def test_figures_are_as_known_at_each_instant(firm: Accreditor) -> None:
    at = [datetime.fromisoformat(text) for text in ("2026-01-14T08:59:59Z", "2028-03-20T00:00:00Z")]
    found = standing_figures(firm.service.services, cut=firm.service.clock.now, at=at)
    assert found["granted"] == 3
    assert found["states"] == {
        "2026-01-14T08:59:59Z": {"not-yet": 3},
        "2028-03-20T00:00:00Z": {"live": 1, "lapsed": 2},
    }
    assert found["state_at_cut"]["c1"] == {"state": "revoked", "since": "2026-02-01T00:00:00Z"}


def test_a_holder_gives_it_back(firm: Accreditor) -> None:
    told = {"reason": "Another role.", "reference": "g1"}
    for _ in range(2):
        assert firm.post("/accreditations/c3/surrender", told).json["state"] == "revoked"


def test_of_four_who_decide_at_once_one_decision_stands(database_url: str, tmp_path: Path) -> None:
    firm = Accreditor(make_service(database_url, tmp_path))
    firm.employ("dee")
    firm.give_role("dee")
    assert firm.load(PROGRAMME | {"renewal": {}}).status_code == 201
    for person in ("ann", "cyd"):
        firm.found("mentor-basic", person, until="2026-12-01T00:00:00Z")
    firm.ready("dan", "a1")

    def at_once(act: Callable[[], Any]) -> list[int]:
        with ThreadPoolExecutor(4) as pool:
            return sorted(answer.status_code for answer in pool.map(lambda _: act(), range(4)))

    assert at_once(lambda: firm.decide("a1", "c1")) == [200] * 4
    assert len(firm.service.services.store.accreditations.all()) == 1
    firm.at("2026-12-20T09:00:00Z")
    assert at_once(lambda: firm.act("c1", "renewals")) == [200, 409, 409, 409]
    assert [term["number"] for term in firm.get("/accreditations/c1").json["terms"]] == [1, 2]
    # Who was erased and kept an earlier version is not told that it is false: it cannot be compared any more.
    services, badge = firm.service.services, firm.badge("c1")
    first = firm.fetch(f"{badge}?version=1").data
    record = services.store.credentials.get(badge)
    assert record is not None
    erase(services, record.person_id, firm.service.clock.now)
    issued_here = check(services, data=first, url=None, now=firm.service.clock.now).result.check(
        "issued_here"
    )
    assert issued_here is not None
    assert issued_here.outcome.value == "unknown"


def test_endorsements_that_are_asked_for_on_one_route_are_looked_at_again_too() -> None:
    asked = Requirement("endorsements", "/grant/0/any_of/0/0", "endorsements")
    exam = Requirement("assessment", "/grant/0/any_of/1/0", "assessment")
    assert asks_for_endorsements(Requirement("any_of", "/grant/0", "any_of", routes=((asked,), (exam,))))
    assert not asks_for_endorsements(exam)
