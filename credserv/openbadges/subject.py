"""Check whom and what a credential is about.

Open Badges 3.0, B.1.3. It only decides where two readers could read two different credentials. What merely
looks wrong was signed by the issuer, and is reported.
"""

from __future__ import annotations

from collections.abc import Callable

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Fact, Outcome
from credserv.openbadges.plain import plain_form
from credserv.openbadges.recipient import names_two_addresses
from credserv.openbadges.results import result_faults
from credserv.openbadges.structure import (
    ACHIEVEMENT_TYPES,
    join_faults,
    names_recipient,
    subject_faults,
    subjects_of,
    types_of,
)

_SPEC = "Open Badges 3.0, B.1.3"
_ASKED = ACHIEVEMENT_TYPES | {"ClrCredential", "EndorsementCredential"}


def check_subject(document: JsonObject, plain: Callable[[], JsonObject] | None = None) -> Check:
    """Return the subject check; FAILED and required only where there are two ways to read it (attack 23).

    A subject that names nobody is reported, but does not affect authenticity; for anything that is not a
    1EdTech credential this is not checked.

    Args:
        plain: returns its plain form, where others read that too.
    """
    subjects = subjects_of(document)
    facts = _facts(subjects)
    faults = subject_faults(document)
    if faults:
        reason = f"Its subject cannot be read in one way: {join_faults(faults)}."
        return Check("subject", Outcome.FAILED, reason, _SPEC, code=InputError.code, data=facts)
    if not types_of(document) & _ASKED:
        reason = "It is no Open Badge, so its subject may name anything."
        return Check("subject", Outcome.SKIPPED, reason, _SPEC, data=facts)
    form = plain_form(document) if plain is None else plain()
    remark = _remark(form, subjects_of(form))
    if remark is None:
        return Check(
            "subject", Outcome.PASSED, "It is clear who it is about, and what it says.", _SPEC, data=facts
        )
    code, reason = remark
    return Check("subject", Outcome.FAILED, reason, _SPEC, required=False, code=code, data=facts)


def _remark(document: JsonObject, subjects: tuple[JsonObject, ...]) -> tuple[str, str] | None:
    """Return code and reason of the first thing that looks wrong but decides nothing."""
    if not names_recipient(document):
        return "no-recipient", "It does not say whom it is about: its subject has neither id nor identifier."
    if any(names_two_addresses(subject) for subject in subjects):
        return "two-recipients", "Its id and its identifiers are of different e-mail addresses."
    faults = [fault for subject in subjects for fault in result_faults(subject)]
    if faults:
        return "result-misfit", f"A result does not fit its achievement: {join_faults(faults)}."
    return None


def _facts(subjects: tuple[JsonObject, ...]) -> dict[str, Fact]:
    """Return the number of subjects; of a single one, its id and number of identifiers."""
    if len(subjects) != 1:
        return {"subjects": len(subjects)}
    identifier, others = subjects[0].get("id"), subjects[0].get("identifier")
    return {
        "subjects": 1,
        "id": identifier if isinstance(identifier, str) else None,
        "identifiers": len(others) if isinstance(others, list) else int(others is not None),
    }
