"""Open Badges 2.0 assertions, hosted and signed, each defect with its own answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import GoneAtHostError
from credserv.ground.verification import Check, Outcome, Verdict
from credserv.openbadges.v2.upgrade import as_credential
from credserv.verifying.assertion import peek_assertion, verify_assertion
from credserv.verifying.checks.recipient import check_recipient
from credserv.verifying.surroundings import Verified
from tests.testkit.badges2 import (
    BADGE,
    EMAIL,
    HOST,
    HOSTED,
    ISSUER,
    KEY,
    REVOKED,
    SIGNED,
    assertion,
    pages,
    pem,
    rsa_key,
    sign,
    signed_assertion,
    token,
)
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts
from tests.testkit.why import why


class Gone(Hosts):
    """Hosts of which every page that is not there was withdrawn."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        if url not in self.pages:
            raise GoneAtHostError("the host says that it is gone for good (HTTP status 410)")
        return super().get(url, accept=accept, max_bytes=max_bytes)


def verify(secured: Any, served: dict[str, Any] | None = None, *, hosts: Hosts | None = None) -> Verified:
    hosts = hosts or Hosts(pages() if served is None else served)
    return verify_assertion(secured, now=NOW, resolvers=hosts.resolvers)


def made(verified: Verified, name: str) -> Check:
    found = verified.result.check(name)
    assert found is not None
    return found


def changed(url: str, **changes: Any) -> dict[str, Any]:
    """The pages of the issuer, one of them changed; a change to None leaves a member out."""
    served = pages()
    page = served[url] | changes
    served[url] = {name: value for name, value in page.items() if value is not None}
    return served


# --- hosted ---------------------------------------------------------------------------------------


def test_a_hosted_assertion_is_what_its_host_serves() -> None:
    verified = verify(assertion())
    assert verified.result.verdict is Verdict.ISSUER_UNKNOWN, verified.result.checks
    assert [check.name for check in verified.result.checks] == [
        "parse", "structure", "schema", "subject", "proof", "status", "validity",
    ]  # fmt: skip
    assert all(check.outcome is Outcome.PASSED for check in verified.result.checks), verified.result.checks
    proof = made(verified, "proof")
    assert "Open Badges 2.0" in proof.reason
    assert "hosted" in proof.reason
    assert "badges.example" in proof.reason
    assert proof.spec == "Open Badges 2.0, HostedBadge Verification"
    assert dict(proof.data) == {"method": "hosted", "address": HOSTED, "issuer": ISSUER}
    assert verified.document["badge"]["issuer"]["name"] == "Example Academy"


def test_what_was_handed_in_counts_for_nothing() -> None:
    forged = assertion(recipient={"type": "email", "hashed": False, "identity": "eve@evil.example"})
    verified = verify(forged)
    assert verified.result.verified
    assert verified.document["recipient"] == assertion()["recipient"]
    assert "differs" in made(verified, "proof").reason
    assert "differs" not in made(verify(assertion()), "proof").reason


def test_an_assertion_with_everything_written_out_is_still_asked_of_its_hosts() -> None:
    served = pages()
    forged = {**served[BADGE], "name": "Professor", "issuer": {"id": ISSUER, "name": "Eve"}}
    served[HOSTED] = assertion(badge=forged)
    verified = verify(assertion(badge=forged), served)
    assert verified.result.verified
    assert verified.document["badge"]["name"] == "Mentor"
    assert verified.document["badge"]["issuer"]["name"] == "Example Academy"


def test_a_badge_class_without_an_address_counts_as_its_host_writes_it() -> None:
    served = pages()
    served[HOSTED] = assertion(badge={**served[BADGE], "id": "urn:uuid:1", "name": "Within"})
    verified = verify(assertion(), served)
    assert verified.result.verified
    assert verified.document["badge"]["name"] == "Within"


def test_addresses_of_old_are_asked_for_over_https() -> None:
    served = pages()
    served[HOSTED] = assertion(id=HOSTED.replace("https", "http"))
    assert verify(served[HOSTED], served).result.verified


def test_the_usual_port_may_be_written() -> None:
    served = pages()
    address = HOSTED.replace("badges.example", "badges.example:443")
    served[address] = assertion(id=address)
    assert verify(served[address], served).result.verified


@pytest.mark.parametrize("expires", ["9999-12-31T23:59:59-05:00", "2030-12-31T24:00:00Z", "2030-12-31"])
def test_found_b7_the_ends_of_days_and_of_time_are_read(expires: str) -> None:
    served = changed(HOSTED, expires=expires)
    assert verify(served[HOSTED], served).result.verified


@pytest.mark.parametrize("url", [HOSTED, BADGE, ISSUER])
def test_what_cannot_be_reached_is_unknown(url: str) -> None:
    served = pages()
    del served[url]
    verified = verify(assertion(), served)
    assert verified.result.verdict is Verdict.NOT_CHECKED, verified.result.checks
    assert made(verified, "proof").code == "unavailable"
    assert made(verified, "schema").outcome is Outcome.SKIPPED
    assert made(verified, "status").outcome is Outcome.SKIPPED


@pytest.mark.parametrize("body", [b"<!doctype html>", b"[]", b'{"id":1,"id":2}', b""])
def test_a_page_where_the_assertion_should_be_is_unknown(body: bytes) -> None:
    assert verify(assertion(), pages() | {HOSTED: body}).result.verdict is Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    ("url", "changes"),
    [
        (HOSTED, {"id": f"{HOST}/assertions/2.json"}),
        (HOSTED, {"id": None}),
        (HOSTED, {"verification": {"type": "SignedBadge"}}),
        (BADGE, {"id": f"{HOST}/classes/other.json"}),
        (ISSUER, {"id": f"{HOST}/other.json"}),
        (ISSUER, {"verification": {"allowedOrigins": "other.example"}}),
        (ISSUER, {"verification": {"allowedOrigins": []}}),
        (ISSUER, {"verification": {"startsWith": f"{HOST}/other/"}}),
        (ISSUER, {"verification": {"startsWith": "https://[", "allowedOrigins": "badges.example"}}),
    ],
)
def test_what_hosts_serve_must_fit_together(url: str, changes: dict[str, Any]) -> None:
    verified = verify(assertion(), changed(url, **changes))
    assert made(verified, "proof").outcome is Outcome.FAILED
    assert verified.result.verdict is Verdict.NOT_VERIFIED


@pytest.mark.parametrize(
    "policy",
    [
        {"allowedOrigins": "badges.example"},
        {"allowedOrigins": ["other.example", "BADGES.example"]},
        {"allowedOrigins": HOST},
        {"startsWith": f"{HOST}/assertions/"},
        {"startsWith": [f"{HOST}/other/", HOST], "allowedOrigins": "badges.example"},
        {"type": "VerificationObject"},
    ],
)
def test_an_issuer_says_from_where_it_serves(policy: dict[str, Any]) -> None:
    assert verify(assertion(), changed(ISSUER, verification=policy)).result.verified


@pytest.mark.parametrize("host", ["https://evil.example", "https://badges.example.evil.example"])
@pytest.mark.parametrize("policy", [None, {"startsWith": HOST}, {"allowedOrigins": "badges.example"}])
def test_a_stranger_cannot_serve_the_badge_of_another(host: str, policy: dict[str, Any] | None) -> None:
    served = changed(ISSUER, verification=policy)
    address = f"{host}/1.json"
    served[address] = assertion(id=address)
    proof = made(verify(served[address], served), "proof")
    assert proof.outcome is Outcome.FAILED
    assert "not served from where its issuer lets" in proof.reason


def test_a_stranger_cannot_name_a_profile_of_its_own_making() -> None:
    served = pages()
    address = "https://evil.example/1.json"
    profile = {**served[ISSUER], "verification": {"allowedOrigins": "evil.example"}}
    own = {**served[BADGE], "id": "https://evil.example/badge.json", "issuer": profile}
    served[address] = assertion(id=address, badge=own)
    served["https://evil.example/badge.json"] = own
    assert made(verify(served[address], served), "proof").outcome is Outcome.FAILED
    served[address] = assertion(id=address, badge={**own, "id": "urn:uuid:1"})
    assert made(verify(served[address], served), "proof").outcome is Outcome.FAILED


def test_a_badge_class_of_a_stranger_is_not_the_issuers() -> None:
    served = pages()
    served["https://evil.example/badge.json"] = served[BADGE] | {"id": "https://evil.example/badge.json"}
    served[HOSTED] = assertion(badge="https://evil.example/badge.json")
    assert "badge class" in made(verify(assertion(), served), "proof").reason


@pytest.mark.parametrize("hosts", [Hosts(), Gone()], ids=["revoked", "410"])
def test_a_hosted_assertion_is_revoked_where_it_is_served(hosts: Hosts) -> None:
    if not isinstance(hosts, Gone):
        hosts.pages = {HOSTED: {"id": HOSTED, "revoked": True, "revocationReason": "A mistake"}}
    verified = verify(assertion(), hosts=hosts)
    assert verified.result.verdict is Verdict.NOT_VERIFIED
    assert made(verified, "status").code == "revoked"
    assert made(verified, "proof").outcome is Outcome.SKIPPED
    whole = verify(assertion(), changed(HOSTED, revoked=True, revocationReason="A mistake"))
    assert made(whole, "proof").outcome is Outcome.PASSED
    assert made(whole, "status").code == "revoked"
    assert "A mistake" in made(whole, "status").reason


def test_only_the_assertion_that_is_gone_is_revoked() -> None:
    """A badge class that is gone leaves open what was awarded."""
    served = pages()
    del served[BADGE]
    assert verify(assertion(), hosts=Gone(served)).result.verdict is Verdict.NOT_CHECKED


# --- signed ---------------------------------------------------------------------------------------


def test_a_signed_assertion_is_unchanged_since_its_issuer_signed_it() -> None:
    verified = verify(sign(signed_assertion()))
    assert verified.result.verified, verified.result.checks
    assert all(check.outcome is Outcome.PASSED for check in verified.result.checks), verified.result.checks
    proof = made(verified, "proof")
    assert "Open Badges 2.0" in proof.reason
    assert "signed" in proof.reason
    assert proof.spec == "Open Badges 2.0, SignedBadge Verification"
    assert dict(proof.data) == {"method": "signed", "key": KEY, "issuer": ISSUER}


def test_a_badge_class_inside_is_signed_with_it() -> None:
    badge = {**pages()[BADGE], "name": "As it was", "issuer": {"id": ISSUER, "name": "Eve", "publicKey": "x"}}
    verified = verify(sign(signed_assertion(badge=badge)))
    assert verified.result.verified, verified.result.checks
    assert verified.document["badge"]["name"] == "As it was"
    assert verified.document["badge"]["issuer"]["name"] == "Example Academy"


@pytest.mark.parametrize(
    ("secured", "code"),
    [
        (sign(signed_assertion())[:-8] + "AAAAAAAA", "invalid-signature"),
        (sign(signed_assertion(), number=2), "invalid-signature"),
        (sign(signed_assertion(verification={"type": "signed", "creator": ISSUER})), "verification-method"),
        (signed_assertion(), "missing-proof"),
        (sign(signed_assertion(), jku="https://evil.example/"), "malformed-proof"),
        (token({"alg": "none"}, signed_assertion()), "malformed-proof"),
        (token({"alg": "HS256"}, signed_assertion()), "malformed-proof"),
    ],
    ids=["changed", "other-key", "key-of-nobody", "unsigned", "jku", "none", "hmac"],
)  # fmt: skip
def test_what_its_issuer_did_not_sign(secured: Any, code: str) -> None:
    verified = verify(secured)
    assert verified.result.verdict is Verdict.NOT_VERIFIED
    assert made(verified, "proof").code == code


def test_the_key_is_that_of_the_profile_as_its_host_serves_it() -> None:
    mallory = {**pages()[KEY], "publicKeyPem": pem(rsa_key(2)), "id": "https://evil.example/key.json"}
    served = pages() | {"https://evil.example/key.json": mallory}
    profile = {**served[ISSUER], "publicKey": "https://evil.example/key.json"}
    own = {**served[BADGE], "issuer": profile}
    way = {"type": "SignedBadge", "creator": "https://evil.example/key.json"}
    verified = verify(sign(signed_assertion(badge=own, verification=way), number=2), served)
    assert made(verified, "proof").code == "verification-method"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"owner": "https://evil.example/issuer.json"}, "verification-method"),
        ({"id": f"{HOST}/other.json"}, "proof"),
        ({"publicKeyPem": None}, "verification-method"),
        ({"publicKeyPem": 7}, "verification-method"),
        ({"publicKeyPem": pem(rsa_key(3, 1024))}, "verification-method"),
    ],
)  # fmt: skip
def test_a_key_that_must_not_be_used(changes: dict[str, Any], code: str) -> None:
    proof = made(verify(sign(signed_assertion()), changed(KEY, **changes)), "proof")
    assert (proof.outcome, proof.code) == (Outcome.FAILED, code)


@pytest.mark.parametrize("url", [BADGE, ISSUER, KEY])
def test_what_cannot_be_reached_leaves_a_signature_open(url: str) -> None:
    served = pages()
    del served[url]
    assert verify(sign(signed_assertion()), served).result.verdict is Verdict.NOT_CHECKED


def test_one_of_several_keys_signed() -> None:
    other = {"id": f"{HOST}/k2.json", "owner": ISSUER, "publicKeyPem": pem(rsa_key(2))}
    served = changed(ISSUER, publicKey=[KEY, other])
    way = {"type": "SignedBadge"}
    assert verify(sign(signed_assertion(verification=way), number=2), served).result.verified
    assert verify(sign(signed_assertion(verification=way), number=1), served).result.verified
    assert not verify(sign(signed_assertion(verification=way), number=3), served).result.verified


@pytest.mark.parametrize("text", ["-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----", "x" * 9_000])
def test_found_h1_the_signer_may_be_a_key_that_cannot_be_read(text: str) -> None:
    unread = {"id": f"{HOST}/k2.json", "owner": ISSUER, "publicKeyPem": text}
    signed = sign(signed_assertion(verification={"type": "SignedBadge"}), number=2)
    for keys in ([KEY, unread], [unread, KEY], [f"{HOST}/{number}.json" for number in range(5)]):
        proof = made(verify(signed, changed(ISSUER, publicKey=keys)), "proof")
        assert (proof.outcome, proof.code) == (Outcome.UNKNOWN, "unsupported-proof")


@pytest.mark.parametrize(
    "entry",
    [SIGNED, SIGNED.upper(), {"id": f" {SIGNED}"}, {"id": SIGNED, "revocationReason": "A mistake"}],
)
def test_a_signed_assertion_is_revoked_by_its_issuers_list(entry: Any) -> None:
    verified = verify(sign(signed_assertion()), changed(REVOKED, revokedAssertions=["urn:uuid:2", entry]))
    assert verified.result.verdict is Verdict.NOT_VERIFIED
    assert made(verified, "proof").outcome is Outcome.PASSED
    assert made(verified, "status").code == "revoked"


def test_a_list_that_is_not_had_is_never_a_clean_one() -> None:
    served = pages()
    del served[REVOKED]
    unreached = verify(sign(signed_assertion()), served)
    assert unreached.result.verdict is Verdict.NOT_CHECKED
    assert made(unreached, "status").outcome is Outcome.UNKNOWN
    broken = verify(sign(signed_assertion()), changed(REVOKED, revokedAssertions=None))
    assert (made(broken, "status").outcome, made(broken, "status").code) == (Outcome.UNKNOWN, "status-list")
    none = verify(sign(signed_assertion()), changed(ISSUER, revocationList=None))
    assert none.result.verified
    assert made(none, "status").outcome is Outcome.SKIPPED


def test_badges_of_the_first_version_signed_otherwise_are_unknown() -> None:
    old = assertion(id=None, uid="1", verification=None, verify={"type": "signed", "url": f"{HOST}/key.pem"})
    assert verify(sign(old)).result.verdict is Verdict.NOT_CHECKED


# --- either ---------------------------------------------------------------------------------------


def test_a_hosted_badge_of_the_first_version() -> None:
    old = assertion(id=None, uid="1", verification=None, verify={"type": "hosted", "url": HOSTED})
    old |= {"type": None, "@context": None, "issuedOn": 1_772_323_200}
    old = {name: value for name, value in old.items() if value is not None}
    verified = verify(old, pages() | {HOSTED: old})
    assert peek_assertion(old)
    assert verified.result.verified, verified.result.checks
    assert made(verified, "schema").outcome is Outcome.FAILED


@pytest.mark.parametrize("more", [{}, {"verify": {"type": "hosted", "url": HOSTED}}], ids=["bare", "verify"])
def test_a_badge_of_version_0_5_is_not_called_false(more: dict[str, Any]) -> None:
    badge = {"version": "0.5.0", "name": "Mentor", "issuer": {"origin": HOST, "name": "A"}}
    document = {"recipient": "sha256$ab", "salt": "s", "issued_on": "2012-12-28", "badge": badge} | more
    assert peek_assertion(document)
    found = verify(document, pages() | {HOSTED: document})
    assert found.result.verdict is Verdict.NOT_CHECKED
    assert why(found.result) == {"proof: unsupported-proof"}


def test_an_end_that_is_null_is_none() -> None:
    document = assertion() | {"expires": None}
    assert verify(document, pages() | {HOSTED: document}).result.verified


def test_a_way_to_verify_that_is_not_known_here_is_unknown() -> None:
    chain = assertion(verification={"type": ["MerkleProofVerification2017", "Extension"]})
    assert verify(chain).result.verdict is Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires": "2026-03-14T09:00:00Z"}, "expired"),
        ({"expires": "2026-03-14"}, "expired"),
        ({"issuedOn": "2026-03-15T09:00:00+00:00"}, "not-yet-valid"),
        ({"issuedOn": "yesterday"}, "invalid-input"),
        ({"expires": "2020-01-01T00:00:00Z"}, "invalid-input"),
        ({"issuedOn": 10**30}, "invalid-input"),
        ({"issuedOn": True}, "invalid-input"),
    ],
)
def test_dates(changes: dict[str, Any], code: str) -> None:
    for verified in (
        verify(assertion(), changed(HOSTED, **changes)),
        verify(sign(signed_assertion(**changes))),
    ):
        assert made(verified, "proof").outcome is Outcome.PASSED
        assert made(verified, "validity").code == code
        assert verified.result.verdict is Verdict.NOT_VERIFIED


def test_what_the_vocabulary_requires_is_told_apart_from_authenticity() -> None:
    verified = verify(assertion(), changed(BADGE, description=None))
    assert verified.result.verified
    assert "/badge/description" in made(verified, "schema").reason


@pytest.mark.parametrize(
    "secured",
    [{}, {"badge": 7}, {"badge": {"issuer": {}}}, {"id": []}, {"verification": 7}, {"id": "https://["},
     {"recipient": 3}, {"type": 7}, {"issuedOn": []}, {"revoked": True},
     {"id": "https://x.example/", "badge": None}, "", "a.b.c", token({"alg": "RS256"}, {"type": "Assertion"})]
)  # fmt: skip
def test_any_input_gets_a_result(secured: Any) -> None:
    given = {"type": "Assertion", **secured} if isinstance(secured, dict) else secured
    for served in (pages(), pages() | {"https://x.example/": given if isinstance(given, dict) else {}}):
        verified = verify(given, served)
        assert not verified.result.verified
        assert why(verified.result) & {
            "proof: malformed-proof",
            "proof: unavailable",
            "proof: unsupported-proof",
            "schema: schema-faults",
            "structure: invalid-input",
            "subject: no-recipient",
        }
        as_credential(verified.document)


@pytest.mark.parametrize(
    "member", ["badge", "verification", "recipient", "id", "issuedOn", "evidence", "type"]
)
@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, [[]], [{}], True, {"id": 7}, "https://[", {"type": []}]
)
def test_hosts_may_serve_anything(member: str, value: Any) -> None:
    for url in (HOSTED, BADGE, ISSUER, KEY, REVOKED):
        served = pages()
        served[url][member] = value
        for secured in (assertion(), sign(signed_assertion())):
            verified = verify(secured, served)
            json.dumps(as_credential(verified.document))


def test_it_is_shown_as_a_credential_of_version_3() -> None:
    shown = as_credential(verify(assertion()).document)
    achievement = shown["credentialSubject"]["achievement"]
    assert shown["issuer"]["id"] == ISSUER
    assert shown["validFrom"] == "2026-03-01T10:00:00Z"
    assert achievement["name"] == "Mentor"
    assert achievement["criteria"] == {"narrative": "Guide three newcomers."}
    assert achievement["alignment"][0]["targetName"] == "Mentoring"
    assert check_recipient(shown, EMAIL).outcome is Outcome.PASSED
    assert check_recipient(shown, "eve@evil.example").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "other",
    [
        {"type": ["VerifiableCredential", "Assertion"]},
        {"type": "BadgeClass"},
        {"badge": BADGE},
        {"credentialSubject": {}},
        {"revoked": True, "proof": {}},
        token({"alg": "RS256"}, {"vc": {}}),
        "a.b.c~",
    ],
)
def test_other_documents_are_no_assertions(other: Any) -> None:
    assert not peek_assertion(other)


def test_what_is_meant_as_an_assertion() -> None:
    assert peek_assertion(sign(signed_assertion()))
    assert peek_assertion({"id": HOSTED, "revoked": True})
