"""What is published about an audit, and what its sample can detect."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.draw import chance_of_finding
from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.audits import Audit, find_audit
from credserv.journeys.services import Services

RULE = (
    "k = min(N, max(minimum, ceil(share * N))); the k ids with the smallest HMAC-SHA256 (key: the bytes of "
    "the seed, message: the id in UTF-8), compared as hexadecimal text; sha256 is that of the seed's "
    "hexadecimal text"
)


def published(services: Services, audit: Audit) -> JsonObject:
    """Return everything needed to recompute the draw, with ids that lead to nobody.

    The API returns it, and `credserv audit recompute` reads it as a file.
    """
    record = audit.record
    return {
        "url": f"{services.public_url}/audits/{record.programme_key}/{record.period}",
        "programme": record.programme_key,
        "period": record.period,
        "sha256": record.sha256,
        "share": record.share,
        "minimum": record.minimum,
        "committed_at": format_instant(record.committed_at),
        "begins_on": None if record.begins_on is None else record.begins_on.isoformat(),
        "population_at": _instant(record.population_at),
        "frozen_at": _instant(record.frozen_at),
        "population": [case.drawn_as for case in audit.cases],
        "revealed_at": _instant(record.revealed_at),
        "seed": record.seed,
        "drawn": [case.drawn_as for case in audit.drawn],
        "finds": finds(len(audit.cases), len(audit.drawn)),
        "rule": RULE,
    }


def finds(population: int, drawn: int) -> str:
    """Return a sentence that says what such a sample can detect; "" before there is a sample.

    Args:
        population: How many accreditations were in force at the freeze.
        drawn: How many of them were drawn.
    """
    if not drawn:
        return ""
    bad = max(1, population // 10)
    chance = chance_of_finding(population, drawn, bad)
    return f"{drawn} of {population} find at least one of {bad} bad with {100 * chance:.0f} %"


def audit_figures(services: Services, *, cut: datetime, programme: str | None = None) -> JsonObject:
    """Return for each period how many were in force at the freeze, and the published ids drawn by the cut.

    Args:
        cut: The instant whose knowledge counts.
        programme: Only this programme; None for all.
    """
    revealed = [
        find_audit(services, record.programme_key, record.period)
        for record in services.store.audits.all(programme)
        if record.revealed_at is not None and record.revealed_at <= cut
    ]
    return {
        audit.record.period: {
            "population": len(audit.cases),
            "drawn": [case.drawn_as for case in audit.drawn],
        }
        for audit in revealed
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else format_instant(value)
