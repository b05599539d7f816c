"""Rich Skill Descriptors as OSMT (Open Skills Management Tool) imports and exports them in CSV.

There are two generations of column names. A skill without its canonical URL gets one under the base.
"""

from __future__ import annotations

import hashlib

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength
from credserv.frameworks.gathering import Draft, Gathered, is_absolute
from credserv.frameworks.texts import slug, split_list
from credserv.ground.tables import Row, Table

FORMAT = "rsd-csv"
_NAMES = ("rsdname", "skillname")
_STATEMENTS = ("skillstatement", "contextualizedskillstatement")
_ADDRESSES = ("canonicalurl", "rsdurl", "skillurl", "url", "id")
_ALIGNMENTS = ("alignmenturl", "alignment", *(f"alignment{number}url" for number in range(2, 10)))


def is_rsd_csv(table: Table) -> bool:
    columns = set(table.columns)
    return not columns.isdisjoint(_NAMES) and not columns.isdisjoint(_STATEMENTS)


def read_rsd_csv(table: Table, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    for row in table.rows:
        _read_skill(gathered, row)
    return gathered.framework(FORMAT, uri=gathered.base, name="Rich skill descriptors")


def _read_skill(gathered: Gathered, row: Row) -> None:
    name, statement = row.get(*_NAMES), row.get(*_STATEMENTS)
    if not name or not statement:
        missing = "Skill Statement" if name else "RSD Name"
        gathered.fault(f"line {row.line}: {missing} is empty", row.line, missing)
        return
    draft = _draft(gathered, row, name, statement)
    draft.label(name, gathered.language)
    draft.define(statement, gathered.language)
    draft.type = "RichSkillDescriptor"
    draft.keywords.update(dict.fromkeys(split_list(row.get("keywords"))))
    draft.keywords.update(dict.fromkeys(split_list(row.get("categories", "skillcategory", "category"))))
    for column in _ALIGNMENTS:
        for uri in split_list(row.get(column)):
            if is_absolute(uri):
                draft.match(uri, Strength.RELATED)


def _draft(gathered: Gathered, row: Row, name: str, statement: str) -> Draft:
    """Return a draft by URL; else by name, and by statement where another skill has the same name."""
    address = row.get(*_ADDRESSES)
    if is_absolute(address):
        return gathered.draft(address)
    uri = gathered.address(slug(name) or "skill")
    known = gathered.drafts.get(uri)
    if known is None or statement in known.definitions.values():
        return gathered.draft(uri)
    return gathered.draft(f"{uri}-{hashlib.sha256(statement.encode()).hexdigest()[:8]}")
