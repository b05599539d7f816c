"""What a tool believes of a launch: each rule of the Security Framework, by a token that breaks it alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from credserv.ground.errors import LaunchError, SchemaFaultsError
from credserv.sources.lti import launch as tool
from credserv.sources.lti.reading import CLAIM
from credserv.sources.lti.settings import parse_platform
from credserv.sources.signing.tool_key import create_key, public_key
from tests.testkit.lti_platform import ISSUER, OPTIONS, claims, deep_linking, rsa_key, sign

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
KEYS = [rsa_key("other").as_dict(private=False), rsa_key().as_dict(private=False)]
PLATFORM = parse_platform(OPTIONS)


def believe(token: str, *, nonce: str = "n", keys: Any = KEYS, **changed: Any) -> tool.Launch:
    options = {"lti": OPTIONS["lti"] | changed}
    return tool.verify_launch(token.encode(), parse_platform(options), keys, nonce=nonce, now=NOW)


def test_a_launch_is_believed() -> None:
    launch = believe(sign(claims(NOW, "n")))
    assert (launch.message_type, launch.kid, launch.achievement_key) == ("LtiResourceLinkRequest", "k1", None)
    placed = believe(sign(claims(NOW, "n", **{CLAIM + "custom": {"achievement": "mentor"}})))
    assert placed.achievement_key == "mentor"
    several = claims(NOW, "n", aud=["client-7", "client-8"], azp="client-7")
    assert believe(sign(several)).kid == "k1"
    assert believe(sign(claims(NOW, "n", **{CLAIM + "deployment_id": "99"})), deployments=[]).kid == "k1"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "client-8"},
        {"aud": ["client-7", "client-8"]},
        {"aud": ["client-7", "client-8"], "azp": "client-8"},
        {"azp": "client-8"},
        {"aud": ...},
        {"nonce": "m"},
        {"nonce": ...},
        {"exp": int((NOW - timedelta(minutes=6)).timestamp())},
        {"exp": ...},
        {"exp": True},
        {"iat": int((NOW + timedelta(minutes=6)).timestamp())},
        {"iat": int((NOW - timedelta(minutes=16)).timestamp())},
        {"iat": "now"},
        {CLAIM + "version": "1.1"},
        {CLAIM + "version": ...},
        {CLAIM + "message_type": "LtiOther"},
        {CLAIM + "deployment_id": "3"},
        {CLAIM + "deployment_id": ...},
        {CLAIM + "deployment_id": 2},
    ],
    ids=str,
)
def test_a_launch_that_breaks_one_rule_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(LaunchError):
        believe(sign(claims(NOW, "n", **changed)))


@pytest.mark.filterwarnings("ignore:Key size:joserfc.errors.SecurityWarning")
def test_what_no_key_of_the_platform_signed_is_refused() -> None:
    good = claims(NOW, "n")
    header, payload, signature = sign(good).split(".")
    public = json.dumps(rsa_key().as_dict(private=False))
    confused = jwt.encode(
        {"alg": "HS256", "kid": "k1"}, good, OctKey.import_key(public), algorithms=["HS256"]
    )
    unsigned = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ." + payload + "."
    forged = [
        sign(good, RSAKey.generate_key(2048, parameters={"kid": "k1"})),
        sign(good, rsa_key("other"), kid="k1"),
        sign(good, kid="unknown"),
        sign(good, alg="RS384"),
        f"{header}.{sign(claims(NOW, 'n', sub='admin')).split('.')[1]}.{signature}",
        confused,
        unsigned,
        "",
        "a.b.c",
        "x" * 9_000,
    ]
    for token in forged:
        with pytest.raises(LaunchError):
            believe(token)
    with pytest.raises(LaunchError):
        believe(sign(good), keys=[])
    weak = rsa_key("weak", 1024)
    with pytest.raises(LaunchError):
        believe(sign(good, weak), keys=[weak.as_dict(private=False)])


def test_a_choice_is_answered_by_a_token_of_ours() -> None:
    key = create_key()
    launch = believe(sign(deep_linking(NOW, "n")))
    assert tool.return_address(launch) == f"{ISSUER}/deep?x=1"
    item = {"type": "ltiResourceLink", "title": "Mentor"}
    token = jwt.decode(
        tool.build_choice(launch, PLATFORM, item, key, NOW), RSAKey.import_key(public_key(key))
    )
    assert token.header["alg"] == "RS256"
    assert token.claims[tool.DEEP_LINKING + "content_items"] == [item]
    assert token.claims[tool.DEEP_LINKING + "data"] == "d-1"
    assert (token.claims["iss"], token.claims["aud"]) == ("client-7", ISSUER)
    assert token.claims[CLAIM + "deployment_id"] == "2"
    assert "d" not in public_key(key)


@pytest.mark.parametrize("address", ["", "http://lms.example.org/x", "javascript:alert(1)", None])
def test_a_choice_is_answered_to_a_web_address_alone(address: Any) -> None:
    launch = believe(sign(deep_linking(NOW, "n", deep_link_return_url=address)))
    with pytest.raises(LaunchError):
        tool.return_address(launch)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", None),
        ("client_id", ""),
        ("jwks_uri", "http://lms.example.org/jwks"),
        ("authorization_endpoint", "https://127.0.0.1/auth"),
        ("deployments", "2"),
        ("deployments", [2]),
        ("other", "x"),
    ],
)
def test_what_is_told_of_a_platform_is_checked(name: str, value: Any) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_platform({"lti": OPTIONS["lti"] | {name: value}})
    assert [fault.place for fault in caught.value.faults] == [f"/lti/{name}"]


def test_a_source_without_a_platform_is_told_so() -> None:
    with pytest.raises(SchemaFaultsError):
        parse_platform({})
