"""Trust chains of OpenID Federation 1.0 that jwcrypto signs, with keys of every kind (found H8)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from credserv.verifying.federation import WELL_KNOWN, find_issuer
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts

TOP, MIDDLE, SCHOOL = (
    "https://top.example",
    "https://middle.example/federation",
    "https://school.example/team",
)
AT = int(NOW.timestamp())
KEYS: Mapping[str, Mapping[str, Any]] = {
    "RS256": {"kty": "RSA", "size": 2048},
    "PS256": {"kty": "RSA", "size": 2048},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}


def federation(
    algorithm: str = "ES256",
    of_middle: Mapping[str, Any] | None = None,
    of_school: Mapping[str, Any] | None = None,
) -> Hosts:
    """What the three hosts serve. `of_middle`, `of_school`: what their superiors state besides."""
    keys = {name: JWK.generate(**KEYS[algorithm]) for name in (TOP, MIDDLE, SCHOOL)}

    def sign(by: str, about: str, claims: Mapping[str, Any]) -> bytes:
        public = {**json.loads(keys[about].export_public()), "kid": keys[about].thumbprint()}
        said = {
            "iss": by,
            "sub": about,
            "iat": AT - 5,
            "exp": AT + 3_600,
            "jwks": {"keys": [public]},
            **claims,
        }
        token = JWS(json.dumps(said))
        head = {"alg": algorithm, "kid": keys[by].thumbprint(), "typ": "entity-statement+jwt"}
        token.add_signature(keys[by], None, json.dumps(head), None)
        return token.serialize(compact=True).encode()

    def configuration(name: str, called: str, *above: str) -> bytes:
        own = {
            "organization_name": called,
            "federation_fetch_endpoint": f"{name}/fetch",
            "contacts": ["a@b.example"],
        }
        hints = {"authority_hints": list(above)} if above else {}
        return sign(name, name, {"metadata": {"federation_entity": own}, **hints})

    def asked(superior: str, about: str) -> str:
        return f"{superior}/fetch?sub={quote(about, safe='')}"

    return Hosts(
        {
            TOP + WELL_KNOWN: configuration(TOP, "Top"),
            MIDDLE + WELL_KNOWN: configuration(MIDDLE, "Middle", TOP),
            SCHOOL + WELL_KNOWN: configuration(SCHOOL, "School", "https://gone.example", MIDDLE),
            asked(TOP, MIDDLE): sign(TOP, MIDDLE, of_middle or {}),
            asked(MIDDLE, SCHOOL): sign(MIDDLE, SCHOOL, of_school or {}),
        }
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_found_h8_a_chain_of_another_library_holds(algorithm: str) -> None:
    hosts = federation(algorithm)
    for issuer in (SCHOOL, "did:web:school.example:team"):
        found = find_issuer(issuer, TOP, hosts, NOW)
        assert found is not None
        assert (found.name, found.through) == ("School", (MIDDLE,))


def _policy(**members: Any) -> dict[str, Any]:
    return {"metadata_policy": {"federation_entity": members}}


@pytest.mark.parametrize(
    ("of_middle", "of_school", "name"),
    [
        ({}, _policy(organization_name={"value": "Renamed"}), "Renamed"),
        ({}, {"metadata": {"federation_entity": {"organization_name": "Stated"}}}, "Stated"),
        (_policy(organization_name={"one_of": ["Other"]}), {}, None),
        (_policy(logo_uri={"essential": True}), {}, None),
        (_policy(contacts={"add": ["c@d.example"], "superset_of": ["a@b.example"]}), {}, "School"),
        (_policy(contacts={"subset_of": ["z"]}), {}, "School"),
        (_policy(organization_name={"value": "A"}), _policy(organization_name={"value": "B"}), None),
        (_policy(organization_name={"shiny": 1}), {}, "School"),
        ({"metadata_policy_crit": ["shiny"], **_policy(organization_name={"shiny": 1})}, {}, None),
        ({"constraints": {"max_path_length": 0}}, {}, None),
        ({"constraints": {"max_path_length": 1}}, {"constraints": {"max_path_length": 0}}, "School"),
        ({"constraints": {"naming_constraints": {"permitted": [".example"]}}}, {}, "School"),
        ({"constraints": {"naming_constraints": {"excluded": ["school.example"]}}}, {}, None),
        ({"crit": ["x"], "x": 1}, {}, None),
        ({"exp": AT - 1}, {}, None),
        ({"sub": SCHOOL}, {}, None),
    ],
)
def test_found_h8_superiors_rule_as_the_standard_says(
    of_middle: Mapping[str, Any], of_school: Mapping[str, Any], name: str | None
) -> None:
    """Sections 3.1, 6.1 (policies) and 6.2 (constraints)."""
    found = find_issuer(SCHOOL, TOP, federation("ES256", of_middle, of_school), NOW)
    assert (found and found.name) == name
