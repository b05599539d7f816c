"""Read lists of trusted issuers: our own form in JSON and CSV, and DCC registries.

Ours (schemas/credserv/trusted-issuers.json):

    {"issuers": [{"id": "did:web:school.example", "name": "Example School", "url": "https://school.example",
                  "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z",
                  "accredits": ["https://school.example/achievements/mentor/"]}]}

As CSV it has the columns id, name, url, valid_from, valid_until and accredits (separated by blanks); the
first two are required.

A registry of the Digital Credentials Consortium (github.com/digitalcredentials/community-registry):

    {"meta": {"created": "...", "updated": "..."},
     "registry": {"did:key:...": {"name": "Example School", "location": "...", "url": "https://..."}}}

A fault in a list of ours refuses the whole list. In a registry, which others maintain for everybody, an
unusable entry is left out. People see the names, so none may reorder the text around it.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.addresses import is_web_page, require_https
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import FetchRefusedError, InputError
from credserv.ground.names import has_unseen, is_did
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.ground.strict_json import parse_json_object
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind

MAX_ISSUERS = 5_000
MAX_NAME_CHARS = 200
_MAX_URL_CHARS = 2_000
_MAX_ACCREDITS = 50
_ID = re.compile(r"[!-~]{1,1000}", re.ASCII)
_NO_ISSUER = "an issuer is named by its DID or its https URL"
_MEMBERS = ("id", "name", "url", "validFrom", "validUntil", "accredits")
_COLUMNS = ("id", "name", "url", "valid_from", "valid_until", "accredits")
_BLANK = b" \t\r\n"
# Persian and Indic names need these; all other format characters (Cf) are invisible in a name, or reverse the
# text (UAX #9, section 2).
_JOINING = frozenset("\u200c\u200d")


@dataclass(frozen=True)
class TrustedIssuers:
    """The issuers of a list. `kind` is its form; `left_out` counts unusable entries of a registry."""

    kind: TrustedListKind
    issuers: tuple[TrustedIssuerRecord, ...]
    left_out: int = 0


@dataclass(frozen=True)
class TrustedFile:
    """A list that is not in the store. `name` is for reports; `issuers` are by normalised id."""

    name: str
    issuers: Mapping[str, TrustedIssuerRecord]


def normalise_issuer(issuer: str) -> str:
    """Return an issuer's id for comparison byte by byte; raises InputError for one that cannot be an id.

    DIDs are unchanged: no method that we resolve has two spellings of one. In an https URL the case of the
    host and the default port do not matter; path, query and fragment do (attack 22).
    """
    if not _ID.fullmatch(issuer):
        raise InputError(_NO_ISSUER)
    if is_did(issuer):
        return issuer
    address, hash_sign, fragment = issuer.partition("#")
    try:
        return require_https(address) + hash_sign + fragment
    except FetchRefusedError as error:
        raise InputError(_NO_ISSUER) from error


def parse_trusted_issuers(data: bytes) -> TrustedIssuers:
    """Parse any of the three forms, found by content.

    Raises InputError, SchemaFaultsError with every fault.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").strip(_BLANK)
    if data.startswith((b"{", b"[")):
        return parse_published(data)
    return TrustedIssuers(TrustedListKind.OWN, _parse_csv(data))


def parse_published(data: bytes) -> TrustedIssuers:
    """Parse one of the two JSON forms, for fetched lists. Raises as `parse_trusted_issuers`."""
    document = parse_json_object(data)
    if isinstance(document.get("registry"), Mapping):
        return _parse_registry(document["registry"])
    faults = FaultList()
    reader = ObjectReader(document, "", faults, members=("$schema", "name", "issuers"))
    reader.read_text("name", max_chars=MAX_NAME_CHARS)
    if reader.read("issuers", required=True) == []:  # a list that no longer trusts anybody
        faults.require("the list of trusted issuers")
        return TrustedIssuers(TrustedListKind.URL, ())
    entries = reader.read_objects("issuers", members=_MEMBERS, max_items=MAX_ISSUERS)
    issuers = [_read_issuer(entry) for entry in entries]
    return TrustedIssuers(TrustedListKind.URL, _required(issuers, [entry.place for entry in entries], faults))


def build_trusted_issuer(
    issuer: str,
    name: str,
    *,
    url: str = "",
    valid_from: str = "",
    valid_until: str = "",
    accredits: str = "",
) -> TrustedIssuerRecord:
    """Build an entry from the texts of a form or command; "" means not given. Raises SchemaFaultsError."""
    faults = FaultList()
    given = dict(zip(_MEMBERS, (issuer, name, url, valid_from, valid_until, accredits), strict=True))
    texts = {member: text.strip() for member, text in given.items() if text.strip()}
    read = _read_issuer(ObjectReader(texts, "", faults, members=_MEMBERS))
    faults.require("the issuer")
    assert read is not None  # noqa: S101 - a missing one was a fault
    return read


def require_name(name: str) -> str:
    """Return what is wrong with a name that people see, or ''."""
    if not name.strip():
        return "is empty"
    if len(name) > MAX_NAME_CHARS:
        return f"is longer than {MAX_NAME_CHARS} characters"
    if has_unseen(name):
        return "holds line breaks, control characters, or signs that nobody sees"
    if not any(unicodedata.category(char).startswith(("L", "N")) for char in name):
        return "has neither letters nor digits"
    return ""


# --- the forms ------------------------------------------------------------------------------------


def _parse_registry(registry: Mapping[str, object]) -> TrustedIssuers:
    if len(registry) > MAX_ISSUERS:
        raise InputError(f"the registry has more than {MAX_ISSUERS} entries")
    issuers = []
    for issuer, said in registry.items():
        members = said if isinstance(said, Mapping) else {}
        url = members.get("url")
        known = {"id": issuer, "name": members.get("name"), "url": url if is_web_page(url) else None}
        read = _read_issuer(ObjectReader(known, "", FaultList(), members=_MEMBERS))
        if read is not None:
            issuers.append(read)
    unique = {one.issuer: one for one in issuers}
    return TrustedIssuers(TrustedListKind.DCC_REGISTRY, tuple(unique.values()), len(registry) - len(unique))


def _parse_csv(data: bytes) -> tuple[TrustedIssuerRecord, ...]:
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise InputError("the list is neither JSON nor CSV in UTF-8") from error
    except csv.Error as error:
        raise InputError(f"the CSV cannot be read: {error}") from error
    if len(rows) > MAX_ISSUERS:
        raise InputError(f"at most {MAX_ISSUERS} rows are read")
    columns = set(rows[0]) if rows else set()
    if not {"id", "name"} <= columns <= {*_COLUMNS}:
        raise InputError("a CSV list has one row for each issuer, below the columns " + ", ".join(_COLUMNS))
    faults = FaultList()
    places = [f"row {number}" for number in range(2, len(rows) + 2)]
    issuers = []
    for row, place in zip(rows, places, strict=True):
        texts = {member: row.get(column) or None for member, column in zip(_MEMBERS, _COLUMNS, strict=True)}
        issuers.append(_read_issuer(ObjectReader(texts, place, faults, members=_MEMBERS)))
    return _required(issuers, places, faults)


def _required(
    issuers: Sequence[TrustedIssuerRecord | None], places: Sequence[str], faults: FaultList
) -> tuple[TrustedIssuerRecord, ...]:
    """Return all of them; reports every fault at once, including an issuer listed twice."""
    seen: set[str] = set()
    for issuer, place in zip(issuers, places, strict=True):
        if issuer is not None and issuer.issuer in seen:
            faults.add(pointer(place, "id"), "this issuer is in the list twice")
        seen.update([issuer.issuer] if issuer else [])
    faults.require("the list of trusted issuers")
    return tuple(issuer for issuer in issuers if issuer is not None)


def _read_issuer(reader: ObjectReader) -> TrustedIssuerRecord | None:
    """Return an entry, or None with a fault noted."""
    before = len(reader.faults.faults)
    issuer = reader.read_text("id", required=True, max_chars=1_000)
    name = reader.read_text("name", required=True, max_chars=MAX_NAME_CHARS)
    url = reader.read_text("url", max_chars=_MAX_URL_CHARS)
    if issuer is not None:
        issuer = _normalised(reader, issuer)
    if name is not None and require_name(name):
        reader.fault("name", require_name(name))
    if url is not None and not is_web_page(url):
        reader.fault("url", "an http or https address is expected")
    begins, ends = _read_instant(reader, "validFrom"), _read_instant(reader, "validUntil")
    if begins and ends and ends <= begins:
        reader.fault("validUntil", "is not after validFrom")
    accredits = _read_accredits(reader)
    if issuer is None or name is None or len(reader.faults.faults) > before:
        return None
    return TrustedIssuerRecord(issuer, name, url, begins, ends, accredits=accredits)


def _read_accredits(reader: ObjectReader) -> tuple[str, ...]:
    """Read a list, or a text separated by blanks."""
    value = reader.read("accredits")
    named = value.split() if isinstance(value, str) else value or []
    if not isinstance(named, list) or len(named) > _MAX_ACCREDITS:
        reader.fault("accredits", f"a list of at most {_MAX_ACCREDITS} ids of achievements is expected")
        return ()
    for one in named:
        if not isinstance(one, str) or not _ID.fullmatch(one):
            reader.fault(
                "accredits", "each is the id of an achievement; one that ends with / stands for many"
            )
            return ()
    return tuple(dict.fromkeys(named))


def _normalised(reader: ObjectReader, issuer: str) -> str | None:
    try:
        return normalise_issuer(issuer)
    except InputError as error:
        reader.fault("id", error.detail)
        return None


def _read_instant(reader: ObjectReader, member: str) -> datetime | None:
    text = reader.read_text(member, max_chars=40)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except InputError:
        reader.fault(member, "an instant with its zone is expected, as in 2026-11-21T09:00:00Z")
        return None
