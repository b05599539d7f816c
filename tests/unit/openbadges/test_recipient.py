"""Whom a subject names, against what a reader knows."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from credserv.openbadges.recipient import names, names_two_addresses

DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


def identity(
    value: str, kind: str = "emailAddress", *, hashed: bool = False, **changes: Any
) -> dict[str, Any]:
    return {"type": "IdentityObject", "hashed": hashed, "identityHash": value, "identityType": kind} | changes


def salted(
    value: str, kind: str = "emailAddress", salt: str = "Kosher", algorithm: str = "sha256"
) -> dict[str, Any]:
    digest = hashlib.new(algorithm, (value + salt).encode()).hexdigest()
    return identity(f"{algorithm}${digest}", kind, hashed=True, salt=salt)


def test_the_example_of_the_standard() -> None:
    stated = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    subject = {"identifier": identity(stated, hashed=True, salt="Kosher")}
    assert names(subject, "a@example.com") is True
    assert names(subject, "b@example.com") is False


@pytest.mark.parametrize(
    ("subject", "known", "expected"),
    [
        ({"identifier": [salted("sam@example.org")]}, "sam@example.org", True),
        ({"identifier": [salted("sam@example.org")]}, "Sam@Example.org", True),
        ({"identifier": [salted("Sam@Example.org")]}, "Sam@Example.org", True),
        ({"identifier": [salted("Sam@Example.org")]}, "sam@example.org", False),
        ({"identifier": [salted("Sam.Roe@example.org")]}, "sam.roe@example.org", True),
        ({"identifier": [salted("SAM@EXAMPLE.ORG")]}, "sam@example.org", True),
        ({"identifier": [salted("zoe\u0308@example.org")]}, "zo\u00eb@example.org", True),
        ({"identifier": [salted("zo\u00eb@example.org")]}, "zoe\u0308@example.org", True),
        ({"identifier": [salted("sam@xn--bcher-kva.example")]}, "sam@bücher.example", True),
        ({"identifier": [salted("sam@bücher.example")]}, "sam@xn--bcher-kva.example", True),
        ({"identifier": [salted("sam@fass.example")]}, "sam@faß.example", False),
        ({"identifier": [identity("sam@bücher.example")]}, "Sam@xn--bcher-kva.example", True),
        ({"id": "mailto:sam@b%C3%BCcher.example"}, "sam@bücher.example", True),
        ({"identifier": [salted("sam@example.org", algorithm="md5")]}, "sam@example.org", True),
        ({"identifier": [salted("sam@example.org", salt="")]}, "sam@example.org", True),
        ({"identifier": [salted("a@b.example"), salted("sam@example.org")]}, "sam@example.org", True),
        ({"identifier": [identity("Sam@Example.ORG")]}, "sam@example.org", True),
        ({"identifier": [identity("sam@example.org", "userName")]}, "sam@example.org", None),
        ({"id": "mailto:Sam@example.org"}, "sam@example.org", True),
        ({"id": "mailto:kim@example.org"}, "sam@example.org", False),
        ({"id": DID}, "sam@example.org", None),
        ({"id": DID}, DID, True),
        ({"id": DID + "x"}, DID, False),
        ({"identifier": [salted("sam@example.org")]}, DID, None),
        ({"identifier": [identity(DID, "identifier")]}, DID, True),
        ({"id": DID, "identifier": [identity("4711", "sisSourcedId")]}, DID, True),
        ({"identifier": [identity("4711", "sisSourcedId")]}, "4711", True),
        ({"identifier": [salted("4711", "sisSourcedId")]}, "4711", True),
        ({"identifier": [identity("4712", "sisSourcedId")]}, "4711", False),
        ({"identifier": [identity("Sam Roe", "name")]}, "Sam Roe", None),
        ({}, "sam@example.org", None),
        ({"identifier": "sam@example.org"}, "sam@example.org", None),
    ],
)
def test_who_is_meant(subject: dict[str, Any], known: str, expected: bool | None) -> None:
    assert names(subject, known) is expected


@pytest.mark.parametrize(
    "broken",
    [
        {"identityHash": None},
        {"identityHash": {"en": "x"}},
        {"identityHash": "sha1$" + "a" * 40},
        {"identityHash": "sha256$" + "g" * 64},
        {"identityHash": "sha256$"},
        {"salt": 7},
        {"hashed": "true"},
        {"hashed": None},
    ],
)
def test_what_cannot_be_read_is_not_compared(broken: dict[str, Any]) -> None:
    assert names({"identifier": [salted("sam@example.org") | broken]}, "sam@example.org") is None


def test_a_hash_is_no_password_for_itself() -> None:
    """Whoever gives the published hash in a person's place is not that person."""
    held = salted("sam@example.org")
    assert names({"identifier": [held]}, held["identityHash"]) is None
    other = salted("4711", "sisSourcedId")
    assert names({"identifier": [other]}, other["identityHash"]) is False


def test_lone_surrogates_are_compared_like_any_text() -> None:
    assert names({"identifier": [salted("sam@example.org")]}, "\ud800@example.org") is False


def test_two_addresses_in_one_subject_are_seen() -> None:
    both = {"id": "mailto:sam@example.org", "identifier": [salted("kim@example.org")]}
    assert names_two_addresses(both)
    assert not names_two_addresses({**both, "identifier": [salted("sam@example.org")]})
    assert not names_two_addresses({**both, "id": DID})
    assert not names_two_addresses({"id": "mailto:sam@example.org"})
