"""Eligibility: check credentials of any issuer as usual, and compare them with a role profile."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.frameworks.crosswalk import Link
from credserv.frameworks.eligibility import Eligibility, Shown, SkillAnswer, Standing, judge_eligibility
from credserv.frameworks.profile import RoleProfile
from credserv.ground.encoding import format_instant
from credserv.ground.errors import AbsentError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Outcome, Verdict
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.many import Submitted, check_submitted, each
from credserv.journeys.check.reports.statement import dated
from credserv.journeys.services import Services
from credserv.openbadges.skill_claims import read_skill_claims

_UNLISTED = "its issuer is in no trusted list; a setting may count it"
_COUNTED_ALL_THE_SAME = "its issuer is in no trusted list; issuers in none were to be counted"
_ENDED = {"revoked": "revoked", "suspended": "suspended", "not-yet-valid": "not yet valid"}
_NOT_VERIFIED = "not verified"
_MAX_ID_CHARS = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unread:
    """Something that could not be read: it shows nothing, and nothing is known of it."""

    name: str
    why: str


@dataclass(frozen=True)
class Assessed:
    eligibility: Eligibility
    shown: tuple[Shown, ...]
    unread: tuple[Unread, ...]


def assess(
    services: Services,
    profile: RoleProfile,
    submitted: Sequence[Submitted],
    *,
    now: datetime,
    crosswalk: Iterable[Link] = (),
    count_unlisted: bool = False,
) -> Assessed:
    """Check each thing given, and say for each skill of the profile what they amount to together.

    Args:
        crosswalk: Links between skills that count.
        count_unlisted: Whether to count credentials of issuers on no list of trusted issuers.

    Returns:
        The assessment. Something that cannot be read or reached does not affect the others.
    """

    def look(item: Submitted) -> tuple[Shown, ...] | Unread:
        try:
            checked = check_submitted(services, item, now=now)
            return tuple(all_shown(checked, item.name, count_unlisted=count_unlisted))
        except (InputError, AbsentError, UnavailableError) as error:
            return Unread(item.name, error.detail)
        except Exception:
            logger.exception("an error nobody foresaw, in one of several")
            return Unread(item.name, "something went wrong on our side")

    found = [one for _, one in sorted(each(submitted, look), key=lambda told: told[0])]
    unread = tuple(one for one in found if isinstance(one, Unread))
    shown = tuple(one for several in found if not isinstance(several, Unread) for one in several)
    return Assessed(judge_eligibility(profile, shown, crosswalk), shown, unread)


def assess_own(
    services: Services,
    profile: RoleProfile,
    credential_ids: Iterable[str],
    *,
    now: datetime,
    crosswalk: Iterable[Link] = (),
) -> Assessed:
    """Assess credentials of this organisation, each checked like anybody's.

    Args:
        credential_ids: The credentials.
        crosswalk: Links between skills that count.
    """
    found = (services.store.credentials.get(one) for one in credential_ids)
    given = [Submitted(one.id, data=one.signed) for one in found if one is not None and one.signed]
    return assess(services, profile, given, now=now, crosswalk=crosswalk)


def all_shown(checked: Checked, name: str, *, count_unlisted: bool) -> Iterator[Shown]:
    """Yield the credential and those inside it; each stands by its own proof."""
    if checked.kind is not Kind.PRESENTATION:
        yield build_shown(checked, name, count_unlisted=count_unlisted)
    for index, item in enumerate(checked.within):
        yield from all_shown(item, f"{name}#{index + 1}", count_unlisted=count_unlisted)


def build_shown(checked: Checked, name: str = "", *, count_unlisted: bool = False) -> Shown:
    """Build the evidence from a checked credential.

    Args:
        name: Used if the credential has no id, or one too long to be repeated for each skill (attack 166).
        count_unlisted: Whether to count issuers on no list of trusted issuers.
    """
    standing, why = _standing(checked, count_unlisted=count_unlisted)
    known = checked.head.credential_id
    return Shown(
        known if 0 < len(known) <= _MAX_ID_CHARS else name,
        standing,
        read_skill_claims(checked.credential),
        why,
        checked.head.valid_until,
        name,
    )


def _standing(checked: Checked, *, count_unlisted: bool) -> tuple[Standing, str]:
    result = checked.result
    named = result.passed("issuer_trusted")
    listed = count_unlisted or named
    if result.verdict is Verdict.NOT_CHECKED:
        return Standing.UNKNOWN, f"its {_first_unknown(checked)} could not be established"
    if result.verdict is not Verdict.NOT_VERIFIED:
        counts = Standing.COUNTS, "" if named else _COUNTED_ALL_THE_SAME
        return counts if listed else (Standing.UNKNOWN, _UNLISTED)
    failed = [made for made in (*result.checks, *result.policy) if _decides(made)]
    codes = {made.code for made in failed}
    if {made.name for made in failed} == {"recipient"}:
        return Standing.NOT_COUNTED, "about somebody else"
    if checked.established:
        ended = next((words for code, words in _ENDED.items() if code in codes), "")
        if ended:
            return Standing.NOT_COUNTED, ended
        if codes == {"expired"}:
            return _expired(checked, listed=listed)
    return Standing.NOT_COUNTED, _NOT_VERIFIED


def _expired(checked: Checked, *, listed: bool) -> tuple[Standing, str]:
    """Return the standing of an expired credential.

    From an unlisted issuer it would show nothing even if valid.
    """
    ends = checked.head.valid_until
    why = f"it expired on {dated(ends)}" if ends is not None else "it expired"
    return (Standing.EXPIRED, why) if listed else (Standing.NOT_COUNTED, "expired")


def _decides(made: Check) -> bool:
    return made.required and made.outcome is Outcome.FAILED


def _first_unknown(checked: Checked) -> str:
    checks = (*checked.result.checks, *checked.result.policy)
    return next((made.name for made in checks if made.required and made.outcome is Outcome.UNKNOWN), "proof")


# --- answers -----------------------------------------------------------------------------------------


def tell_eligibility(assessed: Assessed) -> dict[str, Any]:
    """Return an assessment as JSON for the API and the command, without members that do not apply."""
    eligibility = assessed.eligibility
    told: dict[str, Any] = {
        "profile": eligibility.profile.name,
        "skills": [_tell_skill(answer) for answer in eligibility.answers],
        "summary": eligibility.summary,
        "credentials": [
            {"id": one.id, "input": one.given_as, "standing": one.standing.value, "why": one.why}
            for one in assessed.shown
        ],
    }
    if assessed.unread:
        told["unread"] = [{"input": one.name, "why": one.why} for one in assessed.unread]
    return told


def _tell_skill(answer: SkillAnswer) -> JsonObject:
    skill = answer.skill
    told = {
        "skill": skill.uri,
        "label": skill.label,
        "essential": skill.essential,
        "answer": answer.answer.value,
        "by": list(answer.by),
        "reason": answer.reason,
        "level": skill.level,
        "strength": answer.strength.value if answer.strength else "",
        "near": list(answer.near),
        "not_counted": dict(answer.not_counted),
        "ends": format_instant(answer.ends) if answer.ends else "",
    }
    always = ("skill", "essential", "answer", "by", "reason")
    return {name: value for name, value in told.items() if name in always or value}
