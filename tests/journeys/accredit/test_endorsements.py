"""R6: endorsements given by their endorsers' own click, and judged as of two times."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from credserv.accreditation.endorsing import Weight
from credserv.app.schemas import default_schemas_dir
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ClosedError, ConflictError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Check, Outcome
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit import endorsing, identity
from credserv.journeys.accredit.applications import find_application, look
from credserv.journeys.accredit.endorsements import endorsement_figures, judged
from credserv.journeys.accredit.endorsing import EndorsementWish
from credserv.journeys.accredit.entitlements import Grounds, make_entitlement
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.admit.persons import find_member
from credserv.journeys.hold.erasure import erase
from credserv.journeys.trust.refresh import add_issuer
from credserv.openbadges.credential import StatusPlace, build_status_entry
from credserv.openbadges.endorsement import build_endorsement, build_entitlement, carry
from credserv.records.accreditation import ApplicationRecord, EndorsementRecord
from credserv.records.audit import Action
from credserv.records.member_dids import MemberDidRecord
from credserv.records.trust import TrustedIssuerRecord
from credserv.verifying.checks.entitlement import weigh_carried
from tests.testkit.browsing import Person
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import NoNetwork, Service, make_service
from tests.testkit.shared import SHARED, shared_path

OTHERS = "https://other.example/achievements/mentor/"
FOUNDATION: dict[str, Any] = json.loads(
    (default_schemas_dir() / "programmes" / "internal-foundation.json").read_bytes()
) | {"equivalents": [OTHERS]}
KEY, BEGIN = "internal-foundation", datetime.fromisoformat("2026-01-01T08:00:00Z")
PEOPLE = ("ann", "ben", "cyd", "dan")
CASE = "accreditation/small-case.jsonl"


class Firm:
    """One service with its people by number. case: what was played in it first."""

    case: Case | None = None

    def __init__(self, service: Service) -> None:
        self.service, self.own = service, service.services
        service.clock.now = BEGIN
        self._headers = service.api_headers()
        for number in PEOPLE:
            self.employ(number)
        assert self.call("POST", "/programmes", {"programme": FOUNDATION, "owner": "L&D"}).status_code == 201

    def employ(self, number: str) -> None:
        told = {"email": f"{number}@firm.example", "name": number.capitalize(),
                "employment": {"started": "2025-01-01"}}  # fmt: skip
        assert self.call("PUT", f"/members/{number}", told).status_code == 200

    def open(self, number: str) -> ApplicationRecord:
        """An application of theirs, under their number."""
        self.employ(number)
        self.apply(number, number, "feedback")
        return find_application(self.own, number)

    def call(self, method: str, path: str, told: Any = None) -> Any:
        return self.service.client().open(f"/api/v1{path}", method=method, json=told, headers=self._headers)

    def at(self, instant: str) -> None:
        self.service.clock.now = datetime.fromisoformat(instant)

    def found(self, person: str, *competencies: str, until: str = "2026-07-01T00:00:00Z") -> None:
        told = {"person": person, "until": until, "competencies": list(competencies)}
        assert self.call("POST", f"/programmes/{KEY}/founders", told).status_code == 201

    def apply(self, person: str, name: str, *competencies: str) -> None:
        told = {"person": person, "programme": KEY, "competencies": list(competencies), "reference": name}
        assert self.call("POST", "/applications", told).status_code == 201

    def browser(self, person: str) -> Person:
        return Person(self.service).open_wallet(f"{person}@firm.example")

    def click(self, by: str, name: str, **fields: str) -> Any:
        """On the page, soon after they signed in by a link."""
        return self.browser(by).submit(f"/wallet/mentoring/endorse/{name}", **fields)

    def endorse(self, by: str, name: str, **wish: Any) -> EndorsementRecord:
        member = find_member(self.own, by).id
        wished = EndorsementWish(**({"competency": "feedback"} | wish))
        return endorsing.endorse(self.own, name, member, wished, now=self.service.clock.now)[0]

    def weights(self, name: str) -> dict[str, str]:
        found = judged(self.own, find_application(self.own, name), self.service.clock.now)
        return {one.name: one.weight.value for one in found}

    def verify(self, signed: bytes) -> tuple[bool, list[Check]]:
        checks = self.own.verifier.verify_credential(
            parse_json_object(signed),
            now=self.service.clock.now,
            resolvers=replace(self.own.resolvers, fetch=NoNetwork()),
        )
        return checks.verified, [one for one in checks.checks if one.name == "endorsements"]


@dataclass(frozen=True)
class Case:
    """What came of the case worked by hand, whose application is `a1`, as of its last endorsement."""

    weights: dict[str, str]
    told: list[dict[str, Any]]
    figures: dict[str, Any]


def play(firm: Firm) -> Case:
    for line in shared_path(CASE).read_text().splitlines()[:10]:
        event = json.loads(line)
        firm.at(event["at"])
        if event["type"] == "founder.appointed":
            firm.found(event["person"], *event["competencies"])
        elif event["type"] == "mentor.applied":
            firm.apply(event["person"], event["application"], *event["competencies"])
        elif event["type"] == "endorsement.made":
            said = {"competency": event["competency"], "stated_at": event["stated_at"]}
            answer = firm.click(event["by"], event["application"], reference=event["endorsement"], **said)
            assert answer.status_code == 303, answer.text
    return Case(
        firm.weights("a1"),
        firm.call("GET", "/applications/a1/endorsements").json["items"],
        endorsement_figures(firm.own, key=KEY, cut=firm.service.clock.now),
    )


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The case comes first, for its days are said; each other test has an application of its own."""
    folder = tmp_path_factory.mktemp("endorsements")
    firm = Firm(make_service(f"sqlite:///{folder / 'endorsements.db'}", folder))
    firm.case = play(firm) if (SHARED / CASE).exists() else None
    for person in () if firm.case else ("ann", "ben", "cyd"):
        firm.found(person, "feedback")
    return firm


@pytest.fixture(scope="module")
def case(firm: Firm) -> Case:
    shared_path(CASE)
    assert firm.case is not None
    return firm.case


def test_the_case_worked_by_hand_is_judged_so_by_the_click_of_each(case: Case) -> None:
    expected = json.loads(shared_path("accreditation/small-case.expected.json").read_text())["endorsements"]
    assert case.weights == expected
    assert {one["reference"]: one["weight"] for one in case.told} == expected
    assert {one["reference"]: one["as_received"] for one in case.told} == expected
    assert case.figures == {
        "counts_by_reason": {"backdated": 1, "counts": 2, "duplicate": 1, "self": 1},
        "each": expected,
        "as_received_differs": {},
    }


@pytest.mark.usefixtures("case")
def test_each_is_by_its_endorsers_own_key_and_verifies_alone_without_a_network(firm: Firm) -> None:
    application = find_application(firm.own, "a1")
    found = judged(firm.own, application, firm.service.clock.now)
    issuers = {one.record.endorser_did for one in found if one.counts}
    assert len(issuers) == 2
    assert issuers.isdisjoint({firm.own.issuer.did})
    for one in found:
        document = parse_json_object(one.record.signed or b"")
        assert document["issuer"]["id"] == one.record.endorser_did
        wanted = credential_url(firm.own.public_url, application.credential_id)
        assert document["credentialSubject"]["id"] == wanted
        assert ("evidence" in document) is (one.name != "e2"), "who was entitled carries what says so"
        assert not firm.own.schemas.check_credential(document)
        assert firm.verify(one.record.signed or b"")[0]


@pytest.mark.usefixtures("case")
def test_an_entitlement_says_the_least(firm: Firm) -> None:
    record = firm.own.store.endorsements.named("e1")
    assert record is not None
    text = parse_json_object(record.signed or b"")["evidence"][0]["id"].partition(",")[2]
    held = base64.b64decode(text)
    assert len(held) < 1_500
    assert b"Ann" not in held
    assert b"@" not in held.replace(b'"@context"', b"")
    assert not firm.own.schemas.check_credential(parse_json_object(held))
    assert firm.verify(held)[0]


def test_who_clicks_shows_first_that_it_is_them(firm: Firm) -> None:
    firm.open("eve")
    browser = firm.browser("eve")
    firm.service.clock.advance(minutes=6)
    answer = browser.submit("/wallet/mentoring/endorse/eve", competency="feedback")
    assert answer.status_code != 303 or "prove" in answer.headers["Location"]
    assert firm.weights("eve") == {}


def test_who_applies_is_told_to_whoever_was_given_the_address(firm: Firm) -> None:
    application = firm.open("fay")
    browser = firm.browser("ann")
    assert "Endorse <bdi>Fay</bdi>" in browser.get(f"/wallet/mentoring/endorse/{application.id}")
    assert "<bdi>Fay</bdi>" not in browser.get("/wallet/mentoring/endorse/fay")
    browser.get("/wallet/mentoring/applications/fay/endorsements", 404)  # another's
    assert application.id in firm.browser("fay").get("/wallet/mentoring/applications/fay/endorsements")


def test_the_same_again_is_the_same_and_another_under_its_name_is_refused(firm: Firm) -> None:
    firm.open("gus")
    first = firm.endorse("ann", "gus", reference="r1")
    assert firm.endorse("ann", "gus", reference="r1") == first
    for by, changed in (("ben", {}), ("ann", {"stated_at": BEGIN})):
        with pytest.raises(ConflictError):
            firm.endorse(by, "gus", reference="r1", **changed)
    with pytest.raises(InputError):
        firm.endorse("ann", "gus", competency="planning")
    with pytest.raises(InputError):
        firm.endorse("ann", "gus", stated_at=firm.service.clock.now + timedelta(hours=1))
    with pytest.raises(NotFoundError):
        firm.endorse("ann", "nothing")


def test_of_several_grounds_the_one_for_this_competency_is_carried(firm: Firm) -> None:
    firm.open("hal")
    firm.found("ann", "planning", until="2026-08-01T00:00:00Z")  # which holds longer than that for feedback
    document = parse_json_object(firm.endorse("ann", "hal").signed or b"")
    assert [one["name"] for one in document["evidence"]] == ["feedback"]
    assert "your word counts" in firm.browser("ann").get("/wallet/mentoring/endorse/hal")


def test_somebody_outside_needs_no_account_and_is_a_witness(firm: Firm) -> None:
    firm.open("ida")
    page = firm.browser("ida").get("/wallet/mentoring/applications/ida/endorsements")
    path = re.findall(rf'<code class="secret">{firm.own.public_url}(/endorse/[^<]+)</code>', page)[0]
    visitor = Person(firm.service)
    assert "Ida" in visitor.get(path)
    said = {"competency": "feedback", "comment": "She listens."}
    assert visitor.submit(path, name="Wilma Witness", **said).status_code != 303  # not agreed
    answer = visitor.submit(path, name="Wilma Witness", sure="yes", **said)
    assert answer.status_code == 303
    (one,) = [
        one
        for one in judged(firm.own, find_application(firm.own, "ida"), firm.service.clock.now)
        if one.record.is_witness
    ]
    assert one.weight.value == "not-accredited"
    document = parse_json_object(one.record.signed or b"")
    assert document["issuer"]["name"] == "Wilma Witness"
    assert document["credentialSubject"]["endorsementComment"] == "She listens."
    assert firm.verify(one.record.signed or b"")[0]
    visitor.get(path[:-3] + "abc", 404)


def test_one_signed_elsewhere_is_taken_where_it_holds_and_speaks_of_this_badge(firm: Firm) -> None:
    key, application = issuer(51), firm.open("joy")

    def signed(of: str = application.credential_id, **changes: Any) -> dict[str, Any]:
        document = build_endorsement(
            identifier="urn:uuid:5a1c3e0e-0000-4000-8000-000000000007",
            endorser={"id": key.did, "type": ["Profile"]},
            credential_url=credential_url(firm.own.public_url, of),
            competency="feedback",
            comment="",
            stated_at=firm.service.clock.now.replace(microsecond=0),
        )
        return key.sign(document, created=firm.service.clock.now.replace(microsecond=0)) | changes

    def hand_in(document: dict[str, Any], reference: str) -> Any:
        told = {"competency": "feedback", "credential": document, "reference": reference}
        return firm.call("POST", "/applications/joy/endorsements", told)

    for wrong in (signed(of="another"), signed(name="Changed"), signed(type=["VerifiableCredential"])):
        assert hand_in(wrong, "x").status_code == 422
    stranger = hand_in(signed(), "s1")
    assert (stranger.status_code, stranger.json["weight"]) == (201, "not-accredited")
    assert hand_in(signed(), "s1").status_code == 200
    cyd = find_member(firm.own, "cyd").id
    firm.own.store.member_dids.retire(cyd, firm.service.clock.now)
    record = MemberDidRecord(key.did, cyd, "", None, firm.service.clock.now)
    firm.own.store.member_dids.add(record)
    member = hand_in(signed(), "s2")
    assert (member.status_code, member.json["weight"]) == (201, "counts")
    entitled = firm.call("POST", "/applications/joy/entitlements", {"did": key.did, "competency": "feedback"})
    assert carries(firm, entitled.json["entitlement"], of=firm.own.issuer.did), "strangers see it, too"
    firm.own.store.member_dids.retire(cyd, firm.service.clock.now)
    assert hand_in(signed(), "s3").status_code == 422, "the key of a DID that was retired signs no more"
    assert hand_in(signed(), "s2").status_code == 200


def carries(firm: Firm, evidence: dict[str, Any], *, of: str) -> bool:
    """Whether what is taken along entitles to endorse for feedback, by the word of an issuer."""
    holder = parse_json_object(base64.b64decode(evidence["id"].partition(",")[2]))["credentialSubject"]["id"]
    document = {"issuer": holder, "evidence": [evidence]}
    found = weigh_carried(
        document,
        trusts=lambda by, _: by == of,
        stated=firm.service.clock.now,
        judge=lambda one: firm.own.verifier.judge_entitlement(
            one, now=firm.service.clock.now, resolvers=firm.own.resolvers
        ),
    )
    return found == (Weight.COUNTS, "feedback")


def test_attack_w14_who_is_accredited_elsewhere_counts_where_their_accreditor_is_trusted_for_it(
    firm: Firm,
) -> None:
    other, olga, now = issuer(61), issuer(62), firm.service.clock.now.replace(microsecond=0)
    application = firm.open("kit")
    held = badge(other, id="urn:uuid:0a7c3e0e-0000-4000-8000-000000000061", validFrom=format_instant(now))
    achievement = held["credentialSubject"]["achievement"] | {"id": f"{OTHERS}versions/1"}
    for name in ("credentialStatus", "refreshService", "credentialSchema", "evidence"):
        held.pop(name, None)
    held["credentialSubject"] |= {"id": olga.did, "achievement": achievement}
    shown = other.sign(held, created=now)

    def ask(**changes: Any) -> Any:
        told = {"did": olga.did, "competency": "feedback", "accreditation": shown, **changes}
        return firm.call("POST", "/applications/kit/entitlements", told)

    def endorse(reference: str, *evidence: dict[str, Any]) -> str:
        document = build_endorsement(
            identifier=f"urn:uuid:5a1c3e0e-0000-4000-8000-{len(reference):012}",
            endorser={"id": olga.did, "type": ["Profile"]},
            credential_url=credential_url(firm.own.public_url, application.credential_id),
            competency="feedback",
            comment="",
            stated_at=now,
            evidence=evidence,
        )
        signed = olga.sign(document, created=now)
        told = {"competency": "feedback", "credential": signed, "reference": reference}
        answer = firm.call("POST", "/applications/kit/endorsements", told).json
        return str(answer["weight"] if "weight" in answer else answer["code"])

    def trust(*accredits: str) -> None:
        entry = TrustedIssuerRecord(other.did, "Other", accredits=accredits)
        add_issuer(firm.own, "", entry, actor="test", now=now)

    def entitled(holder: str, rules: str, status: JsonObject | None = None) -> JsonObject:
        document = build_entitlement(
            identifier="urn:uuid:0a7c3e0e-0000-4000-8000-000000000062",
            issuer=other.did,
            holder=holder,
            programme=rules,
            competencies=["feedback"],
            valid_from=now,
            valid_until=now + timedelta(days=9),
            status=status,
        )
        return other.sign(document, created=now)

    own_word = entitled(olga.did, f"{OTHERS}entitled")
    assert (ask().status_code, ask().json["code"]) == (403, "not-entitled")
    trust("https://other.example/achievements/baking/")
    assert ask().status_code == 403, "trusted, and for something else"
    assert endorse("o1", carry(own_word, "feedback")) == "not-accredited"
    trust(OTHERS)
    assert ask(did=issuer(63).did).status_code == 403, "somebody else's accreditation"
    assert ask(accreditation=shown | {"name": "Changed"}).status_code == 403
    assert ask(competency="planning").status_code == 422
    assert ask().status_code == 200, ask().json
    evidence = ask().json["entitlement"]
    assert carries(firm, evidence, of=firm.own.issuer.did), "strangers see it, too"
    assert endorse("o02", {**evidence, "name": "planning"}) == "not-accredited", "for another competency"
    baking = entitled(olga.did, "https://other.example/achievements/baking/entitled")
    of_another = entitled(issuer(63).did, f"{OTHERS}entitled")
    two = (carry(of_another, "feedback"), carry(baking, "feedback"))
    assert endorse("o00005", *two) == "not-accredited", "what another holds is trusted, what they hold is not"
    programme = programme_version(firm.own, KEY, application.programme_version).programme
    grounds = Grounds("", ("feedback",), now, now + timedelta(days=7))
    elsewhere = make_entitlement(firm.own, replace(programme, key="another"), grounds, olga.did, now)
    assert endorse("o000006", carry(elsewhere, "feedback")) == "not-accredited", "under another programme"
    status = build_status_entry(StatusPlace("https://other.example/status/1", 7, "revocation"))
    revocable = entitled(olga.did, f"{OTHERS}entitled", status)
    assert endorse("o0000007", carry(revocable, "feedback")) == "unavailable", "it may have been revoked"
    assert endorse("o003", evidence) == "counts"
    firm.service.clock.advance(seconds=1)  # so that it is the later one
    both = (carry(baking, "feedback"), carry(own_word, "feedback"))
    assert endorse("o0004", *both) == "duplicate", "by their accreditor's own word"
    # On the page to which the applicant's link leads:
    firm.open("kai")
    links = firm.browser("kai").get("/wallet/mentoring/applications/kai/endorsements")
    path = re.findall(rf'<code class="secret">{firm.own.public_url}(/endorse/[^<]+)</code>', links)[0]
    visitor, wish = Person(firm.service), {"competency": "feedback", "name": "Olga Other"}
    assert f"{path}/elsewhere" in visitor.get(path)
    path += "/elsewhere"
    for wrong, why in ((json.dumps(shown | {"name": "Changed"}), 403), ("{", 400), ("", 400)):
        assert visitor.submit(path, accreditation=wrong, **wish).status_code == why, wrong
    made = made_ready(visitor.submit(path, accreditation=json.dumps(shown), **wish))
    assert (made["issuer"]["id"], made["issuer"]["name"]) == (olga.did, "Olga Other")
    unsigned = visitor.submit(f"{path}/signed", on=path, signed=json.dumps(made), competency="feedback")
    assert unsigned.status_code == 422
    signed = json.dumps(olga.sign(made, created=firm.service.clock.now.replace(microsecond=0)))
    for _ in range(2):
        answer = visitor.submit(f"{path}/signed", on=path, signed=signed, competency="feedback")
        assert "It counts" in visitor.follow(answer)
    assert list(firm.weights("kai").values()) == ["counts"], "handed in twice, it is one"
    firm.employ("sue")
    theirs = shown["credentialSubject"] | {"id": bring_did(firm, "sue", 64).did}
    of_member = json.dumps(shown | {"credentialSubject": theirs})
    refused = visitor.submit(path, accreditation=of_member, **wish)
    assert (refused.status_code, "sign in" in refused.text) == (403, True)


def made_ready(answer: Any) -> dict[str, Any]:
    """What a page gives to be signed."""
    assert answer.status_code == 200, answer.text[:2000]
    (found,) = re.findall(r'<textarea id="made"[^>]*>([^<]+)</textarea>', answer.text)
    return parse_json_object(html.unescape(found).encode())


def bring_did(firm: Firm, person: str, seed: int) -> Any:
    """The key of the DID that takes the place of what a member had."""
    key, member, now = issuer(seed), find_member(firm.own, person).id, firm.service.clock.now
    firm.own.store.member_dids.retire(member, now)
    firm.own.store.member_dids.add(MemberDidRecord(key.did, member, "", None, now))
    return key


def test_a_member_with_a_key_of_their_own_endorses_on_a_page(firm: Firm) -> None:
    firm.open("pia")
    for person in ("quo", "ray"):
        firm.employ(person)
    firm.found("quo", "feedback")
    path, quo = "/wallet/mentoring/endorse/pia", firm.browser("quo")
    assert "Your key is held here" in quo.get(f"{path}/elsewhere")
    assert quo.submit(f"{path}/elsewhere", on=path, competency="feedback").status_code == 409
    keys = {person: bring_did(firm, person, seed) for person, seed in (("quo", 71), ("ray", 72))}
    assert f"{path}/elsewhere" in quo.get(path)
    path += "/elsewhere"

    def hand_in(person: str) -> str:
        browser, now = firm.browser(person), firm.service.clock.now.replace(microsecond=0)
        made = made_ready(browser.submit(path, competency="feedback", comment="Listens."))
        signed = json.dumps(keys[person].sign(made, created=now))
        answer = browser.submit(f"{path}/signed", on=path, signed=signed, competency="feedback")
        entitled = any(carries(firm, one, of=firm.own.issuer.did) for one in made.get("evidence", []))
        assert entitled == (person == "quo")
        return browser.follow(answer)

    assert "It counts" in hand_in("quo")
    assert "It does not count" in hand_in("ray"), "who is entitled to nothing"
    given = judged(firm.own, find_application(firm.own, "pia"), firm.service.clock.now)
    names = {parse_json_object(one.record.signed or b"")["issuer"]["name"] for one in given}
    assert names == {"Quo", "Ray"}
    assert quo.submit(path, competency="planning").status_code == 422


def test_what_takes_nothing_more_keeps_an_endorsement_that_changes_nothing(firm: Firm) -> None:
    application = firm.open("lea")
    firm.endorse("ann", "lea")
    firm.service.clock.now = application.applied_at + timedelta(days=43)
    before = look(firm.own, application, now=firm.service.clock.now)
    late = firm.endorse("ben", "lea", reference="late")
    assert firm.weights("lea")["late"] == "counts"
    assert late.received_at == firm.service.clock.now
    assert look(firm.own, application, now=firm.service.clock.now).findings == before.findings
    assert "changes nothing that was decided" in firm.browser("ben").get(
        f"/wallet/mentoring/endorse/{application.id}"
    )
    wish = EndorsementWish("feedback")
    with pytest.raises(ClosedError):
        endorsing.endorse_from_outside(firm.own, "lea", "Wilma", wish, now=firm.service.clock.now)


def test_who_is_entitled_is_published_by_did_alone(firm: Firm) -> None:
    ann = identity.did_of(firm.own, find_member(firm.own, "ann").id, firm.service.clock.now)
    answer = firm.service.client().get(f"/programmes/{KEY}/entitled")
    assert (answer.status_code, answer.mimetype) == (200, "application/vc+jwt")
    verified = firm.own.verifier.verify_secured(
        answer.text, now=firm.service.clock.now, resolvers=firm.own.resolvers, proof_only=True
    )
    assert [check.outcome for check in verified.result.checks] == [Outcome.PASSED]
    subjects = verified.document["credentialSubject"]
    assert ann in {one["id"] for one in subjects}
    assert {one["recognizedTo"]["recognizedBy"] for one in subjects} == {firm.own.issuer.did}
    assert "Ann" not in json.dumps(verified.document)
    assert firm.service.client().get("/programmes/nothing/entitled").status_code == 404


def test_a_key_from_before_they_left_signs_no_more_and_what_it_signed_holds(firm: Firm) -> None:
    firm.open("max")
    for person in ("moe", "nan"):
        firm.employ(person)
        firm.found(person, "feedback")

    def leaves(person: str, days: int) -> None:
        ended = firm.own.today(firm.service.clock.now) + timedelta(days=days)
        answer = firm.call("POST", f"/members/{person}/leaving", {"ended": ended.isoformat()})
        assert answer.status_code == 200, answer.json

    record = firm.endorse("moe", "max")
    firm.service.clock.advance(days=2)
    leaves("moe", -1)
    kept = firm.own.store.member_dids.find(record.endorser_did)
    assert kept is not None
    assert (kept.private_key, kept.retired_at) == (None, firm.service.clock.now)
    assert firm.verify(record.signed or b"")[0]
    assert firm.endorse("moe", "max").endorser_did != record.endorser_did
    nan = firm.endorse("nan", "max")  # whose leaving is told before it comes
    leaves("nan", 9)
    assert firm.endorse("nan", "max").endorser_did == nan.endorser_did
    firm.service.clock.advance(days=10)
    identity.retire_left(firm.own, firm.service.clock.now)
    kept = firm.own.store.member_dids.find(nan.endorser_did)
    assert kept is not None
    assert (kept.private_key, kept.retired_at) == (None, firm.service.clock.now)
    assert firm.verify(nan.signed or b"")[0]
    again = firm.endorse("nan", "max", reference="left")  # under another DID, which stays
    assert firm.weights("max")["left"] == "lapsed", "nobody is entitled by whom they left"
    identity.retire_left(firm.own, firm.service.clock.now)
    assert firm.endorse("nan", "max").endorser_did == again.endorser_did != nan.endorser_did
    for who in ("nan", "moe"):
        lines = firm.own.store.audit.of_subject(find_member(firm.own, who).id)
        assert [line.action for line in lines].count(Action.MEMBER_DID_RETIRED) == 1


def test_attack_117_what_the_erased_said_for_others_stays_in_badges_alone(firm: Firm) -> None:
    firm.open("noa")
    firm.employ("oda")
    for by in ("ann", "oda"):
        firm.endorse(by, "noa")
    oda = find_member(firm.own, "oda")
    said = [row for table, row in firm.own.store.erasure.told(oda.person_id) if table == "endorsements"]
    assert said, "what they said is told to them, too"
    erase(firm.own, oda.person_id, firm.service.clock.now)
    for one in firm.own.store.endorsements.of_application(find_application(firm.own, "noa").id):
        assert (one.signed is None) is (one.endorser_id == oda.id)
