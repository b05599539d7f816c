"""Links say what they prove, who used them and what is kept with them; searches for people ignore accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_ROWS = 1_000
_ADDRESS = "asserted_identifiers.kind = 'email' AND asserted_identifiers.ended_at IS NULL"
_OLDER = "purpose IN ('console', 'wallet')"


def upgrade() -> None:
    op.add_column("links", sa.Column("used_by", sa.String(length=64)))
    op.add_column("links", sa.Column("claim", sa.Text()))
    op.create_index("ix_links_purpose_subject", "links", ["purpose", "subject"])
    # A wallet link went to the one address of its person. A console link was nobody's: who uses it now
    # tells who they are, and becomes the first owner.
    op.execute(
        "UPDATE links SET subject = (SELECT min(asserted_identifiers.value) FROM asserted_identifiers "
        "JOIN memberships ON memberships.id = asserted_identifiers.membership_id "
        f"WHERE memberships.person_id = links.subject AND {_ADDRESS}) "
        "WHERE purpose = 'wallet' AND EXISTS (SELECT 1 FROM asserted_identifiers "
        "JOIN memberships ON memberships.id = asserted_identifiers.membership_id "
        f"WHERE memberships.person_id = links.subject AND {_ADDRESS})"
    )
    op.execute("UPDATE links SET purpose = 'first-owner' WHERE purpose = 'console'")
    _write_search_texts(_fold, with_dids=True)


def downgrade() -> None:
    op.execute("UPDATE links SET purpose = 'console', subject = '' WHERE purpose = 'first-owner'")
    op.execute(
        "UPDATE links SET subject = (SELECT min(memberships.person_id) FROM memberships "
        "JOIN asserted_identifiers ON memberships.id = asserted_identifiers.membership_id "
        f"WHERE asserted_identifiers.value = links.subject AND {_ADDRESS}) "
        "WHERE purpose = 'wallet' AND EXISTS (SELECT 1 FROM asserted_identifiers "
        f"WHERE asserted_identifiers.value = links.subject AND {_ADDRESS})"
    )
    op.execute(f"DELETE FROM links WHERE NOT ({_OLDER})")
    op.drop_index("ix_links_purpose_subject", "links")
    op.drop_column("links", "claim")
    op.drop_column("links", "used_by")
    _write_search_texts(_fold_as_before, with_dids=False)


def _write_search_texts(fold: Callable[[str], str], *, with_dids: bool) -> None:
    """From each member's identifiers and name."""
    members = sa.table("memberships", sa.column("id"), sa.column("name"), sa.column("search_text"))
    asserted = sa.table("asserted_identifiers", *map(sa.column, ("id", "membership_id", "kind", "value")))
    connection, last = op.get_bind(), ""
    found = sa.select(members.c.id, members.c.name).order_by(members.c.id).limit(_ROWS)
    change = sa.update(members).where(members.c.id == sa.bindparam("wanted"))
    while rows := connection.execute(found.where(members.c.id > last)).all():
        values = sa.select(asserted.c.membership_id, asserted.c.value).where(
            asserted.c.membership_id.in_([row.id for row in rows]),
            asserted.c.kind.in_(["email", "did"] if with_dids else ["email"]),
        )
        texts: dict[str, list[str]] = {}
        for row in connection.execute(values.order_by(asserted.c.id)):
            texts.setdefault(row.membership_id, []).append(row.value)
        changed = [
            {
                "wanted": row.id,
                "search_text": fold("\n".join([*texts.get(row.id, ()), row.name or ""]).strip()),
            }
            for row in rows
        ]
        connection.execute(change, changed)
        last = rows[-1].id


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare.translate(_PLAIN))


def _fold_as_before(text: str) -> str:
    lowered = unicodedata.normalize("NFC", text).lower()
    return unicodedata.normalize("NFC", lowered)
