"""What every LMS dialect is turned into: somebody completed something, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True)
class Completion:
    """One completion by one learner.

    Attributes:
        event_type: the sender's own word for it (`course.completed`).
        email, did: at least one is set.
        name: for the letter and the wallet.
        course_id: the sender's identifier.
        completed_at: aware, UTC.
        passed: None where the sender does not say.
        score: from 0 to 1; None where the sender does not say.
        remark: what was sent but cannot be used, to explain why a rule that needs it does not decide.
    """

    event_type: str
    email: str | None
    did: str | None
    name: str | None
    course_id: str
    completed_at: datetime
    passed: bool | None
    score: float | None
    remark: str = ""

    def observe(self, event_id: str) -> Observation:
        """Return it as an observation. `event_id` is that of the message, which has nothing else."""
        named = ((PersonKind.EMAIL, self.email), (PersonKind.DID, self.did))
        return Observation(
            event_id=event_id,
            event_type=self.event_type,
            kind=self._kind(),
            people=tuple(PersonReference(kind, value) for kind, value in named if value is not None),
            activities=(ActivityReference(ActivityKind.COURSE, self.course_id),),
            occurred_at=self.completed_at,
            scaled=None if self.score is None else Decimal(repr(self.score)),
            success=self.passed,
            name=self.name,
        )

    def _kind(self) -> Kind:
        """Return the kind by the last word of the type. Completed but not passed is failed."""
        said = _KINDS.get(self.event_type.rpartition(".")[2].lower(), Kind.COMPLETED)
        return Kind.FAILED if said in (Kind.COMPLETED, Kind.PASSED) and self.passed is False else said
