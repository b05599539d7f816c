"""A request is read in one way only, or refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from credserv.exchange.oid4vp_wallet import Prefix, read_link, read_request, split_client_id
from credserv.ground.errors import InputError

QUERY = {"credentials": [{"id": "badge", "format": "ldp_vc", "meta": {}}]}
KEY = {"kty": "EC", "crv": "P-256", "use": "enc", "alg": "ECDH-ES", "x": "x", "y": "y"}


def parameters(**changes: Any) -> dict[str, Any]:
    told = {
        "client_id": "redirect_uri:https://v.example/r",
        "response_uri": "https://v.example/r",
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "nonce": "n-1",
        "state": "s",
        "dcql_query": QUERY,
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def link(**changes: Any) -> str:
    told = parameters(**changes)
    return "openid4vp://?" + urlencode(
        {name: one if isinstance(one, str) else json.dumps(one) for name, one in told.items()}
    )


def encrypted(key: dict[str, Any], *ways: str) -> dict[str, Any]:
    metadata = {"jwks": {"keys": [key]}, "encrypted_response_enc_values_supported": list(ways or ["A128GCM"])}
    return {"response_mode": "direct_post.jwt", "client_metadata": metadata}


def test_a_link_holds_the_request_or_says_where_it_is() -> None:
    assert read_link(link()).parameters == parameters()
    by_reference = read_link(
        "openid4vp://?client_id=x%3Ay&request_uri=https%3A%2F%2Fv&request_uri_method=post"
    )
    assert (by_reference.request_uri, by_reference.is_post) == ("https://v", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "openid4vp://?request_uri=https://v.example",
        link() + "&nonce=n-2",
        "openid4vp://?client_id=a:b&request=x&request_uri=y",
        "openid4vp://?client_id=a:b&request_uri=y&request_uri_method=put",
        "openid4vp://?client_id=" + "x" * 20_000,
    ],
)
def test_what_is_no_link_to_a_request_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_link(text)


def test_a_parameter_that_is_null_is_one_that_is_absent() -> None:
    nulls = dict.fromkeys(("transaction_data", "scope", "redirect_uri", "state", "client_metadata"))
    plain = {name: value for name, value in parameters().items() if name != "state"}
    assert read_request({**plain, **nulls}, is_signed=False) == read_request(plain, is_signed=False)
    metadata = {"jwks": None, "client_name": None, "encrypted_response_enc_values_supported": None}
    assert read_request(parameters(client_metadata=metadata), is_signed=False).key is None
    asked = encrypted(KEY | {"alg": None, "use": None})
    asked["client_metadata"]["encrypted_response_enc_values_supported"] = None
    assert read_request(parameters(**asked), is_signed=False).encryption == "A128GCM"


@pytest.mark.parametrize(
    "client_id", ["origin:https://v.example", "https://v.example", "v", "x509_hash:", "did:web:v"]
)
def test_who_asks_names_itself_in_a_way_that_is_known(client_id: str) -> None:
    with pytest.raises(InputError, match="cannot be answered"):
        split_client_id(client_id)
    assert split_client_id("decentralized_identifier:did:web:v") == (Prefix.DID, "did:web:v")


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "code"},
        {"response_mode": "fragment"},
        {"nonce": None},
        {"nonce": "a b"},
        {"response_uri": None},
        {"dcql_query": None},
        {"transaction_data": ["x"]},
        {"presentation_definition": {}},
        {"scope": "badges"},
        {"redirect_uri": "https://v.example"},
        {"client_metadata": []},
        {"response_mode": "direct_post.jwt"},
        encrypted({**KEY, "crv": "P-384"}),
        encrypted(KEY, "A128CBC-HS256"),
    ],
)
def test_what_cannot_be_answered_here_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read_request(parameters(**changes), is_signed=False)


def test_a_signed_request_is_for_wallets() -> None:
    assert read_request(parameters(aud="https://self-issued.me/v2"), is_signed=True).nonce == "n-1"
    with pytest.raises(InputError, match="another wallet"):
        read_request(parameters(aud="https://other.example"), is_signed=True)


def test_the_stronger_encryption_is_chosen() -> None:
    told = encrypted({"kty": "OKP"}, "A128GCM", "A256GCM")
    told["client_metadata"]["jwks"]["keys"].append(KEY)
    read = read_request(parameters(**told), is_signed=False)
    assert (read.key, read.encryption) == (KEY, "A256GCM")
