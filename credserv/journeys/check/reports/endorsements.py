"""How many endorsements inside a credential count, in one sentence; each check gives its reason."""

from __future__ import annotations

from credserv.ground.errors import TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome
from credserv.journeys.check.check import Checked

_BY_ITS_ISSUER = ", by the word of its issuer alone, who is not known here"


def tell_endorsements(checked: Checked) -> JsonObject:
    """Return `{"endorsements": ...}`; empty if there are none.

    The issuer of a badge says who was entitled to endorse it. If nobody here knows the issuer, the sentence
    says so, because it could have invented the endorsers too.
    """
    made = [check for check in checked.result.checks if check.name == "endorsements"]
    made = [check for check in made if check.outcome is not Outcome.SKIPPED]
    given = [check for check in made if check.code != TooLargeError.code]
    if not given:
        return {}
    counting = sum(check.data.get("counts") is True for check in given)
    by_issuer = counting and not checked.result.passed("issuer_trusted")
    noun, verb = "endorsement" if len(given) == 1 else "endorsements", "counts" if counting == 1 else "count"
    said = f"{counting or 'None'} of {len(given)} {noun} {verb if counting else 'counts'}"
    sentence = f"{said}{_BY_ITS_ISSUER if by_issuer else ''}."
    return {"endorsements": {"given": len(given), "counting": counting, "sentence": sentence}}
