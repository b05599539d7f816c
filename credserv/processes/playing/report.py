"""The report of a simulation: the service's own figures, each from the journey that provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.audit_publication import audit_figures
from credserv.journeys.accredit.endorsements import endorsement_figures, to_review_figures
from credserv.journeys.accredit.figures import application_figures
from credserv.journeys.accredit.session_figures import session_figures
from credserv.journeys.accredit.states import standing_figures
from credserv.journeys.measure.figures import (
    errors_figures,
    mastery_gain_figures,
    people_figures,
    published_figures,
    time_to_competency_figures,
)
from credserv.journeys.measure.mobility import mobility_figures
from credserv.journeys.services import Services

_DECIMALS = 4


def make_report(
    services: Services,
    key: str,
    *,
    cut: datetime,
    instants: Sequence[datetime],
    claimed: Set[str],
) -> JsonObject:
    """Make the report. `key` is the programme's; `claimed` are the credentials granted according to the
    log."""
    standing = standing_figures(services, cut=cut, at=instants, programme=key)
    figures: dict[str, Any] = {
        "programme": key,
        "cut": cut,
        "endorsements": endorsement_figures(services, key=key, cut=cut),
        "grants": {
            "granted": standing["granted"],
            "must_be_refused": sorted(claimed - standing["state_at_cut"].keys()),
            "to_review_after_retroactive_revocation": to_review_figures(services, key=key, cut=cut),
            **application_figures(services, key=key, cut=cut),
        },
        "states": standing["states"],
        "state_at_cut": standing["state_at_cut"],
        "audits": audit_figures(services, cut=cut, programme=key),
        "sessions": session_figures(services, cut=cut),
        "people": people_figures(services, cut=cut),
        "mastery_gain": mastery_gain_figures(services, cut=cut),
        "time_to_competency": time_to_competency_figures(services, cut=cut),
        "errors": errors_figures(services, cut=cut),
        "mobility": mobility_figures(services, cut=cut),
        **published_figures(services, cut=cut),
    }
    told: JsonObject = rounded(figures)
    return told


def rounded(value: Any) -> Any:
    """Return numbers with four decimals, and instants as text."""
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, Mapping):
        return {str(name): rounded(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(one) for one in value]
    return value
