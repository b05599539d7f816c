"""A whole service behind a real HTTP server, with something of everything in it, for a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from credserv.ground.encoding import hash_token
from credserv.journeys.admit import access, claims
from credserv.journeys.admit.sign_in import create_console_link, create_wallet_link
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.hold import shares
from credserv.journeys.publish import publish
from credserv.journeys.services import Services
from credserv.journeys.trust import refresh as trust_lists
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.roles import Role
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from tests.testkit.browsing import OWNER, colleague_link
from tests.testkit.defects import Defect, defects, hosts_of
from tests.testkit.proofs import issuer
from tests.testkit.served import served
from tests.testkit.service import Clock, Service

HOLDER = "pat@example.org"


@dataclass
class Site:
    """service: its parts. url: its origin. ids: credentials by what they are there for.

    defects: credentials of others, by what is wrong with them.
    """

    service: Service
    url: str
    ids: dict[str, str] = field(default_factory=dict)
    defects: dict[str, Defect] = field(default_factory=dict)

    def console_link(self) -> str:
        return create_console_link(self.service.services, self.service.clock.now, owner=OWNER)

    def colleague_link(self, role: Role, email: str) -> str:
        return colleague_link(self.service, role, email)

    def wallet_link(self, email: str = HOLDER) -> str:
        return create_wallet_link(self.service.services, email, self.service.clock.now)

    def claim_link(self) -> str:
        """To a badge that nobody keeps."""
        return claims.create_link(
            self.service.services, self.ids["unclaimed"], self.service.clock.now, actor="test"
        )

    def issue(self, name: str, achievement: str, *, email: str = HOLDER, age_days: int = 0) -> str:
        """One credential by hand; age_days: how long ago it was issued."""
        services, now = self.service.services, self.service.clock.now - timedelta(days=age_days)
        recipient = Recipient(email=email, name="Pat Doe")
        order = OrderRequest(f"site-{name}", achievement, recipient)
        record, _ = award_request(services, "console", order, now=now)
        self.ids[name] = record.id
        return record.id

    def share(self, name: str, *, ended: bool = False) -> str:
        """A share's URL."""
        services, now = self.service.services, self.service.clock.now
        holder = services.store.members.find_by_email(HOLDER)
        assert holder is not None
        url = shares.share(services, holder.person_id, self.ids[name], "Application", now)
        if ended:
            shares.end_share(services, holder.person_id, hash_token(url.rpartition("/")[2]), now)
        return url

    def share_of(self, *names: str, passcode: str = "") -> str:
        """The URL of a set."""
        services = self.service.services
        holder = services.store.members.find_by_email(HOLDER)
        assert holder is not None
        ids = tuple(self.ids[name] for name in names)
        wish = shares.ShareWish(ids, passcode=passcode, shows_name=True)
        return shares.make_share(services, holder.person_id, wish, self.service.clock.now)


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """The clock is the real one at the start."""
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    told = {"issuer_name": "Example Academy", "rate_verify": "1000/minute"}
    with served(folder, fetcher=hosts_of(clock.now), clock=clock, **told) as service:
        wrong = {item.name: item for item in defects(clock.now)}
        yield furnish(Site(service, service.settings.public_url, defects=wrong))


def furnish(site: Site) -> Site:
    """Credentials in every state, an event that waits, an API key."""
    services, now = site.service.services, site.service.clock.now
    site.issue("expired", "mentor-foundation", age_days=4_000)
    site.issue("revoked", "constructive-feedback", age_days=40)
    site.issue("suspended", "mentor-practitioner", age_days=30)
    site.ids["valid"] = site.service.issue(email=HOLDER, score=0.87)
    site.ids["unclaimed"] = site.service.issue(email="newcomer@example.org", score=0.87)
    for name, state in (("revoked", CredentialState.REVOKED), ("suspended", CredentialState.SUSPENDED)):
        publish.set_status(services, site.ids[name], state, reason="in private", actor="console", now=now)
    site.service.send_event(course="course-v1:Example+UNKNOWN+2026", event_id="evt_unknown_course")
    site.service.send_event(score=0.2, event_id="evt_low_score")
    access.create_api_key(services, "Course catalogue", ["credentials:read", "credentials:issue"], now)
    _trust_others(services, now)
    return site


def _trust_others(services: Services, now: datetime) -> None:
    """Own entries, a registry, and one of another organisation that could not be refreshed for too long."""
    lists, registry = services.store.trusted_lists, "https://registry.example/registry.json"
    for number, name in enumerate(
        ("Example University", "جامعة المثال", "College of a Name that Needs Two Lines")
    ):
        entry = TrustedIssuerRecord(
            f"did:web:school{number}.example", name, f"https://school{number}.example"
        )
        trust_lists.add_issuer(services, "", entry, actor="console", now=now)
    alice = TrustedIssuerRecord(issuer(1).did, "Alice College", "https://alice.example")
    trust_lists.add_issuer(services, "acme", alice, actor="console", now=now)
    for list_id, organisation, age in (("registry", "", 0), ("outdated", "later", 9)):
        at = now - timedelta(days=age)
        kind = TrustedListKind.DCC_REGISTRY
        lists.create(TrustedListRecord(list_id, organisation, "Consortium registry", kind, at, registry))
        key = TrustedIssuerRecord("did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W", "My University")
        lists.replace_issuers(list_id, [key], at, fetched=True)
    lists.note_failure("outdated", "the host answered with HTTP status 404", now)
