"""How pages show a report: its verdict, a row for each check, and the same for what is inside.

Nothing is decided or worded here (see `told`). Everything comes from the report, so that a page, a row of a
table and a result stored under a link read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.accredited import Accredited, read_report
from credserv.ground.encoding import parse_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Fact, Outcome, Verdict
from credserv.journeys.check.reports.checks import CheckTold, tell_check
from credserv.journeys.check.reports.report import in_log_since
from credserv.journeys.check.reports.statement import LABELS, Tone


@dataclass(frozen=True)
class CheckRow:
    """One named check as listed. `link` leads to its subject on the same page, or is empty."""

    told: CheckTold
    spec: str
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True)
class ResultView:
    """One report as a page shows it.

    Attributes:
        rows: what was checked.
        aside: checks with nothing to check.
        praise: the endorsements; `endorsements` says how many count.
        headline: the verdict.
        detail: a further sentence, or nothing.
        sentence: headline and detail.
        anchor: the id of its part of the page.
        accreditation: its state, where its issuer is trusted for it.
        claims_accreditation: whether it calls itself one.
        log_since: as `in_log_since` has it.
    """

    verdict: Verdict
    label: str
    tone: Tone
    icon: str
    headline: str
    detail: str
    sentence: str
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
    praise: tuple[CheckRow, ...]
    endorsements: str
    within: tuple[ResultView, ...]
    anchor: str
    accreditation: Accredited | None = None
    claims_accreditation: bool = False
    log_since: datetime | None = None


KINDS = {
    "credential": "Credential",
    "presentation": "Presentation",
    "assertion": "Open Badges 2.0 assertion",
    "unreadable": "Not readable",
}


def build_view(report: JsonObject, anchor: str = "result") -> ResultView:
    checks = [*report["checks"], *report["policy"]]
    proven = _proven(checks)
    inside = [
        build_view(item, anchor=f"{anchor}-{number}") for number, item in enumerate(report["within"], 1)
    ]
    aside = [made for made in checks if proven and made["outcome"] == Outcome.SKIPPED]
    endorsements = report.get("endorsements", {}).get("sentence", "")
    praise = [made for made in checks if endorsements and made["name"] == "endorsements"]
    elsewhere = [*aside, *praise]
    verdict = Verdict(report["verdict"])
    return ResultView(
        verdict=verdict,
        label=report["label"],
        tone=Tone(report["tone"]),
        icon=report["icon"],
        headline=report["headline"],
        detail=report["detail"],
        sentence=report["sentence"],
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
        rows=tuple(_rows((made for made in checks if made not in elsewhere), report, inside)),
        aside=tuple(_rows(aside, report, [])),
        praise=tuple(_rows(praise, report, [])),
        endorsements=endorsements,
        within=tuple(inside),
        anchor=anchor,
        accreditation=read_report(report["accreditation"]) if "accreditation" in report else None,
        claims_accreditation=bool(report.get("claims_accreditation")),
        log_since=in_log_since(report),
    )


def count_verdicts(views: Iterable[ResultView]) -> list[tuple[Verdict, str, int]]:
    """Return every verdict in order, in words, with its number of results, for totals."""
    found = [view.verdict for view in views]
    return [(verdict, label, found.count(verdict)) for verdict, label in LABELS.items()]


def _proven(checks: Iterable[JsonObject]) -> bool:
    return any(made["name"] == "proof" and made["outcome"] == Outcome.PASSED for made in checks)


def _rows(
    checks: Iterable[JsonObject], report: JsonObject, inside: Sequence[ResultView]
) -> Iterable[CheckRow]:
    places = iter(inside)
    for made in checks:
        place = next(places, None) if made["name"] == "credential" else None
        yield _row(made, report, f"#{place.anchor}" if place is not None else "")


def _row(made: JsonObject, report: JsonObject, link: str) -> CheckRow:
    facts = tuple((key, _told(value)) for key, value in made["data"].items() if value is not None)
    return CheckRow(tell_check(made, report), made["spec"], facts, link)


def _told(fact: Fact) -> str:
    return ("yes" if fact else "no") if isinstance(fact, bool) else str(fact)
