"""What can go wrong for an organisation while its service runs, and how to fix it.

`credserv doctor`, the letters to owners and the console share this one table (`alarms.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError
from credserv.journeys.accredit.work import warnings
from credserv.journeys.services import Services
from credserv.records.credentials import StatusListRecord
from credserv.records.health import Finding
from credserv.records.organisations import KeyState, own_option
from credserv.status.published import STATUS_LIST_VALIDITY

STUCK_AFTER = timedelta(minutes=10)  # after this, a waiting event or letter counts as stuck
LETTERS_AFTER = timedelta(hours=1)
_SECRET_NOTICE = timedelta(days=14)
_ROWS = 500
_OF_ALL = ("credserv worker", "credserv doctor", "credserv settings show")

Look = Callable[[Services, datetime], Iterator[Finding]]


def look_at(services: Services, now: datetime) -> tuple[Finding, ...]:
    """Return every condition of an organisation, good or bad, each with a command that names it.

    What cannot be looked at is a finding too.
    """
    if services.issuer.moved_at is not None:
        return (Finding("organisation", None, "Another installation serves it.", "", "", services.issuer.id),)
    found: list[Finding] = []
    for name, look in CONDITIONS.items():
        try:
            found += look(services, now)
        except CredservError as error:
            said = f"This could not be looked at: {error.detail}"
            found.append(Finding(name, False, said, "credserv settings show"))
    return tuple(found_in(services.issuer.id, one) for one in found)


def found_in(slug: str, finding: Finding) -> Finding:
    """Return the finding as an organisation's: without its name, a command would change the first one."""
    mend, option = finding.mend, own_option(slug)
    if mend.startswith("credserv ") and mend not in _OF_ALL and option not in mend:
        mend += option
    return replace(finding, mend=mend, organisation=slug)


def _sources(services: Services, now: datetime) -> Iterator[Finding]:
    """Report sources that once sent events and have been silent for longer than the settings allow."""
    last = services.store.events.last_by_source()
    patience = services.watch.source_silence if services.issuer.is_open else None
    silent = [
        (source.name, last[source.name])
        for source in services.store.sources.list()
        if patience and source.enabled and source.name in last and now - last[source.name] > patience
    ]
    for name, at in silent:
        said = f"The source {name} has sent no event since {format_instant(at)}: see whether its sender runs."
        yield Finding("sources", False, said, f"credserv source pause {name}", name)
    if not silent:
        yield Finding("sources", True, "No source has fallen silent.")


def _secrets(services: Services, now: datetime) -> Iterator[Finding]:
    """Report sources whose newest secret expires; without another one they would stop accepting events."""
    ending = [
        (source.name, source.secret_ends[0])
        for source in services.store.sources.list()
        if source.enabled and source.secret_ends
    ]
    near = [(name, end) for name, end in ending if end is not None and end - now < _SECRET_NOTICE]
    for name, end in near:
        said = (
            f"The secret of the source {name} ended on {format_instant(end)}: its events are refused."
            if end <= now
            else f"The secret of the source {name} ends on {format_instant(end)}: "
            "its events are refused from then."
        )
        yield Finding("source-secrets", False, said, f"credserv source rotate {name}", name)
    if not near:
        yield Finding("source-secrets", True, "No secret of a source is near its end.")


def _pulls(services: Services, _now: datetime) -> Iterator[Finding]:
    """Report fetches that failed last time; the worker retries within an hour."""
    failed = [
        (one.source, str(one.outcome["failed"][0]))
        for one in services.store.source_pulls.all()
        if one.outcome.get("failed")
    ]
    for name, why in failed:
        said = f"The source {name} could not be asked for everything. {why}"
        yield Finding("asked-sources", False, said, f"credserv source fetch {name}", name)
    if not failed:
        yield Finding("asked-sources", True, "Every source that is asked has answered.")


def _keys(services: Services, now: datetime) -> Iterator[Finding]:
    """Report keys due for replacement, before age makes a leak likely; a did:key cannot be replaced."""
    age = services.watch.key_age
    active = [key for key in services.issuer.keys if key.state is KeyState.ACTIVE]
    newest = max((key.activated_at or key.created_at for key in active), default=None)
    if newest is None:
        yield Finding("key-age", False, "There is no active signing key.", "credserv keys create")
    elif not services.issuer.did.startswith("did:web:"):
        yield Finding("key-age", None, "This issuer is a did:key, which cannot change its key.")
    elif newest + age - now < _notice(age):
        said = f"The signing key is to be changed by {format_instant(newest + age)}."
        yield Finding("key-age", False, said, "credserv keys rotate")
    else:
        yield Finding("key-age", True, f"The signing key is good until {format_instant(newest + age)}.")


def _signing(services: Services, _now: datetime) -> Iterator[Finding]:
    try:
        services.issuing.signer.sign(b"is it there")
    except CredservError as error:
        yield Finding("signing-key", False, f"Nothing can be issued: {error.detail}.", "credserv keys list")
    else:
        yield Finding("signing-key", True, "The signing key signs.")


def _withdrawn(services: Services, _now: datetime) -> Iterator[Finding]:
    """Report badges in force that verify nowhere, because the key that signed them was withdrawn."""
    log, found = services.store.issuance_log, False
    for key in services.issuer.keys:
        if key.state is not KeyState.COMPROMISED:
            continue
        method, left = key.verification_method, log.badges_signed_with(key.verification_method)
        living = sum(one.living for one in left)
        for count, group in ((len(left) - living, "keys"), (living, "programme")):
            if count:
                found = True
                said = f"Badges in force that do not verify, because their key was withdrawn: {count}."
                yield Finding(
                    "withdrawn-keys",
                    False,
                    said,
                    f"credserv {group} sign-again {method}",
                    f"{group} {method}",
                )
    if not found:
        yield Finding("withdrawn-keys", True, "No badge in force is signed with a withdrawn key.")


def _notice(age: timedelta) -> timedelta:
    return min(timedelta(days=30), age / 4)


def _letters(services: Services, now: datetime) -> Iterator[Finding]:
    if services.issuer.sandbox:
        yield Finding("letters", None, "It is a sandbox: its letters are kept, and none goes out.")
        return
    if not services.mail_enabled:
        yield Finding("letters", None, "No mail server is set, so no letters go out.")
        return
    refused, waiting = services.store.letters.refused(), services.store.letters.backlog()
    if refused.waiting and refused.oldest is not None:
        yield Finding(
            "letters",
            False,
            f"{refused.waiting} letters could not be delivered: the console says why, of each.",
            f"credserv letters queue --since {refused.oldest:%Y-%m-%d}",
            "refused",
        )
    elif waiting.oldest is not None and now - waiting.oldest > LETTERS_AFTER:
        yield Finding(
            "letters",
            False,
            f"{waiting.waiting} letters wait, the oldest since {format_instant(waiting.oldest)}.",
            "credserv doctor",
            "waiting",
        )
    else:
        yield Finding("letters", True, f"{waiting.waiting} letters wait, none for long.")


def _webhooks(services: Services, _now: datetime) -> Iterator[Finding]:
    given_up = services.store.webhook_outbox.given_up()
    for endpoint_id, backlog in given_up.items():
        said = f"{backlog.waiting} messages to {endpoint_id} were given up: its system took none of them."
        yield Finding("webhooks", False, said, f"credserv webhook send-again {endpoint_id}", endpoint_id)
    if not given_up:
        yield Finding("webhooks", True, "No message to another system was given up.")


def _queue(services: Services, now: datetime) -> Iterator[Finding]:
    stuck = services.store.events.unfinished(now - STUCK_AFTER, _ROWS)
    unsigned = [
        *(one.issued_at for one in services.store.credentials.unfinished(now - STUCK_AFTER, _ROWS)),
        *(one.plan.planned_at for one in services.store.copies.unfinished(now - STUCK_AFTER, _ROWS)),
    ]
    if stuck or unsigned:
        oldest = min([event.received_at for event in stuck] + unsigned)
        said = (
            f"{len(stuck)} events and {len(unsigned)} badges wait to be finished, "
            f"the oldest since {format_instant(oldest)}."
        )
        yield Finding("queue", False, said, "credserv worker")
    else:
        yield Finding("queue", True, "No event and no badge waits for long.")


def _lists(services: Services, now: datetime) -> Iterator[Finding]:
    """Report status lists that the worker has not re-signed although they changed or
    aged, so signing must have failed.
    """
    records = services.store.status_lists.standings()
    bad = lists_behind(records, now)
    for record, what, _ in bad:
        said = f"Status list {record.id} {what}."
        yield Finding("status-lists", False, said, "credserv lists publish", record.id)
    if not bad:
        yield Finding("status-lists", True, f"{len(records)} status lists are as they should be.")


def lists_behind(
    records: Iterable[StatusListRecord], now: datetime
) -> list[tuple[StatusListRecord, str, datetime]]:
    """Return each status list that is out of date, what it does, and since when."""
    bad = []
    for record in records:
        at = record.published_at
        if at is not None and at > now:
            bad.append((record, "is dated ahead", record.changed_at))
        elif at is not None and now >= at + STATUS_LIST_VALIDITY:
            bad.append((record, "has ended", at + STATUS_LIST_VALIDITY))
        elif 0 < record.revision != record.published_revision and now - record.changed_at > STUCK_AFTER:
            bad.append((record, "does not show the newest changes", record.changed_at))
    return bad


def _accreditation(services: Services, now: datetime) -> Iterator[Finding]:
    """Report founders and assessors who are running out, and audits that have stalled."""
    found = warnings(services, now)
    for said, about in found:
        yield Finding("accreditation", False, said, "", about)
    if not found:
        yield Finding("accreditation", True, "Enough people may assess, and no audit waits.")


CONDITIONS: dict[str, Look] = {
    "sources": _sources,
    "source-secrets": _secrets,
    "asked-sources": _pulls,
    "signing-key": _signing,
    "key-age": _keys,
    "withdrawn-keys": _withdrawn,
    "letters": _letters,
    "webhooks": _webhooks,
    "queue": _queue,
    "status-lists": _lists,
    "accreditation": _accreditation,
}
