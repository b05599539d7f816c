"""Send letters with links from their own outbox, because somebody is waiting for them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from credserv.ground.errors import CredservError, InputError
from credserv.ground.request_ids import within_request
from credserv.ground.spans import span
from credserv.journeys.deliver.link_letters import link_letter
from credserv.journeys.services import Services
from credserv.outbound.mail import MailConnection, Mailer
from credserv.records.letters import DueLinkLetter

_HANDFUL = 25
_LEASE = timedelta(minutes=2)  # if a sender dies, its letters are due again after this
_LEASE_USED_SECONDS = 20.0  # after this, the rest of a handful waits for the next turn: a server may be slow
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)

logger = logging.getLogger(__name__)


def send_links(services: Services, mailer: Mailer, *, clock: Callable[[], datetime]) -> int:
    """Send a handful of the letters that are due, those first with which somebody wants to go on now.
    A sandbox sends none.

    It is one turn: the next handful waits until other organisations had theirs. A letter that no server
    accepted is retried until the request expires, an hour after it was made.

    Returns:
        How many a mail server accepted.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    if services.issuer.sandbox:
        return 0
    gone: list[str] = []
    later: dict[str, datetime] = {}
    taken, ends = 0, time.monotonic() + _LEASE_USED_SECONDS
    due = services.store.link_letters.take(clock(), until=clock() + _LEASE, limit=_HANDFUL)
    with mailer.connection() as connection:
        for one in due:
            is_sent = None
            if not connection.is_lost and time.monotonic() < ends:
                with within_request(one.request_id), span("letter with a link"):
                    is_sent = _send(services, connection, one, clock())
            if is_sent is None:
                pause = min(_FIRST_PAUSE * 2 ** min(one.tries, 12), _LONGEST_PAUSE)
                later[one.token_sha256] = clock() + pause
            else:
                gone.append(one.token_sha256)
                taken += is_sent
    if due:
        services.store.link_letters.settle(gone, later)
    return taken


def _send(services: Services, connection: MailConnection, due: DueLinkLetter, now: datetime) -> bool | None:
    """Return whether a server accepted it; None if it will be retried."""
    try:
        letter = link_letter(services, due, now)
        if letter is None:
            return False
        connection.send(letter, now=now)
        logger.info("a letter with a link was taken by the mail server")
    except InputError as error:
        logger.error("a link that was asked for cannot be delivered: %s", error.detail)
        return False
    except CredservError as error:
        logger.warning("a link that was asked for goes later: %s", error.detail)
        return None
    return True
