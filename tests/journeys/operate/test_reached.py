"""How far badges got, in the console and in the figures: each badge counts once, whoever holds it."""

from __future__ import annotations

import re
from pathlib import Path

from credserv.journeys.claim.copies import make_copy
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.hold.shares import share
from credserv.outbound.mail import Mailer
from credserv.records.copies import CopyForm, Holder
from credserv.records.health import Reached
from tests.testkit.browsing import Person
from tests.testkit.holding import award, wallet_did
from tests.testkit.mailserver import mail_server
from tests.testkit.service import make_service

BROWSER = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0"}
PREVIEW = {"Accept": "*/*", "User-Agent": "LinkedInBot/1.0"}
SENDER = "badges@academy.example"


def test_badges_are_counted_by_how_far_they_got_in_the_console_and_the_figures(
    database_url: str, tmp_path: Path
) -> None:
    with mail_server() as server:
        service = make_service(database_url, tmp_path, smtp_url=server.url, mail_from=SENDER)
        seen, unseen = (award(service, email=f"{name}@example.org") for name in ("ann", "ben"))
        mailer = Mailer(server.url, sender=SENDER, sender_name="Example Academy")
        assert send_due(service.services, mailer, clock=service.clock) == 2
    award(service, email="cat@example.org")
    services, now, client = service.services, service.clock.now, service.client()
    for seed in (7, 8):  # on two of her phones
        make_copy(services, seen.id, CopyForm.LDP_VC, Holder(seen.person_id, wallet_did(seed)), now)
    link, other = (share(services, one.person_id, one.id, "Application", now) for one in (seen, unseen))
    for _ in range(2):
        assert client.get(link.removeprefix(services.public_url), headers=BROWSER).status_code == 200
    client.get(other.removeprefix(services.public_url), headers=PREVIEW)
    assert services.store.reached.count() == Reached(issued=3, delivered=2, claimed=1, shared=2, opened=1)

    told = Person(service).sign_in_to_console().get("/console")
    section = told.partition('id="reached"')[2].partition("</section>")[0]
    assert re.findall(r"<dt>([^<]+)</dt><dd>(\d+) <span[^>]*>([^<]+)</span>", section) == [
        ("Letter delivered", "2", "67%"),
        ("In a wallet app", "1", "33%"),
        ("Shared by a link", "2", "67%"),
        ("Link opened, and so verified", "1", "33%"),
    ]
    assert "example.org" not in section
    metrics = client.get("/metrics").text
    for step, count in (("issued", 3), ("delivered", 2), ("claimed", 1), ("shared", 2), ("opened", 1)):
        assert f'credserv_badges_reached{{step="{step}"}} {count}.0' in metrics
    services.close()
