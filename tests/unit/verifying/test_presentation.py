"""What is taken for a presentation, before anything of it is verified."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from credserv.verifying.presentation import is_presentation


def token(header: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in (header, {"iss": "did:example:1"})]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "AAAA"])


@pytest.mark.parametrize(
    ("typ", "taken"),
    [
        ("vp+jwt", True),
        ("VP+SD-JWT", True),
        ("application/vp+jwt", True),
        ("vc+jwt", False),
        ("application/vc+sd-jwt", False),
        ("at+jwt", False),
        (["vp+jwt"], False),
    ],
)
def test_a_token_says_by_its_typ_whether_it_is_a_presentation(typ: object, taken: bool) -> None:
    assert is_presentation(token({"alg": "ES256", "typ": typ})) is taken
    assert is_presentation(f"{token({'alg': 'ES256', 'typ': typ})}~disclosure~") is taken


def test_what_is_no_token_is_no_presentation() -> None:
    assert is_presentation("no token at all") is False


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (["VerifiablePresentation"], True),
        (["EnvelopedVerifiablePresentation"], True),
        (["VerifiablePresentation", "VerifiableCredential"], False),
        (["VerifiableCredential"], False),
        ([], False),
    ],
)
def test_a_document_says_it_by_its_type(types: list[str], taken: bool) -> None:
    assert is_presentation({"type": types}) is taken
