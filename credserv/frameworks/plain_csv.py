"""Any table with a header: a company's own framework, SFIA as its customers get it, NICE as a spreadsheet.

The meaning of each column is guessed from its name unless given. A column for each level (`Level 3
description`) makes an item for each level of a skill.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength
from credserv.frameworks.gathering import Draft, Gathered, is_absolute
from credserv.frameworks.texts import shorten, slug, split_list
from credserv.ground.errors import Fault, SchemaFaultsError, UnknownFrameworkError
from credserv.ground.tables import Row, Table, plain_name

FORMAT = "csv"
FIELDS = (
    "uri",
    "code",
    "label",
    "definition",
    "type",
    "parent",
    "alt_labels",
    "keywords",
    "level",
    "language",
    "related",
    "replaced_by",
    "status",
    "exact_match",
)
# The names of such columns in the languages of our pages, as plain names, most specific first; `*` stands for
# anything.
_GUESSES: Mapping[str, tuple[str, ...]] = {
    "uri": ("uri", "concepturi", "url", "iri", "skilluri", "targeturl", "link", "*uri", "*url"),
    "code": (
        "code", "skillcode", "identifier", "id", "notation", "targetcode", "kurzel", "kennung", "codigo",
        "identifiant", "identificador", "*id", "*identifier", "*code",
    ),
    "label": (
        "label", "preferredlabel", "preflabel", "name", "skill", "skillname", "title", "competency",
        "competence", "targetname", "term", "workrole", "bezeichnung", "kompetenz", "fahigkeit", "titel",
        "intitule", "libelle", "nom", "competencia", "nombre", "titulo", "*label*", "*name", "*title",
        "statement", "*statement", "task", "role",
    ),
    "definition": (
        "definition", "description", "overalldescription", "statement", "text", "fullstatement", "scopenote",
        "beschreibung", "descriptif", "definicion", "descripcion", "*definition", "*description", "text*",
        "*statement",
    ),
    "type": (
        "type", "skilltype", "kind", "concepttype", "elementtype", "typ", "tipo", "*type", "*group", "group",
    ),
    "parent": (
        "parent", "parenturi", "parentcode", "parentid", "broader", "broaderuri", "ischildof", "oberbegriff",
        "ubergeordnet", "padre", "parent*", "broader*", "ubergeordnet*",
    ),
    "alt_labels": ("altlabels", "altlabel", "alternativelabels", "synonyms", "aliases", "alt*", "synonyme*"),
    "keywords": (
        "keywords", "tags", "category", "subcategory", "domain", "kategorie", "categorie", "categoria",
        "*keywords",
    ),
    "level": ("level", "proficiencylevel", "stufe", "niveau", "nivel", "*level"),
    "language": ("language", "lang", "locale", "sprache", "langue", "idioma"),
    "related": ("related", "seealso"),
    "replaced_by": ("replacedby", "supersededby"),
    "status": ("status", "state", "statut", "estado"),
    "exact_match": ("exactmatch", "sameas"),
}  # fmt: skip
_LEVEL = re.compile(r"(?:level|stufe|niveau|nivel)(\d{1,2})(?:description|text|definition)?2?")
_RETIRED = ("deprecated", "obsolete", "retired", "withdrawn", "archived", "inactive")
_MIN_LEVEL_CHARS = 12  # a tick or number shows that a level exists, not what it is


def is_plain_csv(table: Table) -> bool:
    """Return True for any table, except a single column not named like a skill."""
    return len(table.columns) > 1 or not set(table.columns).isdisjoint(_GUESSES["label"])


def guess_fields(table: Table) -> dict[str, str]:
    """Return the column, as written, for each field recognised."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(FIELDS, key=lambda field: field != "parent"):  # *Parent Code* is the code of no row
        column = next(
            (one for guess in _GUESSES[name] for one in _matching(table, guess) if one not in taken), None
        )
        if column is not None and not _LEVEL.fullmatch(column):
            taken.add(column)
            found[name] = table.columns[column]
        if name == "parent":
            taken.update(column for guess in _GUESSES[name] for column in _matching(table, guess))
    if "label" not in found and "definition" in found:
        found["label"] = found["definition"]
    return found


def _matching(table: Table, guess: str) -> list[str]:
    if "*" not in guess:
        return [guess] if guess in table.columns else []
    pattern = re.compile(re.escape(guess).replace(r"\*", ".*"))
    return [column for column in table.columns if pattern.fullmatch(column)]


def read_plain_csv(table: Table, asked: Asked) -> Framework:
    """Read a table.

    Raises UnknownFrameworkError without a label column, SchemaFaultsError for columns that do not exist.
    """
    columns = _columns(table, asked)
    gathered = Gathered(asked)
    levels = [(column, found[1]) for column in table.columns if (found := _LEVEL.fullmatch(column))]
    by_level = _levels_in_rows(table, columns)
    drafts: list[tuple[Row, Draft]] = []
    named: dict[str, str] = {}
    for row in table.rows:
        draft = _read_item(gathered, row, columns, by_level)
        if draft is not None:
            drafts.append((row, draft))
            for name in (draft.uri, draft.code, *draft.labels.values()):
                named.setdefault(name, draft.uri)
    for row, draft in drafts:
        _link(row, draft, columns, named)
        _read_levels(gathered, row, draft, levels)
    name = asked.file.rpartition("/")[2].rpartition(".")[0]
    return gathered.framework(FORMAT, uri=gathered.base, name=name or "Framework")


def _columns(table: Table, asked: Asked) -> dict[str, str]:
    """Return the plain name of the column for each field."""
    unknown = [name for name in asked.fields if name not in FIELDS]
    absent = [column for column in asked.fields.values() if plain_name(column) not in table.columns]
    faults = [Fault(f"/{name}", f"unknown field; known are {', '.join(FIELDS)}") for name in unknown]
    faults += [Fault(f"/{column}", "the table has no such column") for column in absent]
    if faults:
        raise SchemaFaultsError("the columns named do not fit this table", faults=faults)
    fields = {**guess_fields(table), **asked.fields}
    if "label" not in fields:
        raise UnknownFrameworkError(
            "no column of this table is a label; say which one is: " + ", ".join(table.columns.values())
        )
    return {name: plain_name(column) for name, column in fields.items()}


def _read_item(
    gathered: Gathered, row: Row, columns: Mapping[str, str], by_level: Container[str]
) -> Draft | None:
    told = {name: row.get(column) for name, column in columns.items()}
    definition, level = told.get("definition", ""), told.get("level", "")
    label = shorten(told["label"] or definition)
    if not label:
        gathered.fault(f"line {row.line}: the item has no label", row.line, columns["label"])
        return None
    name = _name_of(row, columns)
    language = (told.get("language") or gathered.language).lower()
    is_level = bool(level) and name in by_level
    draft = gathered.draft(gathered.address(name or f"line-{row.line}"))
    if not is_level and _is_another(draft, label, definition, language):
        if told.get("uri") or told.get("code"):
            why = f"line {row.line}: {name} stands for something else in a line before"
            gathered.fault(why, row.line, columns["label"])
            return None
        draft = gathered.draft(gathered.address(f"{name}-{row.line}"))
    draft.label(label, language)
    draft.code, draft.type = told.get("code", ""), told.get("type", "")
    if is_level:
        _describe_level(gathered, draft, level, label, definition, language)
    else:
        draft.level = level
        draft.define(definition if definition != label else "", language)
    draft.add_alt_labels(split_list(told.get("alt_labels", "")), language)
    draft.keywords.update(dict.fromkeys(split_list(told.get("keywords", ""))))
    draft.deprecated = told.get("status", "").lower() in _RETIRED
    return draft


def _name_of(row: Row, columns: Mapping[str, str]) -> str:
    """Return what a row calls its item."""
    label = row.get(*(columns[field] for field in ("label", "definition") if field in columns))
    return row.get(*(columns[field] for field in ("uri", "code") if field in columns)) or slug(label)


def _is_another(draft: Draft, label: str, definition: str, language: str) -> bool:
    """Return whether the name was used for another item; a repeated line only adds a parent."""
    known = draft.labels.get(language, label)
    defined = draft.definitions.get(language, "")
    return known != label or (bool(defined) and definition not in ("", label, defined))


def _levels_in_rows(table: Table, columns: Mapping[str, str]) -> set[str]:
    """Return the skills that have a row for each of their levels."""
    found: dict[str, set[str]] = {}
    if "level" in columns:
        for row in table.rows:
            found.setdefault(_name_of(row, columns), set()).add(row.get(columns["level"]))
    return {name for name, levels in found.items() if name and len(levels - {""}) > 1}


def _link(row: Row, draft: Draft, columns: Mapping[str, str], named: Mapping[str, str]) -> None:
    """Link parents and the like, given as URI, code or label of another row."""

    def found(field: str) -> list[str]:
        names = split_list(row.get(columns[field])) if field in columns else []
        return [named.get(name, name) for name in names if name in named or is_absolute(name)]

    draft.parents.update(dict.fromkeys(found("parent")))
    draft.related.update(dict.fromkeys(found("related")))
    draft.replaced_by.update(dict.fromkeys(found("replaced_by")))
    for uri in found("exact_match"):
        draft.match(uri, Strength.EXACT)


def _read_levels(gathered: Gathered, row: Row, skill: Draft, levels: list[tuple[str, str]]) -> None:
    language, label = next(iter(skill.labels.items()))
    for column, level in levels:
        text = row.get(column)
        if len(text) >= _MIN_LEVEL_CHARS:
            _describe_level(gathered, skill, level, label, text, language)


def _describe_level(
    gathered: Gathered, skill: Draft, level: str, label: str, text: str, language: str
) -> None:
    """Describe a level; several texts of one level become lines of its definition."""
    name = slug(level).removeprefix("level-") or level
    draft = gathered.draft(f"{skill.uri}{'-' if '#' in skill.uri else '#'}level-{name}")
    draft.label(label if label != skill.labels[language] else f"{label}, level {level}", language)
    known = draft.definitions.pop(language, "")
    draft.define(text if not known or text == known else f"{known}\n{text}", language)
    draft.code, draft.type, draft.level = f"{skill.code}-{name}".lstrip("-"), "Level", level
    draft.parents[skill.uri] = None
