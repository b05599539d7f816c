"""Convert a stored accreditation to the history that its state is judged by."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.accreditation.standing import History, Hold, Revocation, Standing, Term, standing
from credserv.records.accreditation import TermRecord
from credserv.records.lives import Life


def history_of(life: Life) -> History:
    """Return the history."""
    revoked = life.revocation
    return History(
        tuple(_term(term) for term in life.first_versions),
        tuple(Hold(hold.begins_at, hold.ends_at) for hold in life.holds),
        None
        if revoked is None
        else Revocation(revoked.effective_from, revoked.decided_at, revoked.overturned_at),
    )


def stands(life: Life, at: datetime, known: datetime | None = None) -> Standing:
    """Return the standing at an instant, as known then or at another."""
    return standing(history_of(life), at, known or at)


def _term(term: TermRecord) -> Term:
    return Term(
        term.number,
        term.valid_from,
        term.term_end,
        term.grace_end,
        term.decided_at,
        timedelta(days=term.notice_days),
    )
