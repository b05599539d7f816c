"""What an organisation has beside its badges: a row of each thing that an address of it names by an id."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.encoding import hash_token
from credserv.journeys.check import asking
from credserv.journeys.connect import endpoints
from credserv.journeys.services import Services
from credserv.records.accreditation import AppealAbout, AppealRecord
from credserv.records.bulk import RowRecord, RowState, RunKind, RunRecord, RunState
from credserv.records.capacity import CapacityPlan
from credserv.records.copies import CopyForm, CopyPlan
from credserv.records.credentials import CredentialRecord
from credserv.records.frameworks import FrameworkRecord, ImportRecord, ImportState
from credserv.records.handed_in import HandedInRecord
from credserv.records.mentoring import CohortRecord
from credserv.records.oauth import ClientRecord, GrantRecord, RequestRecord
from tests.testkit.service import ACHIEVEMENT

# Ids of what a person has, whichever organisation's address they come by; nothing of it is an organisation's.
OF_A_PERSON = {
    "host_id": "a host of other wallets that the person connected",
    "merge_id": "two wallets that the person made one",
}


def fill_rooms(
    own: Services, slug: str, record: CredentialRecord, member_id: str, now: datetime
) -> dict[str, str]:
    """record: a badge that is stored. Returns parts of addresses, by name; `run`, `reissues`, `consent`,
    `asked`: of those in whose place stands another name, see `parts_at`."""
    parts = dict.fromkeys(OF_A_PERSON, "nothing-of-an-organisation")
    parts |= {name: f"{name}-of-{slug}" for name in ("framework_id", "import_id", "handed_id", "cohort_id")}
    parts |= {
        name: f"{name}-of-{slug}"
        for name in ("client_id", "copy_id", "plan_id", "run", "reissues", "revocations", "consent")
    }
    parts["grant_id"] = own.store.colleagues.add_grant(
        member_id, achievement_key=ACHIEVEMENT, unit=None, until=None
    )
    _runs(own, slug, parts, record, now)
    _of_teaching(own, slug, parts, now)
    _of_programmes(own, slug, parts, member_id, now)
    _of_wallets(own, slug, parts, record, member_id, now)
    watch = asking.ask(own, asking.Wanted(title=f"asked by {slug}"), now)
    parts["asked"] = asking.watch(own, watch, now).id
    parts["endpoint_id"] = endpoints.add_endpoint(
        own, f"https://{slug}.example", [], actor="test", now=now
    ).id
    own.store.webhook_outbox.queue_test(parts["endpoint_id"], now)
    return parts


def parts_at(rule: str, parts: dict[str, str]) -> dict[str, str]:
    """Those of one address: some names stand for one thing in one room and another in the next."""
    runs = [kind for kind in ("reissues", "revocations") if f"/{kind}/" in rule]
    named = {
        "run_id": parts[runs[0] if runs else "run"],
        "request_id": parts["consent" if rule.startswith("/oauth/") else "asked"],
    }
    if rule.startswith("/images/"):
        named["suffix"] = "png"
    if rule.startswith("/xapi/"):
        named["source"] = parts["xapi"]
    if rule.startswith("/wallet/imports/"):
        named["import_id"] = "nothing-of-an-organisation"  # a person's own, as those of OF_A_PERSON
    return parts | named


def _runs(own: Services, slug: str, parts: dict[str, str], record: CredentialRecord, now: datetime) -> None:
    order = {"achievement": ACHIEVEMENT, "recipient": {"email": f"row-of-{slug}@example.org"}}
    for id_, kind, wanted in (
        (parts["run"], RunKind.AWARD, order),
        (parts["reissues"], RunKind.REISSUE, {"credential": record.id}),
        (parts["revocations"], RunKind.REVOKE, {"revokes": record.id}),
    ):
        run = RunRecord(id_, f"run of {slug}", RunState.CHECKED, now, "test", kind=kind)
        own.store.bulk.add(run, [RowRecord(1, RowState.READY, f"row of {slug}", wanted)])


def _of_teaching(own: Services, slug: str, parts: dict[str, str], now: datetime) -> None:
    uri, name = f"https://{slug}.example/skills", f"skills of {slug}"
    own.store.frameworks.put(FrameworkRecord(parts["framework_id"], uri, name, "csv", 1, now))
    asked = {"uri": uri, "name": name, "files": []}
    waits = ImportRecord(parts["import_id"], name, ImportState.WAITING, asked, "test", now)
    own.store.framework_imports.add(waits, b"")


def _of_programmes(own: Services, slug: str, parts: dict[str, str], member_id: str, now: datetime) -> None:
    day = own.today(now)
    cohort = CohortRecord(
        parts["cohort_id"],
        f"cohort of {slug}",
        ACHIEVEMENT,
        60,
        day,
        day,
        {},
        f"sponsor of {slug}",
        "",
        now,
        "test",
    )
    assert own.store.cohorts.add(cohort, [])
    asked = {"scenarios": [{"name": f"plan of {slug}", "cohorts": {}}]}
    plan = CapacityPlan(parts["plan_id"], parts["plan_id"], f"plan of {slug}", asked, now, "test")
    own.store.capacity.add(plan)


def appeal(own: Services, slug: str, credential_id: str, now: datetime) -> str:
    """Against the refusal of an application. Returns its id, which is its reference too."""
    id_ = f"appeal-of-{slug}"
    said = AppealRecord(
        id_, credential_id, AppealAbout.REFUSAL, f"appeal of {slug}", now, "test", reference=id_
    )
    assert own.store.appeals.add(said)
    return id_


def _of_wallets(
    own: Services, slug: str, parts: dict[str, str], record: CredentialRecord, member_id: str, now: datetime
) -> None:
    given = HandedInRecord(parts["handed_id"], member_id, "0" * 64, {"id": f"urn:x-{slug}"}, now, now, now)
    assert own.store.handed_in.add(given, b"{}")
    plan = CopyPlan(
        parts["copy_id"], record.id, CopyForm.LDP_VC, f"did:web:{slug}.example", "0" * 43, "salt", now
    )
    own.store.copies.reserve(plan, person_id=record.person_id, actor="test", intent={}, now=now)
    back = f"https://app-of-{slug}.example/back"
    told = {"client_name": f"app of {slug}", "redirect_uris": [back], "scope": "profile"}
    client = ClientRecord(parts["client_id"], told, None, hash_token(f"manages {slug}"), now)
    own.store.oauth.add_client(client)
    grant = GrantRecord(f"app-grant-of-{slug}", client.id, record.person_id, ("profile",), now)
    own.store.oauth.add_grant(grant)
    wish = {
        "client_id": client.id,
        "redirect_uri": back,
        "response_type": "code",
        "state": "any",
        "code_challenge": "0" * 43,
        "code_challenge_method": "S256",
        "scope": "profile",
    }
    waits = RequestRecord(client.id, wish, now.replace(year=now.year + 1))
    own.store.oauth.keep_request(hash_token(parts["consent"]), waits)
