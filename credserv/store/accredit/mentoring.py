"""Mentoring sessions, and feedback about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.engine import Row

from credserv.records.mentoring import (
    MentoringKind,
    MentoringSession,
    MentoringState,
    SessionFeedback,
)
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import mentoring_sessions as t
from credserv.store.tables import session_feedback as feedback

_COLUMNS = [column for column in t.columns if column.name != "organisation_id"]
_TAKES_TIME = (MentoringState.ACCEPTED.value, MentoringState.HELD.value)
_NOT_HELD = (MentoringState.NO_SHOW.value, MentoringState.DISPUTED.value)


class MentoringRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, session: MentoringSession) -> bool:
        """Store a session; return False if its reference is taken."""
        values = {**vars(session), "kind": session.kind.value, "state": session.state.value}
        values["links"], values["reason"] = list(session.links), dict(session.reason)
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, organisation_id=self._organisation_id)

    def find(self, reference: str) -> MentoringSession | None:
        """Return a session by the client's id or ours."""
        found = self._all(or_(t.c.reference == reference, t.c.id == reference))
        return next((one for one in found if one.reference == reference), found[0] if found else None)

    def lock(self, session_id: str) -> MentoringSession | None:
        """Return a session, locked until the transaction ends."""
        with self._database.writing() as connection:
            own = self._own() & (t.c.id == session_id)
            row = connection.execute(select(*_COLUMNS).where(own).with_for_update()).one_or_none()
        return None if row is None else _session(row)

    def change(self, session_id: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(t).where(self._own(), t.c.id == session_id).values(**values))

    # --- of people

    def of_member(
        self, membership_id: str, *, states: Collection[MentoringState] | None = None, limit: int = 200
    ) -> tuple[MentoringSession, ...]:
        """Return sessions of a member on either side, latest first."""
        theirs = or_(t.c.mentor_id == membership_id, t.c.mentee_id == membership_id)
        if states is not None:
            theirs = theirs & t.c.state.in_([state.value for state in states])
        return self._all(theirs, latest_first=True, limit=limit)

    def sessions_of(
        self, membership_id: str, since: datetime, until: datetime, *, known: datetime | None = None
    ) -> tuple[MentoringSession, ...]:
        """Return what a mentor held in [since, until), as known then (None: now), oldest first.

        `accreditation/sessions.py` judges whether a session is confirmed and counts.
        """
        held = and_(t.c.mentor_id == membership_id, t.c.held_at >= since, t.c.held_at < until)
        return self._all(held if known is None else held & (t.c.told_at <= known))

    def received_by(self, membership_id: str, known: datetime) -> tuple[MentoringSession, ...]:
        """Return the sessions of a mentee, as known then, oldest first."""
        return self._all((t.c.mentee_id == membership_id) & t.c.held_at.is_not(None) & (t.c.told_at <= known))

    def held_with(
        self, mentor_ids: Collection[str], since: datetime, until: datetime
    ) -> tuple[MentoringSession, ...]:
        """Return what any of these mentors held in [since, until), oldest first."""
        held = and_(t.c.held_at >= since, t.c.held_at < until)
        return self._all(held & t.c.mentor_id.in_(list(mentor_ids)))

    def held_until(self, cut: datetime, *, known: datetime | None = None) -> tuple[MentoringSession, ...]:
        """Return all sessions held by an instant, as known then or at `known`, oldest first."""
        return self._all((t.c.held_at <= cut) & (t.c.told_at <= (known or cut)))

    def asked_between(self, since: datetime, until: datetime) -> tuple[MentoringSession, ...]:
        """Return all sessions requested in [since, until), oldest first."""
        return self._all((t.c.requested_at >= since) & (t.c.requested_at < until))

    def taking_time(
        self,
        mentor_ids: Collection[str],
        since: datetime,
        until: datetime,
        *,
        known: datetime | None = None,
    ) -> tuple[MentoringSession, ...]:
        """Return agreed or held sessions that begin in [since, until), as known then (None: now)."""
        if not mentor_ids:
            return ()
        takes: ColumnElement[bool] = t.c.state.in_(_TAKES_TIME)
        if known is not None:
            undone = and_(t.c.state == MentoringState.CANCELLED.value, t.c.settled_at > known)
            takes = or_(t.c.answered_at <= known, t.c.told_at <= known) & or_(takes, undone)
        begins = and_(t.c.starts_at >= since, t.c.starts_at < until)
        return self._all(begins & t.c.mentor_id.in_(list(mentor_ids)) & takes)

    def have_met(self, one: str, other: str, by: datetime) -> bool:
        """Return whether either mentored the other in a session that was held and known by then."""
        pairs = or_(
            and_(t.c.mentor_id == one, t.c.mentee_id == other),
            and_(t.c.mentor_id == other, t.c.mentee_id == one),
        )
        known = and_(t.c.told_at <= by, t.c.held_at <= by, t.c.state != MentoringState.NO_SHOW.value)
        with self._database.reading() as connection:
            return bool(connection.execute(select(exists().where(self._own(), pairs, known))).scalar_one())

    def relations(self, mentor_ids: Collection[str]) -> dict[str, int]:
        """Return how many people each of them has mentored."""
        counted = select(t.c.mentor_id, func.count(t.c.mentee_id.distinct())).where(
            self._own(),
            t.c.mentor_id.in_(list(mentor_ids)),
            t.c.told_at.is_not(None),
            t.c.state.not_in(_NOT_HELD),
        )
        with self._database.reading() as connection:
            rows = connection.execute(counted.group_by(t.c.mentor_id))
            return {mentor: int(count) for mentor, count in rows}

    def held_by(self, mentor_ids: Collection[str]) -> dict[str, int]:
        """Return how many sessions each of them held that both sides confirmed."""
        confirmed = and_(
            t.c.mentor_confirmed_at.is_not(None),
            t.c.mentee_confirmed_at.is_not(None),
            t.c.state.not_in(_NOT_HELD),
        )
        counted = select(t.c.mentor_id, func.count()).where(
            self._own(), t.c.mentor_id.in_(list(mentor_ids)), confirmed
        )
        with self._database.reading() as connection:
            rows = connection.execute(counted.group_by(t.c.mentor_id))
            return {mentor: int(count) for mentor, count in rows}

    def disputed_with(self, mentee_id: str) -> frozenset[str]:
        """Return the mentors of disputed sessions."""
        theirs = self._own() & (t.c.mentee_id == mentee_id) & (t.c.state == MentoringState.DISPUTED.value)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(t.c.mentor_id).where(theirs)))

    # --- feedback

    def add_feedback(self, said: SessionFeedback) -> bool:
        """Store feedback; return False if this person gave some about this session."""
        with self._database.writing() as connection:
            return insert_if_absent(connection, feedback, **vars(said), organisation_id=self._organisation_id)

    def feedback_by(self, session_id: str, rater_id: str) -> SessionFeedback | None:
        found = select(feedback).where(
            feedback.c.organisation_id == self._organisation_id,
            feedback.c.session_id == session_id,
            feedback.c.rater_id == rater_id,
        )
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _feedback(row)

    def feedback_for(self, mentor_id: str) -> tuple[SessionFeedback, ...]:
        """Return what mentees said of a mentor, latest first."""
        return tuple(said for _, said in self._said(t.c.mentor_id == mentor_id))

    def feedback_on(self, session_ids: Collection[str]) -> tuple[SessionFeedback, ...]:
        """Return what mentees said of these sessions, latest first."""
        return tuple(said for _, said in self._said(t.c.id.in_(list(session_ids))))

    def raters(self, until: datetime) -> dict[str, int]:
        """Return how many different mentees rated each mentor by an instant."""
        found: dict[str, set[str]] = {}
        for mentor_id, said in self._said(feedback.c.given_at <= until):
            found.setdefault(mentor_id, set()).add(said.rater_id)
        return {mentor_id: len(raters) for mentor_id, raters in found.items()}

    def _said(self, which: ColumnElement[bool]) -> Sequence[tuple[str, SessionFeedback]]:
        by_mentees = (feedback.c.session_id == t.c.id) & (feedback.c.rater_id == t.c.mentee_id)
        found = select(feedback, t.c.mentor_id).join(t, by_mentees).where(self._own(), which)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(feedback.c.given_at.desc(), feedback.c.session_id))
            return [(row.mentor_id, _feedback(row)) for row in rows]

    # ---

    def _own(self) -> ColumnElement[bool]:
        return t.c.organisation_id == self._organisation_id

    def _all(
        self, which: ColumnElement[bool], *, latest_first: bool = False, limit: int | None = None
    ) -> tuple[MentoringSession, ...]:
        order = t.c.starts_at.desc() if latest_first else t.c.starts_at
        found = select(*_COLUMNS).where(self._own(), which).order_by(order, t.c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(_session(row) for row in connection.execute(found))


def _session(row: Row[Any]) -> MentoringSession:
    known = {column.name: row._mapping[column.name] for column in _COLUMNS}
    known["kind"], known["state"] = MentoringKind(known["kind"]), MentoringState(known["state"])
    known["links"] = tuple(known["links"])
    return MentoringSession(**known)


def _feedback(row: Row[Any]) -> SessionFeedback:
    names = ("session_id", "rater_id", "score", "maximum", "words", "given_at")
    return SessionFeedback(**{name: row._mapping[name] for name in names})
