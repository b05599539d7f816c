"""Open Badges 2.0 as another implementation makes it: hosted, or signed with each kind of key and baked."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from openbadgeslib.ob2 import (
    Assertion,
    BadgeClass,
    CryptographicKey,
    IdentityObject,
    OB2Signer,
    Profile,
    RevocationList,
    Verification,
)

from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, Kind, Question, check
from tests.testkit.badges2 import BADGE, EMAIL, HOST, HOSTED, ISSUER, KEY, REVOKED, SALT, SIGNED, rsa_key
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import Hosts
from tests.testkit.why import why
from tests.unit.openbadges.test_baking import SVG, png

KEYS: dict[str, Any] = {
    "RS256": rsa_key(1),
    "ES256": ec.derive_private_key(7, ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32),
}
HOSTED_WAY, SIGNED_WAY = Verification("HostedBadge"), Verification("SignedBadge", KEY)


def assertion(way: Verification, identifier: str) -> Assertion:
    person = IdentityObject.create(EMAIL, SALT)
    issued = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    return Assertion(person, BADGE, way, id=identifier, issued_on=issued)


def pages(algorithm: str, *revoked: str) -> dict[str, Any]:
    """What the host of the issuer serves, by URL."""
    public = KEYS[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    documents = (
        Profile(
            ISSUER, "Example Academy", HOST, "b@badges.example", public_key=[KEY], revocation_list=REVOKED
        ),
        BadgeClass(BADGE, "Mentor", "Guides.", f"{HOST}/m.png", f"{HOST}/c", ISSUER),
        CryptographicKey(KEY, ISSUER, public.decode()),
        RevocationList(REVOKED, ISSUER, list(revoked)),
        assertion(HOSTED_WAY, HOSTED),
    )
    return {document.to_dict()["id"]: document.to_dict() for document in documents}


def signer(algorithm: str) -> OB2Signer:
    pem = KEYS[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OB2Signer(pem, algorithm)


@pytest.fixture
def outside() -> Hosts:
    return Hosts()


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path, outside: Hosts) -> Service:
    shutil.copyfile(sqlite_template, tmp_path / "c.sqlite")
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=outside, starters=False)


def checked(service: Service, data: bytes) -> Checked:
    question = Question(recipient=EMAIL)
    return check(service.services, data=data, url=None, now=service.clock.now, question=question)


def genuine(found: Checked) -> None:
    assert found.kind is Kind.ASSERTION
    assert found.verdict is Verdict.ISSUER_UNKNOWN, found.result.checks
    outcomes = {made.name: made.outcome for made in (*found.result.checks, *found.result.policy)}
    assert outcomes.pop("issuer_trusted") is Outcome.UNKNOWN
    assert set(outcomes.values()) == {Outcome.PASSED}, found.result.checks


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_they_sign_and_bake(service: Service, outside: Hosts, algorithm: str) -> None:
    signing, badge = signer(algorithm), assertion(SIGNED_WAY, SIGNED)
    other = next(name for name in KEYS if name != algorithm)
    for data in (
        signing.sign(badge).encode(),
        signing.sign_into_png(badge, png()),
        signing.sign_into_svg(badge, SVG),
    ):
        outside.pages = pages(algorithm)
        genuine(checked(service, data))
        for changed in (pages(algorithm, SIGNED), pages(other)):
            outside.pages = changed
            assert checked(service, data).verdict is Verdict.NOT_VERIFIED
            assert why(checked(service, data)) & {"proof: malformed-proof", "status: revoked"}


def test_what_they_host(service: Service, outside: Hosts) -> None:
    outside.pages = pages("RS256")
    hosted = assertion(HOSTED_WAY, HOSTED)
    for data in (
        HOSTED.encode(),
        json.dumps(hosted.to_dict()).encode(),
        signer("RS256").sign_into_png(hosted, png()),
    ):
        genuine(checked(service, data))
