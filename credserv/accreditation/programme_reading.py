"""Read a programme's JSON, reporting every fault with its place.

Both forms are read here, distinguished by their members.

The schema of a rule set is published at `/schemas/programme.json` (schemas/credserv/programme.json).
"""

from __future__ import annotations

from collections.abc import Mapping

from credserv.accreditation.programme import (
    ASSESSOR,
    CONFLICTS,
    ENDORSER,
    AuditRule,
    Entitled,
    FounderRule,
    Programme,
    Source,
    TermRule,
    flatten,
)
from credserv.accreditation.programme_parts import (
    read_day,
    read_days,
    read_key,
    read_owner,
    read_states,
    read_texts,
)
from credserv.accreditation.programme_small import is_small, read_small
from credserv.accreditation.requirement_reading import ATTENDANCE, read_requirements
from credserv.accreditation.standing import IN_FORCE, State
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader

FORMAT = "rule-set/1"
_FORMS = ("starter", "shape", "historic")
_MEMBERS = (
    "$schema",
    "appeal",
    "audit",
    "body",
    "caution",
    "code",
    "competencies",
    "conflicts",
    "ended",
    "endorsement_received_within_hours",
    "entitlement",
    "equivalents",
    "founders",
    "grant",
    "key",
    "kind",
    "level",
    "name",
    "not_established",
    "note",
    "owner",
    "register_fields",
    "renewal",
    "retires_on",
    "schema",
    "sources",
    "sprint",
    "term",
)
_OTHER_CONFLICTS = ("assessor-is-supervisor-of-same-learner-at-the-time",)
_NOTICE_DAYS = 90


def parse_programme(document: JsonObject, *, owner: str | None = None) -> Programme:
    """Read a programme.

    Args:
        owner: Who answers for it, if the document does not say.

    Raises:
        SchemaFaultsError: The document is not valid. Its faults name every place.
    """
    faults = FaultList()
    if is_small(document):
        return read_small(document, faults, owner=owner)
    reader = ObjectReader(document, "", faults, members=_MEMBERS)
    if reader.read("schema") != FORMAT:
        reader.fault("schema", f"{FORMAT} is expected")
    programme = _read(reader, faults, owner)
    _refuse_attendance(programme, reader)
    faults.require("the programme")
    return programme


def _read(reader: ObjectReader, faults: FaultList, owner: str | None) -> Programme:
    key = read_key(reader)
    form = reader.read("kind")
    if form not in _FORMS:
        reader.fault("kind", f"one of {', '.join(_FORMS)} is expected")
    level = reader.read_whole("level", low=1, high=100) or 1
    term = _term(reader)
    return Programme(
        key=key,
        name=reader.read_text("name", required=True, max_chars=200) or "",
        owner=read_owner(reader, owner),
        form=form if isinstance(form, str) else "",
        body=reader.read_text("body", max_chars=200) or "",
        level=level,
        competencies=_competencies(reader),
        grant=read_requirements(reader.read("grant", required=True) or [], "/grant", faults),
        renewal=read_requirements(reader.read("renewal") or [], "/renewal", faults),
        term=term,
        entitlement=_entitlement(reader, level, term.in_force if term else IN_FORCE),
        conflicts=_conflicts(reader),
        equivalents=read_texts(reader, "equivalents"),
        audit=_audit(reader),
        founders=_founders(reader),
        appeal_days=_one(reader, "appeal", "within_days", ("decided_by",), 30),
        sprint_days=_one(reader, "sprint", "days", (), 0) or None,
        endorsement_received_within_hours=reader.read_whole(
            "endorsement_received_within_hours", low=1, high=8_760
        )
        or 24,
        code=reader.read_text("code", max_chars=2_000) or "",
        retires_on=read_day(reader, "retires_on"),
        notes=tuple(text for name in ("caution", "note", "ended") if (text := reader.read_text(name))),
        not_established=read_texts(reader, "not_established"),
        sources=_sources(reader),
    )


def _term(reader: ObjectReader) -> TermRule | None:
    known = ("months", "notice_days", "grace_days", "late_days", "in_force", "next_term_from", "stated_as")
    term = reader.read_object("term", members=(*known, "late_state"))
    if term is None:
        return None
    term.read("months", required=True)
    next_from = term.read("next_term_from")
    if next_from not in (None, "previous-end"):
        term.fault("next_term_from", "previous-end is what may be said here: terms do not drift")
    months = term.read_whole("months", low=1, high=600) or 12
    in_force = read_states(term, "in_force", IN_FORCE)
    notice, grace = read_days(term, "notice_days", _NOTICE_DAYS), read_days(term, "grace_days", 0)
    return TermRule(months, notice, grace, read_days(term, "late_days", 0), in_force)


def _competencies(reader: ObjectReader) -> tuple[int, int]:
    within = reader.read_object("competencies", members=("minimum", "maximum"))
    if within is None:
        return 1, 100
    low = within.read_whole("minimum", low=1, high=100) or 1
    high = within.read_whole("maximum", low=1, high=100) or 100
    if low > high:
        within.fault("minimum", "is above the maximum")
    return low, high


def _entitlement(reader: ObjectReader, level: int, in_force: frozenset[State]) -> Mapping[str, Entitled]:
    """Return who is entitled; by default, whoever the programme itself accredited, while in force."""
    found = {ENDORSER: Entitled(level, in_force), ASSESSOR: Entitled(level, in_force)}
    within = reader.read_object("entitlement", members=None)
    if within is None:
        return found
    for role in within.names:
        members = ("level", "competency", "terms") if role in found else None
        one = within.read_object(role, members=members)
        if one is not None and role in found:
            asked = one.read_whole("level", low=1, high=100) or level
            found[role] = Entitled(asked, read_states(one, "terms", in_force))
            if one.read("competency") not in (None, "covers"):
                one.fault("competency", "covers is what may be said here")
    return found


def _conflicts(reader: ObjectReader) -> tuple[str, ...]:
    told = read_texts(reader, "conflicts")
    if any(one not in (*CONFLICTS, *_OTHER_CONFLICTS) for one in told):
        reader.fault("conflicts", f"known here are {', '.join(CONFLICTS)}")
    if not told:
        return CONFLICTS
    return tuple(dict.fromkeys(("self", *told)))  # nobody judges themself, whatever the document says


def _audit(reader: ObjectReader) -> AuditRule | None:
    known = ("share", "minimum", "period", "random", "of", "since")
    audit = reader.read_object("audit", members=known)
    if audit is None:
        return None
    return AuditRule(audit.read_fraction("share"), audit.read_whole("minimum", low=0, high=1_000) or 0)


def _founders(reader: ObjectReader) -> FounderRule:
    members = ("allowed", "months", "must_accredit_within_months")
    within = reader.read_object("founders", members=members)
    if within is None:
        return FounderRule()
    allowed = within.read_flag("allowed")
    months = within.read_whole("months", low=1, high=120) or 12
    must = within.read_whole("must_accredit_within_months", low=1, high=120) or 12
    return FounderRule(allowed is not False, months, must)


def _one(reader: ObjectReader, name: str, member: str, others: tuple[str, ...], otherwise: int) -> int:
    """Read one number of days in an object of its own."""
    within = reader.read_object(name, members=(member, *others))
    days = None if within is None else within.read_whole(member, low=1, high=3_660)
    return otherwise if days is None else days


def _sources(reader: ObjectReader) -> tuple[Source, ...]:
    if reader.read("sources") in (None, []):
        return ()
    return tuple(
        Source(
            one.read_text("url", required=True, max_chars=2_000) or "",
            one.read_text("read", required=True, max_chars=10) or "",
            one.read_text("what", max_chars=1_000) or "",
        )
        for one in reader.read_objects("sources", members=("url", "read", "what"))
    )


def _refuse_attendance(programme: Programme, reader: ObjectReader) -> None:
    asked = [one for one in flatten(programme.grant) if one.kind != "any_of"]
    if asked and all(one.kind in ATTENDANCE for one in asked):
        reader.fault("grant", "to have attended is no evidence: ask for something that was shown or judged")
    if not asked and programme.form == "starter":
        reader.fault("grant", "nothing is asked for: an accreditation stands on evidence")
