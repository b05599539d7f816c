"""Records of learning: the credentials inside, each with all its checks."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import NOW, OB3, V2, SigningIssuer, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, verifier
from tests.testkit.why import why

ALICE, BOB = issuer(1), issuer(2)
SECOND = "https://badges.example/credentials/2"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"


def plain(by: SigningIssuer, **changes: Any) -> dict[str, Any]:
    document = badge(by, credentialStatus=None, **changes)
    return by.sign({name: value for name, value in document.items() if value is not None})


def record(*held: Any, by: SigningIssuer = ALICE, **changes: Any) -> dict[str, Any]:
    """A signed ClrCredential that holds `held`."""
    document = {
        "@context": [V2, CLR, OB3],
        "id": "https://badges.example/records/1",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Transcript",
        "issuer": {"id": by.did, "type": ["Profile"], "name": "Example Academy"},
        "validFrom": "2026-03-14T09:00:00Z",
        "credentialSubject": {"id": BOB.did, "type": ["ClrSubject"], "verifiableCredential": list(held)},
    }
    return by.sign(document | changes)


def verify(document: Any, hosts: Hosts | None = None) -> Verified:
    hosts = hosts or Hosts()
    return verifier().verify_secured(document, now=NOW, resolvers=hosts.resolvers)


def told(verified: Verified) -> list[Check]:
    return [check for check in verified.result.checks if check.name == "credential"]


def test_each_credential_inside_is_verified_by_itself() -> None:
    second = plain(BOB, id=SECOND)
    verified = verify(record(plain(ALICE), second))
    assert verified.result.verified, verified.result.checks
    assert [item.document["id"] for item in verified.within] == [
        "https://badges.example/credentials/1",
        SECOND,
    ]
    assert all(item.result.verified for item in verified.within)
    assert [check.outcome for check in told(verified)] == [Outcome.PASSED] * 2
    assert told(verified)[1].data == {"number": 2, "id": second["id"], "issuer": BOB.did}


def test_its_official_schema_is_that_of_records() -> None:
    check = verify(record(plain(ALICE))).result.check("schema")
    assert check is not None
    assert (check.outcome, "clrcredential" in str(check.data["schema"])) == (Outcome.PASSED, True)


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (plain(BOB, id=SECOND) | {"name": "Changed"}, "invalid-signature"),
        (plain(BOB, id=SECOND, validUntil="2026-03-14T09:10:00Z"), "expired"),
        ({name: value for name, value in plain(BOB, id=SECOND).items() if name != "proof"}, "missing-proof"),
    ],
)
def test_one_that_does_not_hold_makes_the_whole_not_verified(held: dict[str, Any], code: str) -> None:
    verified = verify(record(plain(ALICE), held))
    checks = told(verified)
    assert verified.result.passed("proof")
    assert not verified.result.verified
    assert not verified.result.unknown
    assert [check.code for check in checks] == ["", code]
    assert "Credential 2 does not hold" in checks[1].reason


def test_one_that_cannot_be_checked_leaves_the_whole_open() -> None:
    held = ALICE.sign(badge(ALICE))
    verified = verify(record(held))
    assert verified.result.unknown
    assert told(verified)[0].code == "unavailable"
    assert told(verified)[0].reason.startswith("Credential 1 could not be checked: Its status could not")
    assert verify(record(held), Hosts({STATUS_URL: signed_list(ALICE)})).result.verified
    revoked = verify(record(held), Hosts({STATUS_URL: signed_list(ALICE, 94567)}))
    assert told(revoked)[0].code == "revoked"
    assert not revoked.result.verified


def jwt(by: SigningIssuer, **changes: Any) -> str:
    document = plain(by, **changes)
    del document["proof"]
    return sign_vc_jwt(document, signer=by.signer, verification_method=by.method)


def test_tokens_inside_bare_or_enveloped() -> None:
    token = jwt(BOB)
    held = record()
    del held["proof"]
    held["credentialSubject"]["verifiableCredential"] = [token, envelope(token)]
    whole = sign_vc_jwt(held, signer=ALICE.signer, verification_method=ALICE.method)
    verified = verify(whole)
    assert verified.result.verified, verified.result.checks
    assert [item.document["issuer"]["id"] for item in verified.within] == [BOB.did] * 2
    forged = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    held["credentialSubject"]["verifiableCredential"] = [forged]
    bad = verify(sign_vc_jwt(held, signer=ALICE.signer, verification_method=ALICE.method))
    assert told(bad)[0].code == "invalid-signature"


def test_records_within_records() -> None:
    verified = verify(record(record(plain(BOB), by=BOB), id="https://badges.example/records/whole"))
    assert verified.result.verified, verified.result.checks
    assert verified.within[0].within[0].document["issuer"]["id"] == BOB.did


def test_nothing_inside_is_looked_at_when_the_whole_is_not_proven() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    verified = verify(record(ALICE.sign(badge(ALICE))) | {"name": "Changed"}, hosts)
    assert verified.within == ()
    assert hosts.asked == []
    assert not verified.result.verified
    assert why(verified.result) == {"proof: invalid-signature"}
