"""Keys in hardware: a PKCS#11 token makes the signatures, and no key leaves it.

`pkcs11:token=LABEL;object=LABEL` names a key (RFC 7512). Supported are Ed25519 (PKCS#11 3.0, EDDSA) and P-256
(ECDSA over the digest, as r and s). P-256 signatures differ each time; of two for one badge, the first one
stored counts.

A session belongs to one process and one token, and a login holds for all sessions of a process. After a token
was removed, the next signature logs in again.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote, unquote

from credserv.ground.encoding import KeyType, encode_multikey
from credserv.ground.errors import SigningKeyError

T = TypeVar("T")

SCHEME = "pkcs11:"
_URI = re.compile(r"pkcs11:token=([^;]+);object=([^;]+)").fullmatch
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}", re.ASCII).fullmatch
# PrintableString "edwards25519": what tokens take as EC_PARAMS of Ed25519 (RFC 8032's curve by its name).
_EDWARDS25519 = bytes.fromhex("130c656477617264733235353139")
_KINDS = (KeyType.ED25519, KeyType.P256)
_LOCK = threading.RLock()
_OPENED: dict[tuple[Path, str], Token] = {}


@dataclass(frozen=True)
class Hardware:
    """A token: the library that talks to it, its label, and its PIN."""

    module: Path
    label: str
    pin: str

    def __repr__(self) -> str:
        return f"<Hardware {self.label} by {self.module}>"


class Token:
    """One token in this process, logged in at first use. Threads share it and take turns."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware
        self._lock = threading.Lock()
        self._session: Any = None
        self._process = os.getpid()
        self._is_stale = False
        self._refused = ""  # a wrong PIN is not tried again: a token locks after some tries

    def ask(self, question: Callable[[Any], T]) -> T:
        """Return the answer of a session; a lost session is replaced once.

        Raises SigningKeyError if the token is absent or refuses.
        """
        library = _library()
        with self._lock:
            for attempt in (1, 2):
                if self._refused:
                    raise SigningKeyError(self._refused)
                try:
                    return question(self._logged_in())
                except library.exceptions.PKCS11Error as error:
                    said = f"the token {self._hardware.label} {_why(error)}"
                    self._forget()
                    if isinstance(error, library.exceptions.PinIncorrect | library.exceptions.PinLocked):
                        self._refused = said
                    if attempt == 2 or self._refused:
                        raise SigningKeyError(said) from None
        raise AssertionError("unreachable")

    def _logged_in(self) -> Any:
        """Return a session, a new one after a fork or a failure.

        After a fork, earlier sessions are void (PKCS#11 3.0, section 5.6); after a failure, only a new
        session sees a token that was plugged in again.
        """
        forked = self._process != os.getpid()
        if self._session is not None and not forked:
            return self._session
        library, hardware = _library(), self._hardware
        module = library.lib(str(hardware.module))
        if forked or self._is_stale:
            module.reinitialize()
        self._process = os.getpid()
        token = module.get_token(token_label=hardware.label)
        try:
            self._session = token.open(user_pin=hardware.pin, rw=True)
        except library.exceptions.UserAlreadyLoggedIn:
            self._session = token.open(rw=True)
        self._is_stale = False
        return self._session

    def _forget(self) -> None:
        """Leave the session; it ends when the library starts again."""
        self._session, self._is_stale = None, True


class TokenSigner:
    """A key in a token."""

    __slots__ = ("_label", "_token", "key_type", "public_key_multibase")

    def __init__(self, token: Token, label: str, key_type: KeyType, public_key: bytes) -> None:
        self._token = token
        self._label = label
        self.key_type = key_type
        self.public_key_multibase = encode_multikey(key_type, public_key)

    def sign_again(self, _data: bytes) -> None:
        """Return None: only the token has the key."""

    def sign(self, data: bytes) -> bytes:
        """Sign. Raises SigningKeyError."""
        library = _library()

        def signed(session: Any) -> bytes:
            key = session.get_key(object_class=library.ObjectClass.PRIVATE_KEY, label=self._label)
            if self.key_type is KeyType.ED25519:
                return bytes(key.sign(data, mechanism=library.Mechanism.EDDSA))
            return bytes(key.sign(hashlib.sha256(data).digest(), mechanism=library.Mechanism.ECDSA))

        return self._token.ask(signed)

    def __repr__(self) -> str:
        return f"<TokenSigner {self.public_key_multibase}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or written anywhere")


def uri_of(hardware: Hardware, label: str) -> str:
    return f"{SCHEME}token={quote(hardware.label)};object={quote(label)}"


def open_token_key(uri: str, hardware: Hardware | None) -> TokenSigner:
    """Open a key by its URI.

    Raises SigningKeyError: no token in the settings, another token, no answer, or no such key.
    """
    token, label = _parts(uri, hardware)
    wanted = {"object_class": _library().ObjectClass.PUBLIC_KEY, "label": label}
    key_type, public_key = token.ask(lambda session: _public_key(session.get_key(**wanted)))
    return TokenSigner(token, label, key_type, public_key)


def create_token_key(hardware: Hardware, label: str, key_type: KeyType) -> TokenSigner:
    """Create a key in the token that it never exports. An existing key is never overwritten.

    Raises SigningKeyError, also for a label that is taken.
    """
    if not _LABEL(label):
        raise SigningKeyError("a label is up to 32 letters, digits, spaces and ._-")
    if key_type not in _KINDS:
        raise SigningKeyError("keys in hardware are Ed25519 or P-256")
    library = _library()
    is_edwards = key_type is KeyType.ED25519
    made = {"mechanism": library.Mechanism.EC_EDWARDS_KEY_PAIR_GEN} if is_edwards else {}

    def create(session: Any) -> None:
        if list(session.get_objects({library.Attribute.LABEL: label})):
            raise SigningKeyError(f"the token {hardware.label} has a key {label} already")
        parameters = session.create_domain_parameters(
            library.KeyType.EC_EDWARDS if is_edwards else library.KeyType.EC,
            {library.Attribute.EC_PARAMS: _curve(key_type)},
            local=True,
        )
        parameters.generate_keypair(store=True, label=label, id=os.urandom(8), **made)

    _token(hardware).ask(create)
    return open_token_key(uri_of(hardware, label), hardware)


def list_token_keys(hardware: Hardware) -> tuple[tuple[str, KeyType | None], ...]:
    """Return the token's public keys by label, with None for a kind that credserv cannot sign with.

    Raises SigningKeyError.
    """
    library = _library()
    public = {library.Attribute.CLASS: library.ObjectClass.PUBLIC_KEY}

    def find(session: Any) -> list[tuple[str, KeyType | None]]:
        return [
            (str(key[library.Attribute.LABEL]), _kind_of(key)) for key in list(session.get_objects(public))
        ]

    return tuple(sorted(_token(hardware).ask(find), key=lambda one: one[0]))


def _kind_of(key: Any) -> KeyType | None:
    try:
        return _public_key(key)[0]
    except SigningKeyError:
        return None


def _parts(uri: str, hardware: Hardware | None) -> tuple[Token, str]:
    named = _URI(uri)
    if named is None:
        raise SigningKeyError(f"not a key in a token: {uri[:80]!r}")
    token, label = unquote(named[1]), unquote(named[2])
    if hardware is None or hardware.label != token:
        raise SigningKeyError(
            f"the key {label} is in the token {token}: set CREDSERV_PKCS11_MODULE, CREDSERV_PKCS11_TOKEN and "
            "CREDSERV_PKCS11_PIN"
        )
    return _token(hardware), label


def _token(hardware: Hardware) -> Token:
    """Return the process's one Token: a process logs into a token once."""
    with _LOCK:
        return _OPENED.setdefault((hardware.module, hardware.label), Token(hardware))


def _curve(key_type: KeyType) -> bytes:
    if key_type is KeyType.ED25519:
        return _EDWARDS25519
    from pkcs11.util.ec import encode_named_curve_parameters

    return bytes(encode_named_curve_parameters("secp256r1"))


def _public_key(key: Any) -> tuple[KeyType, bytes]:
    """Return kind and key: raw for Ed25519, compressed for P-256 (SEC 1, section 2.3.3).

    Tokens wrap it as an OCTET STRING.
    """
    library = _library()
    try:
        point, curve = bytes(key[library.Attribute.EC_POINT]), bytes(key[library.Attribute.EC_PARAMS])
    except library.exceptions.AttributeTypeInvalid:  # other kinds, such as RSA, have neither
        point = curve = b""
    if curve == _EDWARDS25519 and len(point) in (32, 34):
        return KeyType.ED25519, point[-32:]
    if curve == _curve(KeyType.P256) and len(point) in (65, 67) and point[-65] == 4:
        x, y = point[-64:-32], point[-32:]
        return KeyType.P256, bytes([2 + (y[-1] & 1)]) + x
    raise SigningKeyError("the token's key is neither Ed25519 nor P-256")


def _library() -> Any:
    try:
        import pkcs11
        import pkcs11.exceptions
    except ImportError:
        raise SigningKeyError(
            "keys in hardware need a package more: `pip install 'credserv[pkcs11]'`"
        ) from None
    return pkcs11


def _why(error: Exception) -> str:
    known = {
        "NoSuchToken": "is not there",
        "NoSuchKey": "does not have this key",
        "PinIncorrect": "does not take the PIN of CREDSERV_PKCS11_PIN",
        "PinLocked": "is locked: too many wrong PINs",
    }
    name = type(error).__name__
    return known.get(name, f"does not answer ({name if name != 'PKCS11Error' else str(error)[:200]})")
