"""Rename, close and reopen an organisation, and set its calendar. For its owners and the operator."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from credserv.ground.addresses import is_web_page
from credserv.ground.errors import InputError, NotFoundError, OrganisationMovedError
from credserv.ground.json_types import JsonObject
from credserv.ground.languages import is_country
from credserv.ground.names import has_unseen, is_email
from credserv.openbadges.sandbox import marked_name
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MAX_NAME_CHARS = 200


def require_profile(name: str, url: str, email: object) -> JsonObject:
    """Return the members of a profile that identify an organisation.

    Raises:
        InputError: A value is not valid.
    """
    name = name.strip()
    if not name or len(name) > _MAX_NAME_CHARS:
        raise InputError(f"an organisation needs a name of at most {_MAX_NAME_CHARS} characters")
    if has_unseen(name):
        raise InputError("a name has only characters that can be seen")
    if not is_web_page(url):
        raise InputError("the organisation's web page is an http or https address")
    if email is not None and not is_email(str(email)):
        raise InputError("that is no e-mail address")
    return {"name": name, "url": url, **({} if email is None else {"email": str(email)})}


def rename_organisation(
    store: Store,
    name: str,
    *,
    url: str | None = None,
    email: str | None = None,
    country: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Change what the store's organisation is called. Issued credentials keep the former name.

    The name of a sandbox keeps saying that it is one. None leaves a value unchanged.

    Args:
        country: ISO 3166-1 alpha-2, which learning credentials state; "" for none.

    Raises:
        InputError: A value is not valid.
    """
    before = require_organisation(store)
    asked = {member: value for member, value in {"url": url, "email": email}.items() if value is not None}
    profile = {**before.profile, **asked}
    if before.sandbox and name.strip():
        name = marked_name(name.strip())
    checked = require_profile(name, str(profile.get("url", "")), profile.get("email"))
    if country is not None:
        checked = {**checked, "country": require_country(country)}
    with store.transaction():
        store.organisation.change(name=str(checked["name"]), profile={**before.profile, **checked})
        detail = {"from": before.name, "to": str(checked["name"])}
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_RENAMED, store.organisation_id, detail))


def require_country(text: str) -> str:
    """Return a country code in capitals, or "".

    Raises:
        InputError: It is not an ISO 3166-1 code.
    """
    code = text.strip().upper()
    if code and not is_country(code):
        raise InputError("a country is given by its two letters of ISO 3166-1, such as AT for Austria")
    return code


def change_calendar(store: Store, time_zone: str, first_weekday: int, *, actor: str, now: datetime) -> None:
    """Set where the organisation's days begin, and its weeks.

    Args:
        time_zone: From the IANA database.
        first_weekday: 0 for Monday.

    Raises:
        InputError: A value is not valid.
    """
    if time_zone not in available_timezones():
        raise InputError("choose a time zone by place, such as Europe/Vienna")
    if first_weekday not in range(len(WEEKDAYS)):
        raise InputError("choose the day on which the week begins")
    with store.transaction():
        store.organisation.set_calendar(time_zone=time_zone, first_weekday=first_weekday)
        detail = {"time_zone": time_zone, "first_weekday": first_weekday}
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_CALENDAR, store.organisation_id, detail))


def close_organisation(store: Store, *, actor: str, now: datetime) -> None:
    """Close the store's organisation: it issues nothing new, and everything it issued keeps verifying.

    Raises:
        InputError: It is closed already.
    """
    if require_organisation(store).closed_at is not None:
        raise InputError("this organisation is closed already")
    with store.transaction():
        store.organisation.close(now)
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_CLOSED, store.organisation_id))


def reopen_organisation(store: Store, *, never_imported: bool = False, actor: str, now: datetime) -> None:
    """Let the store's organisation issue again.

    Args:
        never_imported: The operator's word that an organisation marked as moved was not imported anywhere.
            Otherwise two installations would sign for it and give one status index to two badges.

    Raises:
        InputError: It is open.
        OrganisationMovedError: It was moved, and `never_imported` is False.
    """
    known = require_organisation(store)
    if known.is_open:
        raise InputError("this organisation is open")
    if known.moved_at is not None and not never_imported:
        raise OrganisationMovedError(
            "this organisation was moved: where its file was imported, another installation signs for it. If "
            "it was imported nowhere, give --never-imported and delete the file"
        )
    with store.transaction():
        store.organisation.reopen()
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_REOPENED, store.organisation_id))


def reset_sandbox(store: Store, *, actor: str, now: datetime) -> int:
    """Delete everything that was tried in the store's organisation.

    Achievements, rules, sources, keys and colleagues stay. Badges it issued are reported as revoked for good.

    Returns:
        How many badges were deleted.

    Raises:
        InputError: It is not a sandbox.
    """
    require_organisation(store)
    with store.transaction(savepoints=False):
        count = store.sandbox.reset(now)
        line = AuditRecord(now, actor, Action.SANDBOX_RESET, store.organisation_id, {"badges": count})
        store.audit.add(line)
    return count


def all_organisations(store: Store) -> tuple[OrganisationRecord, ...]:
    """Return the installation's organisations, closed ones included, oldest first."""
    return store.organisations.list()


def find_by_did(store: Store, did: str) -> OrganisationRecord | None:
    """Return the organisation of the installation with this DID."""
    return store.organisations.find_by_did(did)


def require_organisation(store: Store) -> OrganisationRecord:
    """Return the store's organisation.

    Raises:
        NotFoundError: It does not exist.
    """
    found = store.organisation.get()
    if found is None:
        raise NotFoundError("there is no such organisation")
    return found
