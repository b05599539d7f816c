"""Crosswalks: how a skill of one framework relates to a skill of another.

    [{"from": "https://…/mentor-1", "to": "http://data.europa.eu/esco/skill/…", "strength": "exact"}]

or a table with these columns.

A link has a direction: it states how `from`, which a credential shows, relates to `to`, which is required.
*Exact* meets the requirement; *broader* (from is broader than to), *narrower* and *related* are reported and
do not. Links are never chained: each step would lose something that nobody has judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credserv.frameworks.framework import Strength
from credserv.frameworks.gathering import is_absolute
from credserv.ground.errors import InputError
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.ground.strict_json import parse_json, to_utf8
from credserv.ground.tables import MAX_BYTES, MAX_MEMBERS, decode, parse_table

MAX_LINKS = 200_000
_MAX_CHARS = 2_000
# In SKOS (section 10), *from broadMatch to* means that `to` is the broader one.
_STRENGTHS = {
    **{strength.value: strength for strength in Strength},
    "exactmatch": Strength.EXACT,
    "closematch": Strength.RELATED,
    "relatedmatch": Strength.RELATED,
    "close": Strength.RELATED,
    "broadmatch": Strength.NARROWER,
    "narrowmatch": Strength.BROADER,
}
_TURNED = {Strength.BROADER: Strength.NARROWER, Strength.NARROWER: Strength.BROADER}


@dataclass(frozen=True)
class Link:
    """A link. `origin` is what a credential shows, `target` what is required, `strength` how origin
    relates to target."""

    origin: str
    target: str
    strength: Strength

    @property
    def turned(self) -> Link:
        """Return the same link seen from the other end."""
        return Link(self.target, self.origin, _TURNED.get(self.strength, self.strength))


def read_crosswalk(data: bytes) -> tuple[Link, ...]:
    """Read JSON, or a table with columns from, to and strength. Raises InputError, SchemaFaultsError."""
    if to_utf8(data).lstrip()[:1] in (b"{", b"["):
        return parse_crosswalk(parse_json(to_utf8(data), max_bytes=MAX_BYTES, max_members=MAX_MEMBERS))
    table = parse_table(decode(data)[0])
    if absent := [name for name in ("from", "to", "strength") if name not in table.columns]:
        raise InputError(f"the table has no column {', '.join(absent)}; from, to and strength are needed")
    return parse_crosswalk([dict(row.cells) for row in table.rows])


def parse_crosswalk(value: Any) -> tuple[Link, ...]:
    """Parse a list of links, or an object with it as `crosswalk` or `links`. Raises SchemaFaultsError."""
    faults = FaultList()
    name = next((one for one in ("crosswalk", "links") if isinstance(value, Mapping) and one in value), "")
    entries, place = (value[name], pointer("", name)) if name else (value, "")
    if not isinstance(entries, list):
        faults.add(place, "a list of links (from, to, strength) is expected")
        entries = []
    if len(entries) > MAX_LINKS:
        faults.add(place, f"at most {MAX_LINKS} links are read")
        entries = []
    links = [_read_link(entry, pointer(place, index), faults) for index, entry in enumerate(entries)]
    faults.require("the crosswalk")
    return tuple(link for link in links if link is not None)


def _read_link(entry: object, place: str, faults: FaultList) -> Link | None:
    reader = ObjectReader(entry, place, faults, members=None)
    ends = [reader.read_text(name, required=True, max_chars=_MAX_CHARS) for name in ("from", "to")]
    for name, uri in zip(("from", "to"), ends, strict=True):
        if uri is not None and not is_absolute(uri):
            reader.fault(name, "a URI is expected")
    said = reader.read_text("strength", required=True)
    strength = _STRENGTHS.get(re.split("[:#]", (said or "").strip().lower())[-1])
    if said is not None and strength is None:
        reader.fault("strength", "exact, broader, narrower or related is expected")
    origin, target = ends
    return Link(origin, target, strength) if origin and target and strength else None
