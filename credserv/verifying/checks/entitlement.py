"""Whether an endorsement inside a badge counts: by what it carries along, so that no host need be asked.

An endorser who was entitled carries a credential by the badge's issuer that says so, as evidence: its `id` is
a data: URL, its `genre` EndorserEntitlement, its `name` the competency (openbadges/endorsement.py). It is
judged as of the endorsement's own date, and whether it was revoked as of now. An accreditor who is not the
badge's issuer carries theirs in turn (docs/adr/0028).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.endorsing import RECEIVED_WITHIN, WHY, Weight
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError, ProofError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.validity import parse_validity
from credserv.ground.verification import Check, Fact, Outcome
from credserv.openbadges.data_model import issuer_of, listed, subjects_of
from credserv.openbadges.endorsement import ACCREDITOR, CARRIED, ENDORSER
from credserv.verifying.checks.proof import Secured, open_secured

MAX_DEPTH = 3
BEFORE_THE_BADGE = timedelta(days=366)  # an endorsement is of an application, which runs for weeks

Judge = Callable[[Secured], Sequence[Check]]
Trusts = Callable[[str, str], bool]  # an issuer, and by which achievement they entitle, as claimed


@dataclass(frozen=True)
class Weighed:
    """said: the rest of a sentence that begins with who endorsed."""

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
    """Of one whose proof holds. signed_at: as its proof says. counted: whose endorsement counts already.
    judge: structure, proof and status of an entitlement, asked only of one that could make it count."""
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
    """Whether it carries what entitles its endorser, by the word of somebody who is trusted, or of whom they
    entitled to give it; and for which competency.

    Raises UnavailableError where it could not be looked up whether that was taken back since.
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
    """None where its dates cannot be read, which other checks tell."""
    awarded = badge.get("awardedDate")
    try:
        return parse_instant(awarded) if isinstance(awarded, str) else parse_validity(badge).begins
    except InputError:
        return None


def _by_entitlement(
    trusts: Trusts, endorsement: JsonObject, stated: datetime, judge: Judge, facts: dict[str, Fact]
) -> tuple[Weight, str]:
    chain = _find_chain(trusts, endorsement)
    if not chain:
        return Weight.NOT_ACCREDITED, "carries no entitlement by the badge's issuer: it is told as a witness"
    facts["competency"], facts["entitled_by"] = chain[0].competency, issuer_of(chain[0].document)
    if not _covers(chain[0]):
        return Weight.OUT_OF_SCOPE, WHY[Weight.OUT_OF_SCOPE]
    for one in reversed(chain):  # from whoever is trusted on: nothing is asked for the word of a stranger
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
    """The endorser's entitlement, and whose word that is, up to somebody who is trusted; [] where it leads
    elsewhere. Nothing of it is proven yet."""
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
    """Whether it entitles, to this, whoever signed what carries it; another badge of theirs does not."""
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
