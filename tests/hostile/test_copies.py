"""One award, many copies: none is ever better than its award, whatever dies on the way (attack W6)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from credserv.app.services import build_services
from credserv.ground.encoding import KeyType
from credserv.ground.errors import ConflictError, InputError, NotFoundError, RateLimitedError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.copying import make_copy_bytes
from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.check.check import check
from credserv.journeys.claim import copies
from credserv.journeys.claim.copies import copies_of, end_copy, finish_copy, forms, make_copy
from credserv.journeys.learning import learning_facts
from credserv.journeys.publish.journal import merge
from credserv.journeys.publish.publish import set_status
from credserv.openbadges.learning_credential import WITHHOLDABLE, Learner
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.tokens.jws import payload_of
from credserv.proof.tokens.sd_jwt_issue import present_sd_jwt
from credserv.records.audit import Action
from credserv.records.copies import CopyForm, CopyRecord, Holder
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep
from credserv.status.bitstring import bit_at, decode_list
from credserv.status.journal import StatusJournal
from credserv.status.token_status_list import list_of, number_at, unpack
from credserv.store.store import open_store
from tests.conftest import SECRET_KEY
from tests.hostile.test_http import form_token, signed_in_holder
from tests.journeys.sign.test_signing_keys import service_with
from tests.testkit.holding import wallet_did
from tests.testkit.issuing import dying
from tests.testkit.learning import learning_award, learning_copy, learning_service
from tests.testkit.service import Service, open_service
from tests.testkit.writers import at_once

_S = CredentialState
HERE = (CopyForm.LDP_VC, CopyForm.JWT_VC_JSON, CopyForm.VC_JWT, CopyForm.DC_SD_JWT)


def award(service: Service, **made: str) -> CredentialRecord:
    record = service.services.store.credentials.get(service.issue(**made))
    assert record is not None
    return record


def copy(
    service: Service, record: CredentialRecord, form: CopyForm = CopyForm.LDP_VC, seed: int = 7
) -> CopyRecord:
    holder = Holder(record.person_id, wallet_did(seed))
    return make_copy(service.services, record.id, form, holder, service.clock.now)


def change(service: Service, record: CredentialRecord, state: CredentialState) -> None:
    set_status(service.services, record.id, state, reason="", actor="test", now=service.clock.now)


def verdict(service: Service, data: bytes | None) -> str:
    return str(check(service.services, data=data, url=None, now=service.clock.now).verdict)


def bits(service: Service, one: CopyRecord) -> tuple[int, int]:
    """As the published lists have it: Bitstring and Token Status List."""
    listed = service.client().get(f"/status/{one.status_list_id}")
    token = service.client().get(f"/status/{one.status_list_id}/token")
    assert (listed.status_code, token.status_code) == (200, 200)
    encoded = json.loads(listed.data)["credentialSubject"]["encodedList"]
    size, text = list_of(parse_json_object(payload_of(token.text)))
    return int(bit_at(decode_list(encoded), one.status_index)), number_at(
        unpack(text), size, one.status_index
    )


def test_attack_w6_every_copy_follows_its_award(service: Service) -> None:
    record = award(service)
    made = {form: copy(service, record, form) for form in HERE}
    assert forms(service.services, record.id) == HERE
    others = {copy(service, record, form, seed=8).id for form in HERE}
    assert len({record.id, *others, *(one.id for one in made.values())}) == 1 + 2 * len(HERE)
    for state, good in ((_S.SUSPENDED, False), (_S.ACTIVE, True), (_S.REVOKED, False)):
        change(service, record, state)
        assert {verdict(service, one.signed) for one in made.values()} == {
            "verified" if good else "not_verified"
        }
        service.clock.advance(seconds=61)
        assert {bits(service, one) for one in made.values()} == {(0, 0) if good else (1, 1)}
        for one in made.values():
            page = service.client().get(f"/credentials/{one.id}", headers={"Accept": "text/html"})
            assert page.status_code == 200
            assert (">Revoked<" in page.text, ">Suspended<" in page.text) == (
                state is _S.REVOKED,
                state is _S.SUSPENDED,
            )
    with pytest.raises(ConflictError, match="revoked"):
        copy(service, record, CopyForm.LDP_VC, seed=9)
    known = StatusJournal(service.settings.status_journal).known().lists
    noted = {index for one in known.values() for index in one.revoked}
    assert {one.status_index for one in made.values()} <= noted


def test_attack_w6_a_copy_ends_with_its_award(sqlite_service: Service) -> None:
    service = sqlite_service
    record = award(service)
    assert record.signed is not None
    ends = parse_json_object(record.signed)["validUntil"]
    made = [copy(service, record, form) for form in HERE]
    plain = parse_json_object(made[0].signed or b"")
    assert (plain["validUntil"], plain["awardedDate"]) == (
        ends,
        parse_json_object(record.signed)["awardedDate"],
    )
    assert plain["credentialSubject"]["id"] == wallet_did()
    assert {verdict(service, one.signed) for one in made} == {"verified"}
    service.clock.advance(days=2_000)
    assert {verdict(service, one.signed) for one in made} == {"not_verified"}


def test_nobody_takes_copies_without_end(sqlite_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    record = award(sqlite_service)
    first = copy(sqlite_service, record)
    monkeypatch.setattr(copies, "MOST_IN_AN_HOUR", 1)
    assert copy(sqlite_service, record) == first
    with pytest.raises(RateLimitedError):
        copy(sqlite_service, record, seed=8)
    sqlite_service.clock.advance(hours=2)
    assert copy(sqlite_service, record, seed=8) != first


def test_attack_w6_a_copy_of_a_suspended_award_begins_suspended(sqlite_service: Service) -> None:
    service = sqlite_service
    record = award(service)
    assert bits(service, copy(service, record)) == (0, 0)
    change(service, record, _S.SUSPENDED)
    late = copy(service, record, CopyForm.VC_JWT)
    service.clock.advance(seconds=61)
    assert bits(service, late) == (1, 1)
    assert verdict(service, late.signed) == "not_verified"
    change(service, record, _S.ACTIVE)
    service.clock.advance(seconds=61)
    assert bits(service, late) == (0, 0)


def test_attack_w6_a_copy_planned_while_its_award_is_revoked_is_never_good(service: Service) -> None:
    """Whoever comes first: the copy is refused, or changes with its award."""
    records = [award(service, email=f"pat{number}@example.org") for number in range(4)]

    def race(number: int) -> CopyRecord | None:
        record = records[number // 2]
        if number % 2:
            change(service, record, _S.REVOKED)
            return None
        try:
            return copy(service, record)
        except ConflictError:
            return None

    made = [one for one in at_once(8, race) if one is not None]
    service.clock.advance(seconds=61)
    for one in made:
        assert bits(service, one) == (1, 1)
        assert verdict(service, one.signed) == "not_verified"


def test_attack_w6_eight_who_ask_at_once_get_one_copy(service: Service) -> None:
    record = award(service)
    made = at_once(8, lambda number: copy(service, record, HERE[number % 2]))
    assert len({one.id for one in made}) == 2
    assert len({one.signed for one in made}) == 2
    places = {(one.status_list_id, one.status_index) for one in made}
    assert len(places) == 2
    assert (record.status_list_id, record.status_index) not in places


def test_attack_w6_an_ended_copy_is_revoked_for_good_and_alone(service: Service) -> None:
    record = award(service)
    old, other = copy(service, record), copy(service, record, CopyForm.DC_SD_JWT)
    fresh = copy(service, record, seed=8)
    who, now = record.person_id, service.clock.now
    with pytest.raises(NotFoundError):
        end_copy(service.services, "somebody else", record.id, old.id, now)
    end_copy(service.services, who, record.id, old.id, now)
    end_copy(service.services, who, record.id, old.id, service.clock.advance(seconds=1))
    with pytest.raises(ConflictError, match="ended"):
        copy(service, record)
    assert [verdict(service, one.signed) for one in (old, other, fresh)] == [
        "not_verified",
        "verified",
        "verified",
    ]
    change(service, record, _S.SUSPENDED)
    change(service, record, _S.ACTIVE)
    service.clock.advance(seconds=61)
    assert [bits(service, one) for one in (old, other, fresh)] == [(1, 1), (0, 0), (0, 0)]
    page = service.client().get(f"/credentials/{old.id}", headers={"Accept": "text/html"})
    assert "Ended." in page.text
    assert re.findall(r'/credentials/([\w-]+)">.*The badge that took its place', page.text) == [fresh.id]
    assert [one.ended_at for one in copies_of(service.services, who, record.id)].count(now) == 1


def test_attack_w6_a_copy_on_a_lost_phone_is_ended_and_stays_so(sqlite_service: Service) -> None:
    service = sqlite_service
    holder = signed_in_holder(service)
    (credential_id,) = re.findall(r"/wallet/credentials/([A-Za-z0-9_-]{22})", holder.get("/wallet").text)[:1]
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    lost, kept = copy(service, record), copy(service, record, seed=8)
    other = copy(service, award(service, email="eve@example.org"))
    page = holder.get(f"/wallet/credentials/{credential_id}").text
    assert "Copies in apps" in page
    form = {"csrf_token": form_token(page)}
    for copy_id, status in ((other.id, 404), (lost.id, 303), (lost.id, 303)):
        path = f"/wallet/credentials/{credential_id}/copies/{copy_id}/end"
        assert service.client().post(path, data=form).status_code != 200
        assert holder.post(path, data=form).status_code == status
    assert [verdict(service, one.signed) for one in (lost, kept, other)] == [
        "not_verified",
        "verified",
        "verified",
    ]
    change(service, record, _S.SUSPENDED)
    change(service, record, _S.ACTIVE)
    service.clock.advance(seconds=61)
    assert [bits(service, one) for one in (lost, kept, other)] == [(1, 1), (0, 0), (0, 0)]
    ended = service.services.store.copies.face(lost.id)
    assert ended is not None
    assert "another" not in ended.reason, "there is none in its place"
    with pytest.raises(ConflictError, match="ended"):
        copy(service, record)


def test_attack_w6_nobody_makes_copies_of_another_persons_award(sqlite_service: Service) -> None:
    service = sqlite_service
    record, other = award(service), award(service, email="eve@example.org")
    thief = Holder(other.person_id, wallet_did())
    for wanted in (record.id, "nothing-is-under-this-id"):
        with pytest.raises(NotFoundError, match="no such credential"):
            make_copy(service.services, wanted, CopyForm.LDP_VC, thief, service.clock.now)
    for did in ("did:web:wallet.example", "did:jwk:e30", "did:key:z6Mk", "mailto:eve@example.org"):
        with pytest.raises(InputError):
            make_copy(
                service.services, other.id, CopyForm.LDP_VC, Holder(other.person_id, did), service.clock.now
            )
    with pytest.raises(InputError, match="ldp_vc-sd"):
        make_copy(service.services, other.id, CopyForm.LDP_VC_SD, thief, service.clock.now)


def test_attack_w6_what_was_altered_or_made_up_is_not_ours(sqlite_service: Service) -> None:
    """A copy in one form signed by our key with other words: as by who stole it."""
    service = sqlite_service
    record = award(service)
    made = copy(service, record)
    document = parse_json_object(made.signed or b"")
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    signer = service.services.credential_signer
    for changed in (
        {**unsigned, "name": "Another"},
        {name: value for name, value in unsigned.items() if name != "validUntil"},
        {name: value for name, value in unsigned.items() if name != "credentialStatus"},
        {**unsigned, "id": f"{service.settings.public_url}/credentials/AAAAAAAAAAAAAAAAAAAAAA"},
    ):
        forged = signer.sign(changed, ProofWishes(), now=service.clock.now)
        assert verdict(service, json.dumps(forged).encode()) == "not_verified"


def test_attack_w6_what_a_holder_shows_of_a_copy_follows_its_award(tmp_path: Path) -> None:
    service = service_with(KeyType.P256, tmp_path)
    record = award(service)
    assert CopyForm.LDP_VC_SD in forms(service.services, record.id)
    base, token = copy(service, record, CopyForm.LDP_VC_SD), copy(service, record, CopyForm.DC_SD_JWT)
    suite = EcdsaSd2023(service.services.canonizer)
    shown = json.dumps(suite.derive_proof(parse_json_object(base.signed or b""), ["/awardedDate"])).encode()
    less = present_sd_jwt((token.signed or b"").decode(), withhold=["achievement", "identifier"]).encode()
    assert "identityHash" not in shown.decode()
    assert [verdict(service, one) for one in (shown, less)] == ["verified", "verified"]
    unsigned = {
        name: value for name, value in parse_json_object(base.signed or b"").items() if name != "proof"
    }
    for left_out in ("validUntil", "credentialStatus"):  # signed by who stole the key
        less_told = {name: value for name, value in unsigned.items() if name != left_out}
        forged = service.services.credential_signer.sign(less_told, ProofWishes(), now=service.clock.now)
        assert verdict(service, json.dumps(forged).encode()) == "not_verified"
    change(service, record, _S.REVOKED)
    assert [verdict(service, one) for one in (shown, less)] == ["not_verified", "not_verified"]
    service.services.close()


def test_attack_w6_a_learning_credential_follows_its_award(service: Service) -> None:
    """In whole, and in the part that its holder shows: without the names, and with nothing but them."""
    service = learning_service(service)
    record = learning_award(service)
    made = learning_copy(service, record)
    assert learning_copy(service, record) == made
    token = (made.signed or b"").decode()
    unnamed = present_sd_jwt(token, withhold=["family_name", "given_name", "learner_identification"])
    shown = (token.encode(), unnamed.encode(), present_sd_jwt(token, withhold=WITHHOLDABLE).encode())
    for state, good in ((_S.SUSPENDED, False), (_S.ACTIVE, True), (_S.REVOKED, False)):
        change(service, record, state)
        assert {verdict(service, one) for one in shown} == {"verified" if good else "not_verified"}
        service.clock.advance(seconds=61)
        assert bits(service, made) == ((0, 0) if good else (1, 1))
    with pytest.raises(ConflictError, match="revoked"):
        learning_copy(service, record, seed=9)
    service.services.close()


def test_attack_w6_a_learning_credential_that_was_ended_stays_so(sqlite_service: Service) -> None:
    service = learning_service(sqlite_service)
    record = learning_award(service)
    lost, kept = learning_copy(service, record), learning_copy(service, record, seed=8)
    end_copy(service.services, record.person_id, record.id, lost.id, service.clock.now)
    assert [verdict(service, one.signed) for one in (lost, kept)] == ["not_verified", "verified"]
    page = service.client().get(f"/credentials/{lost.id}", headers={"Accept": "text/html"}).text
    assert "Ended." in page
    assert "Doe" not in page
    service.clock.advance(days=800)
    assert verdict(service, kept.signed) == "not_verified"
    service.services.close()


def test_attack_w6_other_names_under_our_key_are_not_ours(sqlite_service: Service) -> None:
    """Signed by who stole it, with the id of one that was issued."""
    service = learning_service(sqlite_service)
    record = learning_award(service)
    made = learning_copy(service, record)
    issuing = service.services.issuing
    facts = learning_facts(service.services, record)
    assert facts is not None
    stolen = replace(facts, learner=Learner("Roe", "Eve", "eve@example.org"))
    forged = make_copy_bytes(issuing, record, made, stolen)
    assert verdict(service, made.signed) == "verified"
    assert verdict(service, forged) == "not_verified"
    service.services.close()


# --- whatever dies on the way -------------------------------------------------------------------


def test_attack_w6_killed_at_every_step_there_is_one_copy_or_none(service: Service) -> None:
    records = [award(service, email=f"pat{number}@example.org") for number in range(4)]
    points = [f"step:{step}" for step in IssuanceStep if step is not IssuanceStep.DELIVERED] + ["commit:1"]
    store = service.services.store
    with dying(service.settings) as carry_out:
        for record, at in zip(records, points, strict=True):
            order = {"copy": record.id, "did": wallet_did(), "form": "dc+sd-jwt", "at": at}
            assert carry_out(order) == "killed", at
    left = {record.id: store.copies.of_credential(record.id) for record in records}
    assert [len(left[record.id]) for record in records] == [1, 1, 1, 0]
    waiting = [one for copies in left.values() for one in copies if one.signed is None]
    assert len(waiting) == 2
    for one in waiting:
        assert service.client().get(f"/credentials/{one.id}").status_code == 404
    change(service, records[0], _S.REVOKED)  # before it was finished
    service.clock.now = max(one.plan.planned_at for one in waiting) + timedelta(seconds=60)
    swept = store.copies.unfinished(service.clock.now - timedelta(seconds=5), 10)
    assert {one.id for one in swept} == {one.id for one in waiting}
    for one in swept:
        finish_copy(service.services, one, service.clock.now)
    assert store.copies.unfinished(service.clock.now, 10) == ()
    made = {record.id: store.copies.of_credential(record.id)[0] for record in records[:3]}
    assert [verdict(service, one.signed) for one in made.values()] == ["not_verified", "verified", "verified"]
    assert bits(service, made[records[0].id]) == (1, 1)
    for record in records[1:3]:
        assert copy(service, record, CopyForm.DC_SD_JWT) == made[record.id]
    for one in made.values():
        assert Action.COPY_SIGN in {line.action for line in store.audit.of_subject(one.id)}


def test_attack_w6_killed_at_every_step_there_is_one_learning_credential_or_none(service: Service) -> None:
    service = learning_service(service)
    records = [learning_award(service, email=f"pat{number}@example.org") for number in range(4)]
    points = [f"step:{step}" for step in IssuanceStep if step is not IssuanceStep.DELIVERED] + ["commit:1"]
    store = service.services.store
    with dying(service.settings) as carry_out:
        for record, at in zip(records, points, strict=True):
            order = {"copy": record.id, "did": wallet_did(), "form": "eu-learning", "at": at}
            assert carry_out(order) == "killed", at
    left = {record.id: store.copies.of_credential(record.id) for record in records}
    assert [len(left[record.id]) for record in records] == [1, 1, 1, 0]
    waiting = [one for copies in left.values() for one in copies if one.signed is None]
    assert len(waiting) == 2
    change(service, records[0], _S.REVOKED)  # before it was finished
    service.clock.now = max(one.plan.planned_at for one in waiting) + timedelta(seconds=60)
    for one in store.copies.unfinished(service.clock.now, 10):
        finish_copy(service.services, one, service.clock.now)
    made = [store.copies.of_credential(record.id)[0] for record in records[:3]]
    assert [verdict(service, one.signed) for one in made] == ["not_verified", "verified", "verified"]
    for record, one in zip(records[1:3], made[1:], strict=True):
        assert learning_copy(service, record) == one
    service.services.close()


def test_attack_w6_an_older_database_takes_no_copy_back(sqlite_service: Service, tmp_path: Path) -> None:
    """Restored from before (attack 66): what was ended or revoked since stays so."""
    service = sqlite_service
    revoked, kept = award(service), award(service, email="ann@example.org")
    gone, old, fresh = copy(service, revoked), copy(service, kept), copy(service, kept, seed=8)
    service.services.store.close()
    older = tmp_path / "older.sqlite"
    older.write_bytes(Path(service.settings.database_url.partition(":///")[2]).read_bytes())
    change(service, revoked, _S.REVOKED)
    end_copy(service.services, kept.person_id, kept.id, old.id, service.clock.now)
    settings = replace(service.settings, database_url=f"sqlite:///{older}")
    store = open_store(settings.database_url, secret_key=SECRET_KEY)
    merge(store, StatusJournal(settings.status_journal), actor="test", now=service.clock.now)
    store.close()
    again = open_service(settings, service.secret)
    again.clock.now = service.clock.advance(seconds=61)
    assert [bits(again, one) for one in (gone, old, fresh)] == [(1, 1), (1, 1), (0, 0)]
    assert [verdict(again, one.signed) for one in (gone, old, fresh)] == [
        "not_verified",
        "not_verified",
        "verified",
    ]
    build_services(settings).close()
