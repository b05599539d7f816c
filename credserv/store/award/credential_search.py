"""Find credentials by person, badge or id, in pages that continue after the last row seen.

A page starts where the previous one ended and never counts rows, so the last page of 100,000 costs as much as
the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, and_, exists, false, or_, select
from sqlalchemy.sql import ColumnElement, Select

from credserv.ground.words import fold_words, search_words
from credserv.records.credentials import CredentialFilter, CredentialRecord
from credserv.records.paging import Page, Place
from credserv.store.admit.members import spellings
from credserv.store.frame.places import behind
from credserv.store.hold.credential_rows import SELECT_CREDENTIAL, credential_record
from credserv.store.tables import achievements, asserted_identifiers, credentials, memberships

# If so few people match, they are looked up one by one; otherwise enough of them
# appear on the way through the list.
_MAX_PEOPLE = 500
_ID_CHARS = 22

_ADDRESSED = memberships.c.id == asserted_identifiers.c.membership_id
_NEWEST = (credentials.c.issued_at.desc(), credentials.c.id)
_OLDEST = (credentials.c.issued_at, credentials.c.id.desc())


def search_page(
    connection: Connection,
    own: str,
    text: str,
    *,
    wanted: CredentialFilter,
    limit: int,
    after: Place | None,
    before: Place | None,
) -> Page[CredentialRecord]:
    """Return one page of an organisation's credentials, newest first.

    Args:
        after: The last row of the previous page.
        before: The first row of the next page.
    """
    found = SELECT_CREDENTIAL.where(_matches(connection, own, text.strip()), *_fitting(own, wanted))
    if before is not None:
        rows = _rows(connection, found.where(_newer_than(before)).order_by(*_OLDEST), limit + 1)
        return Page(tuple(rows[:limit][::-1]), newer=len(rows) > limit, older=True)
    if after is not None:
        found = found.where(behind(credentials.c.issued_at, credentials.c.id, after))
    rows = _rows(connection, found.order_by(*_NEWEST), limit + 1)
    return Page(tuple(rows[:limit]), newer=after is not None, older=len(rows) > limit)


def _fitting(own: str, wanted: CredentialFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.state is not None:
        yield credentials.c.state == wanted.state.value
    if wanted.achievement_key:
        yield credentials.c.achievement_key == wanted.achievement_key
    if wanted.issued_from is not None:
        yield credentials.c.issued_at >= wanted.issued_from
    if wanted.issued_before is not None:
        yield credentials.c.issued_at < wanted.issued_before
    if wanted.recipient.startswith("did:"):
        yield credentials.c.recipient_did == wanted.recipient
    elif wanted.recipient:
        addressed = select(asserted_identifiers.c.id).where(
            asserted_identifiers.c.organisation_id == own,
            asserted_identifiers.c.value.in_(spellings(wanted.recipient)),
        )
        yield credentials.c.identifier_id.in_(addressed)


def _rows(
    connection: Connection, found: Select[tuple[object, ...]], limit: int
) -> Sequence[CredentialRecord]:
    return [credential_record(row) for row in connection.execute(found.limit(limit))]


def _newer_than(place: Place) -> ColumnElement[bool]:
    at, id_ = credentials.c.issued_at, credentials.c.id
    return and_(at >= place.at, or_(at > place.at, id_ < place.id))


def _matches(connection: Connection, own: str, text: str) -> ColumnElement[bool]:
    """Return the condition: a whole id or DID, or else every word in the person's names,
    or in the badge's name or key.
    """
    own_ones = credentials.c.organisation_id == own
    if text.startswith("did:"):
        return and_(own_ones, credentials.c.recipient_did == text)
    by_words = _match_words(connection, own, search_words(text))
    return and_(own_ones, credentials.c.id == text) | by_words if len(text) == _ID_CHARS else by_words


def _match_words(connection: Connection, own: str, words: Sequence[str]) -> ColumnElement[bool]:
    badges = _badges_by_word(connection, own, words)
    people = [word for word in words if not badges[word]]
    named = [word for word in words if badges[word]]
    own_ones = credentials.c.organisation_id == own
    conditions = [_person_has_all(connection, own, people) if people else own_ones]
    for word, is_met in zip(named, _are_met(connection, own, named), strict=True):
        # For most words, no person has them; then nothing has to be looked up for each row.
        condition = credentials.c.achievement_key.in_(badges[word])
        conditions.append(or_(condition, _person_has(_has(own, word))) if is_met else condition)
    return and_(*conditions)


def _person_has_all(connection: Connection, own: str, words: Sequence[str]) -> ColumnElement[bool]:
    # Query the memberships alone first; joined with their identifiers, this takes several times as long.
    condition = and_(*map(_holds, words), _on_the_way(memberships, connection, own))
    few = list(connection.execute(select(memberships.c.id).where(condition).limit(_MAX_PEOPLE + 1)).scalars())
    if len(few) > _MAX_PEOPLE:
        return and_(
            credentials.c.organisation_id == own, _person_has(and_(*(_has(own, word) for word in words)))
        )
    if not few:
        return false()
    theirs = select(asserted_identifiers.c.id).where(asserted_identifiers.c.membership_id.in_(few))
    identifiers = list(connection.execute(theirs).scalars())
    return and_(credentials.c.identifier_id.in_(identifiers), _on_the_way(credentials, connection, own))


def _are_met(connection: Connection, own: str, words: Sequence[str]) -> Sequence[bool]:
    """Return for each word whether somebody has it."""
    if not words:
        return ()
    met = [exists().where(_holds(word), _on_the_way(memberships, connection, own)) for word in words]
    return tuple(connection.execute(select(*met)).one())


def _person_has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Checked for each row on the way, because common words match within a page or two.
    return exists().where(asserted_identifiers.c.id == credentials.c.identifier_id, _ADDRESSED, condition)


def _has(own: str, word: str) -> ColumnElement[bool]:
    return and_(memberships.c.organisation_id == own, _holds(word))


def _holds(word: str) -> ColumnElement[bool]:
    return memberships.c.search_text.contains(word, autoescape=True)


def _on_the_way(table: Table, connection: Connection, own: str) -> ColumnElement[bool]:
    """Return the condition for this organisation, without use of its index.

    SQLite has no statistics. It would use an index that begins with the organisation, jump to each row, and
    take four times as long.
    """
    if connection.dialect.name == "sqlite":
        return table.c.organisation_id.concat("") == own
    return table.c.organisation_id == own


def _badges_by_word(connection: Connection, own: str, words: Sequence[str]) -> dict[str, list[str]]:
    """Return, for each word, the keys of achievements with it in their key or in a version's name."""
    if not words:
        return {}
    name = achievements.c.achievement["name"].as_string()
    found = select(achievements.c.key, name.label("name")).where(achievements.c.organisation_id == own)
    badges: dict[str, str] = {}
    for row in connection.execute(found):
        badges[row.key] = badges.get(row.key, row.key) + "\n" + fold_words(row.name or "")
    return {word: [key for key, text in badges.items() if word in text] for word in words}
