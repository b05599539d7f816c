"""Rows M1 and F9a of found.md: what must always be visible holds no digest, shown or withheld."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import MalformedProofError
from credserv.ground.verification import Outcome
from credserv.proof.tokens.sd_disclosures import (
    ALWAYS_VISIBLE,
    VISIBLE_CLAIMS,
    WHOLE_OR_NOT,
    apply_disclosures,
)
from credserv.proof.tokens.sd_jwt import digest
from tests.testkit.proofs import NOW, Steps, badge, issuer, objects, replaced
from tests.testkit.tokens import TokenIssuer, token_issuer
from tests.testkit.verifying import Hosts, signed_list, status_entry, verifier

ISSUER = token_issuer()
HELD = ALWAYS_VISIBLE | WHOLE_OR_NOT
DECOY = encode_base64url(bytes(32))


def full_badge(by: TokenIssuer) -> dict[str, Any]:
    """One in which every member that must be visible, and that data model 2.0 knows, is there."""
    stated: Any = by
    return badge(stated) | {
        "credentialStatus": [
            status_entry(purpose="suspension"),
            status_entry(purpose="revocation"),
        ],
        "credentialSchema": [
            {"id": "https://badges.example/schema", "type": "1EdTechJsonSchemaValidator2019"}
        ],
        "relatedResource": [{"id": "https://badges.example/file", "digestSRI": "sha256-AAAA"}],
        "refreshService": {"id": "https://badges.example/refresh", "type": "1EdTechCredentialRefresh"},
        "termsOfUse": [{"type": "TrustFrameworkPolicy"}],
    }


def disclosure(*parts: Any) -> str:
    return encode_base64url(json.dumps(["c2FsdA", *parts]).encode())


def places() -> list[Steps]:
    """Every object and every list under a member that is always visible."""
    document = full_badge(ISSUER)
    found = {path for path in objects(document) if path and path[0] in HELD}
    found |= {(name,) for name, value in document.items() if name in HELD and isinstance(value, list)}
    return sorted(found, key=str)


def with_digest(path: Steps, encoded: str) -> dict[str, Any]:
    document = full_badge(ISSUER)
    place: Any = document
    for step in path:
        place = place[step]
    if isinstance(place, list):
        return replaced(document, path, [*place, {"...": digest(encoded, {})}])
    return replaced(document, (*path, "_sd"), [digest(encoded, {})])


@pytest.mark.parametrize("path", places(), ids=str)
@pytest.mark.parametrize("shown", [True, False], ids=["shown", "withheld"])
def test_found_m1_f9a_no_digest_where_all_must_be_visible(path: Steps, shown: bool) -> None:
    place: Any = full_badge(ISSUER)
    for step in path:
        place = place[step]
    encoded = disclosure("https://a.example") if isinstance(place, list) else disclosure("hidden", "value")
    token = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), with_digest(path, encoded))
    hosts = Hosts()
    text = f"{token}~{encoded}~" if shown else f"{token}~"
    result = verifier().verify_secured(text, now=NOW, resolvers=hosts.resolvers).result
    first = result.checks[0]
    assert (first.name, first.outcome, first.code) == ("proof", Outcome.FAILED, "malformed-proof")
    assert f"{path[0]} must".lower() in first.reason.lower()
    assert hosts.asked == []


def test_found_m1_a_decoy_is_no_better() -> None:
    """A digest of nothing looks like one of a withheld revocation."""
    document = full_badge(ISSUER)
    document["credentialStatus"].append({"...": DECOY})
    token = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), document)
    result = verifier().verify_secured(f"{token}~", now=NOW, resolvers=Hosts().resolvers).result
    assert result.checks[0].code == "malformed-proof"


def test_found_m1_the_same_without_a_digest_verifies() -> None:
    stated: Any = ISSUER
    document = badge(stated)
    token = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), document)
    hosts = Hosts(pages={document["credentialStatus"]["statusListCredential"]: signed_list(issuer())})
    assert verifier().verify_secured(f"{token}~", now=NOW, resolvers=hosts.resolvers).result.verified


def test_found_f9a_who_issued_it_is_never_the_holders_choice() -> None:
    encoded = disclosure("id", ISSUER.did)
    document = full_badge(ISSUER) | {"issuer": {"type": ["Profile"], "_sd": [digest(encoded, {})]}}
    token = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), document)
    for text in (f"{token}~{encoded}~", f"{token}~"):
        result = verifier().verify_secured(text, now=NOW, resolvers=Hosts().resolvers).result
        assert [check.name for check in result.checks if check.outcome is Outcome.FAILED]
        assert not result.verified


@pytest.mark.parametrize("wrapper", ["vc", "vp"])
@pytest.mark.parametrize("name", sorted(HELD))
def test_found_m1_the_same_inside_the_claim_of_an_older_token(wrapper: str, name: str) -> None:
    with pytest.raises(MalformedProofError, match="disclosable"):
        apply_disclosures({wrapper: {name: ["shown", {"...": DECOY}]}}, {})


@pytest.mark.parametrize("name", sorted(HELD))
def test_of_an_sd_jwt_vc_only_registered_claims_and_its_status_must_be_visible(name: str) -> None:
    """Any other claim is one of its type (SD-JWT VC, 2.2.2.3), also where W3C's data model has the name."""
    hidden = disclosure(name, "value")
    claims = {"iss": ISSUER.did, "vct": "https://a.example/card", "_sd": [digest(hidden, {})]}
    claims = {member: value for member, value in claims.items() if member != name}
    for shown in (f"{hidden}~", ""):
        token = f"{ISSUER.forge(ISSUER.header(typ='dc+sd-jwt'), claims)}~{shown}"
        result = verifier().verify_secured(token, now=NOW, resolvers=Hosts().resolvers).result
        if name in VISIBLE_CLAIMS:
            assert not result.verified or not shown
        else:
            assert result.verified, result.checks
    document = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), ISSUER.badge() | {"vct": "urn:v"} | claims)
    result = verifier().verify_secured(f"{document}~{hidden}~", now=NOW, resolvers=Hosts().resolvers).result
    assert not result.verified
