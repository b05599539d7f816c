"""Decide whether an endorsement inside a badge counts, from what it carries, without asking any host.

An entitled endorser carries a credential from the badge's issuer as evidence: its `id` is a data: URL, its
`genre` is EndorserEntitlement, its `name` the competency (openbadges/endorsement.py). It must have been valid
on the date of the endorsement and not revoked now. An accreditor who is not the badge's issuer carries an
entitlement in turn (docs/adr/0028).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.endorsing import RECEIVED_WITHIN, WHY, Weight
from credserv.ground.encoding import format_instant, parse_instant, parse_time_value
from credserv.ground.errors import InputError, ProofError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.validity import parse_validity
from credserv.ground.verification import Check, Fact, Outcome
from credserv.openbadges.data_model import issuer_of, listed, subjects_of
from credserv.openbadges.endorsement import ACCREDITOR, CARRIED, ENDORSER
from credserv.verifying.checks.proof import Secured, open_secured

MAX_DEPTH = 3
BEFORE_THE_BADGE = timedelta(days=366)  # an endorsement is of an application, which can take weeks

Judge = Callable[[Secured], Sequence[Check]]
Trusts = Callable[[str, str], bool]  # (issuer, achievement by which they claim to entitle) -> trusted


@dataclass(frozen=True)
class Weighed:
    """What an endorsement is worth. `said` ends a sentence that begins with the endorser's name."""

    weight: Weight
    said: str
    facts: Mapping[str, Fact]

    @property
    def counts(self) -> bool:
        return self.weight is Weight.COUNTS


@dataclass(frozen=True)
class _Entitlement:
    secured: Secured
    competency: str

    @property
    def document(self) -> JsonObject:
        return self.secured.document


def weigh(
    badge: JsonObject,
    endorsement: JsonObject,
    *,
    signed_at: object,
    counted: frozenset[str],
    judge: Judge,
) -> Weighed:
    """Weigh an endorsement whose proof holds.

    Args:
        signed_at: the date in its proof.
        counted: endorsers who count already; each counts once.
        judge: returns the structure, proof and status checks of an entitlement; called only if it could make
            the endorsement count.
    """
    stated = parse_validity(endorsement).begins
    facts: dict[str, Fact] = {"stated": format_instant(stated) if stated else None}
    weight, why = _by_parties(badge, endorsement)
    if weight is Weight.COUNTS:
        weight, why = _by_dates(badge, stated, signed_at)
    if weight is Weight.COUNTS and stated is not None:
        own = issuer_of(badge)
        weight, why = _by_entitlement(lambda by, _: by == own, endorsement, stated, judge, facts)
    if weight is Weight.COUNTS and issuer_of(endorsement) in counted:
        weight, why = Weight.DUPLICATE, WHY[Weight.DUPLICATE]
    return Weighed(weight, why, {**facts, "counts": weight is Weight.COUNTS, "weight": weight.value})


def weigh_carried(
    endorsement: JsonObject, *, trusts: Trusts, stated: datetime, judge: Judge
) -> tuple[Weight, str]:
    """Weigh what an endorsement carries to entitle its endorser.

    The entitlement must come from a trusted issuer, or from somebody such an issuer entitled to give it.

    Returns:
        The weight, and the competency it is for.

    Raises:
        UnavailableError: its revocation status could not be looked up.
    """
    facts: dict[str, Fact] = {}
    weight, _ = _by_entitlement(trusts, endorsement, stated, judge, facts)
    if weight is Weight.COUNTS and "revocation" in facts:
        raise UnavailableError(
            "whether the entitlement that it carries was revoked could not be looked up: send it again "
            "later, or sign it without the entitlement, as a witness"
        )
    return weight, str(facts.get("competency", ""))


def _by_parties(badge: JsonObject, endorsement: JsonObject) -> tuple[Weight, str]:
    endorser = issuer_of(endorsement)
    if endorser in [subject.get("id") for subject in subjects_of(badge)]:
        return Weight.SELF, WHY[Weight.SELF]
    if endorser == issuer_of(badge):
        return Weight.CONFLICT, "is the issuer of the badge itself"
    if badge.get("id") not in [subject.get("id") for subject in subjects_of(endorsement)]:
        return Weight.OUT_OF_SCOPE, "speaks of something else than this one badge"
    return Weight.COUNTS, WHY[Weight.COUNTS]


def _by_dates(badge: JsonObject, stated: datetime | None, signed_at: object) -> tuple[Weight, str]:
    if stated is None:
        return Weight.BACKDATED, "gave it no date"
    if isinstance(signed_at, str) and abs(parse_instant(signed_at) - stated) > RECEIVED_WITHIN:
        return Weight.BACKDATED, "dated it differently from when it was signed"
    begins = _begins(badge)
    if begins is not None and begins - stated > BEFORE_THE_BADGE:
        return Weight.BACKDATED, "dated it long before the badge"
    return Weight.COUNTS, WHY[Weight.COUNTS]


def _begins(badge: JsonObject) -> datetime | None:
    """Return when the badge begins; None if its dates cannot be read, which other checks report."""
    awarded = badge.get("awardedDate")
    try:
        return parse_time_value(awarded) if isinstance(awarded, str) else parse_validity(badge).begins
    except InputError:
        return None


def _by_entitlement(
    trusts: Trusts, endorsement: JsonObject, stated: datetime, judge: Judge, facts: dict[str, Fact]
) -> tuple[Weight, str]:
    chain = _find_chain(trusts, endorsement)
    if not chain:
        return (
            Weight.NOT_ACCREDITED,
            "carries no entitlement by the badge's issuer: it is shown as the word of a witness",
        )
    facts["competency"], facts["entitled_by"] = chain[0].competency, issuer_of(chain[0].document)
    if not _covers(chain[0]):
        return Weight.OUT_OF_SCOPE, WHY[Weight.OUT_OF_SCOPE]
    for one in reversed(chain):  # trusted issuer first: a stranger's word must not cause a request
        weight, why = _judge(one, stated, judge, facts)
        if weight is not Weight.COUNTS:
            return weight, why
    return Weight.COUNTS, WHY[Weight.COUNTS]


def _judge(one: _Entitlement, stated: datetime, judge: Judge, facts: dict[str, Fact]) -> tuple[Weight, str]:
    for check in judge(one.secured):
        if check.outcome is Outcome.FAILED and check.name == "status":
            weight = Weight.SUSPENDED if check.code == "suspended" else Weight.REVOKED
            return weight, f"held an entitlement that was {check.code or 'revoked'} since"
        if check.outcome is Outcome.UNKNOWN and check.name == "status":
            facts["revocation"] = "could not be looked up"
        elif check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            return Weight.NOT_ACCREDITED, f"carries an entitlement that does not hold: {check.reason}"
    held = parse_validity(one.document)
    if held.begins is None or stated < held.begins:
        return Weight.NOT_ACCREDITED, "was not entitled yet"
    if held.ends is not None and stated >= held.ends:
        return Weight.LAPSED, WHY[Weight.LAPSED]
    return Weight.COUNTS, WHY[Weight.COUNTS]


# --- what is carried ------------------------------------------------------------------------------


def _find_chain(trusts: Trusts, endorsement: JsonObject) -> list[_Entitlement]:
    """Return the chain from the endorser's entitlement up to a trusted issuer; [] if it leads elsewhere.

    Nothing in it is proven yet.
    """
    holder, kind, chain = endorsement, ENDORSER, list[_Entitlement]()
    while len(chain) < MAX_DEPTH:
        found = [one for one in _carried(holder, kind) if _is_for(one, holder, kind)]
        trusted = next((one for one in found if _is_trusted(one, trusts)), None)
        if trusted is not None:
            return [*chain, trusted]
        if not found:
            return []
        chain.append(found[0])
        holder, kind = found[0].document, ACCREDITOR
    return []


def _is_trusted(one: _Entitlement, trusts: Trusts) -> bool:
    return trusts(issuer_of(one.document) or "", str(_achievement(one).get("id", "")))


def _carried(holder: JsonObject, kind: str) -> list[_Entitlement]:
    found = []
    for item in listed(holder.get("evidence"))[:MAX_DEPTH]:
        if not isinstance(item, Mapping) or item.get("genre") != kind:
            continue
        text, competency = item.get("id"), item.get("name")
        if isinstance(text, str) and text.startswith(CARRIED):
            secured = _open(text.removeprefix(CARRIED))
            if secured is not None:
                found.append(_Entitlement(secured, competency if isinstance(competency, str) else ""))
    return found


def _open(text: str) -> Secured | None:
    try:
        return open_secured(parse_json_object(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError, InputError, ProofError):
        return None


def _is_for(one: _Entitlement, holder: JsonObject, kind: str) -> bool:
    """Return whether this entitles whoever signed the document that carries it; another of their badges
    does not."""
    achievement = _achievement(one)
    subjects = subjects_of(one.document)
    endorser = issuer_of(holder)
    return (
        len(subjects) == 1
        and endorser is not None
        and subjects[0].get("id") == endorser != issuer_of(one.document)
        and achievement.get("achievementType") == f"ext:{kind}"
    )


def _covers(one: _Entitlement) -> bool:
    return one.competency in listed(_achievement(one).get("tag"))


def _achievement(one: _Entitlement) -> JsonObject:
    found = [subject.get("achievement") for subject in subjects_of(one.document)]
    return found[0] if len(found) == 1 and isinstance(found[0], Mapping) else {}
