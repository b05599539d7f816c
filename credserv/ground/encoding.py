"""Encodings that every floor uses: base64url, multibase, Multikey, instants. No I/O, no clock.

Multibase and Multikey: W3C Controlled Identifiers 1.0, sections 2.4 and 2.2.2. Only the canonical form of
each value is accepted, so that a key or signature has one spelling.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache

from credserv.ground.errors import InputError, UnknownKindError

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58 = re.compile(f"[{_LETTERS}]+", re.ASCII)
_TO_DIGITS = bytes.maketrans(_LETTERS.encode(), bytes(range(58)))
_PAIRS = [one + other for one in _LETTERS for other in _LETTERS]
_PAIR, _TEN = 58**2, 58**10  # ten digits fit a machine word
# The form that nearly every instant has; the library reads it as we do.
_is_usual_instant = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII).fullmatch
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,100}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_has_no_zone = re.compile(r"[^T]{10}T\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII).fullmatch
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
_MAX_MULTIBASE_CHARS = 2_048


class KeyType(Enum):
    """Multicodec prefix and raw public key length in bytes of each supported kind of Multikey."""

    ED25519 = (b"\xed\x01", 32)
    P256 = (b"\x80\x24", 33)
    P384 = (b"\x81\x24", 49)
    P521 = (b"\x82\x24", 67)
    SECP256K1 = (b"\xe7\x01", 33)

    @property
    def prefix(self) -> bytes:
        return self.value[0]

    @property
    def public_bytes(self) -> int:
        return self.value[1]


_ID_SECONDS = 62 << 10  # the six bits of `-` and `_`, 62 and 63, never come first


def random_token(octets: int) -> str:
    """Return a secret for an address, in base64url.

    It begins and ends in a letter or digit: programs that find links in text drop a final `_` or `-`, a first
    `-` makes an option of it in a shell, and a formula in a table.
    """
    while not ((token := secrets.token_urlsafe(octets))[0].isalnum() and token[-1].isalnum()):
        pass
    return token


def new_id(now: datetime) -> str:
    """Return an id for a row and its address: 22 characters.

    The first two say where in a span of 17.6 hours it was made; 112 random bits follow. Rows written together
    are thus together in every index; otherwise a lot of a hundred would change a page for each row and index.
    It begins and ends as `random_token`.
    """
    second = (int(now.timestamp()) % _ID_SECONDS).to_bytes(2, "big")
    while not (made := encode_base64url(second + secrets.token_bytes(14)))[-1].isalnum():
        pass
    return made


def hash_token(token: str) -> str:
    """Return the SHA-256 in hex, which is stored instead of a secret, so that a copied database opens
    nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def code_challenge(verifier: str) -> str:
    """Return the code challenge of a verifier by method S256 (RFC 7636, section 4.2)."""
    return encode_base64url(hashlib.sha256(verifier.encode()).digest())


def encode_base64url(data: bytes) -> str:
    """Return unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Decode. Raises InputError for padding, foreign characters or non-zero trailing bits."""
    if len(text) % 4 == 1 or "+" in text or "/" in text or "=" in text:
        raise InputError("not unpadded base64url")
    try:
        standard = text.encode("ascii").translate(_TO_STANDARD) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(standard, strict_mode=True)
    except ValueError as error:
        raise InputError("not unpadded base64url") from error
    whole = len(data) // 3
    if encode_base64url(data[3 * whole :]) != text[4 * whole :]:
        raise InputError("base64url with stray trailing bits")
    return data


def encode_base58btc(data: bytes) -> str:
    """Return multibase base58-btc: the letter `z`, then base58."""
    number = int.from_bytes(data, "big")
    tens = []
    while number:
        number, rest = divmod(number, _TEN)
        tens.append(_ten_letters(rest))
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(reversed(tens)).lstrip("1")


def _ten_letters(number: int) -> str:
    number, fifth = divmod(number, _PAIR)
    number, fourth = divmod(number, _PAIR)
    number, third = divmod(number, _PAIR)
    first, second = divmod(number, _PAIR)
    return _PAIRS[first] + _PAIRS[second] + _PAIRS[third] + _PAIRS[fourth] + _PAIRS[fifth]


def decode_base58btc(text: str) -> bytes:
    """Decode. Raises InputError for another multibase prefix, foreign characters, or over 2,048
    characters."""
    if len(text) > _MAX_MULTIBASE_CHARS or text[:1] != "z" or not _BASE58.fullmatch(text[1:]):
        raise InputError("not a base58-btc multibase value")
    number = 0
    for digit in text[1:].encode().translate(_TO_DIGITS):
        number = number * 58 + digit
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_multikey(key_type: KeyType, public_key: bytes) -> str:
    """Return a Multikey's `publicKeyMultibase`: multicodec prefix and raw bytes or compressed point."""
    return encode_base58btc(key_type.prefix + public_key)


@lru_cache(maxsize=1024)
def decode_multikey(text: str) -> tuple[KeyType, bytes]:
    """Return the kind of key and its raw bytes. Recent keys are cached.

    Raises:
        InputError: it is not a Multikey or has the wrong length.
        UnknownKindError: another kind of key, or another base (Controlled Identifiers 1.0, section 2.4).
    """
    if text.startswith("u"):
        raise UnknownKindError("a Multikey in base64url, which is read in base58-btc alone")
    data = decode_base58btc(text)
    for key_type in KeyType:
        if data.startswith(key_type.prefix):
            raw = data[len(key_type.prefix) :]
            if len(raw) != key_type.public_bytes:
                raise InputError(f"a {key_type.name} Multikey of the wrong length")
            return key_type, raw
    raise UnknownKindError("a Multikey of a kind this service does not know")


@lru_cache(maxsize=1024)
def parse_instant(text: str) -> datetime:
    """Return an xsd:dateTimeStamp as aware UTC datetime (VCDM 2.0, section 4.9: the zone is required).

    Fractions beyond microseconds are cut off; 24:00:00 is the midnight after that day (XSD 1.1 part 2,
    section 3.3.7.2). Recent instants are cached, because several checks read each date.

    Raises:
        InputError: anything else, including leap seconds and years after 9999.
    """
    if _is_usual_instant(text):
        return _usual_instant(text)
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise InputError(f"not a date and time with a zone: {text[:40]!r}")
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    micro = int(match[7][:6].ljust(6, "0")) if match[7] else 0
    zone = match[8]
    day_ends = (hour, minute, second) == (24, 0, 0) and not (match[7] or "").strip("0")
    try:
        base = datetime(year, month, day, 0 if day_ends else hour, minute, second, micro, tzinfo=UTC)
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 14 or minutes > 59 or (hours == 14 and minutes):
                raise ValueError("zone out of range")
            offset = timedelta(hours=hours, minutes=minutes)
            base = base - offset if zone[0] == "+" else base + offset
        return base + timedelta(days=1) if day_ends else base
    except OverflowError:
        # Its zone puts it outside the countable years: in effect no beginning or no end, not a fault.
        return _FIRST if year == 1 else _LAST
    except ValueError as error:
        raise InputError(f"not a possible date and time: {text[:40]!r}") from error


def parse_day(text: str) -> date:
    """Return a day, as in 2027-03-01, that every time zone can tell.

    Raises:
        InputError: anything else. The first and the last year that can be counted are refused, too: in some
            zone they begin or end beyond it, and systems write them where there is no day.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"not a day, as in 2027-03-01: {text[:40]!r}") from error
    if not MINYEAR < found.year < MAXYEAR:
        raise InputError(f"not a day that can be reckoned with: {text[:40]!r}")
    return found


def parse_time_value(text: str) -> datetime:
    """Return the instant that anyone's credential, proof or key states: in UTC where the zone is missing.

    Data model 1.1 asks for an xsd:dateTime, which may lack it. Later standards ask for the zone, and read in
    UTC what lacks it (VCDM 2.0, "Representing Time"; VC Data Integrity 1.0, section 2.1). Raises as
    `parse_instant`.
    """
    return parse_instant(text + "Z" if _has_no_zone(text) else text)


def _usual_instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"not a possible date and time: {text[:40]!r}") from error


@lru_cache(maxsize=1024)  # a lot of orders has a few dates, several times each
def format_instant(instant: datetime) -> str:
    """Return an aware datetime as `YYYY-MM-DDThh:mm:ssZ`, whole seconds, UTC."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    # Not strftime, whose %Y writes the year 999 with three digits.
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return in_utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def key_fingerprint(public_key_multibase: str) -> str:
    """Return the SHA-256 of the raw public key in hex, for comparison by eye."""
    _, public_key = decode_multikey(public_key_multibase)
    return "SHA256:" + hashlib.sha256(public_key).hexdigest()
