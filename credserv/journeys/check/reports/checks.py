"""How a report presents one check: name, outcome and reason in words, and how serious it looks."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome, sentence
from credserv.journeys.check.check import Kind
from credserv.journeys.check.reports.statement import TITLES, Tone


@dataclass(frozen=True)
class CheckTold:
    """A check as shown.

    Attributes:
        icon: From `_icons.html`.
        outcome: In words.
    """

    title: str
    tone: Tone
    icon: str
    outcome: str
    reason: str


_LOOKS = {
    Outcome.PASSED: (Tone.GOOD, "check", "Passed"),
    Outcome.FAILED: (Tone.BAD, "cross", "Failed"),
    Outcome.UNKNOWN: (Tone.UNKNOWN, "question", "Could not be checked"),
    Outcome.SKIPPED: (Tone.NEUTRAL, "skip", "Not checked"),
}
_NOT_SHOWN = {  # a policy that did not pass is not the credential's fault
    "issuer_trusted": (Tone.SIGNED, "question", "Not known here"),
    "holder": (Tone.NEUTRAL, "info", "Not shown"),
}
_WEIGHTS = {  # valid endorsements
    True: (Tone.GOOD, "check", "Counts"),
    False: (Tone.NEUTRAL, "info", "Does not count"),
}
_NO_FORGERY = frozenset({"suspended", "expired", "not-yet-valid"})


def tell_check(made: JsonObject, report: JsonObject) -> CheckTold:
    """Return a check as shown.

    Args:
        made: One of the checks of `report`.
    """
    name, outcome = made["name"], Outcome(made["outcome"])
    tone, icon, said = _LOOKS[outcome]
    if name in _NOT_SHOWN and outcome in (Outcome.UNKNOWN, Outcome.SKIPPED):
        tone, icon, said = _NOT_SHOWN[name]
    elif outcome is Outcome.FAILED and (made["code"] in _NO_FORGERY or not made["required"]):
        tone = Tone.ATTENTION  # not a forgery, or information only
        said = said if made["required"] else "Failed, but decides nothing"
    elif outcome is Outcome.PASSED and made["data"].get("counts") is not None:
        tone, icon, said = _WEIGHTS[bool(made["data"]["counts"])]
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    return CheckTold(title, tone, icon, said, _reason(made, report))


def _reason(made: JsonObject, report: JsonObject) -> str:
    by = report["issuer"]["name"]
    by_key = report["kind"] == Kind.CREDENTIAL and made["name"] == "proof"
    if not by or not by_key or made["outcome"] != Outcome.PASSED:
        return sentence(made["reason"])
    return f"It was signed by {by} and has not been changed since."
