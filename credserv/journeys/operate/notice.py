"""The notice for the works council and the data-protection officer: what this organisation has configured,
who sees the data, and how long it is kept.

It is generated on every request, so it is never older than what it describes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from credserv.accreditation.programme import Programme
from credserv.accreditation.words import asked_words
from credserv.ground.languages import Say, in_english
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.accredit.retention import AFTER_LEAVING_MONTHS, practice_months
from credserv.journeys.measure.metrics import metrics_of
from credserv.journeys.services import Services
from credserv.records.roles import PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Kept:
    """One kind of stored data about people.

    Attributes:
        tables: Where it is stored.
        seen_by: The permission that lets a role see it.
    """

    tables: tuple[str, ...]
    what: str
    why: str
    how_long: str
    seen_by: tuple[Permission, ...]


_UNTIL_ERASED = "until the person wants to be erased; after that ids alone, which lead to nobody"
_PRACTICE = "practice"
KEPT = (
    Kept(
        ("applications", "application_evidence"),
        "applications, scores of assessments, what assessors observed, declarations",
        "whether the programme's requirements are met is decided by them",
        _UNTIL_ERASED,
        (Permission.CASES,),
    ),
    Kept(
        ("endorsements", "member_dids"),
        "who endorsed whom and when, signed with a key of their own",
        "an endorsement counts only from somebody who was entitled to give it",
        _UNTIL_ERASED + "; what is inside a badge stays in it",
        (Permission.CASES,),
    ),
    Kept(
        ("accreditations", "terms", "holds", "revocations", "founders", "term_reminders"),
        "accreditations with their terms, suspensions, revocations and reasons; founders",
        "whoever checks a badge sees its state, and never a reason",
        _UNTIL_ERASED,
        (Permission.CASES,),
    ),
    Kept(
        ("appeals",),
        "appeals, in the person's words, and what was decided",
        "somebody without a part in the case looks at it again",
        _UNTIL_ERASED,
        (Permission.CASES,),
    ),
    Kept(
        ("audit_cases",),
        "in which audits an accreditation was drawn, and what was found",
        "a sample is looked at again",
        "for good, by ids that lead to nobody once the person is erased, so that the draw can be recomputed",
        (Permission.CASES,),
    ),
    Kept(
        (_PRACTICE,),
        "hours, courses, supervision and reflections that mentors log themselves",
        "a renewal asks for them",
        "",
        (Permission.CASES,),
    ),
    Kept(
        ("mentoring_sessions", "cohort_places", "mentor_offers", "former_mentor_offers"),
        "who mentored whom, when, for how many minutes and about which competency; what mentors offer, and "
        "offered before",
        "both confirm a session, so that it counts for both; minutes are never more than was offered",
        _UNTIL_ERASED,
        (Permission.CASES,),
    ),
    Kept(
        ("session_feedback",),
        "what mentees say of a session",
        "the mentor sees a mean from five people on, and nobody sees who said what",
        _UNTIL_ERASED,
        (),
    ),
    Kept(
        ("employment_spells", "job_changes"),
        "entry, leaving, role, level, department, site and their changes, from the personnel system",
        "moves are counted for groups, of those who agreed to it",
        _UNTIL_ERASED,
        (Permission.INSPECT,),
    ),
    Kept(
        ("outcome_facts",),
        "what somebody started, scores before and after, what they mastered, errors counted, answers, "
        "targets, criteria of assignments, how they see themselves, and who said so",
        "figures of groups are made of them, of those who agreed",
        _UNTIL_ERASED,
        (),
    ),
    Kept(
        ("feedback_rounds", "round_answers"),
        "what managers, peers and others answer about somebody who asked for it",
        "a side is told from three answers on, and words from five; it never is a score",
        _UNTIL_ERASED,
        (),
    ),
    Kept(
        ("feedback_requests",),
        "who was asked what they saw of somebody, as what, and when they answered",
        "how long an answer takes is told for groups, of those who agreed",
        _UNTIL_ERASED,
        (),
    ),
    Kept(
        ("pathway_proposals",),
        "which pathway their manager or the organisation proposed to somebody, and when",
        "they choose in their wallet whether they begin it; nobody sees how they answered",
        "until they answer",
        (),
    ),
    Kept(
        ("pathway_starts",),
        "which pathway somebody began when, and what they had of it then",
        "what was gained on the way is told to them, and to who leads them if they agree",
        _UNTIL_ERASED,
        (),
    ),
    Kept(
        ("consents",),
        "what somebody agreed to, in which words, and until when",
        "nobody is counted, listed or asked about without it",
        _UNTIL_ERASED,
        (),
    ),
)
PURPOSES = (
    ("outcomes", "to be counted in figures of groups"),
    ("register", "to be listed as a mentor, with state and competencies"),
    ("feedback", "that others are asked what they saw of them"),
    ("matching-history", "that former sessions are used where mentors are suggested"),
    ("progress", "that whoever leads them sees how far they are on pathways, without scores"),
)
PUBLISHING = (
    "Counts are published as 0, “fewer than 5”, or rounded to 5; means from 8 people on, rates from 20 on; "
    "by at most two characteristics. A number never follows from others by subtraction.",
    "The program that suggests mentors decides nothing: a person does. It uses no characteristic of anybody "
    "but competency, language, working hours and load.",
    "Analysts see figures of groups alone. Nobody reads what somebody wrote in a reflection or an answer but "
    "those who are named here.",
)


@dataclass(frozen=True)
class RoleNotice:
    """A role in the notice.

    Attributes:
        held_by: How many people have it.
    """

    role: Role
    may: tuple[str, ...]
    held_by: int


@dataclass(frozen=True)
class ProgrammeNotice:
    key: str
    version: int
    programme: Programme
    asks: tuple[str, ...]
    renewal: tuple[str, ...]


@dataclass(frozen=True)
class MetricNotice:
    name: str
    question: str
    owner: str


@dataclass(frozen=True)
class Notice:
    organisation: str
    contact: str
    made_at: datetime
    programmes: tuple[ProgrammeNotice, ...]
    kept: tuple[Kept, ...]
    roles: tuple[RoleNotice, ...]
    metrics: tuple[MetricNotice, ...] = ()


def make_notice(services: Services, now: datetime, say: Say = in_english) -> Notice:
    """Return the notice.

    Args:
        say: Translates what programmes require.
    """
    profile = services.issuer.profile
    colleagues = services.store.colleagues.list(services.today(now))
    months = practice_months(services)
    practice = f"{months} months and 90 days; {AFTER_LEAVING_MONTHS} months after somebody has left"
    return Notice(
        organisation=str(profile.get("name") or services.public_url),
        contact=str(profile.get("email") or ""),
        made_at=now,
        programmes=tuple(
            ProgrammeNotice(
                one.record.key,
                one.record.version,
                one.programme,
                tuple(asked_words(asked, say) for asked in one.programme.grant),
                tuple(asked_words(asked, say) for asked in one.programme.renewal),
            )
            for one in all_programmes(services)
        ),
        kept=tuple(replace(one, how_long=practice) if one.tables == (_PRACTICE,) else one for one in KEPT),
        metrics=tuple(
            MetricNotice(one.name, one.question, one.owner) for one in metrics_of(services, now) if one.shown
        ),
        roles=tuple(
            RoleNotice(
                role,
                tuple(one.value for one in Permission if one in PERMISSIONS[role]),
                sum(role in one.roles for one in colleagues),
            )
            for role in Role
        ),
    )


def who_sees(kept: Kept) -> str:
    """Return who sees one kind of data, in words."""
    roles = [role.value for role in Role if any(one in PERMISSIONS[role] for one in kept.seen_by)]
    return ", ".join(["the person", *roles])
