"""Attacks 23, 24, 46, 54, 66 to 70 and 86: genuine signatures around what is meant to be misread."""

from __future__ import annotations

import gzip
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome, Verdict
from credserv.status.bitstring import MAX_LIST_BYTES, MINIMUM_ENTRIES
from credserv.verifying.checks.schemas import MAX_SCHEMA_BYTES
from credserv.verifying.fetch_budget import MAX_ADDRESSES, MAX_REQUESTS
from credserv.verifying.presentation import verify_presentation
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import NOW, OB3, V2, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list, status_entry, verifier
from tests.testkit.why import why
from tests.testkit.zips import gzip_bomb
from tests.unit.openbadges.test_recipient import salted
from tests.unit.verifying.checks.test_nested import CLR, plain, record, told, verify
from tests.unit.verifying.checks.test_schemas import URL as SCHEMA_URL
from tests.unit.verifying.checks.test_schemas import declared, entry
from tests.unit.verifying.checks.test_status import (
    OLD_URL,
    REVOCATION_ENTRY,
    REVOCATIONS,
    encoded,
    entry_2021,
    list_2021,
    revocations,
    status,
)

ALICE, MALLORY = issuer(1), issuer(2)


def check(document: dict[str, Any], name: str, hosts: Hosts | None = None) -> Check:
    made = (hosts or Hosts()).verify(document).check(name)
    assert made is not None
    return made


def with_subject(**changes: Any) -> dict[str, Any]:
    document = badge(ALICE)
    del document["credentialStatus"]
    document["credentialSubject"] |= changes
    return ALICE.sign(document)


# --- 23 and 24: what is said of whom --------------------------------------------------------------


def test_attack_23_a_hostile_subject_among_several() -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    hostile = document["credentialSubject"] | {"id": MALLORY.did, "identifier": []}
    del hostile["identifier"]
    document["credentialSubject"] = [document["credentialSubject"], hostile]
    made = check(ALICE.sign(document), "subject")
    assert (made.outcome, made.required) == (Outcome.FAILED, True)


def test_attack_23_no_achievement() -> None:
    document = badge(ALICE)
    del document["credentialStatus"], document["credentialSubject"]["achievement"]
    del document["credentialSubject"]["result"]
    assert not Hosts().verify(ALICE.sign(document)).verified
    assert why(Hosts().verify(ALICE.sign(document))) == {"schema: schema-faults", "subject: invalid-input"}


def test_attack_23_an_endorsement_with_a_bad_proof_is_told_as_such() -> None:
    held = endorsement(MALLORY, badge(ALICE)["id"]) | {"name": "Changed"}
    made = check(plain(ALICE, endorsement=[held]), "endorsements")
    assert (made.outcome, made.data["issuer"], made.data["place"]) == (
        Outcome.FAILED,
        MALLORY.did,
        "/endorsement/0",
    )


def test_attack_23_id_and_identifier_of_two_people() -> None:
    two = with_subject(id="mailto:sam@example.org", identifier=[salted("kim@example.org")])
    made = check(two, "subject")
    assert (made.outcome, made.code, made.required) == (Outcome.FAILED, "two-recipients", False)
    one = with_subject(id="mailto:sam@example.org", identifier=[salted("sam@example.org")])
    assert check(one, "subject").outcome is Outcome.PASSED


@pytest.mark.parametrize("value", ["101", "-0.5", "NaN", "Infinity", "1e2", "eighty"])
def test_attack_23_a_result_that_its_achievement_does_not_know(value: str) -> None:
    description = badge(ALICE)["credentialSubject"]["achievement"]["resultDescription"][0]["id"]
    result = {"type": ["Result"], "resultDescription": description, "value": value}
    made = check(with_subject(result=[result]), "subject")
    assert (made.outcome, made.code, made.required) == (Outcome.FAILED, "result-misfit", False)


def test_attack_24_both_data_models_in_one_document() -> None:
    document = plain(ALICE)
    for changes in (
        {"@context": [V2, "https://www.w3.org/2018/credentials/v1", OB3]},
        {"issuanceDate": "2020-01-01T00:00:00Z"},
        {"expirationDate": "2040-01-01T00:00:00Z"},
    ):
        result = Hosts().verify(document | changes)
        structure = result.check("structure")
        assert structure is not None
        assert structure.outcome is Outcome.FAILED
        assert not result.verified


# --- 46: schemas ----------------------------------------------------------------------------------


def bomb(levels: int = 60) -> dict[str, Any]:
    """A page of references that would be followed 2^60 times."""
    twice = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)}
    return {"$defs": twice | {f"a{levels}": {"required": ["x"]}}, "$ref": "#/$defs/a0"}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"required": ["x"]}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://evil.example/schema.json"},
        {"$ref": "http://127.0.0.1/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "/etc/passwd"},
        {"$dynamicRef": "https://evil.example/schema.json"},
        {"properties": {"name": {"pattern": r"^(\w+)\1$"}}},
        {"properties": {"name": {"pattern": "((a{1000}){1000}){1000}"}}},
        b" " * (MAX_SCHEMA_BYTES + 1),
        nested(70),
        bomb(),
    ],
    ids=["remote", "loopback", "file", "path", "dynamic", "backreference", "size", "bytes", "depth", "bomb"],
)
def test_attack_46_a_schema_that_is_meant_to_harm(schema: Any) -> None:
    hosts = Hosts({SCHEMA_URL: schema})
    made = declared(entry(), hosts=hosts)[1]
    assert made.outcome is Outcome.UNKNOWN
    assert hosts.asked == [SCHEMA_URL]


def test_attack_46_many_credentials_with_many_schemas() -> None:
    """Each would cost a second: so many are run in all, and no more."""
    held = []
    for number in range(6):
        document = varied(number) | {
            "credentialSchema": [entry(f"{SCHEMA_URL}?{which}") for which in range(4)]
        }
        del document["proof"]
        held.append(ALICE.sign(document))
    hosts = Hosts({f"{SCHEMA_URL}?{which}": {"required": ["clearance"]} for which in range(4)})
    verified = verify(record(*held), hosts)
    schemas = [check for item in verified.within for check in item.result.checks if check.name == "schema"]
    assert [check.outcome for check in schemas].count(Outcome.FAILED) == 4
    assert [check.code for check in schemas].count("too-complex") == 20
    assert verified.result.verified, verified.result.checks


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"properties": {"name": {"pattern": "^(a+)+$"}}},
    ],
    ids=["itself", "loop", "catastrophe"],
)
def test_attack_46_loops_and_patterns_end(schema: Any) -> None:
    started = time.monotonic()
    made = declared(entry(), hosts=Hosts({SCHEMA_URL: schema}), name="a" * 200 + "b")[1]
    assert made.outcome in (Outcome.PASSED, Outcome.FAILED)
    assert time.monotonic() - started < HANGS_AFTER


# --- 54: how much a document may make us ask for --------------------------------------------------


def test_attack_54_a_document_that_names_a_thousand_addresses() -> None:
    """Twenty-five records of learning's credentials, each with its own status lists."""
    held = []
    for number in range(25):
        entries = [status_entry(url=f"https://a{number}.example/{which}") for which in range(8)]
        document = badge(ALICE, id=f"https://badges.example/credentials/{number}", credentialStatus=entries)
        held.append(ALICE.sign(document))
    hosts = Hosts()
    verified = verify(record(*held), hosts)
    assert verified.result.unknown
    assert len(hosts.asked) == MAX_ADDRESSES


def test_attack_54_nothing_is_fetched_for_a_forged_document() -> None:
    hosts = Hosts()
    forged = ALICE.sign(badge(ALICE)) | {
        "name": "Changed",
        "credentialSchema": entry(),
        "relatedResource": {"id": "https://a.example/1", "digestSRI": "sha256-" + "A" * 43 + "="},
        "refreshService": {"id": "https://a.example/2", "type": "1EdTechCredentialRefresh"},
    }
    assert not hosts.verify(forged).verified
    assert why(hosts.verify(forged)) == {"proof: undefined-term"}
    assert hosts.asked == []


def test_attack_69_a_large_list_that_is_named_a_thousand_times() -> None:
    """One host, one list, sixteen endorsements with eight entries each in each of ten credentials."""
    url = "https://a.example/list"
    large = urlsafe_b64encode(gzip.compress(bytes(MAX_LIST_BYTES), compresslevel=9)).rstrip(b"=").decode()
    hosts = Hosts({url: signed_list(ALICE, url=url, encodedList="u" + large)})
    entries = [status_entry(number, url=url) for number in range(8)]
    held = []
    for number in range(10):
        identifier = f"https://badges.example/credentials/{number}"
        praise = [
            endorsement(ALICE, identifier, id=f"{identifier}/{n}", credentialStatus=entries) for n in range(6)
        ]
        held.append(plain(ALICE, id=identifier, endorsement=praise))
    started = time.process_time()
    verified = verify(record(*held), hosts)
    told_of = [check.code for item in verified.within for check in item.result.checks]
    assert "too-complex" in told_of
    assert len(hosts.asked) <= MAX_REQUESTS
    assert time.process_time() - started < HANGS_AFTER


# --- credentials inside others --------------------------------------------------------------------


def varied(number: int) -> dict[str, Any]:
    """A small credential that no other is like."""
    return ALICE.sign(
        {
            "@context": [V2],
            "id": f"https://badges.example/credentials/{number}",
            "type": ["VerifiableCredential"],
            "issuer": ALICE.did,
            "validFrom": "2026-03-14T09:00:00Z",
            "credentialSubject": {"id": f"urn:x:{number}", "name": f"Person {number}"},
        }
    )


def test_attack_31_a_presentation_inside_a_record() -> None:
    held = {"@context": [V2], "type": ["VerifiablePresentation"], "id": "urn:x:1"}
    verified = verify(record(held))
    assert not verified.result.verified
    assert why(verified.result) == {"credential: invalid-input", "schema: schema-faults"}


def test_too_many_and_too_deep_leave_the_whole_open() -> None:
    many = [plain(ALICE, id=f"https://badges.example/credentials/{number}") for number in range(34)]
    verified = verify(record(*many))
    assert len(verified.within) == 32
    assert told(verified)[-1].code == "too-large"
    assert verified.result.unknown
    deep = plain(ALICE)
    for number in range(4):
        deep = record(deep, id=f"https://badges.example/records/{number}")
    verified = verify(deep)
    assert verified.result.unknown
    assert verified.within[0].within[0].within[0].result.unknown


def test_the_bound_counts_all_levels_and_presentations_together() -> None:
    records = [
        record(
            *map(varied, range(12 * n, 12 * n + 12)), id=f"https://badges.example/records/{n}", name=f"{n}"
        )
        for n in range(3)
    ]
    verified = verify(record(*records, id="https://badges.example/records/whole"))
    assert sum(len(item.within) for item in verified.within) == 32 - 3
    assert verified.result.unknown


@pytest.mark.parametrize("held", [7, None, [], "text", {}, {"id": "urn:x:1"}])
def test_what_is_no_credential_inside_a_record(held: Any) -> None:
    """As a JWT, which takes any JSON; the whole is good otherwise."""
    from credserv.proof.tokens.vc_jwt import sign_vc_jwt

    document = record()
    del document["proof"]
    document["credentialSubject"]["verifiableCredential"] = [held]
    whole = sign_vc_jwt(document, signer=ALICE.signer, verification_method=ALICE.method)
    assert not verify(whole).result.verified
    assert why(verify(whole).result) >= {"schema: schema-faults"}


def test_a_presentation_and_a_record_share_one_allowance() -> None:
    held = [varied(number) for number in range(30)]
    presentation = {
        "@context": [V2, CLR, OB3],
        "type": ["VerifiablePresentation"],
        "holder": MALLORY.did,
        "verifiableCredential": [record(*held[:3]), *held[3:]],
    }
    signed = presentation | {"proof": MALLORY.prove(presentation, proofPurpose="authentication")}
    verified = verify_presentation(verifier(), signed, now=NOW, resolvers=Hosts().resolvers)
    assert len(verified.within) == 28
    assert verified.result.verified, verified.result.checks


# --- 66 to 70: other kinds of status list ---------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [-1, "-1", "+7", "abc", "", "007", "7.0", 7.5, True, None, [], "9" * 4000, MINIMUM_ENTRIES, "1e3"],
)
def test_attack_66_indexes_of_old_lists(index: Any) -> None:
    document = plain(ALICE) | {"credentialStatus": entry_2021(index)}
    from credserv.ground.errors import StatusError
    from credserv.status.bitstring import read_status
    from credserv.status.status_list_2021 import parse_entry_2021

    with pytest.raises(StatusError):
        read_status(parse_entry_2021(document["credentialStatus"]), list_2021(), now=NOW)


def test_attack_67_lists_that_cannot_be_had() -> None:
    for one, url in ((entry_2021(), OLD_URL), (REVOCATION_ENTRY, REVOCATIONS)):
        assert status(Hosts(), one).outcome is Outcome.UNKNOWN
        for page in (b"", b"<html>", b"[]", b"null", b'{"a":1,"a":2}'):
            made = status(Hosts({url: page}), one)
            assert made.outcome is Outcome.UNKNOWN, (url, page)
            assert made.data["list"] == url


def test_attack_67_an_old_list_cut_short() -> None:
    made = status(Hosts({OLD_URL: list_2021(text=encoded()[:-9])}), entry_2021())
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "status-list")


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"id": "https://other.example/list"},
        {"issuer": MALLORY.did},
        {"revokedCredentials": None},
        {"revokedCredentials": {}},
        {"revokedCredentials": "https://badges.example/credentials/1"},
        revocations(7),
        revocations({"revoked": True}),
        revocations({"id": ["https://badges.example/credentials/1"]}),
        {"revoked": False},
    ],
)
def test_attack_67_what_is_no_revocation_list_never_says_not_revoked(page: Any) -> None:
    made = status(Hosts({REVOCATIONS: page}), REVOCATION_ENTRY)
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "unavailable")


def test_attack_67_one_that_has_no_id_cannot_be_found_in_a_list() -> None:
    document = badge(ALICE, credentialStatus=REVOCATION_ENTRY)
    document["@context"] = [*document["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    del document["id"]
    made = check(ALICE.sign(document), "status", Hosts({REVOCATIONS: revocations()}))
    assert made.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "page",
    [
        list_2021(statusPurpose="suspension"),
        list_2021() | {"name": "Changed"},
        list_2021() | {"issuer": MALLORY.did},
        {name: value for name, value in list_2021().items() if name != "proof"},
        signed_list(ALICE, url=OLD_URL),
        list_2021(text="z" + encoded()),
    ],
    ids=["purpose", "changed", "issuer", "unsigned", "new kind", "multibase"],
)
def test_attack_68_an_old_list_that_is_not_the_one(page: dict[str, Any]) -> None:
    assert status(Hosts({OLD_URL: page}), entry_2021()).outcome is not Outcome.PASSED


def test_attack_68_a_new_entry_is_not_answered_by_an_old_list() -> None:
    made = status(Hosts({OLD_URL: list_2021()}), status_entry(url=OLD_URL))
    assert (made.outcome, made.code) == (Outcome.FAILED, "status-list")


def test_attack_68_a_list_older_than_the_one_seen_before() -> None:
    """A host that goes back to its old list may be hiding what was revoked since."""
    url = "https://rollback.example/status/1"
    newer = signed_list(ALICE, url=url, validFrom="2026-03-14T09:00:00Z")
    older = signed_list(ALICE, url=url, validFrom="2026-03-14T08:00:00Z")
    assert status(Hosts({url: older}), status_entry(url=url)).outcome is Outcome.PASSED
    assert status(Hosts({url: newer}), status_entry(url=url)).outcome is Outcome.PASSED
    made = status(Hosts({url: older}), status_entry(url=url))
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "status-list-older")


def test_attack_68_nobody_else_can_make_a_list_look_old() -> None:
    """A list that was not proven, or whose time has not come, is not remembered."""
    url = "https://rollback.example/status/2"
    later = "2026-03-14T09:20:00Z"
    forged = signed_list(MALLORY, url=url, validFrom=later) | {"issuer": ALICE.did}
    future = signed_list(ALICE, url=url, validFrom="2026-03-14T09:40:00Z")
    foreign = signed_list(MALLORY, url=url, validFrom=later)
    for page in (forged, future, foreign):
        status(Hosts({url: page}), status_entry(url=url))
    own = signed_list(ALICE, url=url, validFrom="2026-03-14T08:00:00Z")
    assert status(Hosts({url: own}), status_entry(url=url)).outcome is Outcome.PASSED


def test_attack_69_a_bomb_in_an_old_list() -> None:
    packed = gzip_bomb(b"\0", 20 * MAX_LIST_BYTES // 2**20)
    text = urlsafe_b64encode(packed).rstrip(b"=").decode()
    started = time.process_time()
    made = status(Hosts({OLD_URL: list_2021(text=text)}), entry_2021())
    assert made.outcome is Outcome.UNKNOWN
    assert time.process_time() - started < HANGS_AFTER


def test_attack_70_a_small_old_list_answers_for_its_own_bits_only() -> None:
    small = list_2021(text=encoded(3, length=8))
    assert status(Hosts({OLD_URL: small}), entry_2021("3")).code == "revoked"
    assert status(Hosts({OLD_URL: small}), entry_2021("8")).outcome is Outcome.FAILED


def test_attack_72_first_and_last_bit_of_an_old_list() -> None:
    ends = list_2021(0, MINIMUM_ENTRIES - 1)
    for index, expected in ((0, 1), (1, 0), (MINIMUM_ENTRIES - 2, 0), (MINIMUM_ENTRIES - 1, 1)):
        assert status(Hosts({OLD_URL: ends}), entry_2021(str(index))).data["value"] == expected


# --- 86: who presents -----------------------------------------------------------------------------


def test_attack_86_a_holder_who_is_not_the_subject_is_a_bearer() -> None:
    bob = issuer(3)
    held = plain(ALICE, credentialSubject=badge(ALICE)["credentialSubject"] | {"id": bob.did})
    for holder, outcome, code in ((bob, Outcome.PASSED, ""), (MALLORY, Outcome.UNKNOWN, "bearer")):
        presentation = {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "holder": holder.did,
            "verifiableCredential": [held],
        }
        signed = presentation | {"proof": holder.prove(presentation, proofPurpose="authentication")}
        verified = verify_presentation(verifier(), signed, now=NOW, resolvers=Hosts().resolvers)
        assert verified.result.verified, verified.result.checks
        made = verified.within[0].result.check("holder")
        assert made is not None
        assert (made.outcome, made.code, made.data["holder"]) == (outcome, code, holder.did)
        assert verified.within[0].result.verdict is Verdict.ISSUER_UNKNOWN


def test_attack_86_a_presentation_that_was_not_proven_has_no_holder() -> None:
    held = plain(ALICE, credentialSubject=badge(ALICE)["credentialSubject"] | {"id": MALLORY.did})
    presentation = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": MALLORY.did,
        "verifiableCredential": [held],
    }
    forged = presentation | {"proof": MALLORY.prove(presentation, proofPurpose="authentication")}
    forged["id"] = "urn:uuid:00000000-0000-4000-8000-000000000000"
    verified = verify_presentation(verifier(), forged, now=NOW, resolvers=Hosts().resolvers)
    assert not verified.result.verified
    assert verified.within == ()  # whoever forges one has nothing in it looked at (found.md F1b)
    verified = verify_presentation(verifier(), presentation, now=NOW, resolvers=Hosts().resolvers)
    made = verified.within[0].result.check("holder")
    assert made is not None
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "bearer")


def test_hosts_of_status_lists_are_those_that_are_named() -> None:
    """A revoked credential is revoked wherever else it names lists that say otherwise."""
    both = [status_entry(), status_entry(url="https://friendly.example/list")]
    hosts = Hosts(
        {
            STATUS_URL: signed_list(ALICE, 94567),
            "https://friendly.example/list": signed_list(MALLORY, url="https://friendly.example/list"),
        }
    )
    assert status(hosts, *both).code == "revoked"


# --- 12: what a record holds, moved out of sight --------------------------------------------------


def test_attack_12_one_that_does_not_hold_moved_to_where_no_reader_looks() -> None:
    """An endorsement of the person inside the record would take it in; it decides nothing."""
    ended = plain(MALLORY, id="https://badges.example/credentials/2", validUntil="2026-03-14T09:05:00Z")
    whole = record(plain(ALICE), ended)
    person = whole["credentialSubject"]["id"]
    del whole["proof"]
    signed = ALICE.sign(whole | {"endorsement": [endorsement(MALLORY, person)]})
    assert verify(signed).result.passed("proof")
    held = signed["credentialSubject"].pop("verifiableCredential")
    signed["credentialSubject"]["verifiableCredential"] = held[:1]
    signed["endorsement"][0]["credentialSubject"] |= {
        "type": ["ClrSubject", "EndorsementSubject"],
        "verifiableCredential": held[1:],
    }
    assert not verify(signed).result.passed("proof")
