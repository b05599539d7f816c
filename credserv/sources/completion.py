"""What every LMS dialect is turned into: somebody completed something, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Completion:
    """One completion by one learner.

    event_type: the sender's own word for it (`course.completed`). email or did: at least one is there.
    name: for the mail and the wallet. course_id: the sender's identifier. completed_at: aware UTC.
    passed: None where the sender does not say. score: from 0 to 1, None where the sender does not say.
    remark: what was sent and is of no use, for whoever wonders why a rule that needs it does not decide.
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
