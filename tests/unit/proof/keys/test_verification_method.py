from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, UnknownKindError, UnsupportedKeyError, VerificationMethodError
from credserv.proof.keys.public_key import require_ed25519_point
from credserv.proof.keys.verification_method import (
    build_did_document,
    did_key,
    did_key_document,
    did_web,
    did_web_url,
    find_method,
    subject_of,
)
from tests.testkit.proofs import issuer

ISSUER = issuer()
KEY = ISSUER.signer.public_key_multibase


def test_what_is_remembered_of_a_did_key_is_of_its_own_document_alone() -> None:
    did = did_key(KEY)
    method_id = f"{did}#{KEY}"
    computed = did_key_document(did)
    found = find_method(computed, method_id, purpose="assertionMethod")
    assert found.expires is None
    assert find_method(computed, method_id, purpose="assertionMethod") is found
    entry = {**computed["verificationMethod"][0], "expires": "2026-01-01T00:00:00Z"}
    other = {**computed, "verificationMethod": [entry], "assertionMethod": [method_id]}
    assert find_method(other, method_id, purpose="assertionMethod").expires is not None
    for document in ({**computed, "assertionMethod": []}, {**computed, "id": "did:key:z1"}, {}):
        with pytest.raises(VerificationMethodError):
            find_method(document, method_id, purpose="assertionMethod")
    with pytest.raises(VerificationMethodError):
        find_method(computed, method_id, purpose="keyAgreement")
    with pytest.raises(VerificationMethodError):
        find_method(computed, f"{did}#other", purpose="assertionMethod")


def test_a_did_key_document_is_computed_from_the_did() -> None:
    did = did_key(KEY)
    document = did_key_document(did)
    assert document["id"] == did == f"did:key:{KEY}"
    for purpose in ("assertionMethod", "authentication"):
        method = find_method(document, f"{did}#{KEY}", purpose=purpose)
        assert (method.controller, method.key_type) == (did, KeyType.ED25519)
        assert method.public_key == ISSUER.key.public_key().public_bytes_raw()


@pytest.mark.parametrize("did", ["did:key:", "did:key:zz", f"did:key:{KEY}#{KEY}", f"did:web:{KEY}", KEY, ""])
def test_what_is_no_did_key_is_refused(did: str) -> None:
    with pytest.raises(InputError):
        did_key_document(did)


@pytest.mark.parametrize(
    ("address", "did", "document"),
    [
        (
            "https://badges.example",
            "did:web:badges.example",
            "https://badges.example/.well-known/did.json",
        ),
        ("https://badges.example:443/", "did:web:badges.example", None),
        (
            "https://w3c-ccg.github.io/user/alice",
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        ("https://xn--bcher-kva.example", "did:web:xn--bcher-kva.example", None),
        ("https://BADGES.example", "did:web:badges.example", None),
    ],
)
def test_did_web_and_its_document(address: str, did: str, document: str | None) -> None:
    assert did_web(address) == did
    if document:
        assert did_web_url(did) == document


def test_a_did_web_has_at_most_a_thousand_characters() -> None:
    did = "did:web:badges.example:"
    did += "a" * (1_000 - len(did))
    assert did_web_url(did).endswith("a/did.json")
    with pytest.raises(InputError):
        did_web_url(f"{did}a")


def test_a_port_is_written_and_followed_only_when_allowed() -> None:
    did = did_web("https://badges.example:8443/x")
    assert did == "did:web:badges.example%3A8443:x"
    assert did_web_url(did, allow_port=True) == "https://badges.example:8443/x/did.json"
    with pytest.raises(InputError, match="port"):
        did_web_url(did)


@pytest.mark.parametrize(
    "address",
    [
        "http://badges.example",
        "https://127.0.0.1",
        "https://[::1]",
        "https://2130706433",
        "https://0x7f.1",
        "https://localhost",
        "https://badges.example.",
        "https://user@badges.example",
        "https://badges.example?x",
        "https://badges.example#x",
        "https://badges.example/a b",
        "https://badges.example/../x",
        "https://badges.example:99999",
        "https://bücher.example",
        "",
    ],
)
def test_addresses_that_make_no_did_web(address: str) -> None:
    with pytest.raises(InputError):
        did_web(address)


@pytest.mark.parametrize(
    "did",
    [
        "did:web:",
        "did:web:127.0.0.1",
        "did:web:127.0.0.1%3A6379",
        "did:web:[::1]",
        "did:web:10.1",
        "did:web:a.example:..:b",
        "did:web:a.example:.:b",
        "did:web:a.example:%2e%2e",
        "did:web:a.example::b",
        "did:web:a.example:b/c",
        "did:web:a.example:b?x",
        "did:web:a.example#x",
        "did:web:a.example%2Fx",
        "did:web:user@a.example",
        "did:web:A.example",
        "did:web:a.example%3a8443",
        "did:web:localhost",
        "did:web:a.example\n",
        "did:web:" + "a" * 300 + ".example",
        "did:key:" + KEY,
    ],
)
def test_did_webs_that_are_not_followed(did: str) -> None:
    with pytest.raises(InputError):
        did_web_url(did)


def test_the_highest_port_is_one() -> None:
    found = did_web_url("did:web:badges.example%3A65535", allow_port=True)
    assert found == "https://badges.example:65535/.well-known/did.json"


@pytest.mark.parametrize("port", ["0", "00443", "65536", "-1", "443x", ""])
def test_ports_that_are_none(port: str) -> None:
    with pytest.raises(InputError):
        did_web_url(f"did:web:a.example%3A{port}", allow_port=True)


def test_a_built_document_lists_its_keys_for_assertion_alone() -> None:
    did = "did:web:badges.example"
    document = build_did_document(did, [(f"{did}#{KEY}", KEY)])
    assert document["assertionMethod"] == [f"{did}#{KEY}"]
    assert "authentication" not in document
    assert find_method(document, f"{did}#{KEY}", purpose="assertionMethod").id == f"{did}#{KEY}"
    with pytest.raises(VerificationMethodError, match="authentication"):
        find_method(document, f"{did}#{KEY}", purpose="authentication")


def legacy(**changes: Any) -> dict[str, Any]:
    """A document that embeds its method under the purpose, as issuers in the field have it."""
    did = "did:web:badges.example"
    method = {
        "id": f"{did}#{KEY}",
        "type": "Ed25519VerificationKey2020",
        "controller": did,
        "publicKeyMultibase": KEY,
    }
    return {"id": did, "assertionMethod": [method]} | changes


def test_an_embedded_method_of_an_older_type() -> None:
    method_id = legacy()["assertionMethod"][0]["id"]
    assert find_method(legacy(), method_id, purpose="assertionMethod").key_type is KeyType.ED25519
    twice = legacy(verificationMethod=legacy()["assertionMethod"])
    assert find_method(twice, method_id, purpose="assertionMethod")
    other = legacy()["assertionMethod"][0] | {"publicKeyMultibase": issuer(2).signer.public_key_multibase}
    with pytest.raises(VerificationMethodError, match="several"):
        find_method(legacy(verificationMethod=[other]), method_id, purpose="assertionMethod")
    with pytest.raises(VerificationMethodError):
        find_method(legacy(), method_id, purpose="authentication")


# Arithmetic on edwards25519 (RFC 8032, section 5.1.4), to find the points of small order anew.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def recover(y: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if (x * x - square) % P == 0 else None


def times(count: int, point: Point) -> Point:
    total = (0, 1)
    while count:
        if count & 1:
            total = add(total, point)
        point, count = add(point, point), count >> 1
    return total


def test_the_refused_points_are_those_of_small_order() -> None:
    """A point times the group order is of small order; some of those found this way are of order eight."""
    order = 2**252 + 27742317777372353535851937790883648493
    small: set[Point] = set()
    candidates = (recover(y) for y in range(2, 1_000))
    while len(small) < 8:
        point = next(candidates)
        if point is not None:
            seed = times(order, point)
            small |= {times(count, seed) for count in range(8)}
    for x, y in small:
        encoded = (y | (x & 1) << 255).to_bytes(32, "little")
        with pytest.raises(VerificationMethodError):
            require_ed25519_point(encoded)


def test_ordinary_points_are_accepted() -> None:
    for seed in range(1, 30):
        require_ed25519_point(issuer(seed).key.public_key().public_bytes_raw())


def test_only_a_did_with_a_history_is_asked_for_without_its_query() -> None:
    for name, asked in (
        ("did:web:a.example?versionId=1", "did:web:a.example?versionId=1"),
        ("did:webvh:x:a.example?versionId=1", "did:webvh:x:a.example"),
    ):
        assert subject_of(f"{name}#key") == asked


@pytest.mark.parametrize(("segment", "is_unknown"), [("%41", True), ("a%20b", True), ("%2e%2e", False)])
def test_a_percent_is_not_followed_and_none_hides_a_step_up(segment: str, is_unknown: bool) -> None:
    with pytest.raises(InputError) as caught:
        did_web_url(f"did:web:a.example:{segment}")
    assert isinstance(caught.value, UnknownKindError) is is_unknown


def test_a_method_that_is_in_no_form_in_its_document_is_none_of_it() -> None:
    """In a form that is not read it may be right, and nothing is known."""
    did = "did:web:a.example"
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": KEY}
    for document, is_unknown in (
        ({"id": did}, False),
        ({"id": did, "publicKey": [method | {"id": f"{did}#other"}]}, False),
        ({"id": did, "publicKey": [method]}, True),
        ({"id": did, "verificationMethod": [method | {"id": f"{did}#other"}]}, False),
    ):
        with pytest.raises(VerificationMethodError) as caught:
            find_method(document, f"{did}#k", purpose="assertionMethod")
        assert isinstance(caught.value, UnsupportedKeyError) is is_unknown
