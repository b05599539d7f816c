"""Finding skills as somebody types: by the beginnings of words, by code, by URI.

The rarest of the words asked for leads; what it leads to is looked through for the others. Both steps are
bounded, so that two letters that begin half of all words cost no more than a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal_column, select

from credserv.records.frameworks import FoundSkill
from credserv.store.database import Database
from credserv.store.frameworks import found_of
from credserv.store.skill_words import after_prefix, asked_words, code_key
from credserv.store.tables import framework_items, framework_words
from credserv.store.tables import frameworks as t
from credserv.store.words import fold_words

_COUNTED = 2_000  # a word that more items have is no rarer than another such
_LOOKED_THROUGH = 3_000
_CANDIDATES = 200
_w, _i = framework_words.c, framework_items.c


class SkillSearch:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def search(self, text: str, *, framework_id: str = "", limit: int = 20) -> tuple[FoundSkill, ...]:
        """The best first. framework_id: of this one alone, "" of all."""
        text = text.strip()
        with self._database.reading() as connection:
            if "://" in text or text.startswith("urn:"):
                return self._by_uri(connection, text, framework_id, limit)
            found = self._by_code(connection, text, framework_id) if _may_be_code(text) else []
            words = asked_words(text)
            if words and len(found) < limit:
                found += self._by_words(connection, words, framework_id)
            places = list(dict.fromkeys((row.framework_id, row.number) for row in _ranked(found, text)))
            return self._load(connection, places[:limit])

    def _by_uri(
        self, connection: Connection, uri: str, framework_id: str, limit: int
    ) -> tuple[FoundSkill, ...]:
        spellings = {uri, uri.replace("https://", "http://", 1), uri.replace("http://", "https://", 1)}
        asked = _joined().where(_i.organisation_id == self._organisation_id, _i.uri.in_(spellings))
        if framework_id:
            asked = asked.where(_i.framework_id == framework_id)
        return tuple(found_of(row) for row in connection.execute(asked.limit(limit)))

    def _by_code(self, connection: Connection, text: str, framework_id: str) -> list[Any]:
        return self._candidates(connection, code_key(text), [], framework_id)

    def _by_words(self, connection: Connection, words: Sequence[bytes], framework_id: str) -> list[Any]:
        counts = [self._count(connection, word) for word in words] if len(words) > 1 else [0]
        leading = words[counts.index(min(counts))]
        if min(counts) == 0 and len(words) > 1:
            return []
        return self._candidates(
            connection, leading, [word for word in words if word != leading], framework_id
        )

    def _count(self, connection: Connection, word: bytes) -> int:
        some = select(literal_column("1")).where(self._begins(word)).limit(_COUNTED).subquery()
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())

    def _candidates(
        self, connection: Connection, leading: bytes, others: Sequence[bytes], framework_id: str
    ) -> list[Any]:
        led = select(_w.framework_id, _w.number, _w.rank, _w.word).where(self._begins(leading))
        if framework_id:
            led = led.where(_w.framework_id == framework_id)
        some = (
            led.order_by(_w.word, _w.rank).limit(_LOOKED_THROUGH if others else _CANDIDATES).subquery("led")
        )
        asked = select(
            some.c.framework_id, some.c.number, some.c.rank, _i.label, _i.code, _i.deprecated
        ).join(framework_items, and_(_i.framework_id == some.c.framework_id, _i.number == some.c.number))
        for place, word in enumerate(others):
            other = framework_words.alias(f"other_{place}")
            asked = asked.where(
                exists().where(
                    other.c.framework_id == some.c.framework_id,
                    other.c.number == some.c.number,
                    other.c.word >= word,
                    other.c.word < after_prefix(word),
                )
            )
        return list(connection.execute(asked.order_by(some.c.word, some.c.rank).limit(_CANDIDATES)))

    def _begins(self, word: bytes) -> ColumnElement[bool]:
        own = _w.organisation_id == self._organisation_id
        return and_(own, _w.word >= word, _w.word < after_prefix(word))

    def _load(self, connection: Connection, places: Sequence[tuple[str, int]]) -> tuple[FoundSkill, ...]:
        loaded: dict[tuple[str, int], FoundSkill] = {}
        for framework_id in {framework for framework, _ in places}:
            numbers = [number for framework, number in places if framework == framework_id]
            asked = _joined().where(_i.framework_id == framework_id, _i.number.in_(numbers))
            for row in connection.execute(asked):
                found = found_of(row)
                loaded[framework_id, found.skill.number] = found
        return tuple(loaded[place] for place in places)


def _joined() -> Select[Any]:
    return select(framework_items, t).join(t, t.c.id == _i.framework_id)


def _may_be_code(text: str) -> bool:
    return bool(text) and len(text) <= 40 and any(letter.isdigit() or letter in ".-/_" for letter in text)


def _ranked(rows: Sequence[Any], text: str) -> list[Any]:
    """What is called so, then what begins so, then by where the words stand; the shorter label first."""
    asked, code = _folded(text), code_key(text)

    def place(row: Any) -> tuple[object, ...]:
        label = _folded(row.label)
        named = label == asked or (bool(row.code) and code_key(row.code) == code)
        return (row.deprecated, not named, not label.startswith(asked), row.rank, len(label), label)

    return sorted(rows, key=place)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else fold_words(text)
