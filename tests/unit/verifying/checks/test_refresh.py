"""A newer version in a credential's place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import SigningIssuer, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.unit.verifying.checks.test_nested import record, verify

ALICE, MALLORY = issuer(1), issuer(2)
SERVICE = "https://badges.example/refresh/1"
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"


def unsigned(by: SigningIssuer = ALICE, **changes: Any) -> dict[str, Any]:
    service = {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    document = badge(by, credentialStatus=None, refreshService=service, **changes)
    document["@context"] = [*document["@context"], OB_EXTENSIONS]
    return {name: value for name, value in document.items() if value is not None}


def version(by: SigningIssuer = ALICE, **changes: Any) -> dict[str, Any]:
    return by.sign(unsigned(by, **changes))


OLD = version(name="Old")
LATER = "2026-03-14T09:10:00Z"


def offered(page: Any, **pages: Any) -> tuple[Verified, Hosts]:
    hosts = Hosts({SERVICE: page, **pages})
    return verify(OLD, hosts), hosts


def test_the_newer_version_is_what_is_judged_and_told() -> None:
    verified, hosts = offered(version(name="New", validFrom=LATER))
    assert verified.result.verified
    assert verified.document["name"] == "New"
    check = verified.result.check("refresh")
    assert check is not None
    assert (check.outcome, check.required) == (Outcome.PASSED, False)
    assert check.data == {"service": SERVICE, "id": OLD["id"], "newerId": OLD["id"]}
    assert hosts.asked == [SERVICE]  # the newer one names a service as well, and it is asked once


def test_a_newer_version_as_token() -> None:
    token = sign_vc_jwt(
        unsigned(name="New", validFrom=LATER), signer=ALICE.signer, verification_method=ALICE.method
    )
    verified, _ = offered(token.encode())
    assert verified.document["name"] == "New"
    assert verified.result.verified


def test_a_newer_version_counts_for_worse_too() -> None:
    ended, _ = offered(version(validFrom=LATER, validUntil="2026-03-14T09:20:00Z"))
    assert not ended.result.verified
    status = badge(ALICE)["credentialStatus"]
    revoked = ALICE.sign(unsigned(validFrom=LATER) | {"credentialStatus": status})
    verified, _ = offered(revoked, **{STATUS_URL: signed_list(ALICE, 94567)})
    made = verified.result.check("status")
    assert made is not None
    assert made.code == "revoked"


def test_a_newer_version_that_is_not_in_force_yet_takes_no_place() -> None:
    """An issuer that publishes the next one beforehand takes nothing from the one that holds until then."""
    verified, _ = offered(version(name="Next", validFrom="2026-04-01T00:00:00Z"))
    assert verified.result.verified
    assert verified.document["name"] == "Old"
    check = verified.result.check("refresh")
    assert check is not None
    assert (check.code, "not in force yet" in check.reason) == ("not-refreshed", True)


def test_the_same_version_is_no_newer_one() -> None:
    verified, _ = offered(OLD)
    check = verified.result.check("refresh")
    assert check is not None
    assert (check.outcome, check.reason) == (Outcome.PASSED, "Its issuer has no newer version.")
    assert not check.required


@pytest.mark.parametrize(
    "page",
    [
        b"\xff",
        b"<html>",
        b"a.b.c",
        [],
        {},
        version(name="Older", validFrom="2026-03-14T08:00:00Z"),
        version(name="Undated", validFrom=None),
        version(name="Other", id="https://badges.example/credentials/2", validFrom=LATER),
        version(name="Nameless", id=None, validFrom=LATER),
        version(MALLORY, name="Forged", validFrom=LATER),
        version(name="New", validFrom=LATER) | {"name": "Changed"},
        {**version(validFrom=LATER), "proof": version(MALLORY)["proof"]},
        unsigned(name="Unsigned", validFrom=LATER),
        record(validFrom=LATER),
    ],
)
def test_what_is_no_newer_version_leaves_the_credential_as_it_is(page: Any) -> None:
    verified, _ = offered(page)
    assert verified.document["name"] == "Old"
    assert verified.result.verified
    check = verified.result.check("refresh")
    assert check is not None
    assert (check.outcome, check.required, check.code) == (Outcome.UNKNOWN, False, "not-refreshed")


def test_a_host_that_does_not_answer_leaves_it_as_it_is() -> None:
    verified = verify(OLD, Hosts())
    assert verified.result.verified
    assert verified.document["name"] == "Old"


def test_nothing_is_asked_for_what_is_not_proven_or_lies_within_another() -> None:
    hosts = Hosts({SERVICE: version(name="New", validFrom=LATER)})
    assert not verify(OLD | {"name": "Changed"}, hosts).result.verified
    within = verify(record(OLD), hosts).within[0]
    assert within.document["name"] == "Old"
    assert hosts.asked == []


def test_a_service_of_another_kind_is_not_asked() -> None:
    service = {"id": SERVICE, "type": "1EdTechRevocationList"}
    hosts = Hosts({SERVICE: json.loads(json.dumps(OLD))})
    document = ALICE.sign(unsigned() | {"refreshService": service})
    check = verify(document, hosts).result.check("refresh")
    assert check is not None
    assert check.outcome is Outcome.UNKNOWN
    assert hosts.asked == []
