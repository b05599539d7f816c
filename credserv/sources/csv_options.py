"""A source's options for files: the meaning of columns, and the file's notation."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.ground.strict_json import parse_json_object
from credserv.records.observations import Kind
from credserv.sources.csv_columns import FIELDS, plain

_FILE = ("delimiter", "encoding", "decimal", "date_order", "time_zone", "key", "kind", "statuses")


@dataclass(frozen=True)
class FileOptions:
    """File options. `fields`: field to column; `statuses`: normalised words to their meanings."""

    fields: Mapping[str, str]
    delimiter: str | None
    encoding: str | None
    decimal: str | None
    date_order: str | None
    zone: ZoneInfo
    key: tuple[str, ...]
    kind: Kind | None
    statuses: Mapping[str, Kind]


def require_options(options: JsonObject) -> None:
    """Require usable options. Raises SchemaFaultsError with every fault and its place."""
    parse_options(options)


def parse_options(options: JsonObject) -> FileOptions:
    """Parse the options, ignoring others. Raises SchemaFaultsError with every fault and its place."""
    own = {name: options[name] for name in ("fields", "file") if options.get(name) is not None}
    return _parse(json.dumps(own, sort_keys=True, default=str).encode())


@lru_cache(maxsize=128)
def _parse(options: bytes) -> FileOptions:
    faults = FaultList()
    top = ObjectReader(parse_json_object(options), "", faults, members=("fields", "file"))
    fields = top.read_object("fields", members=tuple(FIELDS))
    file = top.read_object("file", members=_FILE) or ObjectReader({}, "/file", faults, members=_FILE)
    columns = {
        name: column
        for name in FIELDS
        if fields is not None and (column := fields.read_text(name, max_chars=200)) is not None
    }
    delimiter = file.read("delimiter")
    if delimiter is not None and (
        not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'
    ):
        file.fault("delimiter", "one sign is expected, as in ;")
        delimiter = None
    found = FileOptions(
        fields=MappingProxyType(columns),
        delimiter=delimiter,
        encoding=_encoding(file),
        decimal=_choice(file, "decimal", (".", ",")),
        date_order=_choice(file, "date_order", ("dmy", "mdy")),
        zone=_zone(file),
        key=_key(file),
        kind=_kind(file.read("kind"), pointer(file.place, "kind"), faults),
        statuses=_statuses(file, faults),
    )
    faults.require("the options of the source")
    return found


def _choice(file: ObjectReader, name: str, among: tuple[str, ...]) -> str | None:
    value = file.read_text(name, max_chars=20)
    if value is not None and value not in among:
        file.fault(name, f"one of {' '.join(among)}")
    return value


def _encoding(file: ObjectReader) -> str | None:
    name = file.read_text("encoding", max_chars=40)
    try:
        if name is not None and not codecs.lookup(name)._is_text_encoding:
            raise LookupError(name)
    except LookupError:
        file.fault("encoding", "there is no such encoding")
    return name


def _zone(file: ObjectReader) -> ZoneInfo:
    name = file.read_text("time_zone", max_chars=60)
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        file.fault("time_zone", "a zone is expected, as in Europe/Berlin")
        return ZoneInfo("UTC")


def _key(file: ObjectReader) -> tuple[str, ...]:
    wanted = file.read("key")
    if wanted is None:
        return ()
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, str) for one in wanted):
        file.fault("key", "a list of columns is expected")
        return ()
    return tuple(wanted)


def _kind(value: Any, place: str, faults: FaultList) -> Kind | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(Kind):
        faults.add(place, f"one of {', '.join(Kind)}")
        return None
    return Kind(value)


def _statuses(file: ObjectReader, faults: FaultList) -> Mapping[str, Kind]:
    given = file.read("statuses")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        file.fault("statuses", "an object is expected, of words and what they mean")
        return {}
    place = pointer(file.place, "statuses")
    kinds = {plain(name): _kind(value, pointer(place, name), faults) for name, value in given.items()}
    return {word: kind for word, kind in kinds.items() if kind is not None}
