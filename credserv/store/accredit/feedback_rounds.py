"""360-degree feedback: rounds and their answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from credserv.records.feedback_rounds import Category, FeedbackRound, RoundAnswer
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import feedback_rounds as rounds
from credserv.store.tables import round_answers as answers


class FeedbackRoundRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, one: FeedbackRound) -> None:
        with self._database.writing() as connection:
            values = {**vars(one), "organisation_id": self._organisation_id}
            connection.execute(insert(rounds).values(**values))

    def get(self, round_id: str) -> FeedbackRound | None:
        own = (rounds.c.organisation_id == self._organisation_id) & (rounds.c.id == round_id)
        with self._database.reading() as connection:
            row = connection.execute(select(rounds).where(own)).one_or_none()
        return None if row is None else _round(row)

    def of_member(self, membership_id: str) -> tuple[FeedbackRound, ...]:
        """Return rounds about a member, newest first."""
        own = rounds.c.organisation_id == self._organisation_id
        found = select(rounds).where(own, rounds.c.membership_id == membership_id)
        order = (rounds.c.opened_at.desc(), rounds.c.id)
        with self._database.reading() as connection:
            return tuple(_round(row) for row in connection.execute(found.order_by(*order)))

    def answer(self, one: RoundAnswer) -> bool:
        """Store an answer; return False if the rater has answered."""
        values = {**vars(one), "category": one.category.value, "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            return insert_if_absent(connection, answers, **values)

    def answers(self, round_id: str) -> tuple[RoundAnswer, ...]:
        own = (answers.c.organisation_id == self._organisation_id) & (answers.c.round_id == round_id)
        with self._database.reading() as connection:
            return tuple(_answer(row) for row in connection.execute(select(answers).where(own)))

    def answers_for(self, membership_id: str) -> tuple[RoundAnswer, ...]:
        """Return the answers of all rounds about a member."""
        own = (answers.c.organisation_id == self._organisation_id) & (rounds.c.membership_id == membership_id)
        found = select(answers).join(rounds, rounds.c.id == answers.c.round_id).where(own)
        with self._database.reading() as connection:
            return tuple(_answer(row) for row in connection.execute(found.order_by(answers.c.given_at)))


def _round(row: Row[Any]) -> FeedbackRound:
    known = dict(row._mapping)
    del known["organisation_id"]
    return FeedbackRound(**known)


def _answer(row: Row[Any]) -> RoundAnswer:
    known = dict(row._mapping)
    del known["organisation_id"]
    return RoundAnswer(**{**known, "category": Category(row.category)})
