"""ESCO (European Commission): the CSV files of its download, each recognised by its columns.

Concepts (skills, occupations, groups, collections), the skills hierarchy, and the relations. Alternative
labels are separated by line breaks in some files and by ` | ` in others; a concept may have several broader
ones.
"""

from __future__ import annotations

from collections.abc import Callable

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Need
from credserv.frameworks.gathering import Gathered, is_absolute
from credserv.frameworks.texts import split_list
from credserv.ground.tables import Row, Table

FORMAT = "esco-csv"
URI = "http://data.europa.eu/esco"
_LICENCE = "https://eur-lex.europa.eu/eli/dec/2011/833/oj"  # reuse with attribution
_LEVELS = range(10)
_RETIRED = ("obsolete", "deprecated", "retired")
_ISCO = f"{URI}/isco/C"


def is_esco(table: Table) -> bool:
    return _reader_of(table) is not None


def read_esco(table: Table, asked: Asked) -> Framework:
    gathered = Gathered(asked, known_base=f"{URI}/")
    read = _reader_of(table) or _read_concept
    for row in table.rows:
        read(gathered, row)
    return gathered.framework(
        FORMAT,
        uri=_uri_of(asked.file),
        name=_name_of(asked.file),
        publisher="European Commission",
        licence=_LICENCE,
    )


_Reader = Callable[[Gathered, Row], None]


def _reader_of(table: Table) -> _Reader | None:
    """Recognise a file by columns that only its kind has."""
    kinds: tuple[tuple[tuple[str, ...], _Reader], ...] = (
        (("concepturi", "preferredlabel"), _read_concept),
        (("level0uri",), _read_path),
        (("concepturi", "broaderuri"), _read_broader),
        (("occupationuri", "skilluri"), _read_need),
        (("originalskilluri", "relatedskilluri"), _read_related),
        (("conceptschemeuri", "preferredlabel"), _read_scheme),
    )
    return next((read for columns, read in kinds if set(columns) <= set(table.columns)), None)


def _uri_of(file: str) -> str:
    """Return the framework's URI: a collection is one of its own; everything else is ESCO."""
    stem = file.rpartition("/")[2].partition(".")[0].rpartition("_")[0]
    return f"{URI}/collection/{stem}" if stem.endswith("Collection") else URI


def _name_of(file: str) -> str:
    stem = _uri_of(file).rpartition("/")[2]
    if not stem.endswith("Collection"):
        return "ESCO"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in stem)
    return f"ESCO {words.strip()}"


def _read_concept(gathered: Gathered, row: Row) -> None:
    uri, label = row.get("concepturi"), row.get("preferredlabel")
    if not is_absolute(uri):
        gathered.fault(f"line {row.line}: a URI is expected", row.line, "conceptUri")
        return
    if not label:
        gathered.fault(f"line {row.line}: the concept has no label", row.line, "preferredLabel")
        return
    draft = gathered.draft(uri)
    draft.label(label, gathered.language)
    for column in ("altlabels", "hiddenlabels"):
        if row.get(column):
            draft.add_alt_labels(split_list(row.get(column)), gathered.language)
    draft.define(row.get("description", "definition"), gathered.language)
    draft.code = row.get("code")
    draft.type = row.get("skilltype", "concepttype")
    draft.deprecated = row.get("status").lower() in _RETIRED
    draft.parents.update(dict.fromkeys(split_list(row.get("broaderconcepturi", "broaderuri"))))
    group = row.get("iscogroup").removeprefix("C")
    if group and not draft.parents:
        draft.parents[_ISCO + group] = None


def _read_path(gathered: Gathered, row: Row) -> None:
    """Read one path from the top; the row is about the last level filled."""
    above = ""
    for level in _LEVELS:
        uri = row.get(f"level{level}uri")
        if not uri:
            break
        draft = gathered.draft(uri)
        draft.label(row.get(f"level{level}preferredterm"), gathered.language)
        draft.code = draft.code or row.get(f"level{level}code")
        draft.type = "SkillGroup"
        if above:
            draft.parents[above] = None
        above = uri
    if above:
        gathered.draft(above).define(row.get("description"), gathered.language)


def _read_broader(gathered: Gathered, row: Row) -> None:
    uri, broader = row.get("concepturi"), row.get("broaderuri")
    if is_absolute(uri) and is_absolute(broader):
        draft = gathered.draft(uri)
        draft.label(row.get("conceptlabel"), gathered.language)
        draft.parents[broader] = None
        gathered.draft(broader).label(row.get("broaderlabel"), gathered.language)
    else:
        gathered.fault(f"line {row.line}: two URIs are expected", row.line, "broaderUri")


def _read_need(gathered: Gathered, row: Row) -> None:
    occupation, skill = row.get("occupationuri"), row.get("skilluri")
    if is_absolute(occupation) and is_absolute(skill):
        draft = gathered.draft(occupation)
        draft.label(row.get("occupationlabel"), gathered.language)
        draft.needs[Need(skill, row.get("relationtype").lower() == "essential")] = None
        gathered.draft(skill).label(row.get("skilllabel"), gathered.language)
    else:
        gathered.fault(f"line {row.line}: two URIs are expected", row.line, "skillUri")


def _read_related(gathered: Gathered, row: Row) -> None:
    original, related = row.get("originalskilluri"), row.get("relatedskilluri")
    if is_absolute(original) and is_absolute(related):
        gathered.draft(original).related[related] = None
    else:
        gathered.fault(f"line {row.line}: two URIs are expected", row.line, "relatedSkillUri")


def _read_scheme(gathered: Gathered, row: Row) -> None:
    uri, label = row.get("conceptschemeuri"), row.get("preferredlabel")
    if is_absolute(uri) and label:
        draft = gathered.draft(uri)
        draft.label(label, gathered.language)
        draft.define(row.get("description"), gathered.language)
        draft.type = row.get("concepttype") or "ConceptScheme"
