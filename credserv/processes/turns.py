"""What the worker does for each organisation in turn.

It sends letters, links and webhooks, awards in bulk, asks systems for what did not arrive, and watches for
problems.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from credserv.app.settings import Settings
from credserv.fetch.posting import GuardedPoster
from credserv.ground.errors import CredservError, SigningKeyError
from credserv.ground.meters import measure
from credserv.ground.names import one_line
from credserv.ground.steadiness import Steadiness
from credserv.issuing.recipe import Recipe
from credserv.journeys.award.handed_in import look_again
from credserv.journeys.award.in_bulk.run import carry_on
from credserv.journeys.award.pulling import pull_due
from credserv.journeys.deliver.alarm_letters import tell_owners
from credserv.journeys.deliver.links import send_links
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.deliver.webhooks import send_due_webhooks
from credserv.journeys.operate.alarms import keep_alarms
from credserv.journeys.operate.conditions import found_in, look_at
from credserv.journeys.publish.issuance_log import extend_log
from credserv.journeys.services import Services
from credserv.outbound.mail import Mailer
from credserv.records.health import Finding

LOOK_SECONDS = 1.0
WATCH_SECONDS = 300.0
TURN_SECONDS = 10.0  # for one organisation, before the next

Turn = Callable[[Services], int]  # works for an organisation; returns how much it did
Clock = Callable[[], datetime]
MailerOf = Callable[[Services], Mailer | None]  # each organisation's letters name it as their sender


class Work(Protocol):
    """Work that goes on until `stopping` says so; returns how much it did."""

    def __call__(self, services: Services, /, *, clock: Clock, stopping: Callable[[], bool]) -> int: ...


logger = logging.getLogger(__name__)


def turns(settings: Settings, stopping: threading.Event) -> Mapping[str, Turn]:
    """Return turns by their name in the log.

    Each has a thread of its own, so that none delays another: thousands of award letters must not delay a
    sign-in link.
    """
    found: dict[str, Turn] = {
        "webhooks": partial(_for_a_while, partial(send_due_webhooks, poster=GuardedPoster()), stopping),
        "what systems are asked for": partial(_for_a_while, pull_due, stopping),
        "what people handed in": partial(_for_a_while, look_again, stopping),
        "the log of signatures": _extend_log,
        "awards in bulk": partial(_for_a_while, carry_on, stopping),
    }
    if settings.smtp_url is not None:
        found |= {
            "letters": partial(_send_letters, settings, stopping),
            "links": partial(_send_links, settings),
        }
    return found


def take_turns(services: Services, what: str, turn: Turn, stopping: threading.Event) -> None:
    """Take turns until the worker stops, without a pause while there is work."""
    done = 0
    while not stopping.wait(0.0 if done else LOOK_SECONDS):
        done = 0
        for own in each_organisation(services):
            try:
                did = turn(own)
                done += did
                measure("work", did, what, "done")
            except CredservError as error:
                measure("work", 1, what, "put off")
                logger.warning("%s go on later: %s: %s", what, error.code, error.detail)
            except Exception as error:
                measure("work", 1, what, "failed")
                logger.exception("%s failed: %s", what, type(error).__name__)


def _send_letters(settings: Settings, stopping: threading.Event, own: Services) -> int:
    mailer = open_mailer(settings, own)
    if mailer is None:
        return 0

    def send(own: Services, *, clock: Clock, stopping: Callable[[], bool]) -> int:
        return send_due(own, mailer, clock=clock, stopping=stopping)

    return _for_a_while(send, stopping, own)


def _for_a_while(work: Work, stopping: threading.Event, own: Services) -> int:
    """Work until this organisation's turn is over, so that its thousands do not delay another's.
    What is begun is finished.
    """
    ends = time.monotonic() + TURN_SECONDS
    return work(own, clock=utc_now, stopping=lambda: stopping.is_set() or time.monotonic() > ends)


def _extend_log(own: Services) -> int:
    """Add all waiting entries at once: a head costs as much as four orders, and one a second is enough."""
    extend_log(own, utc_now())
    return 0


def _send_links(settings: Settings, own: Services) -> int:
    mailer = open_mailer(settings, own)
    return 0 if mailer is None else send_links(own, mailer, clock=utc_now)


def open_mailer(settings: Settings, services: Services) -> Mailer | None:
    """Return a mailer; None without a mail server, and in a sandbox, which sends nothing.

    An administrator then hands over links.
    """
    if settings.smtp_url is None or settings.mail_from is None or services.issuer.sandbox:
        return None
    name = one_line(str(services.issuer.profile.get("name") or settings.issuer_name))
    return Mailer(settings.smtp_url, sender=settings.mail_from, sender_name=name)


def each_organisation(services: Services) -> Iterator[Services]:
    """Yield every organisation's services.

    One whose key does not open is skipped and reported; one that moved is skipped silently, because another
    installation serves it.
    """
    if services.neighbours is None:
        yield services
        return
    for slug in services.neighbours.slugs():
        try:
            own = services.neighbours.of(slug)
            if own.issuer.moved_at is None:
                yield own
        except CredservError as error:
            logger.error("organisation %s is left out: %s: %s", slug, error.code, error.detail)


def watch(services: Services, mailer_of: MailerOf, stopping: threading.Event) -> None:
    """Watch, after a delay: work that waited during a standstill is done first.

    All are looked at before anybody is told: a mail server that does not answer delays no alarm on a console.
    """
    while not stopping.wait(WATCH_SECONDS):
        slugs = tuple(services.neighbours.slugs()) if services.neighbours else ()
        for part in (look_over, partial(tell, mailer_of=mailer_of)):
            for slug in slugs:
                try:
                    part(services, slug, now=utc_now())
                except CredservError as error:
                    logger.warning("alarms of %s go on later: %s: %s", slug, error.code, error.detail)
                except Exception as error:
                    logger.exception("watching %s failed: %s", slug, type(error).__name__)


def look_over(services: Services, slug: str, *, now: datetime) -> None:
    """Check one organisation, and update its alarms. `services` are those of any other."""
    try:
        own = services.at_name(slug)
        found = look_at(own, now)
    except SigningKeyError as error:  # nobody serves it then, so its owners must hear of that above all
        own = _without_key(services, slug)
        gone = Finding("signing-key", False, f"{error.detail}.", "credserv keys list")
        found = (found_in(slug, gone),)
    keep_alarms(own, found, now=now)


def tell(services: Services, slug: str, *, mailer_of: MailerOf, now: datetime) -> None:
    """Tell an organisation's owners what is new. `services` are those of any other."""
    try:
        own = services.at_name(slug)
    except SigningKeyError:
        own = _without_key(services, slug)
    mailer = mailer_of(own)
    if mailer is not None:
        tell_owners(own, mailer, now=now)


def _without_key(services: Services, slug: str) -> Services:
    """Return enough of an organisation's services to reach its owners."""
    store = services.store.of(slug)
    issuer = store.organisation.get() or services.issuer
    return replace(
        services, store=store, recipe=Recipe(replace(services.issuing, store=store, issuer=issuer))
    )


def _by_the_machine() -> datetime:
    return datetime.now(UTC)


_steady = Steadiness(lambda: _by_the_machine().timestamp())


def utc_now() -> datetime:
    """Return the worker's time.

    Raises UnavailableError while the clock is not steady, which delays due work.
    """
    _steady.require()
    return _by_the_machine()
