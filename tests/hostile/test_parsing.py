"""Attacks at the door of the verifier, from 8 to 68: nothing here is ever good, nor ever a crash."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.ground.errors import InputError, MalformedJsonError
from credserv.ground.verification import Check, Outcome
from credserv.journeys.check.check import check
from credserv.status.bitstring import MINIMUM_ENTRIES, encode_list
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry
from tests.testkit.why import why

ALICE, MALLORY = issuer(1), issuer(2)
GOOD = ALICE.sign(badge(ALICE))
UNSIGNED_LIST = {name: value for name, value in signed_list(ALICE).items() if name != "proof"}
DID = "did:web:issuer.example"
DID_URL = "https://issuer.example/.well-known/did.json"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("service")
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    return make_service(f"sqlite:///{folder / 'c.sqlite'}", folder, fetcher=hosts, starters=False)


def submit(service: Service, data: bytes) -> Any:
    started = time.process_time()
    try:
        return check(service.services, data=data, url=None, now=service.clock.now)
    finally:
        assert time.process_time() - started < HANGS_AFTER


def verify(document: dict[str, Any], **pages: Any) -> tuple[bool, dict[str, Check]]:
    result = Hosts({STATUS_URL: signed_list(ALICE)} | pages).verify(document)
    return result.verified, {check.name: check for check in result.checks}


def test_the_good_one_is_good(service: Service) -> None:
    assert submit(service, json.dumps(GOOD).encode()).result.verified


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["issuer", "credentialSubject", "proof", "@context", "validUntil"])
@pytest.mark.parametrize("first", [True, False])
def test_attack_32_duplicate_members(service: Service, name: str, first: bool) -> None:
    text = json.dumps(GOOD)
    twice = f'{{"{name}":null,{text[1:]}' if first else f'{text[:-1]},"{name}":null}}'
    with pytest.raises(MalformedJsonError):
        submit(service, twice.encode())


def test_attack_32_duplicate_members_deep_inside(service: Service) -> None:
    text = json.dumps(GOOD).replace('"proofPurpose":', '"proofPurpose":"authentication","proofPurpose":')
    with pytest.raises(MalformedJsonError):
        submit(service, text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'{"a":1e999}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"' + b"x" * 1_000_000,
        b'{"a":1}}',
        b"{'a':1}",
        b'{"a":1,}',
        b"nullnull",
    ],
    ids=lambda data: f"{bytes(data[:8])!r}-{len(data)}",
)
def test_attack_39_json_that_is_deep_wide_long_or_none(service: Service, data: bytes) -> None:
    with pytest.raises(InputError):
        submit(service, data)


@pytest.mark.parametrize(
    "data", [b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":"\xff"}', b'{"a":"\xed\xa0"}',
             '{"a":1}'.encode("utf-16-le"), '{"a":1}'.encode("utf-16")[:-1], b"\xff\xfe\x00\xd8"]
)  # fmt: skip
def test_attack_40_text_that_is_not_text(service: Service, data: bytes) -> None:
    with pytest.raises(InputError):
        submit(service, data)


@pytest.mark.parametrize(
    "change", [("Example", "Exampl\u0435"), ("Academy", "Acade\u200bmy"), ("Mentor", "Mento\u202er")]
)
def test_attack_40_look_alikes_are_other_words(change: tuple[str, str]) -> None:
    verified, checks = verify(json.loads(json.dumps(GOOD, ensure_ascii=False).replace(*change)))
    assert not verified
    assert checks["proof"].code == "invalid-signature"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_attack_39_noise_is_refused_or_unknown(service: Service, noise: bytes) -> None:
    try:
        found = submit(service, noise)
    except InputError:
        return
    assert not found.result.verified
    assert why(found)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.sampled_from(["", "did:key:z6Mk", "https://a.example/"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*GOOD, *GOOD["proof"], "id", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(GOOD)), json_values)
def test_attack_39_a_member_of_any_shape_gets_a_verdict(name: str, value: Any) -> None:
    if value == GOOD[name]:
        return
    verified, _ = verify({**GOOD, name: value})
    assert not verified


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "evidence", "endorsement", "refreshService"]), json_values))
def test_attack_39_a_document_of_any_shape_gets_a_verdict(document: dict[str, Any]) -> None:
    verified, _ = verify(document)
    assert not verified


# --- what a document may claim --------------------------------------------------------------------


def test_attack_08_a_context_of_ones_own() -> None:
    contexts = [
        ({"name": "https://evil.example/name"}, "redefined-term"),
        ({"clearance": "https://evil.example/clearance"}, "unknown-context"),
        ("https://evil.example/context", "unknown-context"),
    ]
    for context, code in contexts:
        document = copy.deepcopy(GOOD)
        document["@context"].append(context)
        verified, checks = verify(document)
        assert not verified
        assert checks["proof"].code == code


def test_attack_17_a_key_that_is_not_the_issuers() -> None:
    victim = badge(ALICE)
    verified, checks = verify(MALLORY.sign(victim))
    assert not verified
    assert checks["proof"].code == "verification-method"


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda did: did + "#",
        lambda did: did + "/",
        lambda did: did + "?a",
        lambda did: did.replace("z", "%7A"),
    ],
)
def test_attack_22_an_issuer_spelt_otherwise(change: Any) -> None:
    document = badge(ALICE)
    document["issuer"]["id"] = change(ALICE.did)
    verified, checks = verify(ALICE.sign(document))
    assert not verified
    assert checks["proof"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "value", [[ALICE.did], [{"id": ALICE.did}], {"id": [ALICE.did]}, {"@id": ALICE.did}, "alice", 7]
)
def test_attack_22_an_issuer_of_another_form(value: object) -> None:
    verified, checks = verify({**GOOD, "issuer": value})
    assert not verified
    assert checks["structure"].outcome is Outcome.FAILED


def test_attack_23_a_hostile_second_subject() -> None:
    document = badge(ALICE)
    hostile = copy.deepcopy(document["credentialSubject"]) | {"id": "did:example:mallory"}
    document["credentialSubject"] = [document["credentialSubject"], hostile]
    verified, checks = verify(ALICE.sign(document))
    assert not verified
    assert checks["subject"].outcome is Outcome.FAILED


def test_attack_23_an_endorsement_that_nobody_signed_is_said_to_be() -> None:
    forged = {
        "@context": GOOD["@context"],
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": MALLORY.did, "type": ["Profile"]},
        "credentialSubject": {"id": GOOD["id"], "type": ["EndorsementSubject"]},
    }
    _, checks = verify(ALICE.sign(badge(ALICE, endorsement=[forged])))
    assert checks["endorsements"].outcome is Outcome.FAILED
    assert checks["endorsements"].code == "missing-proof"


def test_attack_24_versions_mixed() -> None:
    document = badge(ALICE)
    document["@context"].insert(1, "https://www.w3.org/2018/credentials/v1")
    verified, checks = verify({**document, "proof": GOOD["proof"]})
    assert not verified
    assert checks["structure"].outcome is Outcome.FAILED
    verified, checks = verify({**GOOD, "issuanceDate": "2020-01-01T00:00:00Z"})
    assert not verified
    assert "disagree" in checks["structure"].reason


def test_attack_38_many_nodes_that_look_alike_end_in_bounded_time() -> None:
    document = badge(ALICE)
    document["evidence"] = [{"type": ["Evidence"], "name": "x"} for _ in range(2_000)]
    started = time.process_time()
    verified, _ = verify({**document, "proof": GOOD["proof"]})
    assert not verified
    assert time.process_time() - started < HANGS_AFTER


# --- what hosts may serve -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"id": "did:web:other.example"},
        {"id": None},
        {"deactivated": True},
        {"assertionMethod": []},
        {"verificationMethod": []},
    ],
)
def test_attack_55_a_did_document_that_is_not_this_dids(change: dict[str, Any]) -> None:
    key = ALICE.signer.public_key_multibase
    method = {"id": f"{DID}#{key}", "type": "Multikey", "controller": DID, "publicKeyMultibase": key}
    did_document = {"id": DID, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    document = badge(ALICE, issuer={"id": DID, "type": ["Profile"], "name": "Example"})
    del document["credentialStatus"]  # its list would be another issuer's
    document["proof"] = ALICE.prove(document, verificationMethod=method["id"])
    assert verify(document, **{DID_URL: did_document})[0]
    verified, checks = verify(document, **{DID_URL: did_document | change})
    assert not verified
    assert checks["proof"].outcome is Outcome.FAILED


@pytest.mark.parametrize("page", [b"", b"<html>", b"[]", b'{"id":1,"id":2}', b"{" * 9999])
def test_attack_55_a_did_document_that_is_none(page: bytes) -> None:
    document = badge(ALICE, issuer={"id": DID, "type": ["Profile"], "name": "Example"})
    document["proof"] = ALICE.prove(document, verificationMethod=f"{DID}#key")
    verified, checks = verify(document, **{DID_URL: page})
    assert not verified
    assert checks["proof"].outcome is not Outcome.PASSED


@pytest.mark.parametrize("page", [None, b"", b"<html>502</html>", b"[]", b"a.b.c", b'{"a":1,"a":2}'])
def test_attack_67_a_list_that_cannot_be_had_is_unknown(page: bytes | None) -> None:
    hosts = Hosts({} if page is None else {STATUS_URL: page})
    result = hosts.verify(GOOD)
    status = result.check("status")
    assert status is not None
    assert status.outcome is Outcome.UNKNOWN
    assert result.unknown
    assert not result.verified


def stripped(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


@pytest.mark.parametrize(
    "page",
    [
        signed_list(ALICE) | {"name": "changed"},
        signed_list(ALICE, statusPurpose="suspension"),
        signed_list(ALICE, type=["VerifiableCredential"]),
        GOOD,
    ],
    ids=["changed", "purpose", "type", "badge"],
)
def test_attack_68_a_list_substituted(page: dict[str, Any]) -> None:
    verified, checks = verify(GOOD, **{STATUS_URL: page})
    assert not verified
    assert checks["status"].outcome is Outcome.FAILED
    assert checks["status"].code == "status-list"


@pytest.mark.parametrize(
    "page",
    [
        signed_list(ALICE, validUntil="2026-03-14T09:00:00Z"),
        signed_list(ALICE, validFrom="2026-03-15T09:00:00Z", validUntil="2026-03-20T09:00:00Z"),
        signed_list(ALICE, encodedList="uAAAA"),
        signed_list(ALICE, encodedList="H4sIAAAAAAAAA"),
        signed_list(ALICE, encodedList=encode_list([], MINIMUM_ENTRIES)[:-9]),
        {**UNSIGNED_LIST, "proof": ALICE.prove(UNSIGNED_LIST, expires="2026-03-14T09:20:00Z")},
    ],
    ids=["expired", "early", "no gzip", "no multibase", "cut short", "its proof has expired"],
)
def test_attack_68_a_list_that_says_nothing_now_makes_no_credential_false(page: dict[str, Any]) -> None:
    """Its issuer forgot to renew it, or wrote it wrongly: nobody changed the credential or revoked it."""
    verified, checks = verify(GOOD, **{STATUS_URL: page})
    assert not verified
    assert (checks["status"].outcome, checks["status"].code) == (Outcome.UNKNOWN, "status-list")


@pytest.mark.parametrize(
    "page",
    [stripped(signed_list(ALICE)), signed_list(ALICE) | {"proof": {"type": "DataIntegrityProof"}}],
    ids=["unsigned", "malformed"],
)
def test_attack_68_a_list_whose_signature_cannot_be_looked_at_proves_nothing(page: dict[str, Any]) -> None:
    verified, checks = verify(GOOD, **{STATUS_URL: page})
    assert not verified
    assert (checks["status"].outcome, checks["status"].code) == (Outcome.UNKNOWN, "unavailable")


@pytest.mark.parametrize(
    "page", [signed_list(ALICE) | {"issuer": MALLORY.did}, {}], ids=["another", "nobody"]
)
def test_f9b_a_list_that_is_not_the_issuers_decides_nothing(page: dict[str, Any]) -> None:
    verified, checks = verify(GOOD, **{STATUS_URL: page})
    assert not verified
    assert checks["status"].outcome is Outcome.UNKNOWN
    assert checks["status"].code == "status-list-by-another"


def test_attack_66_an_index_out_of_range_is_not_verified() -> None:
    for index in (131_072, 999_999_999):
        verified, checks = verify(ALICE.sign(badge(ALICE, credentialStatus=status_entry(index))))
        assert not verified
        assert checks["status"].outcome is Outcome.FAILED


def test_a_status_of_an_unknown_kind_is_unknown() -> None:
    status = {"id": "https://a.example/1", "type": "1EdTechCredentialRefresh"}
    contexts = [*GOOD["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    verified, checks = verify(ALICE.sign(badge(ALICE, credentialStatus=status) | {"@context": contexts}))
    assert not verified
    assert (checks["status"].outcome, checks["status"].code) == (Outcome.UNKNOWN, "unsupported-status")
