"""The outbox: the transaction that stores a credential queues its letter, and this module sends it.

The record is true: *delivered* once a mail server accepted the letter, *refused* with the reason if none ever
will. A crash resends the letters of one handful, a few dozen at most, with the same Message-IDs; none is
lost. Without a mail server nothing is queued and nothing counts as delivered. An administrator then hands
over claim links, or queues the letters once there is a server (docs/adr/0015).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from credserv.ground.errors import AbsentError, CredservError, InputError
from credserv.ground.request_ids import within_request
from credserv.ground.spans import span
from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.services import Services
from credserv.outbound.mail import MailConnection, Mailer
from credserv.records.audit import Action, AuditRecord
from credserv.records.letters import DueLetter, Posted

CONNECTIONS = 4  # simultaneous connections to the mail server
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 section 4.5.4.1: at least 4 or 5 days
_HANDFUL = 25  # letters per connection between two commits of the outcome
_LEASE = timedelta(seconds=40)  # if a sender dies, its letters are due again after this
# After this, leave the rest of a handful to the next round, because a server may be slow.
_LEASE_USED_SECONDS = 20.0
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Stopping = Callable[[], bool]


def _never() -> bool:
    return False


def send_due(services: Services, mailer: Mailer, *, clock: Clock, stopping: Stopping = _never) -> int:
    """Send all letters that are due, over several connections at once.

    A sandbox sends none; its console shows them.

    A failure is recorded with its letter. Ends early if the mail server is unreachable or `stopping` says so.

    Returns:
        How many a mail server accepted.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    if services.issuer.sandbox or not services.store.letters.has_due(clock()):
        return 0
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="letters") as pool:
        hands = [pool.submit(_send_by_one, services, mailer, clock, stopping) for _ in range(CONNECTIONS)]
        return sum(hand.result() for hand in hands)


def queue_letters(services: Services, *, since: datetime, actor: str, now: datetime) -> int:
    """Queue letters for badges issued since an instant that have none, because there was no mail
    server or the letter was refused.

    Returns:
        How many.

    Raises:
        InputError: No mail server is configured.
    """
    _require_mail(services)
    with services.store.transaction():
        count = services.store.letters.queue(now, since=since)
        services.store.audit.add(AuditRecord(now, actor, Action.LETTERS_QUEUED, "", {"count": count}))
    return count


def send_again(services: Services, credential_id: str, *, actor: str, now: datetime) -> None:
    """Queue the refused letter about a badge again.

    Raises:
        InputError: No mail server is configured.
        NotFoundError: No letter about this badge was refused.
    """
    _require_mail(services)
    with services.store.transaction():
        services.store.letters.again(credential_id, now)
        line = AuditRecord(now, actor, Action.LETTERS_QUEUED, credential_id, {"count": 1})
        services.store.audit.add(line)


def _require_mail(services: Services) -> None:
    if services.issuer.sandbox:
        raise InputError("a sandbox sends no mail: its letters are kept, and are read in its console")
    if not services.mail_enabled:
        raise InputError("there is no mail server: set CREDSERV_SMTP_URL and CREDSERV_MAIL_FROM first")


def _send_by_one(services: Services, mailer: Mailer, clock: Clock, stopping: Stopping) -> int:
    """Send handfuls over one connection until nothing is due."""
    taken = 0
    with mailer.connection() as connection:
        while not stopping() and not connection.is_lost:
            now = clock()
            due = services.store.letters.take(now, until=now + _LEASE, limit=_HANDFUL)
            if not due:
                break
            posted = _send_handful(services, connection, due, now, stopping)
            lines = [_undeliverable(one, now) for one in posted if one.note and one.due_at is None]
            services.store.letters.settle(posted, now=clock(), lines=lines)
            taken += sum(not one.note for one in posted)
    return taken


def _send_handful(
    services: Services,
    connection: MailConnection,
    due: Sequence[DueLetter],
    now: datetime,
    stopping: Stopping,
) -> list[Posted]:
    ends = time.monotonic() + _LEASE_USED_SECONDS
    posted: list[Posted] = []
    for one in due:
        if stopping() or connection.is_lost or time.monotonic() > ends:
            posted.append(_later(one, one.letter.note or "its turn did not come yet", now))
        else:
            with within_request(one.request_id), span("letter about a badge"):
                posted.append(_send_one(services, connection, one, now))
    return posted


def _send_one(services: Services, connection: MailConnection, due: DueLetter, now: datetime) -> Posted:
    credential_id = due.letter.credential_id
    try:
        connection.send(badge_letter(services, due), now=now)
    except (InputError, AbsentError) as error:
        logger.error("the letter for %s cannot be delivered: %s", credential_id, error.detail)
        return Posted(credential_id, error.detail)
    except CredservError as error:
        logger.warning("the letter for %s goes later: %s", credential_id, error.detail)
        if now - due.letter.queued_at > GIVE_UP_AFTER:
            return Posted(
                credential_id, f"no mail server took it in {GIVE_UP_AFTER.days} days: {error.detail}"
            )
        return _later(due, error.detail, now)
    logger.info("a letter about a badge was taken by the mail server")
    return Posted(credential_id)


def _later(due: DueLetter, note: str, now: datetime) -> Posted:
    pause = min(_FIRST_PAUSE * 2 ** min(due.letter.tries - 1, 12), _LONGEST_PAUSE)
    return Posted(due.letter.credential_id, note, now + pause)


def _undeliverable(posted: Posted, now: datetime) -> AuditRecord:
    return AuditRecord(
        now, "worker", Action.CREDENTIAL_UNDELIVERABLE, posted.credential_id, {"why": posted.note}
    )
