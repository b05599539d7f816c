"""What a badge itself says of an accreditation, as whoever has no more than the badge reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.accreditation.accredited import Accredited, accredited_by_its_issuer, read_report

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def document(**values: str) -> dict[str, Any]:
    """values: by the type of result, in days from now."""
    described = [{"id": f"#{kind}", "resultType": f"ext:{kind}"} for kind in values]
    results = [{"resultDescription": f"#{kind}", "value": value} for kind, value in values.items()]
    return {"credentialSubject": {"achievement": {"resultDescription": described}, "result": results}}


@pytest.mark.parametrize(
    ("begins", "ends", "opens", "due", "status", "state", "in_force"),
    [
        (-1, 400, 100, 340, "passed", "live", True),
        (-1, None, None, None, "passed", "live", True),
        (None, 91, None, None, "passed", "live", True),
        (-300, 90, 0, 30, "passed", "due", True),
        (-300, 60, -90, 0, "passed", "grace", True),
        (-300, 0, -90, -60, "passed", "lapsed", False),
        (-300, -5, None, None, "", "lapsed", False),
        (-1, 400, None, None, "suspended", "suspended", False),
        (-300, -5, None, None, "suspended", "suspended", False),
        (-1, 400, None, None, "revoked", "revoked", False),
        (1, 400, None, None, "passed", "not-yet", False),
        (-1, 400, None, None, "unavailable", "not-established", None),
        (-1, 20, None, None, "", "not-established", None),
    ],
)
def test_state_by_dates_and_status(
    begins: int | None,
    ends: int | None,
    opens: int | None,
    due: int | None,
    status: str,
    state: str,
    in_force: bool | None,
) -> None:
    dates = {"RenewalOpens": opens, "RenewalDate": due}
    said = document(
        **{kind: (NOW + days * DAY).date().isoformat() for kind, days in dates.items() if days is not None}
    )
    begin, end = (None if days is None else NOW + days * DAY for days in (begins, ends))
    told = accredited_by_its_issuer(said, begin, end, status=status, by="a list", now=NOW)
    assert (told.state, told.in_force, told.since) == (state, in_force, None)
    assert read_report(told.report()) == told


@pytest.mark.parametrize("value", ["soon", "", "2026-99-99", "9" * 5_000])
def test_a_renewal_date_that_is_none_is_passed_over(value: str) -> None:
    told = accredited_by_its_issuer(document(RenewalDate=value), None, None, status="passed", by="x", now=NOW)
    assert told == Accredited("live", None, True, None, "x")
