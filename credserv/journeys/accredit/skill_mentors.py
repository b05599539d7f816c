"""Whom to ask about a skill that a role requires and somebody lacks: listed mentors in
force, accredited for the skill.

An accreditation covers a skill through a competency of the same name, or through an alignment of the badge to
the skill (Open Badges 3.0, B.1.3). Mentors come in the order of matching, each with the reason. Similar words
are not a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from credserv.accreditation.matching import Learner
from credserv.frameworks.eligibility import Answer
from credserv.frameworks.gathering import same
from credserv.frameworks.texts import slug
from credserv.ground.encoding import format_instant
from credserv.ground.errors import AbsentError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import read_own_json
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit.mentors import present_member_of
from credserv.journeys.accredit.suggestions import (
    KnownMentor,
    Suggestion,
    known_mentors,
    learner_of,
    suggest,
)
from credserv.journeys.services import Services
from credserv.openbadges.skill_claims import read_skill_claims
from credserv.records.consents import Purpose
from credserv.records.mentoring import MINUTES
from credserv.records.people import MembershipRecord

MOST = 3  # per skill; the register lists them all
BY_NAME = "accredited for a competency of this name"
BY_ALIGNMENT = "the badge is aligned to this skill"
_MET = (Answer.MET.value, Answer.CROSSWALK.value)


@dataclass(frozen=True)
class _Asked:
    """A mentor for a skill.

    Attributes:
        competency: The competency to ask about.
        why: BY_NAME or BY_ALIGNMENT.
    """

    mentor: KnownMentor
    competency: str
    why: str


def name_mentors(
    services: Services,
    told: Mapping[str, Any],
    now: datetime,
    *,
    learner: MembershipRecord | None = None,
) -> dict[str, Any]:
    """Add `mentors` to each unmet skill of an answer about eligibility
    (`tell_eligibility`), where there are any.

    Args:
        learner: Whose skills these are, so that only mentors they can ask are named.
    """
    lacked = [one for one in told["skills"] if one["answer"] not in _MET]
    listed = _listed(services, now) if lacked else ()
    by_name, by_alignment = _indexed(services, listed)
    found: dict[str, list[JsonObject]] = {}
    orders: dict[tuple[tuple[str, str, str], ...], list[JsonObject]] = {}  # many skills may have one label
    for skill in lacked:
        label = slug(skill.get("label", ""))
        asked = {
            one.mentor.member.id: one
            for one in (*by_alignment.get(same(skill["skill"]), ()), *by_name.get(label, ()))
        }
        key = tuple((member, one.competency, one.why) for member, one in asked.items())
        if key not in orders:
            orders[key] = _in_order(services, tuple(asked.values()), learner, now)[:MOST]
        if orders[key]:
            found[skill["skill"]] = orders[key]
    skills = [
        {**one, "mentors": found[one["skill"]]} if one["skill"] in found else one for one in told["skills"]
    ]
    return {**told, "skills": skills}


def name_mentors_for(
    services: Services, told: Mapping[str, Any], person_id: str, now: datetime
) -> dict[str, Any]:
    """Do the same for a signed-in person; mentoring is for members."""
    try:
        member = present_member_of(services, person_id, now)
    except AbsentError:
        return dict(told)
    return name_mentors(services, told, now, learner=member)


def _listed(services: Services, now: datetime) -> tuple[KnownMentor, ...]:
    """Return the mentors in the register."""
    agreed = services.store.consents.members_who_agreed(services.issuer.id, Purpose.REGISTER, now)
    return tuple(
        one
        for one in known_mentors(services, now)
        if one.is_in_force and one.competencies and one.member.id in agreed and one.member.name
    )


def _indexed(
    services: Services, listed: Sequence[KnownMentor]
) -> tuple[dict[str, list[_Asked]], dict[str, list[_Asked]]]:
    """Return mentors by the name of a competency, and by the URL of a skill."""
    by_name: dict[str, list[_Asked]] = {}
    by_alignment: dict[str, list[_Asked]] = {}
    for mentor in listed:
        for competency in mentor.competencies:
            by_name.setdefault(slug(competency), []).append(_Asked(mentor, competency, BY_NAME))
        record = None if mentor.life is None else services.store.credentials.get(mentor.life.credential_id)
        signed = b"{}" if record is None or record.signed is None else record.signed
        for claim in read_skill_claims(read_own_json(signed)):
            asked = _Asked(mentor, mentor.competencies[0], BY_ALIGNMENT)
            by_alignment.setdefault(same(claim.uri), []).append(asked)
    by_name.pop("", None)  # a name without letters is no name
    return by_name, by_alignment


def _in_order(
    services: Services, asked: Sequence[_Asked], learner: MembershipRecord | None, now: datetime
) -> list[JsonObject]:
    """Return those who can be asked: named for the skill first, then in the order of matching."""
    found: list[JsonObject] = []
    groups: dict[tuple[str, str], list[KnownMentor]] = {}
    for one in asked:
        groups.setdefault((one.why, one.competency), []).append(one.mentor)
    for (why, competency), known in sorted(groups.items(), key=lambda one: (one[0][0] != BY_NAME, one[0])):
        matched = suggest(services, known, _learner(services, learner, competency, known, now), now)
        found += [_tell(services, one, competency, why, learner) for one in matched.suggestions]
    return found


def _learner(
    services: Services,
    learner: MembershipRecord | None,
    competency: str,
    known: Sequence[KnownMentor],
    now: datetime,
) -> Learner:
    """Return the learner. For somebody not known here, only the mentor's own time matters."""
    if learner is None:
        return Learner("", competency, {word for one in known for word in one.offer.languages}, MINUTES[0])
    spoken = (learner.language or "en", "en")
    return learner_of(services, learner.id, competency, spoken, MINUTES[0], now)


def _tell(
    services: Services, one: Suggestion, competency: str, why: str, learner: MembershipRecord | None
) -> JsonObject:
    """Return a suggestion as JSON, without members that do not apply."""
    known, standing, life = one.known, one.known.standing, one.known.life
    told = {
        "name": known.member.name,
        "competency": competency,
        "why": why,
        "state": "" if standing is None else standing.state.value,
        "since": "" if standing is None or standing.since is None else format_instant(standing.since),
        "languages": list(known.offer.languages),
        "next_free": "" if one.next_free_at is None else format_instant(one.next_free_at),
        "credential": "" if life is None else credential_url(services.public_url, life.credential_id),
    }
    if learner is not None:
        asked = urlencode({"competency": competency, "language": one.reason["languages"][0]})
        told["ask"] = f"{services.public_url}/wallet/mentoring/mentors/{known.member.id}?{asked}"
    return {name: value for name, value in told.items() if value}
