"""The small form of a programme: a few numbers, with everything else as in our own starters.

{"key": "mentor-basic", "version": 1, "term_months": 24, "endorsements": 2, "assessment_min": 70, ...}
"""

from __future__ import annotations

from credserv.accreditation.programme import (
    ASSESSOR,
    ENDORSER,
    Ask,
    AuditRule,
    Entitled,
    FounderRule,
    Programme,
    Requirement,
    TermRule,
    Unit,
    Window,
)
from credserv.accreditation.programme_parts import (
    read_day,
    read_days,
    read_key,
    read_owner,
    read_states,
)
from credserv.accreditation.standing import IN_FORCE
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader, pointer

_LATE_DAYS = 300
_TERM = Window(in_term=True)


def is_small(document: JsonObject) -> bool:
    """Return whether a document has the small form."""
    return "schema" not in document and "term_months" in document


def read_small(document: JsonObject, faults: FaultList, *, owner: str | None) -> Programme:
    """Read the small form, ignoring unknown members. Faults are added to `faults`.

    Raises:
        SchemaFaultsError: The document is not valid.
    """
    reader = ObjectReader(document, "", faults, members=None)
    in_force = read_states(reader, "in_force_counts", IN_FORCE)
    key = read_key(reader)
    share = reader.read_fraction("audit_share")
    minimum = reader.read_whole("audit_min", low=0, high=3_660) or 0
    programme = Programme(
        key=key,
        name=reader.read_text("name", max_chars=200) or key,
        owner=read_owner(reader, owner),
        form="small",
        body="",
        level=1,
        competencies=(1, 100),
        grant=_grant(reader),
        renewal=_renewal(reader),
        term=TermRule(
            reader.read_whole("term_months", low=1, high=600) or 12,
            read_days(reader, "notice_days", 90),
            read_days(reader, "grace_days", 0),
            read_days(reader, "late_days", _LATE_DAYS),
            in_force,
        ),
        entitlement={role: Entitled(1, in_force) for role in (ENDORSER, ASSESSOR)},
        founders=FounderRule(months=120),
        audit=None if share is None else AuditRule(share, minimum),
        sprint_days=read_days(reader, "sprint_days", 0) or None,
        endorsement_received_within_hours=reader.read_whole(
            "endorsement_received_within_hours", low=0, high=3_660
        )
        or 24,
        retires_on=read_day(reader, "retires_on"),
    )
    if not programme.grant:
        reader.fault("assessment_min", "nothing is asked for: an accreditation stands on evidence")
    faults.require("the programme")
    return programme


def _grant(reader: ObjectReader) -> tuple[Requirement, ...]:
    asked = []
    percent = reader.read_whole("assessment_min", low=0, high=100)
    if percent is not None:
        attempts = reader.read_whole("attempts", low=1, high=100)
        ask = Ask(Unit.PERCENT, percent)
        asked.append(Requirement("assessment", "/assessment_min", "assessment", (ask,), attempts=attempts))
    endorsements = reader.read_whole("endorsements", low=0, high=50)
    if endorsements:
        ask = Ask(Unit.PEOPLE, endorsements)
        asked.append(Requirement("endorsements", "/endorsements", "endorsements", (ask,)))
    observed = reader.read_whole("observed", low=0, high=50)
    if observed:
        level = reader.read_whole("observed_level", low=0, high=100) or 0
        ask = Ask(Unit.PIECES, observed)
        asked.append(Requirement("observation", "/observed", "observation", (ask,), level=level))
    return tuple(asked)


def _renewal(reader: ObjectReader) -> tuple[Requirement, ...]:
    within = reader.read_object("renewal", members=None)
    if within is None:
        return ()
    kinds = (
        ("sessions", "sessions", "sessions", Unit.PIECES, 1),
        ("distinct_mentees", "distinct-mentees", "sessions", Unit.PEOPLE, 1),
        ("cpd_hours", "cpd", "cpd", Unit.MINUTES, 60),
        ("supervision", "supervision", "supervision", Unit.PIECES, 1),
        ("supervision_minutes", "supervision", "supervision", Unit.MINUTES, 1),
        ("feedback", "feedback", "feedback", Unit.PIECES, 1),
        ("reflections", "reflections", "reflections", Unit.PIECES, 1),
    )
    asked = []
    for name, kind, counted, unit, times in kinds:
        need = within.read_whole(name, low=0, high=100_000)
        if need:
            place = pointer(within.place, name)
            asked.append(Requirement(kind, place, counted, (Ask(unit, need * times),), _TERM))
    return tuple(asked)
