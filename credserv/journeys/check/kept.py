"""A result that its reader wants to show: kept under a link nobody can guess, until its stated end."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.told.report import complete_report
from credserv.journeys.services import Services


def keep_result(services: Services, report: JsonObject, *, now: datetime, ends_at: datetime) -> str:
    """The token of its link. What one reader typed of a person is left out."""
    kept = {"report": _without_names_of_people(report), "ends_at": format_instant(ends_at)}
    return services.store.shared_results.create(kept, now=now, ends_at=ends_at)


def kept_result(services: Services, token: str, now: datetime) -> JsonObject | None:
    """`report` and `ends_at`; None for an unknown token, and for one that has ended."""
    kept = services.store.shared_results.get(token, now)
    return None if kept is None else {**kept, "report": complete_report(kept["report"])}


def end_result(services: Services, token: str) -> None:
    """Nothing is left of it. An unknown token is no error."""
    services.store.shared_results.end(token)


def _without_names_of_people(report: JsonObject) -> JsonObject:
    """Whether it is a certain person's was asked by one reader; what they typed is for nobody else."""
    policy = [
        {**made, "data": {}, "reason": "Whether it is a certain person's is told to who asked."}
        if made["name"] == "recipient"
        else made
        for made in report["policy"]
    ]
    return {**report, "policy": policy}
