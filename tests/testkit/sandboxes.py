"""An installation in earnest with a sandbox beside it, and what is issued there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from credserv.app.founding import found_organisation
from credserv.journeys.admit.sign_in import Owner, create_console_link
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.services import Services
from credserv.records.credentials import CredentialRecord, Recipient
from credserv.records.organisations import Founding
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.browsing import Person
from tests.testkit.service import ACHIEVEMENT, MAPPING, Service, make_service, repeatable_starters

HOST = "https://badges.example"
SLUG = "playground"
AT = f"/o/{SLUG}"


def with_sandbox(database_url: str, folder: Path, **settings: object) -> Service:
    """The first organisation is in earnest."""
    service = make_service(database_url, folder, public_url=HOST, **settings)
    add_sandbox(service)
    return service


def add_sandbox(service: Service) -> Services:
    """With starter achievements and the source `lms`; the one that there is, where there is one."""
    assert service.services.neighbours is not None
    if service.services.neighbours.has(SLUG):
        return sandbox_of(service)
    wanted = Founding(SLUG, "Acme Guild", sandbox=True)
    found_organisation(service.settings, service.services.store, wanted, actor="test", now=service.clock.now)
    own = sandbox_of(service)
    load_starters(own, repeatable_starters(service.settings.schemas_dir), service.clock.now)
    own.store.sources.create(SourceRecord("lms", "generic", (create_secret(),), MAPPING, service.clock.now))
    return own


def sandbox_of(service: Service) -> Services:
    return service.services.at_name(SLUG)


def issue(
    service: Service, own: Services, email: str = "pat@example.org", key: str = "order-1"
) -> CredentialRecord:
    request = OrderRequest(key, ACHIEVEMENT, Recipient(email=email, name="Pat Doe"))
    record, _ = award_request(own, "test", request, now=service.clock.now)
    found = own.store.credentials.get(record.id)
    assert found is not None
    return found


def signed(record: CredentialRecord) -> Any:
    assert record.signed is not None
    return json.loads(record.signed)


def owner_of(service: Service) -> Person:
    """Signed in to the sandbox's console."""
    owner = Owner("olga@example.org", "Olga Owner")
    person = Person(service)
    person.follow(person.submit(create_console_link(sandbox_of(service), service.clock.now, owner=owner)))
    return person
