"""`credserv verify --key` and `--did-document`: keys of an issuer that nobody can look up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from credserv.ground.errors import CredservError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.processes.commands.context import read_file
from credserv.proof.keys.jwk import build_jwk, read_jwk
from credserv.proof.keys.pem_key import read_public_pem
from credserv.proof.tokens.jws import peek_header

_METHOD = re.compile(rb'"verificationMethod"\s*:\s*"([!-~]{1,1000}?)"')
_SELF_CONTAINED = ("did:key:", "did:jwk:")
_PURPOSES = ("assertionMethod", "authentication")
_MAX_NAMES = 16


@dataclass(frozen=True)
class GivenKeys:
    """Keys of issuers. `documents` are by id; `key` is a public JWK for any issuer without a document."""

    documents: Mapping[str, JsonObject] = field(default_factory=dict)
    key: JsonObject | None = None

    def resolve_with(
        self, resolve_did: Callable[[str], JsonObject], data: bytes
    ) -> Callable[[str], JsonObject]:
        """Return `resolve_did` preferring what was given.

        `data` is being checked; it names its proofs' methods.
        """

        def resolve(did: str) -> JsonObject:
            if did in self.documents:
                return self.documents[did]
            if self.key is None or did.startswith(_SELF_CONTAINED):
                return resolve_did(did)
            return _document(did, self.key, _names(did, data))

        return resolve


def read_given(key: Path | None, documents: Sequence[Path]) -> GivenKeys:
    """Read the files. Raises click.BadParameter for one without a public key or an issuer's document."""
    found: dict[str, JsonObject] = {}
    for path in documents:
        document = _read(path, parse_json_object, "--did-document")
        if not isinstance(document.get("id"), str) or "verificationMethod" not in document:
            raise click.BadParameter(f"{path} lists no keys under an id", param_hint="--did-document")
        found[document["id"]] = document
    return GivenKeys(found, None if key is None else _read(key, _read_key, "--key"))


def _read_key(data: bytes) -> dict[str, Any]:
    """Read a public key in PEM or as a JSON Web Key."""
    if data.lstrip().startswith(b"{"):
        jwk = parse_json_object(data)
        read_jwk(jwk)
        return jwk
    key = read_public_pem(data.decode("ascii", "replace"))
    if key.key_type is None:
        raise InputError("give an RSA key as a JWK")
    return dict(build_jwk(key.key_type, key.public_key))


def _read(path: Path, read: Callable[[bytes], Any], option: str) -> Any:
    try:
        return read(read_file(path))
    except CredservError as error:
        raise click.BadParameter(f"{path}: {error.detail}", param_hint=option) from error


def _names(did: str, data: bytes) -> list[str]:
    """Return what the proofs call the key."""
    named = [name.decode() for name in _METHOD.findall(data)]
    with suppress(CredservError, UnicodeDecodeError):  # not a token
        named.append(str(peek_header(data.strip().decode("ascii").partition("~")[0]).get("kid", "")))
    absolute = [did + name if name.startswith("#") else name for name in named]
    own = [name for name in dict.fromkeys(absolute) if name.startswith(f"{did}#")]
    return own[:_MAX_NAMES] or [f"{did}#key"]


def _document(did: str, key: JsonObject, names: Sequence[str]) -> JsonObject:
    method = {"type": "JsonWebKey", "controller": did, "publicKeyJwk": dict(key)}
    listed = {purpose: list(names) for purpose in _PURPOSES}
    return {"id": did, "verificationMethod": [{"id": name, **method} for name in names], **listed}
