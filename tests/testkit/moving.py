"""An organisation with a row in every table that moves, and the commands that move it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from credserv.app.did_histories import begin_history
from credserv.app.founding import found_organisation
from credserv.app.settings import Settings
from credserv.app.signing_keys import create_key, retire_key
from credserv.journeys.accredit.identity import did_of
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.admit.sign_in import Owner, make_owner, prove_address
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.define.rules import end_rule, set_rule
from credserv.journeys.hold.shares import share
from credserv.journeys.publish.issuance_log import extend_log
from credserv.journeys.publish.publish import set_status, status_list
from credserv.journeys.services import Services
from credserv.openbadges.translations import Translation
from credserv.processes.cli import main
from credserv.records.brands import Brand
from credserv.records.copies import CopyForm, Holder
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.employment import OWN, JobChange, Position, Spell
from credserv.records.feedback_requests import FeedbackRequest
from credserv.records.feedback_rounds import Category, FeedbackRound, RoundAnswer
from credserv.records.frameworks import CrosswalkLink, RoleProfileRecord
from credserv.records.handed_in import HandedInRecord
from credserv.records.letter_words import LetterWords
from credserv.records.letters import Tells
from credserv.records.objections import ObjectionKind, ObjectionRecord
from credserv.records.observations import Kind, Observation, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, observation_id
from credserv.records.organisations import MAIN, Founding
from credserv.records.people import MemberFacts
from credserv.records.sources import SourceRecord
from credserv.records.statements import StatementRecord
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.sources.webhook import create_secret, sign_webhook
from credserv.store import tables
from credserv.store.frame.database import Database, open_engine
from credserv.store.operate.moving_rows import LEFT_OUT_COLUMNS, MOVED
from tests.testkit.holding import wallet_did
from tests.testkit.plain_rows import fill_accreditation
from tests.testkit.service import ACHIEVEMENT, ALL_SCOPES, MAPPING, Service

PASSPHRASE = "a passphrase for a move"
SLUG = "acme"
_REST = {"organisation_id", "signer_uri", "sealed", "sealed_key"}  # each installation has its own


def own_services(service: Service, slug: str = SLUG) -> Services:
    return service.services.at_name(slug)


def fill(service: Service, *, address: str | None = None) -> list[str]:
    """Found `acme`, with something in every table that moves; the addresses of its badges: one in force, one
    revoked, one of an event, one that somebody holds who has proved an address."""
    store, now = service.services.store, service.clock.now
    wanted = Founding(SLUG, "Acme Guild", email="badges@acme.example", address=address)
    found_organisation(service.settings, store, wanted, actor="test", now=now)
    own = own_services(service)
    first = own.issuing.verification_method
    begin_history(service.settings, own.store, actor="test", now=now)
    create_key(service.settings, own.store, now=service.clock.advance(seconds=1))
    retire_key(own.store, first, now=service.clock.now)
    create_key(service.settings, own.store, now=service.clock.now, pending=True)
    own = own_services(service)
    load_starters(own, service.settings.schemas_dir, now)
    rule = {"when": {"observed": {"kind": "completed", "activity": "course"}}}
    set_rule(own, ACHIEVEMENT, rule, actor="test", now=now)
    end_rule(own, ACHIEVEMENT, actor="test", now=now)
    _, token = create_api_key(own, "a program", ALL_SCOPES, now)
    (service.settings.data_dir / "api-key").write_text(token)
    _people(own, service)
    badges = [order(own, service, f"order-{number}", f"pat{number}@acme.example") for number in range(3)]
    assert order(own, service, "order-0-again", "pat0@acme.example") == badges[0]
    set_status(own, badges[1], CredentialState.REVOKED, reason="a test", actor="test", now=now)
    holder = prove_address(own, "pat2@acme.example", now)
    share(own, holder, badges[2], "for a friend", now)
    objection = ObjectionRecord("objection-1", badges[2], ObjectionKind.WRONG, "not that day", now)
    own.store.objections.add(objection)
    make_copy(own, badges[2], CopyForm.LDP_VC, Holder(holder, wallet_did()), now)
    badges.append(_events(service, own))
    (listed,) = {place[0] for place in _places(service)}
    free = next(index for index in range(99) if (listed, index) not in _places(service))
    known_list = own.store.status_lists.get(listed)
    assert known_list is not None
    own.store.status_lists.restore(
        listed,
        purpose=known_list.purpose,
        length=known_list.length,
        revision=known_list.revision,
        bits={free, *own.store.status_lists.set_indexes(listed)},
        now=now,
    )
    for listed in {place[0] for place in _places(service)}:
        status_list(own, listed, now=now)
    own.store.trusted_lists.create(TrustedListRecord("list-1", "", "friends", TrustedListKind.OWN, now))
    friend = TrustedIssuerRecord("did:web:friend.example", "A friend")
    own.store.trusted_lists.put_issuer("list-1", friend, now)
    own.store.frameworks.replace_links("", [CrosswalkLink("urn:a", "urn:b", "exact")])
    own.store.role_profiles.put(RoleProfileRecord("mentor", "Mentor", "", ({"uri": "urn:b"},), now))
    own.store.reminders.remind(badges[:1], now, has_letters=False)
    fill_accreditation(service.settings.database_url, SLUG, badges[0], now)
    extend_log(own, now)
    own.store.shared_results.create({"verdict": "verified"}, now=now, ends_at=now + timedelta(days=30))
    return [f"{own.public_url}/credentials/{badge}" for badge in badges]


def _people(own: Services, service: Service) -> None:
    now = service.clock.now
    owner = make_owner(own, Owner("olga@acme.example", "Olga Owner"), now, actor="test")
    own.store.roster.change_facts(
        owner.membership_id,
        MemberFacts("Olga Owner", "Workshop", "Graz", "de-AT", date(2020, 1, 1), date(2099, 1, 1)),
    )
    own.store.colleagues.add_grant(
        owner.membership_id, achievement_key=ACHIEVEMENT, unit="Workshop", until=now + timedelta(days=9)
    )
    gone = own.store.members.add(Recipient(email="gone@acme.example", name="Gone"), now)
    (identifier,) = own.store.members.identifiers(gone.id)
    own.store.members.end_identifier(identifier.id, now - timedelta(days=1), now)
    did_of(own, owner.membership_id, now)
    given = HandedInRecord("handed-1", owner.membership_id, "0" * 64, {"id": "urn:x"}, now, now, now)
    own.store.handed_in.add(given, b"{}")
    working = Position("Smith", "3", "Workshop", "Graz")
    own.store.employment.add_spell(
        Spell("spell-1", gone.id, OWN, now, working, now, manager_id=owner.membership_id)
    )
    opened = FeedbackRound("round-1", owner.membership_id, ACHIEVEMENT, now, now + timedelta(days=9), "test")
    own.store.feedback_rounds.add(opened)
    own.store.feedback_rounds.answer(
        RoundAnswer("answer-1", opened.id, gone.id, Category.PEER, "shown", "", now)
    )
    own.store.feedback_requests.add(
        FeedbackRequest(
            "request-1",
            owner.membership_id,
            gone.id,
            "peer",
            ACHIEVEMENT,
            now,
            now + timedelta(days=9),
            opened.id,
            answered_at=now,
        )
    )
    own.store.employment.add_change(
        JobChange("change-1", gone.id, now, now, working, Position("Master smith", "4"))
    )
    words = LetterWords(Tells.AWARD, "de", "{badge}", "Hallo {name}", "Ansehen")
    own.store.translations.put(ACHIEVEMENT, 1, [Translation("de", "Mentorin", "Leitet an.", "Drei.")], now)
    own.store.letter_words.put(words, actor="test", now=now)
    own.store.brands.put(Brand(colour="#1d4f91", imprint="Acme\nVienna"), actor="test", now=now)


def order(own: Services, service: Service, key: str, email: str) -> str:
    request = OrderRequest(key, ACHIEVEMENT, Recipient(email=email, name="Pat Doe"))
    return award_request(own, "api:a-test", request, now=service.clock.now)[0].id


def _events(service: Service, own: Services) -> str:
    """One that was issued, and one that no rule covers."""
    secret = create_secret()
    now = service.clock.now
    own.store.sources.create(SourceRecord("lms", "generic", (secret,), MAPPING, now))
    (service.settings.data_dir / "hook-secret").write_text(secret)
    made = send_event(service, secret, "evt_1")
    assert send_event(service, secret, "evt_2", course="another").status_code == 202
    learner = PersonReference(PersonKind.LMS_ID, "42")
    said = Observation("o1", "course.completed", Kind.COMPLETED, (learner,))
    kept = ObservationRecord(
        observation_id("lms", "o1"), "lms", "evt_2", 0, "lms", said, is_signed=True, received_at=now
    )
    own.store.observations.keep("lms", "evt_2", [kept])
    said_in = StatementRecord(
        "lms", "7ccd3322-e1a5-411a-a67d-6a735c76f119", "evt_2", 0, "0" * 64, now, "urn:v"
    )
    own.store.statements.keep([said_in])
    return str(made.json["credential"]).rpartition("/")[2]


def send_event(service: Service, secret: str, event_id: str, **made: Any) -> Any:
    body = json.dumps(service.event(email="event@acme.example", **made)).encode()
    at = int(service.clock.now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": sign_webhook(secret, event_id, at, body),
    }
    own = own_services(service)
    host = own.public_url.partition("://")[2].partition("/")
    return service.client().post(
        f"{host[1]}{host[2]}/hooks/lms", data=body, headers={**headers, "Host": host[0]}
    )


def _places(service: Service) -> list[tuple[str, int]]:
    rows = read_tables(service.settings.database_url, SLUG)["status_indexes"]
    return [(row["list_id"], row["index"]) for row in rows]


def environment(settings: Settings) -> dict[str, str]:
    """By which commands find the installation."""
    return {
        "CREDSERV_DATA_DIR": str(settings.data_dir),
        "CREDSERV_KEYS_DIR": str(settings.keys_dir),
        "CREDSERV_DATABASE_URL": settings.database_url,
        "CREDSERV_SECRET_KEY": settings.secret_key.decode(),
        "CREDSERV_KEY_PASSPHRASE": settings.key_passphrase.decode(),
        "CREDSERV_PUBLIC_URL": settings.public_url,
    }


def command(settings: Settings, set_variable: Callable[[str, str], None], *arguments: str | Path) -> int:
    """Run one `credserv organisation` command on an installation; its exit code."""
    for name, value in environment(settings).items():
        set_variable(name, value)
    passphrase = settings.data_dir / "passphrase"
    if not passphrase.exists():
        passphrase.write_text(f"{PASSPHRASE}\n")
    return main([str(argument) for argument in arguments])


def passphrase_of(settings: Settings) -> Path:
    return settings.data_dir / "passphrase"


def read_tables(database_url: str, slug: str) -> Mapping[str, list[dict[str, Any]]]:
    """By table, the rows of an installation's one organisation besides `main`, as the driver gives them."""
    engine = open_engine(database_url)
    try:
        with Database(engine).reading() as connection:
            found = {}
            for table in MOVED:
                rows = select(table).order_by(*table.primary_key.columns)
                if "organisation_id" in table.columns:
                    rows = rows.where(table.c.organisation_id == slug)
                if table is tables.organisations:
                    rows = rows.where(table.c.id == slug)
                if table is tables.images and slug != MAIN:
                    rows = rows.where(MOVED[table](slug))
                found[table.name] = [dict(row) for row in connection.execute(rows).mappings()]
            return found
    finally:
        engine.dispose()


def comparable(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """What has to be the same in every installation."""
    return {
        name: sorted(
            repr(
                {
                    column: value
                    for column, value in row.items()
                    if column not in _REST and f"{name}.{column}" not in LEFT_OUT_COLUMNS
                }
            )
            for row in found
        )
        for name, found in rows.items()
    }
