"""Convert between a share's rows and its record, and find the shares that show certain credentials."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Row

from credserv.records.people import ShareRecord
from credserv.store.tables import share_items, shares


def showing(credential_ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition for shares that show one of the credentials."""
    items = select(share_items.c.token_sha256).where(share_items.c.credential_id.in_(list(credential_ids)))
    return shares.c.token_sha256.in_(items)


def of_row(
    row: Row[tuple[object, ...]], credential_ids: tuple[str, ...], import_ids: tuple[str, ...]
) -> ShareRecord:
    """Return the record of a row."""
    return ShareRecord(
        token_sha256=row.token_sha256,
        credential_ids=credential_ids,
        person_id=row.person_id,
        created_at=row.created_at,
        label=row.label,
        ended_at=row.ended_at,
        ends_at=row.ends_at,
        max_openings=row.max_openings,
        openings=row.openings,
        passcode=row.passcode or "",
        wrong_passcodes=row.wrong_passcodes,
        shows_name=row.shows_name,
        address=row.address or "",
        slug=row.slug or "",
        import_ids=import_ids,
    )
