"""Find skills while somebody types: by the beginnings of words, by code, by URI.

The search starts from the rarest of the words and filters its results by the others. Both steps are limited,
so that two letters that begin half of all words cost no more than a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, literal_column, select

from credserv.ground.words import fold_words
from credserv.records.frameworks import FoundSkill, SkillRecord
from credserv.store.define.frameworks import framework_of
from credserv.store.define.skill_words import after_prefix, asked_words, code_key
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import select_all, select_one
from credserv.store.tables import framework_items, framework_words
from credserv.store.tables import frameworks as t

_COUNTED = 2_000  # beyond this, words do not differ in rarity
_LOOKED_THROUGH = 3_000
_CANDIDATES = 200
_w, _i = framework_words.c, framework_items.c


class SkillSearch:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def search(self, text: str, *, framework_id: str = "", limit: int = 20) -> tuple[FoundSkill, ...]:
        """Return skills, best match first.

        Args:
            framework_id: Only this framework; "" for all.
        """
        text = text.strip()
        with self._database.reading() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_BY_INDEX_ALONE)
            if "://" in text or text.startswith("urn:"):
                return self._by_uri(connection, text, framework_id)[:limit]
            found = self._candidates(connection, [code_key(text)], framework_id) if _may_be_code(text) else []
            words = asked_words(text)
            if words and len(found) < limit:
                found += self._by_words(connection, words, framework_id)
            places = dict.fromkeys((row.framework_id, row.number) for row in _ranked(found, text))
            return self._load(connection, list(places)[:limit])

    def _by_uri(self, connection: Connection, uri: str, framework_id: str) -> tuple[FoundSkill, ...]:
        spellings = {uri, uri.replace("https://", "http://", 1), uri.replace("http://", "https://", 1)}
        asked = select(_i.framework_id, _i.number).where(
            _i.organisation_id == self._organisation_id, _i.uri.in_(spellings)
        )
        if framework_id:
            asked = asked.where(_i.framework_id == framework_id)
        return self._load(connection, [(row.framework_id, row.number) for row in connection.execute(asked)])

    def _by_words(self, connection: Connection, words: Sequence[bytes], framework_id: str) -> list[Any]:
        """Start from the rarest word."""
        if len(words) == 1:
            return self._candidates(connection, words, framework_id)
        counts = {word: self._count(connection, word) for word in words}
        if not all(counts.values()):
            return []
        return self._candidates(connection, sorted(words, key=counts.__getitem__), framework_id)

    def _count(self, connection: Connection, word: bytes) -> int:
        asked = {"own": self._organisation_id, "from_0": word, "to_0": after_prefix(word)}
        found = select_one(connection, _COUNT, asked)
        return 0 if found is None else int(found.amount)

    def _candidates(self, connection: Connection, words: Sequence[bytes], framework_id: str) -> list[Any]:
        """Return items with words that begin so, starting from the first of them."""
        asked: dict[str, Any] = {"own": self._organisation_id}
        for place, word in enumerate(words):
            asked[f"from_{place}"], asked[f"to_{place}"] = word, after_prefix(word)
        if framework_id:
            asked["framework"] = framework_id
        return select_all(connection, _candidates_statement(len(words), bool(framework_id)), asked)

    def _load(self, connection: Connection, places: Sequence[tuple[str, int]]) -> tuple[FoundSkill, ...]:
        loaded: dict[tuple[str, int], FoundSkill] = {}
        for framework_id in {framework for framework, _ in places}:
            numbers = [number for framework, number in places if framework == framework_id]
            row = connection.execute(_FRAMEWORK, {"framework": framework_id}).one()
            framework = framework_of(row)
            for item in select_all(connection, _ITEMS, {"framework": framework_id, "numbers": numbers}):
                skill = SkillRecord(
                    item.number, item.uri, item.label, item.content, item.digest, item.code, item.deprecated
                )
                loaded[framework_id, item.number] = FoundSkill(framework, skill, item.gone_in is not None)
        return tuple(loaded[place] for place in places)


# --- statements, each built once --------------------------------------------------------------------


# PostgreSQL would read everything with the prefix and sort or hash it. These limits stop an index scan early,
# whatever its statistics say. They apply until the transaction ends.
_BY_INDEX_ALONE = select(
    *(
        func.set_config(name, "off", True)
        for name in ("enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_seqscan")
    )
)


def _begins(words: Any, place: int) -> Any:
    return and_(words.word >= bindparam(f"from_{place}"), words.word < bindparam(f"to_{place}"))


_OWN_WORD = and_(_w.organisation_id == bindparam("own"), _begins(_w, 0))
_COUNT = select(func.count().label("amount")).select_from(
    select(literal_column("1")).where(_OWN_WORD).limit(_COUNTED).subquery()
)
_FRAMEWORK = select(t).where(t.c.id == bindparam("framework"))
_ITEMS = select(_i.number, _i.uri, _i.label, _i.content, _i.digest, _i.code, _i.deprecated, _i.gone_in).where(
    _i.framework_id == bindparam("framework"), _i.number.in_(bindparam("numbers", expanding=True))
)


@lru_cache
def _candidates_statement(words: int, of_one_framework: bool) -> Select[Any]:
    """Return a statement that joins items last, because most candidates do not have the other words."""
    found = select(_w.framework_id, _w.number, _w.rank, _w.word).where(_OWN_WORD)
    if of_one_framework:
        found = found.where(_w.framework_id == bindparam("framework"))
    found = found.order_by(_w.word, _w.rank)
    if words > 1:
        led = found.limit(_LOOKED_THROUGH).subquery("led").c
        found = select(led.framework_id, led.number, led.rank, led.word).order_by(led.word, led.rank)
        for place in range(1, words):
            other = framework_words.alias(f"other_{place}").c
            is_same = and_(other.framework_id == led.framework_id, other.number == led.number)
            found = found.where(exists().where(is_same, _begins(other, place)))
    some = found.limit(_CANDIDATES).subquery("some").c
    asked = select(some.framework_id, some.number, some.rank, _i.label, _i.code, _i.deprecated)
    is_it = and_(_i.framework_id == some.framework_id, _i.number == some.number)
    return asked.join(framework_items, is_it).order_by(some.word, some.rank)


# --- ranking ---------------------------------------------------------------------------------------


def _may_be_code(text: str) -> bool:
    return bool(text) and len(text) <= 40 and any(letter.isdigit() or letter in ".-/_" for letter in text)


def _ranked(rows: Sequence[Any], text: str) -> list[Any]:
    """Rank exact names first, then names that begin so, then by the words' positions; shorter labels
    first.
    """
    asked = _folded(text)
    code = code_key(text) if _may_be_code(text) else b""

    def place(row: Any) -> tuple[object, ...]:
        label = _folded(row.label)
        named = label == asked or (bool(code) and bool(row.code) and code_key(row.code) == code)
        return (row.deprecated, not named, not label.startswith(asked), row.rank, len(label), label)

    return sorted(rows, key=place)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else fold_words(text)
