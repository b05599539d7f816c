"""COSE_Sign1 as an issuer makes it, or a forger who signs whatever bytes they like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from credserv.proof.tokens.cose import signed_bytes
from tests.testkit.tokens import TokenIssuer

ALGORITHMS = {"ES256": -7, "ES384": -35, "ES512": -36, "EdDSA": -8, "ES256K": -47}


def encode(value: Any) -> bytes:
    """CBOR, in the shortest spelling. A tuple of pairs is a map with these members, be some the same."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    pairs = value if isinstance(value, tuple) else tuple(value.items())
    return _head(5, len(pairs)) + b"".join(encode(key) + encode(member) for key, member in pairs)


def header(by: TokenIssuer, changes: Mapping[int, Any] | None = None) -> dict[int, Any]:
    """Of a vc+cose. A change to None leaves a label out."""
    own = {
        1: ALGORITHMS[by.algorithm],
        3: "application/vc",
        4: by.method.encode(),
        16: "application/vc+cose",
    }
    return {label: value for label, value in {**own, **(changes or {})}.items() if value is not None}


def forge(
    by: TokenIssuer,
    protected: Any,
    payload: Mapping[str, Any] | bytes,
    beside: Mapping[int, Any] | None = None,
) -> bytes:
    """A tagged COSE_Sign1 whose signature is good, whatever it says. protected: a header, or its bytes."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = protected if isinstance(protected, bytes) else encode(protected)
    signature = by.signer.sign(signed_bytes(head, content))
    return b"\xd2" + encode([head, dict(beside or {}), content, signature])


def sign_cose(by: TokenIssuer, credential: Mapping[str, Any], **changes: Any) -> bytes:
    return forge(by, header(by), {**credential, **changes})


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    power = next(power for power in range(4) if number < 1 << (8 << power))
    return bytes([major << 5 | 24 + power]) + number.to_bytes(1 << power, "big")
