"""How an accreditation is reported to those who check a badge: by its history, or
by what the badge says itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.standing import IN_FORCE, Standing, State
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.achievement_results import RENEWAL_DATE, RENEWAL_OPENS, result_of
from credserv.openbadges.structure import subjects_of

NOT_ESTABLISHED = "not-established"  # its status could not be fetched
ITSELF = "this service"
PASSED, REVOKED, SUSPENDED = "passed", State.REVOKED.value, State.SUSPENDED.value


@dataclass(frozen=True)
class Accredited:
    """An accreditation as reported.

    Attributes:
        state: A `State`, or NOT_ESTABLISHED.
        since: None if only its issuer knows.
        renewal_due: None if it does not say.
        established_by: Who says that its issuer may accredit: ITSELF or the name of a list.
    """

    state: str
    since: datetime | None
    in_force: bool | None
    renewal_due: datetime | None
    established_by: str

    def report(self) -> JsonObject:
        """Return it as JSON for reports."""
        return {
            "state": self.state,
            "since": None if self.since is None else format_instant(self.since),
            "inForce": self.in_force,
            "renewalDue": None if self.renewal_due is None else format_instant(self.renewal_due),
            "establishedBy": self.established_by,
        }


def read_report(told: JsonObject) -> Accredited:
    """Return what `report` wrote."""
    since, due = told["since"], told["renewalDue"]
    return Accredited(
        told["state"],
        None if since is None else parse_instant(since),
        told["inForce"],
        None if due is None else parse_instant(due),
        told["establishedBy"],
    )


def accredited_by_history(found: Standing) -> Accredited:
    """Return one of our own by its history."""
    due = None if found.term is None else found.term.term_end
    return Accredited(found.state.value, found.since, found.in_force, due, ITSELF)


def accredited_by_its_issuer(
    document: JsonObject,
    begins: datetime | None,
    ends: datetime | None,
    *,
    status: str,
    by: str,
    now: datetime,
) -> Accredited:
    """Return one of another issuer by its dates and status, which is all that others know.

    Nobody can tell since when.

    Args:
        status: PASSED, REVOKED or SUSPENDED; "" if it could not be fetched.
        by: Who says that the issuer may accredit.
    """
    opens, due = _date_of(document, RENEWAL_OPENS), _date_of(document, RENEWAL_DATE)
    state = _state(begins, ends, opens, due, status, now)
    in_force = None if state == NOT_ESTABLISHED else state in IN_FORCE
    return Accredited(state, None, in_force, due, by)


def _state(
    begins: datetime | None,
    ends: datetime | None,
    opens: datetime | None,
    due: datetime | None,
    status: str,
    now: datetime,
) -> str:
    """Return the first state that holds."""
    if status in (REVOKED, SUSPENDED):
        return status
    if begins is not None and now < begins:
        return State.NOT_YET.value
    if ends is not None and now >= ends:
        return State.LAPSED.value
    if status != PASSED:
        return NOT_ESTABLISHED
    if due is not None and now >= due:
        return State.GRACE.value
    return State.DUE.value if opens is not None and now >= opens else State.LIVE.value


def _date_of(document: JsonObject, kind: str) -> datetime | None:
    """Return a day or an instant, as it was signed."""
    values = (result_of(subject, kind) for subject in subjects_of(document))
    value = next((one for one in values if one is not None), None)
    if value is None:
        return None
    try:
        return parse_instant(value if "T" in value else f"{value}T00:00:00Z")
    except InputError:
        return None
