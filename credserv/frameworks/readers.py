"""Read a framework in any format: the one table of formats, and how each is recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from credserv.frameworks import (
    case,
    cprt,
    ctdl_asn,
    digcomp,
    esco,
    onet,
    opensalt,
    plain_csv,
    rsd_csv,
    rsd_json,
)
from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework
from credserv.ground.errors import InputError, UnknownFrameworkError
from credserv.ground.strict_json import parse_json, to_utf8
from credserv.ground.tables import MAX_BYTES, MAX_MEMBERS, Table, decode, parse_table

_JsonReader = Callable[[Any, Asked], Framework]
_TableReader = Callable[[Table, Asked], Framework]
# How each is recognised, in order: unmistakable formats first.
_OF_JSON: Mapping[str, tuple[Callable[[object], bool], _JsonReader]] = {
    case.FORMAT: (case.is_case, case.read_case),
    cprt.FORMAT: (cprt.is_cprt, cprt.read_cprt),
    digcomp.FORMAT: (digcomp.is_digcomp, digcomp.read_digcomp),
    rsd_json.FORMAT: (rsd_json.is_rsd_json, rsd_json.read_rsd_json),
    ctdl_asn.FORMAT: (ctdl_asn.is_ctdl_asn, ctdl_asn.read_ctdl_asn),
}
_OF_TABLES: Mapping[str, tuple[Callable[[Table], bool], _TableReader]] = {
    "ctdl-asn-csv": (ctdl_asn.is_ctdl_table, ctdl_asn.read_ctdl_table),
    opensalt.FORMAT: (opensalt.is_opensalt, opensalt.read_opensalt),
    rsd_csv.FORMAT: (rsd_csv.is_rsd_csv, rsd_csv.read_rsd_csv),
    esco.FORMAT: (esco.is_esco, esco.read_esco),
    onet.FORMAT: (onet.is_onet, onet.read_onet),
    plain_csv.FORMAT: (plain_csv.is_plain_csv, plain_csv.read_plain_csv),
}
FORMATS = (*_OF_JSON, *_OF_TABLES)
_NOTHING_ASKED = Asked()


def read_framework(data: bytes, asked: Asked = _NOTHING_ASKED, *, format: str = "") -> Framework:
    """Read the framework, in `format` (one of FORMATS) or the format recognised.

    Faults of single items are in the result's `faults`.

    Raises:
        UnknownFrameworkError: it is not a framework.
        MissingBaseError: its ids are relative, and `asked` has no base.
        TooLargeError: over the limits (64 MiB, 2,000,000 members or cells).
        InputError: it is neither JSON nor a table.
    """
    if format and format not in FORMATS:
        raise InputError(f"no such format; known are {', '.join(FORMATS)}")
    if format in _OF_JSON or (not format and _is_json(to_utf8(data))):
        value = parse_framework_json(data)
        named = format or next((name for name, (is_it, _) in _OF_JSON.items() if is_it(value)), "")
        if not named:
            raise UnknownFrameworkError(f"this JSON is none of {', '.join(_OF_JSON)}")
        return _OF_JSON[named][1](value, asked)
    table = parse_table(decode(data)[0])
    named = format or next((name for name, (is_it, _) in _OF_TABLES.items() if is_it(table)), "")
    if not named:
        raise UnknownFrameworkError("this is neither JSON nor a table with a header")
    return _OF_TABLES[named][1](table, asked)


def parse_framework_json(data: bytes) -> Any:
    """Parse strict JSON within a framework's limits; skips the byte order mark that many programs write."""
    return parse_json(to_utf8(data), max_bytes=MAX_BYTES, max_members=MAX_MEMBERS)


def _is_json(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"{", b"[")
