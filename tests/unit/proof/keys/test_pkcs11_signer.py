"""A key in a token, SoftHSM 2 in this process: what it signs, and what is told where it does not."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.proof.keys import pkcs11_signer
from credserv.proof.keys.pkcs11_signer import (
    Hardware,
    Token,
    create_token_key,
    list_token_keys,
    open_token_key,
    uri_of,
)
from credserv.proof.keys.public_key import verify_signature
from credserv.proof.keys.signer import open_signer, read_private_key
from tests.testkit.softhsm import IS_INSTALLED, MODULE, init_token

pkcs11 = pytest.importorskip("pkcs11", reason="the package of tokens is not installed")
LABEL, PIN = "credserv unit", "4711-0815"
KINDS = (KeyType.ED25519, KeyType.P256)


@pytest.fixture(scope="module")
def hardware(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hardware]:
    if not IS_INSTALLED:
        pytest.skip("SoftHSM 2 is not installed")
    conf = init_token(tmp_path_factory.mktemp("hsm"), LABEL, PIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        made = Hardware(MODULE, LABEL, PIN)
        for kind in KINDS:
            create_token_key(made, f"key {kind.name}", kind)
        yield made


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_token_signs_verifies(hardware: Hardware, kind: KeyType) -> None:
    uri = uri_of(hardware, f"key {kind.name}")
    assert uri == f"pkcs11:token=credserv%20unit;object=key%20{kind.name}"
    signer = open_signer(uri, keys_dir=Path(), passphrase=b"", hardware=hardware)
    assert signer.key_type is kind
    assert signer.sign_again(b"") is None  # the token alone has the key
    verify_signature(*decode_multikey(signer.public_key_multibase), signer.sign(b"data"), b"data")
    assert signer.public_key_multibase in repr(signer)
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(signer)
    with pytest.raises(SigningKeyError, match="in hardware, which does not give it away"):
        read_private_key(uri, keys_dir=Path(), passphrase=b"x")


def test_a_token_logs_in_again_after_a_fork(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    token = pkcs11_signer._token(hardware)
    before = token.ask(lambda session: session)
    assert token.ask(lambda session: session) is before
    monkeypatch.setattr(os, "getpid", lambda: 7)
    after = token.ask(lambda session: session)
    assert after is not before
    assert token.ask(lambda session: session) is after
    assert dict(list_token_keys(hardware))["key P256"] is KeyType.P256
    monkeypatch.undo()
    assert len(list_token_keys(hardware)) == 2


def test_the_library_starts_again_before_a_new_session(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that was started before a fork, or before its token was pulled out, may not answer."""
    started, library = list[str](), pkcs11_signer._library()

    def lib(path: str) -> Any:
        module = library.lib(path)

        def reinitialize() -> None:
            started.append(path)
            module.reinitialize()

        return SimpleNamespace(get_token=module.get_token, reinitialize=reinitialize)

    watched = SimpleNamespace(lib=lib, exceptions=pkcs11.exceptions)
    monkeypatch.setattr(pkcs11_signer, "_library", lambda: watched)
    token = Token(hardware)
    token.ask(lambda session: session)
    assert not started
    token._forget()
    token.ask(lambda session: session)
    assert len(started) == 1
    monkeypatch.setattr(os, "getpid", lambda: 7)
    for _ in range(2):
        token.ask(lambda session: session)
    assert len(started) == 2


def test_one_process_logs_into_a_token_once(hardware: Hardware) -> None:
    assert pkcs11_signer._token(hardware) is pkcs11_signer._token(Hardware(hardware.module, LABEL, "other"))
    assert [name for name, _ in list_token_keys(hardware)] == ["key ED25519", "key P256"]
    another = Token(hardware)  # as of a library that was logged in by somebody else in this process
    assert another.ask(lambda session: session) is not None


def test_a_session_that_was_lost_is_replaced_once(hardware: Hardware) -> None:
    token, asked = pkcs11_signer._token(hardware), list[Any]()

    def lost(times: int) -> Callable[[Any], int]:
        def question(session: Any) -> int:
            asked.append(session)
            if len(asked) <= times:
                raise pkcs11.exceptions.SessionHandleInvalid
            return len(asked)

        return question

    assert token.ask(lost(1)) == 2
    assert asked[0] is not asked[1]
    asked.clear()
    with pytest.raises(SigningKeyError, match=r"credserv unit does not answer \(SessionHandleInvalid\)"):
        token.ask(lost(2))
    assert len(asked) == 2
    assert len(list_token_keys(hardware)) == 2


@pytest.mark.parametrize("error", [pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinLocked])
def test_a_pin_that_was_refused_is_not_tried_again(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    token, tried = Token(hardware), list[int]()

    def refuse() -> None:
        tried.append(1)
        raise error

    monkeypatch.setattr(token, "_logged_in", refuse)
    for _ in range(2):
        with pytest.raises(SigningKeyError, match="PIN"):
            token.ask(lambda session: session)
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("pkcs11:token=another;object=key P256", "is in the token another: set CREDSERV_PKCS11_MODULE"),
        ("pkcs11:object=key", "not a key in a token"),
        ("pkcs11:token=credserv%20unit;object=none", "does not have this key"),
    ],
)
def test_what_a_token_does_not_have(hardware: Hardware, uri: str, why: str) -> None:
    with pytest.raises(SigningKeyError, match=why):
        open_token_key(uri, hardware)
    with pytest.raises(SigningKeyError, match="set CREDSERV_PKCS11_MODULE"):
        open_token_key(uri_of(hardware, "key P256"), None)


def test_a_token_that_is_not_there_is_named(hardware: Hardware) -> None:
    with pytest.raises(SigningKeyError, match="the token elsewhere is not there"):
        list_token_keys(Hardware(hardware.module, "elsewhere", PIN))
    assert repr(hardware) == f"<Hardware credserv unit by {hardware.module}>"


@pytest.mark.parametrize(
    ("label", "kind", "why"),
    [
        ("key P256", KeyType.ED25519, "has a key key P256 already"),
        ("", KeyType.P256, "a label is"),
        ("../key", KeyType.P256, "a label is"),
        ("k" * 33, KeyType.P256, "a label is"),
        ("p384", KeyType.P384, "Ed25519 or P-256"),
    ],
)
def test_no_key_is_made_by_another_form_or_over_one(
    hardware: Hardware, label: str, kind: KeyType, why: str
) -> None:
    with pytest.raises(SigningKeyError, match=why):
        create_token_key(hardware, label, kind)
    assert len(list_token_keys(hardware)) == 2


class Other:
    """A key without a point, as RSA."""

    def __getitem__(self, _name: object) -> bytes:
        raise pkcs11.exceptions.AttributeTypeInvalid


def key(curve: KeyType | None, point: bytes) -> dict[Any, bytes]:
    parameters = pkcs11_signer._curve(curve) if curve else b"\x06\x00"
    return {pkcs11.Attribute.EC_POINT: point, pkcs11.Attribute.EC_PARAMS: parameters}


X, ODD, EVEN = b"\1" * 32, b"\2" * 31 + b"\3", b"\2" * 32


@pytest.mark.parametrize(
    ("found", "kind", "public"),
    [
        (key(KeyType.ED25519, X), KeyType.ED25519, X),
        (key(KeyType.ED25519, b"\4\x20" + X), KeyType.ED25519, X),
        (key(KeyType.P256, b"\4" + X + ODD), KeyType.P256, b"\3" + X),
        (key(KeyType.P256, b"\4\x41\4" + X + EVEN), KeyType.P256, b"\2" + X),
    ],
)
def test_a_public_key_is_read_bare_or_wrapped(found: Any, kind: KeyType, public: bytes) -> None:
    assert pkcs11_signer._public_key(found) == (kind, public)
    assert pkcs11_signer._kind_of(found) is kind


@pytest.mark.parametrize(
    "found",
    [
        Other(),
        key(None, b"\4" + X + ODD),
        key(None, X),
        key(KeyType.ED25519, X + b"\0"),
        key(KeyType.ED25519, b"\4" + X + ODD),
        key(KeyType.P256, X),
        key(KeyType.P256, b"\4" + X + ODD + b"\0"),
        key(KeyType.P256, b"\2" + X + ODD),
        key(KeyType.P256, b"\4\x41\2" + X + ODD),
    ],
)
def test_a_key_of_another_kind_does_not_sign_here(found: Any) -> None:
    with pytest.raises(SigningKeyError, match="neither Ed25519 nor P-256"):
        pkcs11_signer._public_key(found)
    assert pkcs11_signer._kind_of(found) is None
