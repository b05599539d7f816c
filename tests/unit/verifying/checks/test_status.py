"""The kinds of status list, and the facts that are told of each."""

from __future__ import annotations

import gzip
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.status.bitstring import MINIMUM_ENTRIES
from credserv.verifying.checks.status import StatusChecker
from credserv.verifying.checks.status_memory import ListMemory
from tests.testkit.proofs import NOW, SigningIssuer, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry

ALICE, MALLORY = issuer(1), issuer(2)
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
V1, LISTS_2021 = "https://www.w3.org/2018/credentials/v1", "https://w3id.org/vc/status-list/2021/v1"
OLD_URL, REVOCATIONS = "https://badges.example/status/old", "https://badges.example/revocations"


def status(hosts: Hosts, *entries: Any) -> Check:
    document = badge(ALICE, credentialStatus=list(entries) if len(entries) > 1 else entries[0])
    document["@context"] = [*document["@context"], LISTS_2021, OB_EXTENSIONS]
    result = hosts.verify(ALICE.sign(document))
    check = result.check("status")
    assert check is not None
    assert result.verified is (check.outcome is Outcome.PASSED)
    return check


def encoded(*indexes: int, length: int = MINIMUM_ENTRIES, url_safe: bool = True) -> str:
    bits = bytearray(length // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return (urlsafe_b64encode(packed).rstrip(b"=") if url_safe else b64encode(packed)).decode()


def list_2021(
    *indexes: int, by: SigningIssuer = ALICE, text: str | None = None, **changes: Any
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": [V1, "https://w3id.org/security/data-integrity/v1", LISTS_2021],
        "id": OLD_URL,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": by.did,
        "issuanceDate": "2026-03-14T08:00:00Z",
        "credentialSubject": {
            "id": f"{OLD_URL}#list",
            "type": "StatusList2021",
            "statusPurpose": "revocation",
            "encodedList": encoded(*indexes) if text is None else text,
        },
    }
    document["credentialSubject"] |= changes
    return by.sign(document)


def entry_2021(index: Any = "94567", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{OLD_URL}#94567",
        "type": "StatusList2021Entry",
        "statusPurpose": "revocation",
        "statusListIndex": index,
        "statusListCredential": OLD_URL,
    } | changes


REVOCATION_ENTRY = {"id": REVOCATIONS, "type": "1EdTechRevocationList"}


def revocations(*named: Any, **changes: Any) -> dict[str, Any]:
    return {"id": REVOCATIONS, "issuer": ALICE.did, "revokedCredentials": list(named)} | changes


# --- facts ----------------------------------------------------------------------------------------


def test_the_facts_of_one_entry() -> None:
    check = status(Hosts({STATUS_URL: signed_list(ALICE)}), status_entry())
    assert check.data == {
        "kind": "BitstringStatusListEntry",
        "list": STATUS_URL,
        "index": 94567,
        "purpose": "revocation",
        "listIssuer": ALICE.did,
        "validFrom": "2026-03-14T08:26:53Z",
        "ageSeconds": 3600,
        "validUntil": "2026-03-14T10:26:53Z",
        "ttl": 60_000,
        "value": 0,
    }


def test_the_facts_of_several_entries_are_numbered() -> None:
    check = status(Hosts({STATUS_URL: signed_list(ALICE)}), status_entry(1), entry_2021())
    assert check.outcome is Outcome.UNKNOWN
    assert (check.data["entries"], check.data["1.value"]) == (2, 0)
    assert check.data["2.list"] == OLD_URL
    assert "2.value" not in check.data


# --- Status List 2021 -----------------------------------------------------------------------------


@pytest.mark.parametrize("index", ["94567", 94567])
def test_an_old_list_says_revoked_or_not(index: Any) -> None:
    check = status(Hosts({OLD_URL: list_2021(94567)}), entry_2021(index))
    assert (check.outcome, check.code, check.spec) == (
        Outcome.FAILED,
        "revoked",
        "Status List 2021, Validate Algorithm",
    )
    assert check.data["value"] == 1
    assert status(Hosts({OLD_URL: list_2021(94566)}), entry_2021(index)).outcome is Outcome.PASSED


def test_an_old_list_of_suspensions() -> None:
    suspended = list_2021(94567, statusPurpose="suspension")
    assert status(Hosts({OLD_URL: suspended}), entry_2021(statusPurpose="suspension")).code == "suspended"


def test_either_alphabet_of_an_old_list_is_read() -> None:
    indexes = tuple(range(0, MINIMUM_ENTRIES, 7))
    text = encoded(*indexes, url_safe=False)
    assert {"+", "/"} & set(text)
    assert status(Hosts({OLD_URL: list_2021(text=text)}), entry_2021("7")).code == "revoked"
    assert status(Hosts({OLD_URL: list_2021(text=text)}), entry_2021("8")).outcome is Outcome.PASSED


# --- 1EdTech Revocation List ----------------------------------------------------------------------


def test_one_whose_id_is_listed_is_revoked_and_another_is_not() -> None:
    own_id = badge(ALICE)["id"]
    named = {"id": own_id, "revoked": True, "revocationReason": "Wrong person"}
    for item in (named, {"id": own_id}, own_id, own_id.replace("credentials", "%63redentials")):
        check = status(Hosts({REVOCATIONS: revocations({"id": "urn:x"}, item)}), REVOCATION_ENTRY)
        assert (check.outcome, check.code, check.data["value"]) == (Outcome.FAILED, "revoked", 1)
    check = status(Hosts({REVOCATIONS: revocations({"id": own_id + "1"})}), REVOCATION_ENTRY)
    assert (check.outcome, check.data["list"]) == (Outcome.PASSED, REVOCATIONS)
    lifted = revocations({"id": own_id, "revoked": False})
    assert status(Hosts({REVOCATIONS: lifted}), REVOCATION_ENTRY).outcome is Outcome.PASSED


def test_a_list_with_nothing_revoked_may_leave_the_member_out() -> None:
    for page in ({"id": REVOCATIONS}, {"issuer": ALICE.did}, {"issuer": {"id": ALICE.did}}):
        assert status(Hosts({REVOCATIONS: page}), REVOCATION_ENTRY).outcome is Outcome.PASSED


def test_another_issuer_of_a_revocation_list_who_is_trusted_is_said() -> None:
    hosts = Hosts({REVOCATIONS: revocations(issuer=MALLORY.did)}, keepers=frozenset({MALLORY.did}))
    check = status(hosts, REVOCATION_ENTRY)
    assert check.outcome is Outcome.PASSED
    assert "another issuer" in check.reason


def test_kinds_stand_side_by_side() -> None:
    own_id = badge(ALICE)["id"]
    hosts = Hosts({STATUS_URL: signed_list(ALICE), OLD_URL: list_2021(), REVOCATIONS: revocations(own_id)})
    check = status(hosts, status_entry(), entry_2021(), REVOCATION_ENTRY)
    assert check.code == "revoked"
    assert check.reason == "Its issuer has revoked it."
    hosts.pages[REVOCATIONS] = revocations()
    assert status(hosts, status_entry(), entry_2021(), REVOCATION_ENTRY).outcome is Outcome.PASSED


# --- how new a list is ----------------------------------------------------------------------------


def test_what_is_remembered_of_an_address() -> None:
    later = NOW + timedelta(days=2)
    memory, one, other = ListMemory(), "did:example:1", "did:example:2"
    assert memory.newest(STATUS_URL, one, NOW, latest=later) is None
    assert memory.newest(STATUS_URL, one, NOW - timedelta(minutes=10), latest=later) is None
    assert memory.newest(STATUS_URL, one, NOW - timedelta(minutes=11), latest=later) == NOW
    assert memory.newest(STATUS_URL, other, NOW - timedelta(days=1), latest=later) is None
    assert memory.newest(STATUS_URL + "2", one, NOW - timedelta(days=1), latest=later) is None
    assert memory.newest(STATUS_URL, one, None, latest=later) is None
    assert memory.newest(STATUS_URL, one, NOW + timedelta(days=1), latest=later) is None
    assert memory.newest(STATUS_URL, one, NOW, latest=later) == NOW + timedelta(days=1)


def test_o1_a_list_seen_under_a_clock_that_was_ahead_does_not_shut_out_the_right_ones() -> None:
    memory, issuer, ahead = ListMemory(), "did:example:1", NOW + timedelta(days=30)
    assert memory.newest(STATUS_URL, issuer, ahead, latest=ahead) is None
    assert memory.newest(STATUS_URL, issuer, NOW, latest=NOW) is None
    assert memory.newest(STATUS_URL, issuer, NOW, latest=ahead) == ahead  # an older list, for all we know


def test_every_reason_against_it_is_told_and_none_for_it() -> None:
    good, away = "https://badges.example/status/2", "https://badges.example/status/3"
    hosts = Hosts({STATUS_URL: signed_list(ALICE, 94567), good: signed_list(ALICE, url=good)})
    found = status(hosts, status_entry(url=good), status_entry(url=away), status_entry())
    assert (found.outcome, found.code) == (Outcome.FAILED, "revoked")
    assert "revoked it" in found.reason
    assert "in time" in found.reason
    assert "neither" not in found.reason


def test_where_nothing_speaks_against_it_every_remark_is_told() -> None:
    theirs = "https://badges.example/status/2"
    pages = {STATUS_URL: signed_list(ALICE), theirs: signed_list(MALLORY, url=theirs)}
    hosts = Hosts(pages, keepers=frozenset({MALLORY.did}))
    found = status(hosts, status_entry(), status_entry(url=theirs))
    assert found.outcome is Outcome.PASSED
    assert "another issuer" in found.reason


def test_a_list_seen_a_moment_ago_makes_the_one_before_it_older() -> None:
    url = "https://badges.example/status/fresh"
    hosts = Hosts({url: signed_list(ALICE, url=url, validFrom="2026-03-14T09:27:00Z")})
    assert status(hosts, status_entry(url=url)).outcome is Outcome.PASSED
    hosts.pages[url] = signed_list(ALICE, url=url)
    found = status(hosts, status_entry(url=url))
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "status-list-older")
    assert "value" not in found.data


class Everybody(frozenset[str]):
    """Whom a reader would trust who trusts whoever is named."""

    def __contains__(self, _issuer: object) -> bool:
        return True


def test_a_list_by_nobody_decides_nothing_whomever_the_reader_trusts() -> None:
    nobodys = {name: value for name, value in signed_list(ALICE).items() if name != "issuer"}
    found = status(Hosts({STATUS_URL: nobodys}, keepers=Everybody()), status_entry())
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "status-list-by-another")
    assert "by nobody that it names" in found.reason


@pytest.mark.parametrize(
    ("entry", "kind"), [(7, "unknown"), ({}, "unknown"), ({"type": ["B", "A"]}, "A, B")], ids=str
)
def test_a_status_of_another_kind_is_told(entry: Any, kind: str) -> None:
    nothing: Any = None
    around = dict.fromkeys(
        ("verify_list", "memory", "work_budget", "fetch", "own_status_list", "now", "clock_skew_seconds",
         "keeps_lists", "resolve_did", "anchors", "unrevoked"), nothing,
    )  # fmt: skip
    found = StatusChecker(**around).check({"credentialStatus": entry})
    assert (found.outcome, found.code, found.data) == (Outcome.UNKNOWN, "unsupported-status", {"kind": kind})


def test_a_list_without_dates_has_no_age() -> None:
    url = "https://badges.example/status/undated"
    whole = signed_list(ALICE, url=url)
    page = {name: value for name, value in whole.items() if not name.startswith(("valid", "proof"))}
    found = status(Hosts({url: ALICE.sign(page)}), status_entry(url=url))
    assert found.outcome is Outcome.PASSED
    assert not found.data.keys() & {"ageSeconds", "validFrom", "validUntil"}


def test_a_list_whose_proof_is_of_an_unknown_kind_leaves_it_open() -> None:
    page = signed_list(ALICE)
    page["proof"] = page["proof"] | {"cryptosuite": "quantum-2030"}
    found = status(Hosts({STATUS_URL: page}), status_entry())
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "unsupported-proof")
    assert "the status list's own proof: " in found.reason
