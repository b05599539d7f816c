"""Two organisations behind one application: for every rule and method of the URL map, whatever one of them
holds (session, API key, webhook secret, ids) opens nothing of the other, under a path or a Host.

A route whose parts this test cannot fill fails it: whoever adds one says what stands there.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, Table, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from credserv.app.founding import found_organisation
from credserv.ground.encoding import hash_token
from credserv.journeys.accredit import audits
from credserv.journeys.accredit.applications import apply
from credserv.journeys.accredit.programmes import load_programme
from credserv.journeys.admit import access, sign_in
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.hold import shares
from credserv.journeys.measure.own_facts import counted_of, set_target
from credserv.journeys.services import Services
from credserv.journeys.trust import refresh
from credserv.records.access import SessionKind
from credserv.records.audit import Action
from credserv.records.brands import Brand
from credserv.records.directory import DirectoryGroupWish, DirectoryUserWish
from credserv.records.mentoring import MentoringKind, MentoringSession, MentoringState
from credserv.records.objections import ObjectionKind, ObjectionRecord
from credserv.records.observations import Kind, Observation, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState, observation_id
from credserv.records.organisations import Founding
from credserv.records.people import ProvedKind
from credserv.records.roles import Role
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.records.trust import TrustedIssuerRecord
from credserv.sources.webhook import create_secret, sign_webhook
from credserv.store.tables import metadata
from tests.testkit.neighbours import appeal, fill_rooms, parts_at
from tests.testkit.service import ACHIEVEMENT, ALL_SCOPES, MAPPING, Service, make_service

HOST = "https://badges.example"
OWN_HOST = "https://guild.example"
# What a stranger may add to, or publishes by looking: all other rows of an organisation are held still.
OPEN_TABLES = {
    "shared_results",
    "share_openings",  # whoever opens a link that was handed out is counted
    "presentation_requests",
    "exchanges",
    "status_lists",
    "log_entries",  # whoever asks for a list that is due has it signed, which is in the log
    "audit_lines",
    "sessions",
    "links",
    "link_letters",
}
# Rows that no foreign key leads from to an organisation, and whose they are.
NOBODYS_TABLES = {
    "addresses": "the installation's: where it was served before",
    "audit_seals": "the installation's: they go on over the lines of all",
    "generations": "the installation's: by which processes see that something changed",
    "images": "everybody's who has the same picture, by its hash",
    "spent_values": "random values that were used once, by their hash",
    "people": "a person's",
    "proved_identifiers": "a person's",
    "passkeys": "a person's",
    "person_merges": "a person's",
    "consents": "a person's",
    "holder_keys": "a person's",
    "host_connections": "a person's",
    "imports": "a person's",
    "shown_badges": "a person's",
}


@dataclass(frozen=True)
class Place:
    """Where an organisation is met. at: the path before its own."""

    slug: str
    at: str
    headers: tuple[tuple[str, str], ...] = ()


PLACES = (
    Place("main", ""),
    Place("acme", "/o/acme"),
    Place("guild", "/o/guild"),
    Place("guild", "", (("Host", "guild.example"),)),
)


@dataclass(frozen=True)
class Held:
    """What one organisation has, and its people hold.

    parts: of addresses, by name. marks: seen by no other.
    """

    slug: str
    api_key: str
    secret: str
    session: str
    parts: dict[str, str]
    marks: tuple[str, ...]


def fill(service: Service, slug: str) -> Held:
    assert service.services.neighbours is not None
    own, now = service.services.neighbours.of(slug), service.clock.now
    load_starters(own, service.settings.schemas_dir, now)
    _, api_key = access.create_api_key(own, f"key of {slug}", ALL_SCOPES, now)
    secret, source = create_secret(), f"lms-{slug}"
    own.store.sources.create(SourceRecord(source, "generic", (secret,), MAPPING, now))
    own.store.sources.create(SourceRecord(f"xapi-{slug}", "xapi", (secret,), {"rules": []}, now))
    credential_id = _order(service, own, slug, api_key)
    record = own.store.credentials.get(credential_id)
    assert record is not None
    member = own.store.members.of_person(record.person_id)
    assert member is not None
    shared = shares.share(own, record.person_id, credential_id, f"note of {slug}", now).rpartition("/")[2]
    trusted = TrustedIssuerRecord(f"did:web:school-of-{slug}.example", f"School of {slug}")
    refresh.add_issuer(own, "", trusted, actor="test", now=now)
    owner = sign_in.Owner(f"owner-of-{slug}@example.org", f"Owner of {slug}")
    link = sign_in.create_console_link(own, now, owner=owner).rpartition("/")[2]
    opened = sign_in.open_console_link(own, link, now, browser="a test")
    said, words = f"objection-of-{slug}", f"not of {slug}"
    own.store.objections.add(ObjectionRecord(said, credential_id, ObjectionKind.WRONG, words, now))
    _session(own, f"session-of-{slug}", member.id, words, now)
    own.store.brands.put(Brand(imprint=f"Imprint of {slug}"), actor="test", now=now)
    small = {"key": ACHIEVEMENT, "term_months": 12, "assessment_min": 60}
    load_programme(own, small, owner=words, actor="test", now=now)
    applied, _ = apply(
        own, member.id, ACHIEVEMENT, competencies=[words], reference=source, actor="test", now=now
    )
    wish = audits.Wish(sha256="0" * 64)
    audits.commit(own, ACHIEVEMENT, f"period-of-{slug}", wish, actor="test", now=now)
    achievement = own.store.achievements.newest(ACHIEVEMENT)
    assert achievement is not None
    told = DirectoryUserWish(f"user-of-{slug}", None, True, None, None, {"userName": f"user-of-{slug}"})
    user = own.store.directory.add_user(told, None, now)
    group = DirectoryGroupWish(f"group-of-{slug}", None, frozenset())
    parts = {
        "credential_id": credential_id,
        "key": ACHIEVEMENT,
        "version": "1",
        "number": "1",
        "action": "revoke",
        "list_id": record.status_list_id,
        "token": shared,
        "share_id": hash_token(shared),
        "place": "1",
        "sha256": achievement.png_sha256,
        "suffix": "json",
        "name": source,
        "source": source,
        "event_id": f"evt-{slug}",
        "key_id": api_key.split("_")[1],
        "membership_id": member.id,
        "identifier_id": record.identifier_id,
        "slug": slug,
        "deed": "close",
        "resource": "agents",
        "secret": secret,
        "xapi": f"xapi-{slug}",
        "observation_id": _observation(own, source, now),
        "objection_id": f"objection-of-{slug}",
        "ref": f"session-of-{slug}",
        "session_id": f"session-of-{slug}",
        "act": "suspend",
        "part": "credentials",
        "period": f"period-of-{slug}",
        "appeal": (appealed := appeal(own, slug, applied.credential_id, now)),
        "appeal_id": appealed,
        "mentor_id": member.id,
        "application": applied.id,
        "kind": "observation",
        "purpose": "completions",
        "change": "remove",
        "user_id": user.id,
        "fact_id": _target(own, record.person_id, now),
        "group_id": own.store.directory.add_group(group, now),
        "elsewhere": "nowhere",
        **fill_rooms(own, slug, record, member.id, now),
    }
    marks = (
        words,
        f"{slug}-person@example.org",
        credential_id,
        parts["key_id"],
        f"School of {slug}",
        f"Imprint of {slug}",
        source,
        f"user-of-{slug}",
        f"group-of-{slug}",
        *(
            f"{thing} of {slug}"
            for thing in ("run", "row", "skills", "cohort", "sponsor", "plan", "appeal", "app")
        ),
    )
    return Held(slug, api_key, secret, opened.token, parts, marks)


def _session(own: Services, reference: str, mentor_id: str, competency: str, now: datetime) -> None:
    told = MentoringSession(
        id=reference,
        reference=reference,
        mentor_id=mentor_id,
        mentee_id="somebody",
        competency=competency,
        minutes=15,
        kind=MentoringKind.SESSION,
        state=MentoringState.HELD,
        starts_at=now,
        held_at=now,
        told_at=now,
    )
    assert own.store.mentoring.add(told)


def _target(own: Services, person_id: str, now: datetime) -> str:
    wish = {"competency": "feedback", "level": 2, "maximum": 3, "due_on": own.today(now)}
    set_target(own, person_id, **wish, reference="aim", now=now)
    (fact,) = counted_of(own, person_id, now).facts
    return fact.id


def _observation(own: Services, source: str, now: datetime) -> str:
    """One that waits for somebody."""
    message = EventRecord(source, "evt-waits", "0" * 64, b"{}", now, EventState.READ)
    own.store.events.record(message)
    learner = PersonReference(PersonKind.LMS_ID, "42")
    said = Observation("o1", "course.completed", Kind.COMPLETED, (learner,))
    waits = ObservationRecord(
        observation_id(source, "o1"),
        source,
        message.event_id,
        0,
        source,
        said,
        is_signed=True,
        received_at=now,
    )
    (kept,) = own.store.observations.keep(source, message.event_id, [waits])
    own.store.observations.settle(kept.id, ObservationState.WAITING)
    return kept.id


def _order(service: Service, own: Services, slug: str, api_key: str) -> str:
    asked = {"achievement": ACHIEVEMENT, "recipient": {"email": f"{slug}-person@example.org"}}
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": f"order-of-{slug}"}
    at = own.public_url.removeprefix(HOST) if own.public_url.startswith(HOST) else f"/o/{slug}"
    answer = service.client().post(f"{at}/api/v1/credentials", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json["credential"]).rpartition("/")[2]


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> tuple[Service, dict[str, Held]]:
    service = make_service(database_url, tmp_path, public_url=HOST, rate_api="9999/second")
    for slug, address in (("acme", None), ("guild", OWN_HOST)):
        wanted = Founding(slug, f"The {slug}", address=address)
        found_organisation(
            service.settings, service.services.store, wanted, actor="test", now=service.clock.now
        )
    # What is tried here is whose a thing is; tokens of forms and budgets have tests of their own.
    service.app.config["WTF_CSRF_METHODS"] = set()
    rates = service.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    return service, {slug: fill(service, slug) for slug in ("main", "acme", "guild")}


def rules(service: Service) -> Iterator[tuple[Rule, str]]:
    for rule in service.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule: Rule, parts: dict[str, str]) -> str:
    parts = parts_at(rule.rule, parts)
    missing = rule.arguments - parts.keys()
    assert not missing, f"{rule.rule}: say in this test what stands for {missing}"
    values = {
        name: int(parts[name]) if name in ("version", "number", "place") else parts[name]
        for name in rule.arguments
    }
    built = rule.build(values)
    assert built is not None, rule.rule
    return built[1]


def visit(
    service: Service, place: Place, rule: Rule, method: str, parts: dict[str, str], by: Held | None
) -> TestResponse:
    """by: whose session, key and secret are shown, under the names that are asked for there."""
    path = address(rule, parts)
    client = service.client()
    headers = dict(place.headers)
    body = json.dumps({"achievement": ACHIEVEMENT, "recipient": {"email": "x@example.org"}}).encode()
    if by is not None:
        _show_session(client, place, by)
        headers |= {"Authorization": f"Bearer {by.api_key}", "Idempotency-Key": "tried-here-1"}
        if rule.rule.startswith("/hooks/"):
            body = json.dumps(service.event(email="x@example.org")).encode()
            stamp = int(service.clock.now.timestamp())
            headers |= {"webhook-id": "evt_tried", "webhook-timestamp": str(stamp)}
            headers["webhook-signature"] = sign_webhook(by.secret, "evt_tried", stamp, body)
        if rule.rule.startswith("/xapi/"):
            login = b64encode(f"{parts['xapi']}:{by.secret}".encode()).decode()
            headers |= {"Authorization": f"Basic {login}", "X-Experience-API-Version": "1.0.3"}
    if "console" in rule.endpoint or "wallet" in rule.endpoint:
        form = {"name": "tried", "scopes": "credentials:issue", "state": "revoked", "reason": "tried"}
        return client.open(place.at + path, method=method, headers=headers, data=form)
    kind = {"Content-Type": "application/json"}
    return client.open(place.at + path, method=method, headers={**headers, **kind}, data=body)


def _show_session(client: FlaskClient, place: Place, by: Held) -> None:
    for name in ("credserv_console", "credserv_wallet"):
        of = "" if place.slug == "main" else f"_{place.slug}"
        host = dict(place.headers).get("Host", "localhost")
        client.set_cookie(f"__Host-{name}{of}", by.session, domain=host, secure=True)


def rows(service: Service, slug: str) -> dict[str, list[Any]]:
    """All that only the organisation itself may change."""
    with service.services.store._database.reading() as connection:
        return {
            name: sorted(connection.execute(select(table).where(own)).all(), key=str)
            for name, table in metadata.tables.items()
            if name not in OPEN_TABLES and (own := owned(table, slug)) is not None
        }


def owned(table: Table, slug: str, above: frozenset[str] = frozenset()) -> ColumnElement[bool] | None:
    """Which rows of a table are an organisation's: by its id in them, else by the nearest row that they stand
    under and that has it. None where no foreign key leads to one."""
    if "organisation_id" in table.c:
        return table.c.organisation_id == slug
    if table.name == "organisations":
        return table.c.id == slug
    for key in sorted(table.foreign_keys, key=lambda key: (key.parent.nullable, key.parent.name)):
        over = key.column.table
        if over.name not in above and (held := owned(over, slug, above | {table.name})) is not None:
            return key.parent.in_(select(key.column).where(held))
    return None


# Every place on the one database, and at each address of the guild one of the others; on the other database
# one place and stranger: who asks at which address, no database knows.
@pytest.mark.parametrize(
    ("database_url", "place", "strangers"),
    [
        ("sqlite", PLACES[0], ("acme", "guild")),
        ("sqlite", PLACES[1], ("main", "guild")),
        ("sqlite", PLACES[2], ("acme",)),
        ("sqlite", PLACES[3], ("main",)),
        ("postgresql", PLACES[1], ("main",)),
    ],
    indirect=["database_url"],
    ids=lambda told: f"{told.slug}{told.at or dict(told.headers)}" if isinstance(told, Place) else None,
)
def test_nothing_of_one_organisation_opens_another(
    both: tuple[Service, dict[str, Held]], place: Place, strangers: tuple[str, ...]
) -> None:
    service, held = both
    before = {slug: rows(service, slug) for slug in held}
    anybody = {
        (rule.rule, method): visit(service, place, rule, method, held[place.slug].parts, None).status_code
        for rule, method in rules(service)
    }
    for stranger in (held[slug] for slug in strangers):
        for rule, method in rules(service):
            # The stranger's own things are not found here, whatever the stranger shows.
            theirs = visit(service, place, rule, method, stranger.parts, stranger)
            path = theirs.request.path
            seen = [one for one in stranger.marks if one.encode() in theirs.data and one not in path]
            assert seen == [], (rule.rule, method, theirs.status_code)
            # And with what is here, the stranger gets what anybody gets.
            given = visit(service, place, rule, method, held[place.slug].parts, stranger)
            assert given.status_code == anybody[rule.rule, method], (rule.rule, method)
    for slug, kept in before.items():
        now = rows(service, slug)
        assert [name for name, held_still in kept.items() if now[name] != held_still] == [], slug


def test_every_table_is_an_organisations_or_says_whose_it_is() -> None:
    """So that the test above holds still what stands under a thing of theirs: a role, a row, a delivery."""
    nobodys = {name for name, table in metadata.tables.items() if owned(table, "main") is None}
    assert nobodys == NOBODYS_TABLES.keys()
    assert metadata.tables.keys() - nobodys >= OPEN_TABLES


def test_what_is_shown_opens_its_own(both: tuple[Service, dict[str, Held]]) -> None:
    """So that the test above tries keys, secrets, sessions and ids that work."""
    service, held = both
    acme = held["acme"]
    named = {
        "run_id", "import_id", "cohort_id", "plan_id", "appeal_id", "request_id", "endpoint_id",
        "objection_id", "group_id",
    }  # fmt: skip
    absent = {
        rule.rule
        for rule, method in rules(service)
        if method == "GET" and rule.arguments & named and not rule.rule.startswith("/wallet/")
        if visit(service, PLACES[1], rule, method, acme.parts, acme).status_code != 200
    }
    assert absent == set()
    asked = (rule.arguments for rule, method in rules(service) if method == "GET")
    assert named <= {one for arguments in asked for one in arguments}
    console = {rule.endpoint: rule for rule, _ in rules(service)}["console.home"]
    for place in PLACES:
        own = held[place.slug]
        assert "Sign out" in visit(service, place, console, "GET", own.parts, own).text
        answers = {
            (rule.rule, method): visit(service, place, rule, method, own.parts, own).status_code
            for rule, method in rules(service)
            if rule.rule.startswith(("/api/v1/credentials/<", "/hooks/", "/xapi/"))
            and method in ("GET", "POST")
        }
        read = [
            status for (rule, method), status in answers.items() if rule[:5] == "/api/" and method == "GET"
        ]
        assert read == [200], answers
        assert answers["/xapi/<string:source>/statements", "GET"] == 200
        assert {status for (rule, _), status in answers.items() if rule.startswith("/hooks/")} <= {
            200,
            201,
            409,
        }


def test_attack_121_looking_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """Every page of console, wallet and API, by somebody who may see all of it: no GET opens anything."""
    service = make_service(database_url, tmp_path, public_url=HOST, rate_api="9999/second")
    rates = service.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    held, own, now = fill(service, "main"), service.services, service.clock.now
    member = own.store.roster.get(held.parts["membership_id"])
    assert member is not None
    own.store.colleagues.set_roles(member.id, set(Role), own.today(now))
    own.store.people.prove(
        member.person_id, ProvedKind.EMAIL, "main-person@example.org", added_by="test", now=now
    )
    client = service.client()
    for name, kind in (("console", SessionKind.ADMINISTRATOR), ("wallet", SessionKind.HOLDER)):
        token = access.begin_session(own, kind, member.person_id, now).token
        client.set_cookie(f"__Host-credserv_{name}", token, domain="localhost", secure=True)
    before, statuses = rows(service, "main"), set()
    lines = len(own.store.audit.recent(1_000))
    for rule in service.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            is_program = "/api/" in rule.rule or "/scim" in rule.rule
            shown = {"Authorization": f"Bearer {held.api_key}"} if is_program else {"Accept": "text/html"}
            statuses.add(client.get(address(rule, held.parts), headers=shown).status_code)
    assert 200 in statuses
    after = rows(service, "main")
    assert [name for name, kept in before.items() if after[name] != kept] == []
    new = own.store.audit.recent(1_000)[:-lines]
    assert {line.action for line in new} == {Action.TABLE_SAVED}
