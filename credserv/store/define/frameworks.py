"""An organisation's competency frameworks item by item, and what each import changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.frameworks import (
    CrosswalkLink,
    FoundSkill,
    FrameworkRecord,
    KnownSkill,
    SkillRecord,
    Term,
)
from credserv.store.define.skill_words import as_key, code_key, split_words
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.prepared import execute_many, insert_tuples
from credserv.store.tables import crosswalk_links, framework_items, framework_versions, framework_words
from credserv.store.tables import frameworks as t

RANKS = {Term.LABEL: 0, Term.ALSO: 1, Term.KEYWORD: 2}
_INSERT_ITEM = insert(framework_items)
_WORD_COLUMNS = ("framework_id", "number", "word", "rank", "organisation_id")
_INSERT_LINK = insert(crosswalk_links)
_IN_ONE_QUESTION = 500


class FrameworkRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def list(self) -> tuple[FrameworkRecord, ...]:
        """Return frameworks by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(t).where(self._own()).order_by(func.lower(t.c.name), t.c.id))
            return tuple(framework_of(row) for row in rows)

    def get(self, framework_id: str) -> FrameworkRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(t).where(self._own(), t.c.id == framework_id)).one_or_none()
        return None if row is None else framework_of(row)

    def put(self, record: FrameworkRecord) -> None:
        """Create or update a framework."""
        values = {**vars(record), "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, t, **values):
                connection.execute(update(t).where(self._own(), t.c.id == record.id).values(**vars(record)))

    def note_version(
        self, record: FrameworkRecord, *, actor: str, changes: JsonObject, now: datetime
    ) -> None:
        """Record what a revision changed, once."""
        with self._database.writing() as connection:
            insert_if_absent(
                connection,
                framework_versions,
                framework_id=record.id,
                revision=record.revision,
                version=record.version,
                imported_at=now,
                actor=actor,
                changes=dict(changes),
            )

    def remove(self, framework_id: str) -> None:
        """Delete a framework with its items.

        Raises:
            NotFoundError: There is no such framework.
        """
        with self._database.writing() as connection:
            if (
                connection.execute(select(t.c.id).where(self._own(), t.c.id == framework_id)).one_or_none()
                is None
            ):
                raise NotFoundError("there is no such framework")
            for table in (framework_words, framework_items, framework_versions, crosswalk_links):
                connection.execute(delete(table).where(table.c.framework_id == framework_id))
            connection.execute(delete(t).where(t.c.id == framework_id))

    # --- items

    def known(self, framework_id: str) -> dict[str, KnownSkill]:
        """Return what is stored of each item, by URI."""
        columns = framework_items.c
        found = select(columns.uri, columns.number, columns.digest, columns.gone_in).where(
            columns.organisation_id == self._organisation_id, columns.framework_id == framework_id
        )
        with self._database.reading() as connection:
            return {
                row.uri: KnownSkill(row.number, row.digest, row.gone_in is not None)
                for row in connection.execute(found)
            }

    def put_items(self, framework_id: str, items: Sequence[SkillRecord]) -> None:
        """Store items under their numbers, replacing earlier ones, with the words for searching."""
        if not items:
            return
        with self._database.writing(savepoints=False) as connection:
            self._drop(connection, framework_id, [item.number for item in items])
            execute_many(connection, _INSERT_ITEM, [self._item_row(framework_id, item) for item in items])
            words = [row for item in items for row in self._word_rows(framework_id, item)]
            if words:
                insert_tuples(connection, framework_words, _WORD_COLUMNS, words)

    def end_items(self, framework_id: str, numbers: Sequence[int], *, revision: int) -> None:
        """Mark items that the framework no longer has.

        Searches do not find them, but references to them still resolve.
        """
        with self._database.writing(savepoints=False) as connection:
            for some in _some(numbers):
                place = _place(framework_words, framework_id, some)
                connection.execute(delete(framework_words).where(place))
                place = _place(framework_items, framework_id, some)
                connection.execute(update(framework_items).where(place).values(gone_in=revision))

    def skills(self, uris: Sequence[str]) -> dict[str, FoundSkill]:
        """Return items by URI. If several frameworks have one, prefer one that is not
        gone, then the first imported.
        """
        found: dict[str, FoundSkill] = {}
        with self._database.reading() as connection:
            for some in _some(uris):
                asked = (
                    select(framework_items, t)
                    .join(t, t.c.id == framework_items.c.framework_id)
                    .where(
                        framework_items.c.organisation_id == self._organisation_id,
                        framework_items.c.uri.in_(some),
                    )
                    .order_by(framework_items.c.gone_in.is_(None), t.c.imported_at.desc())
                )
                for row in connection.execute(asked):
                    skill = found_of(row)
                    found[skill.skill.uri] = skill
        return found

    def _drop(self, connection: Connection, framework_id: str, numbers: Sequence[int]) -> None:
        for some in _some(numbers):
            connection.execute(delete(framework_words).where(_place(framework_words, framework_id, some)))
            connection.execute(delete(framework_items).where(_place(framework_items, framework_id, some)))

    def _item_row(self, framework_id: str, item: SkillRecord) -> dict[str, Any]:
        return {
            "framework_id": framework_id,
            "number": item.number,
            "organisation_id": self._organisation_id,
            "uri": item.uri,
            "code": item.code,
            "label": item.label,
            "content": item.content,
            "digest": item.digest,
            "deprecated": item.deprecated,
        }

    def _word_rows(self, framework_id: str, item: SkillRecord) -> builtins.list[tuple[Any, ...]]:
        """Return rows in the order of _WORD_COLUMNS."""
        ranks: dict[bytes, int] = {}
        if item.code:
            ranks[code_key(item.code)] = 0
        for term, text in item.terms:
            for word in split_words(text):
                ranks.setdefault(as_key(word), RANKS[term])
        own, number = self._organisation_id, item.number
        return [(framework_id, number, key, rank, own) for key, rank in ranks.items()]

    # --- crosswalks

    def replace_links(self, framework_id: str, links: Sequence[CrosswalkLink]) -> None:
        """Replace the links of a framework's publisher, or with "" the organisation's own."""
        own = crosswalk_links.c.organisation_id == self._organisation_id
        rows = {
            (link.origin, link.target): {
                "organisation_id": self._organisation_id,
                "origin": link.origin,
                "target": link.target,
                "framework_id": framework_id,
                "strength": link.strength,
            }
            for link in links
        }
        with self._database.writing() as connection:
            connection.execute(
                delete(crosswalk_links).where(own, crosswalk_links.c.framework_id == framework_id)
            )
            if rows:
                execute_many(connection, _INSERT_LINK, list(rows.values()))

    def links(self, uris: Sequence[str]) -> tuple[CrosswalkLink, ...]:
        """Return the links from or to these skills."""
        columns, found = crosswalk_links.c, []
        with self._database.reading() as connection:
            for some in _some(uris):
                touching = columns.target.in_(some) | columns.origin.in_(some)
                asked = select(crosswalk_links).where(
                    columns.organisation_id == self._organisation_id, touching
                )
                found += [
                    CrosswalkLink(row.origin, row.target, row.strength, row.framework_id)
                    for row in connection.execute(asked)
                ]
        return tuple(dict.fromkeys(found))

    def _own(self) -> ColumnElement[bool]:
        return t.c.organisation_id == self._organisation_id


def framework_of(row: Row[Any] | Any) -> FrameworkRecord:
    """Return the record of a row."""
    said = row._mapping
    return FrameworkRecord(
        id=said[t.c.id],
        uri=said[t.c.uri],
        name=said[t.c.name],
        format=said[t.c.format],
        revision=said[t.c.revision],
        imported_at=said[t.c.imported_at],
        version=said[t.c.version],
        publisher=said[t.c.publisher],
        licence=said[t.c.licence],
        language=said[t.c.language],
        description=said[t.c.description],
        items=said[t.c["items"]],
    )


def found_of(row: Row[Any]) -> FoundSkill:
    """Return the skill of a row."""
    said: Mapping[Any, Any] = row._mapping
    columns = framework_items.c
    skill = SkillRecord(
        said[columns.number],
        said[columns.uri],
        said[columns.label],
        said[columns.content],
        said[columns.digest],
        said[columns.code],
        said[columns.deprecated],
    )
    return FoundSkill(framework_of(row), skill, said[columns.gone_in] is not None)


def _place(table: Any, framework_id: str, numbers: Sequence[int]) -> ColumnElement[bool]:
    return and_(table.c.framework_id == framework_id, table.c.number.in_(numbers))


def _some(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _IN_ONE_QUESTION):
        yield values[start : start + _IN_ONE_QUESTION]
