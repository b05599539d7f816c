"""The learner in each dialect, and the field beside it known to be somebody else.

In most dialects the obvious field is the wrong person: whoever graded, awarded, or opened the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Learner:
    """`field` is where the learner is; `not_them` is a field with another person."""

    field: str
    not_them: str


LEARNERS: Mapping[str, Learner] = MappingProxyType(
    {
        "generic": Learner("data.learner: email, did, id, username …", "nobody else is named"),
        "canvas": Learner(
            "body.user.id, body.user_uuid, body.student_id or body.user_id",
            "metadata.user_id, user_login and user_sis_id: whoever made the request, a teacher say",
        ),
        "caliper": Learner("object.assignee", "actor: whoever graded"),
        "moodle": Learner("relateduserid", "userid: whoever caused the event"),
        "openedx": Learner(
            "user.id and user.pii; student_user in exams",
            "requesting_user: whoever asked for it",
        ),
        "xapi": Learner(
            "actor: account, mbox, mbox_sha1sum or openid; issuedUserId in Brightspace's awards",
            "authority, context.instructor, context.team; in Brightspace's awards the actor",
        ),
        "lti": Learner("sub of the launch, and ext.user_username", "nobody else is named"),
        "csv": Learner("the column for an employee number, user name or address", "a column for a trainer"),
    }
)
