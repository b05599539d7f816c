"""The whole life of an accreditation as stored, from which its state follows at any instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from credserv.records.accreditation import AccreditationRecord, HoldRecord, RevocationRecord, TermRecord


@dataclass(frozen=True)
class Life:
    """An accreditation with everything about it.

    Attributes:
        terms: By number, at least one. Two that end together are versions of one term.
        holds: Suspensions in the order in which they began.
    """

    record: AccreditationRecord
    terms: tuple[TermRecord, ...]
    holds: tuple[HoldRecord, ...] = ()
    revocation: RevocationRecord | None = None

    @property
    def credential_id(self) -> str:
        return self.record.credential_id

    @property
    def name(self) -> str:
        """Return the client's own reference, or else our id."""
        return self.record.reference or self.record.credential_id

    @property
    def newest(self) -> TermRecord:
        return self.terms[-1]

    @property
    def first_versions(self) -> tuple[TermRecord, ...]:
        """Return the first version of each term; a later one does not change the term."""
        return tuple(next(versions) for _, versions in groupby(self.terms, key=lambda one: one.term_end))

    @property
    def term_begins(self) -> datetime:
        """Return the start of the current or last term."""
        return self.first_versions[-1].valid_from

    @property
    def open_hold(self) -> HoldRecord | None:
        return next((hold for hold in self.holds if hold.ends_at is None), None)


@dataclass(frozen=True)
class StoredVersion:
    """A version of a credential or copy, in the bytes in which it was signed."""

    number: int
    signed: bytes


@dataclass(frozen=True)
class CopyBehind:
    """A copy that has to be made again, because its award has a version of this number.

    It includes that version's bytes and the start of its validity.
    """

    copy_id: str
    credential_id: str
    number: int
    signed: bytes
    valid_from: datetime
