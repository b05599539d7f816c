"""Judge the endorsements inside a credential, each a credential of its own with its own issuer.

Open Badges 3.0, section 9.2. Each is reported and none changes the verdict: an endorsement that fails takes
nothing from what the credential's issuer signed. For those that hold, the report says whether they count and,
if not, why: anybody with a key can praise, including the person praised (`entitlement`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from credserv.ground.errors import InputError, ProofError, TooLargeError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import NO_FACTS, Check, Fact, Outcome
from credserv.openbadges.endorsement import MAX_ENDORSEMENTS
from credserv.openbadges.structure import endorsements_of, issuer_of, subjects_of, types_of
from credserv.verifying.checks.entitlement import weigh
from credserv.verifying.checks.proof import Secured, open_secured

Judge = Callable[[Secured], Sequence[Check]]


def check_endorsements(document: JsonObject, *, judge: Judge, judge_entitlement: Judge) -> tuple[Check, ...]:
    """Return one check for each endorsement of the credential, its issuer and its achievement.

    Only the first 16 are judged; the result says so if there are more.

    Args:
        judge: returns the checks of one endorsement credential.
        judge_entitlement: returns the checks of the credential that entitles an endorser.
    """
    found = list(endorsements_of(document))
    if not found:
        return _NONE
    checks, counted = list[Check](), frozenset[str]()
    for place, value in found[:MAX_ENDORSEMENTS]:
        checks.append(_check(document, place, value, judge, judge_entitlement, counted))
        if checks[-1].data.get("counts") is True:
            counted |= {str(checks[-1].data["issuer"])}
    if len(found) > MAX_ENDORSEMENTS:
        reason = f"Only the first {MAX_ENDORSEMENTS} endorsements were looked at."
        checks.append(_told(Outcome.UNKNOWN, reason, TooLargeError.code))
    return tuple(checks)


def _check(
    document: JsonObject,
    place: str,
    value: object,
    judge: Judge,
    judge_entitlement: Judge,
    counted: frozenset[str],
) -> Check:
    facts: dict[str, Fact] = {"place": place}
    try:
        secured = open_secured(value if isinstance(value, (str, Mapping)) else {})
    except (ProofError, InputError) as error:
        outcome = Outcome.UNKNOWN if isinstance(error, UnsupportedProofError) else Outcome.FAILED
        return _told(
            outcome, f"The endorsement at {place} cannot be read: {error.detail}.", error.code, facts
        )
    identifier, issuer = secured.document.get("id"), issuer_of(secured.document) or "nobody"
    facts |= {"id": identifier if isinstance(identifier, str) else None, "issuer": issuer}
    if "EndorsementCredential" not in types_of(secured.document):
        reason = f"What stands at {place} is not an endorsement credential."
        return _told(Outcome.FAILED, reason, InputError.code, facts)
    signed_at: Fact = None
    for check in judge(secured):
        if check.name == "proof":
            signed_at = check.data.get("created")
        if check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            reason = f"The endorsement by {issuer} does not hold: {check.reason}"
            if check.outcome is Outcome.UNKNOWN:
                reason = f"The endorsement by {issuer} could not be checked: {check.reason}"
            return _told(check.outcome, reason, check.code, facts)
    if not _identifiers(subjects_of(secured.document)) & _endorsable(document):
        reason = f"The endorsement by {issuer} is about something else."
        return _told(Outcome.FAILED, reason, "endorses-other", facts)
    weighed = weigh(document, secured.document, signed_at=signed_at, counted=counted, judge=judge_entitlement)
    told = f"Endorsed by {issuer}. It counts" if weighed.counts else f"Signed by {issuer}. It does not count"
    return _told(Outcome.PASSED, f"{told}: who endorses {weighed.said}.", facts=facts | dict(weighed.facts))


def _endorsable(document: JsonObject) -> set[str]:
    """Return the ids an endorsement may be about: the credential, its issuer, its subject, its
    achievement."""
    subjects = subjects_of(document)
    named = _identifiers([document, *subjects, *(subject.get("achievement") for subject in subjects)])
    issuer = issuer_of(document)
    return named | {issuer} if issuer else named


def _identifiers(objects: Iterable[object]) -> set[str]:
    found = (item.get("id") for item in objects if isinstance(item, Mapping))
    return {identifier for identifier in found if isinstance(identifier, str)}


def _told(outcome: Outcome, reason: str, code: str = "", facts: Mapping[str, Fact] = NO_FACTS) -> Check:
    spec = "Open Badges 3.0, 9.2"
    return Check("endorsements", outcome, reason, spec, required=False, code=code, data=facts)


_NONE = (_told(Outcome.SKIPPED, "It carries no endorsements."),)
