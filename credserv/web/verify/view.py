"""How pages show a report: its verdict with its look, a row for each check, and the same of what is inside.

Everything here comes from the report alone, so that a page of today, a row of a table and a result that
was kept under a link read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import parse_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Fact, Outcome, Verdict, sentence
from credserv.journeys.check.check import Kind
from credserv.journeys.check.told.statement import LABELS, TITLES, Tone


@dataclass(frozen=True)
class CheckRow:
    """One named check as the page lists it. link: to what it is about, on the same page, or empty."""

    title: str
    tone: Tone
    icon: str
    outcome: str
    reason: str
    spec: str
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True)
class ResultView:
    """One report as a page shows it. rows: what was checked; aside: what there was nothing to check of.

    sentence: the verdict; detail: a further sentence, or nothing. anchor: the id of its part of the page.
    """

    verdict: Verdict
    label: str
    tone: Tone
    icon: str
    sentence: str
    detail: str
    next_step: str
    kind: str
    input: str
    found_in: str
    name: str
    issuer: str
    issuer_id: str
    claimed_issuer: str
    holder: str
    proven: bool
    checked_at: datetime
    rows: tuple[CheckRow, ...]
    aside: tuple[CheckRow, ...]
    within: tuple[ResultView, ...]
    anchor: str


KINDS = {
    "credential": "Credential",
    "presentation": "Presentation",
    "assertion": "Open Badges 2.0 assertion",
    "unreadable": "Not readable",
}
_LOOKS = {
    Outcome.PASSED: (Tone.GOOD, "check", "Passed"),
    Outcome.FAILED: (Tone.BAD, "cross", "Failed"),
    Outcome.UNKNOWN: (Tone.UNKNOWN, "question", "Could not be checked"),
    Outcome.SKIPPED: (Tone.NEUTRAL, "skip", "Not checked"),
}
_NOT_SHOWN = {  # policy that did not pass is no fault of the credential
    "issuer_trusted": (Tone.SIGNED, "question", "Not known here"),
    "holder": (Tone.NEUTRAL, "info", "Not shown"),
}
_VERDICTS = {
    Verdict.VERIFIED: (Tone.GOOD, "check"),
    Verdict.ISSUER_UNKNOWN: (Tone.SIGNED, "seal"),
    Verdict.NOT_CHECKED: (Tone.UNKNOWN, "question"),
}
_LENIENT = {
    "suspended": (Tone.ATTENTION, "pause"),
    "expired": (Tone.ATTENTION, "clock"),
    "not-yet-valid": (Tone.ATTENTION, "clock"),
}
_OF_FORM = frozenset({"structure", "schema", "subject"})


def build_view(report: JsonObject, anchor: str = "result") -> ResultView:
    """A report may carry its first sentence by itself (`headline`, see `signed_reports`)."""
    checks = [*report["checks"], *report["policy"]]
    proven = _proven(checks)
    inside = [
        build_view(item, anchor=f"{anchor}-{number}") for number, item in enumerate(report["within"], 1)
    ]
    aside = [made for made in checks if proven and made["outcome"] == Outcome.SKIPPED]
    verdict = Verdict(report["verdict"])
    headline = str(report.get("headline") or report["sentence"])
    tone, icon = _VERDICTS.get(verdict) or _look_of_failure(checks)
    return ResultView(
        verdict=verdict,
        label=LABELS[verdict],
        tone=tone,
        icon=icon,
        sentence=headline,
        detail=report["sentence"].removeprefix(headline).strip(),
        next_step=report["next_step"],
        kind=KINDS[report["kind"]],
        input=report.get("input", ""),
        found_in=str(report.get("found_in") or ""),
        name=report["credential"]["name"],
        issuer=report["issuer"]["name"],
        issuer_id=report["issuer"]["id"],
        claimed_issuer=report["issuer"]["claimed_name"],
        holder=report["holder"],
        proven=proven,
        checked_at=parse_instant(report["checked_at"]),
        rows=tuple(_rows((made for made in checks if made not in aside), report, inside)),
        aside=tuple(_rows(aside, report, [])),
        within=tuple(inside),
        anchor=anchor,
    )


def count_verdicts(views: Iterable[ResultView]) -> list[tuple[Verdict, str, int]]:
    """For the totals of several: every verdict in its order, in words, with how many have it."""
    found = [view.verdict for view in views]
    return [(verdict, label, found.count(verdict)) for verdict, label in LABELS.items()]


def _proven(checks: Iterable[JsonObject]) -> bool:
    return any(made["name"] == "proof" and made["outcome"] == Outcome.PASSED for made in checks)


def _look_of_failure(checks: Sequence[JsonObject]) -> tuple[Tone, str]:
    """What is genuine and merely out of time or form is no forgery, and does not look like one."""
    failed = [made for made in checks if made["required"] and made["outcome"] == Outcome.FAILED]
    codes = {made["code"] for made in failed if made["name"] in ("status", "validity")}
    if "suspended" in codes:
        return _LENIENT["suspended"]
    if "revoked" in codes:
        return Tone.BAD, "ban"
    if not _proven(checks) or not {made["name"] for made in failed} <= _OF_FORM | {"validity"}:
        return Tone.BAD, "cross"
    timed = next((look for code, look in _LENIENT.items() if code in codes), None)
    return timed or (Tone.ATTENTION, "info")


def _rows(
    checks: Iterable[JsonObject], report: JsonObject, inside: Sequence[ResultView]
) -> Iterable[CheckRow]:
    places = iter(inside)
    for made in checks:
        place = next(places, None) if made["name"] == "credential" else None
        yield _row(made, report, f"#{place.anchor}" if place is not None else "")


def _row(made: JsonObject, report: JsonObject, link: str) -> CheckRow:
    name, outcome = made["name"], Outcome(made["outcome"])
    tone, icon, said = _LOOKS[outcome]
    if name in _NOT_SHOWN and outcome in (Outcome.UNKNOWN, Outcome.SKIPPED):
        tone, icon, said = _NOT_SHOWN[name]
    elif outcome is Outcome.FAILED and (made["code"] in _LENIENT or not made["required"]):
        tone = Tone.ATTENTION  # no forgery; or told, and decides nothing
        said = said if made["required"] else "Failed, but decides nothing"
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    facts = tuple((key, _told(value)) for key, value in made["data"].items() if value is not None)
    return CheckRow(title, tone, icon, said, _reason(made, report), made["spec"], facts, link)


def _told(fact: Fact) -> str:
    return ("yes" if fact else "no") if isinstance(fact, bool) else str(fact)


def _reason(made: JsonObject, report: JsonObject) -> str:
    by = report["issuer"]["name"]
    by_key = report["kind"] == Kind.CREDENTIAL and made["name"] == "proof"
    if not by or not by_key or made["outcome"] != Outcome.PASSED:
        return sentence(made["reason"])
    return f"It has not been changed since it was issued by {by}, with a key that is the issuer's."
