"""The check of whom and what a credential is about.

Open Badges 3.0, B.1.3. Only what two readers could read as two credentials decides; what merely looks wrong
in it was signed by its issuer, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from credserv.openbadges.recipient import names_two_addresses
from credserv.openbadges.results import result_faults
from credserv.openbadges.structure import check_subject as check_form
from credserv.openbadges.structure import subjects_of, told
from credserv.verification import Check, Fact, Outcome

JsonObject = Mapping[str, Any]


def check_subject(document: JsonObject) -> Check:
    """FAILED and required only where the subject cannot be read in one way (attack 23)."""
    subjects, form = subjects_of(document), check_form(document)
    facts = _facts(subjects)
    if form.outcome is not Outcome.PASSED:
        return replace(form, data=facts)
    if any(names_two_addresses(subject) for subject in subjects):
        reason = "Its id and its identifiers are of different e-mail addresses."
        return Check("subject", Outcome.FAILED, reason, form.spec, False, "two-recipients", facts)
    faults = [fault for subject in subjects for fault in result_faults(subject)]
    if faults:
        reason = f"A result does not fit its achievement: {told(faults)}."
        return Check("subject", Outcome.FAILED, reason, form.spec, False, "result-misfit", facts)
    return Check("subject", Outcome.PASSED, form.reason, form.spec, data=facts)


def _facts(subjects: tuple[JsonObject, ...]) -> dict[str, Fact]:
    """How many subjects; of one alone its id, and how many identifiers beside it."""
    if len(subjects) != 1:
        return {"subjects": len(subjects)}
    identifier, others = subjects[0].get("id"), subjects[0].get("identifier")
    return {
        "subjects": 1,
        "id": identifier if isinstance(identifier, str) else None,
        "identifiers": len(others) if isinstance(others, list) else int(others is not None),
    }
