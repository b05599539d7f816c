"""The CSV that OpenSALT imports and exports: CASE items, one a row.

Parents are in `Is Child Of` (an identifier or a human coding scheme), or follow from `Smart Level` (1.2.1 is
below 1.2).
"""

from __future__ import annotations

import uuid

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength
from credserv.frameworks.gathering import Draft, Gathered, is_absolute
from credserv.frameworks.texts import shorten, split_list
from credserv.ground.tables import Row, Table

FORMAT = "opensalt-csv"
# What names an item: a file written for import has no identifiers yet.
_NAMES = ("identifier", "humancodingscheme", "smartlevel")


def is_opensalt(table: Table) -> bool:
    columns = table.columns
    return "fullstatement" in columns and any(name in columns for name in _NAMES)


def read_opensalt(table: Table, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    rows: list[tuple[Row, Draft]] = []
    named: dict[str, str] = {}
    for row in table.rows:
        draft = _read_item(gathered, row)
        if draft is None:
            continue
        rows.append((row, draft))
        for name in (row.get("smartlevel"), row.get("humancodingscheme"), row.get("identifier")):
            if name:
                named[name] = draft.uri
    for row, draft in rows:
        _link(row, draft, named)
    return gathered.framework(FORMAT, uri=gathered.base, name="OpenSALT framework")


def _read_item(gathered: Gathered, row: Row) -> Draft | None:
    identifier = row.get(*_NAMES)
    statement, short = row.get("fullstatement"), row.get("abbreviatedstatement")
    if not identifier or not statement:
        missing = "fullStatement" if identifier else "Identifier"
        gathered.fault(f"line {row.line}: {missing} is empty", row.line, missing)
        return None
    draft = gathered.draft(_address(gathered, identifier))
    language = (row.get("language") or gathered.language).lower()
    draft.label(shorten(statement), language)
    draft.define(statement, language)
    draft.add_alt_labels([short] if short and not _is_code(short) else [], language)
    draft.code = row.get("humancodingscheme") or row.get("listenumeration")
    draft.type = row.get("cfitemtype", "type") or "CFItem"
    draft.level = row.get("educationlevel")
    draft.keywords.update(dict.fromkeys(split_list(row.get("conceptkeywords").replace(",", ";"))))
    return draft


def _is_code(text: str) -> bool:
    return " " not in text and ("." in text or text.isupper())


def _address(gathered: Gathered, identifier: str) -> str:
    try:
        return f"urn:uuid:{uuid.UUID(identifier)}" if not gathered.base else gathered.address(identifier)
    except ValueError:
        return gathered.address(identifier)


def _link(row: Row, draft: Draft, named: dict[str, str]) -> None:
    def found(column: str) -> list[str]:
        names = split_list(row.get(column).replace(",", ";"))
        return [named.get(name) or name for name in names if name in named or is_absolute(name)]

    parents = found("ischildof") or found("ispartof")
    level = row.get("smartlevel")
    if not parents and "." in level:
        parents = [named[above] for above in (level.rpartition(".")[0],) if above in named]
    draft.parents.update(dict.fromkeys(parents))
    draft.replaced_by.update(dict.fromkeys(found("replacedby")))
    for column in ("isrelatedto", "ispeerof", "precedes", "exemplar"):
        draft.related.update(dict.fromkeys(found(column)))
    for uri in found("exactmatchof"):
        draft.match(uri, Strength.EXACT)
