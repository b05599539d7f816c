"""The whole life of one accreditation, as it is kept: what its state follows from at any instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from credserv.records.accreditation import AccreditationRecord, HoldRecord, RevocationRecord, TermRecord


@dataclass(frozen=True)
class Life:
    """terms: by number, the first first; there is always one. Two that end together are versions of one term.
    holds: in the order in which they began."""

    record: AccreditationRecord
    terms: tuple[TermRecord, ...]
    holds: tuple[HoldRecord, ...] = ()
    revocation: RevocationRecord | None = None

    @property
    def credential_id(self) -> str:
        return self.record.credential_id

    @property
    def name(self) -> str:
        """By which its client knows it: its own reference, else our id."""
        return self.record.reference or self.record.credential_id

    @property
    def newest(self) -> TermRecord:
        return self.terms[-1]

    @property
    def first_versions(self) -> tuple[TermRecord, ...]:
        """Of each term the one that it began with: a further version changes nothing of the term."""
        return tuple(next(versions) for _, versions in groupby(self.terms, key=lambda one: one.term_end))

    @property
    def term_begins(self) -> datetime:
        """Of the term that runs, or ran last."""
        return self.first_versions[-1].valid_from

    @property
    def open_hold(self) -> HoldRecord | None:
        return next((hold for hold in self.holds if hold.ends_at is None), None)


@dataclass(frozen=True)
class StoredVersion:
    """One version of a credential or copy, in the bytes in which it was signed."""

    number: int
    signed: bytes


@dataclass(frozen=True)
class CopyBehind:
    """A copy that has to be made anew, since its award has a version of this number: the bytes of that, and
    from when on it is valid."""

    copy_id: str
    credential_id: str
    number: int
    signed: bytes
    valid_from: datetime
