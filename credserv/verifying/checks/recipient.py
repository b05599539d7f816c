"""Compare the person whom the reader has in mind with the person whom a credential names.

Open Badges 3.0, sections 9.1 (step 5) and 9.3; for presentations, whether their holder is the subject of the
credentials (attack 86). The reader asks for this check; without an answer it does not pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from credserv.ground.json_types import JsonObject
from credserv.ground.names import may_be_email
from credserv.ground.verification import Check, Fact, Outcome
from credserv.openbadges.data_model import subjects_of
from credserv.openbadges.learning_credential import VCT, as_named
from credserv.openbadges.plain import plain_form
from credserv.openbadges.recipient import EMAIL, names

SPEC = "Open Badges 3.0, 9.3"
_CASES = " It was compared as written and in lower case."


def check_recipient(document: JsonObject, wanted: str) -> Check:
    """Return the policy check `recipient`; UNKNOWN where the credential names nothing comparable.

    Args:
        wanted: an e-mail address, a DID or other URL, or another identifier. All subjects of the credential
            are compared.
    """
    wanted = wanted.strip().removeprefix("mailto:")
    kind = EMAIL if may_be_email(wanted) else "id" if ":" in wanted else "identifier"
    facts: dict[str, Fact] = {"compared": kind}
    tail = _CASES if kind == EMAIL else ""
    subjects = subjects_of(plain_form(document))
    if document.get("type") == VCT:
        subjects = tuple([as_named(one) if "learner_identification" in one else one for one in subjects])
    answers = [names(subject, wanted) for subject in subjects]
    if False in answers:
        reason = f"It is about somebody else than you asked for.{tail}"
        return Check("recipient", Outcome.FAILED, reason, SPEC, code="other-recipient", data=facts)
    if not answers or None in answers:
        reason = "It names its recipient in a way that could not be compared with what you gave."
        return Check("recipient", Outcome.UNKNOWN, reason, SPEC, code="recipient-not-compared", data=facts)
    return Check("recipient", Outcome.PASSED, f"It is about whom you asked for.{tail}", SPEC, data=facts)


def join_recipients(own: Check | None, within: Sequence[Check]) -> Check:
    """Return the recipient check of a container: no credential inside may be about somebody else.

    Args:
        own: the check of the container itself; None for a presentation, which has no subject, so that
            everything in it decides.
    """
    other = next((check for check in within if check.outcome is Outcome.FAILED), None)
    if other is not None:
        reason = "A credential in it is about somebody else than you asked for."
        other = replace(other, reason=reason)
    if own is not None:
        return own if own.outcome is Outcome.FAILED or other is None else other
    open_ones = (check for check in within if check.outcome is Outcome.UNKNOWN)
    first = other or next(open_ones, None) or next(iter(within), None)
    if first is not None:
        return first
    reason = "It holds no credential, so it is about nobody."
    return Check("recipient", Outcome.UNKNOWN, reason, SPEC, code="recipient-not-compared")


def check_holder(document: JsonObject, holder: str) -> Check:
    """Return the policy check `holder` of a credential in a presentation.

    `holder` is "" where it was not proven.
    """
    spec = "VC Data Model 2.0, 4.13"
    about = [subject.get("id") for subject in subjects_of(plain_form(document))]
    facts: dict[str, Fact] = {"holder": holder or None}
    if holder and about and all(identifier == holder for identifier in about):
        reason = "Who presents it is who it is about."
        return Check("holder", Outcome.PASSED, reason, spec, required=False, data=facts)
    reason = (
        "Who presents it is not who it names, or it names nobody by an id: it is shown by its bearer."
        if holder
        else "Who presents it was not proven."
    )
    return Check("holder", Outcome.UNKNOWN, reason, spec, required=False, code="bearer", data=facts)


def not_presented() -> Check:
    """Return the check `holder` for a credential given where a presentation was required."""
    reason = "You asked for what its holder signed for you, and nobody did: whoever has a copy can show it."
    return Check("holder", Outcome.FAILED, reason, "VC Data Model 2.0, 4.13", code="not-presented")
