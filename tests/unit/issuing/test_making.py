"""Which credentials are made from a template; one that makes another document is not used."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import InputError, ProofError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.making import SAMPLE_EVERY, Maker, _Group
from credserv.issuing.services import IssuingServices
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import LIVING_SCOPE, CredentialRecord, Recipient
from tests.testkit.tokens import token_issuer
from tests.unit.issuing.test_copying import Seen, issuing
from tests.unit.issuing.test_living import FIRST, SECOND, desk_knowing
from tests.unit.issuing.test_template import RECORD, URL, VERSION, of_order


@cache
def version() -> AchievementVersion:
    achievement = token_issuer().badge()["credentialSubject"]["achievement"]
    return replace(VERSION, achievement=achievement)


def own_desk(kind: KeyType = KeyType.ED25519, **changes: Any) -> IssuingServices:
    known = SimpleNamespace(get=lambda *named: version() if named == ("mentor", 2) else None)
    made = issuing(kind, store=SimpleNamespace(achievements=known), **changes)
    profile = {"id": made.issuer.did, "type": ["Profile"], "name": "Example Academy"}
    return replace(made, issuer=replace(made.issuer, profile=profile))


def award(number: int = 1, **changes: Any) -> CredentialRecord:
    changes.setdefault("recipient", Recipient(f"pat{number}@example.org"))
    return replace(of_order(**changes), id=f"c{number}", status_index=number)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (KeyType.ED25519, {"evidence": ({"type": ["Evidence"], "name": "A"},)}),
        (KeyType.ED25519, {"scope": LIVING_SCOPE}),
        (KeyType.P384, {}),
    ],
)
def test_what_no_template_takes(kind: KeyType, changes: dict[str, Any]) -> None:
    groups: dict[Any, _Group] = {}
    assert Maker(own_desk(kind))._add_draft(groups, award(**changes)) is False
    assert groups == {}


def test_credentials_of_one_shape_are_made_from_one_template() -> None:
    groups: dict[Any, _Group] = {}
    maker = Maker(own_desk())
    for one in (award(1), award(2), award(3, recipient=Recipient(did="did:key:z6Mk"))):
        assert maker._add_draft(groups, one) is True
    assert [[record.id for record, _, _ in group.drafts] for group in groups.values()] == [
        ["c1", "c2"],
        ["c3"],
    ]
    assert maker._add_draft(groups, award(4, achievement_version=9)) is False


@pytest.mark.parametrize("spoiled", ["json", "canonical"])
def test_a_template_that_makes_another_document_is_not_used(
    spoiled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_desk()
    compile_ = own.canonizer.compile

    def spoil(document: Any) -> Any:
        good = compile_(document)
        told = {
            "json": good.json,
            "canonical": good.canonical,
            spoiled: lambda values: getattr(good, spoiled)(values | {"salt": "other"}),
        }
        return SimpleNamespace(**told, canonical_utf8=good.canonical_utf8, context=good.context)

    monkeypatch.setattr(own.canonizer, "compile", spoil)
    groups: dict[Any, _Group] = {}
    assert Maker(own)._add_draft(groups, award()) is False
    assert groups == {}


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P384])
def test_the_first_of_a_template_and_each_without_one_is_seen_whole(kind: KeyType) -> None:
    seen = Seen()
    made = Maker(own_desk(kind, require_own=seen)).make([award(number) for number in (1, 2)])
    assert all(parse_json_object(one)["id"] == f"{URL}/credentials/{name}" for name, one in made.items())
    assert [shown for shown, _ in seen.shown] == [
        made["c1"],
        *([] if kind is KeyType.ED25519 else [made["c2"]]),
    ]
    assert {at for _, at in seen.shown} == {RECORD.issued_at}


def test_one_in_so_many_is_seen_whole_over_all_lots_of_a_template() -> None:
    seen: list[bytes] = []
    maker = Maker(own_desk(require_own=lambda signed, _: seen.append(signed)))
    first = maker.make([award(number) for number in range(SAMPLE_EVERY)])
    assert seen == [first["c0"]]
    second = maker.make([award(number) for number in range(2)])
    assert seen == [first["c0"], second["c0"]]


def test_where_a_sample_is_refused_nothing_of_its_template_is_handed_on_and_the_next_is_seen_too() -> None:
    refusing, seen = [True], []

    def require(signed: bytes, _: Any) -> None:
        seen.append(signed)
        if refusing:
            raise ProofError("no")

    maker = Maker(own_desk(require_own=require))
    made = maker.make([award(1), award(2)])
    assert {name: type(one) for name, one in made.items()} == {"c1": ProofError, "c2": ProofError}
    refusing.clear()
    assert seen[1:] == []
    again = maker.make([award(2)])
    assert seen[1:] == [again["c2"]]


def test_what_can_never_be_made_is_told_for_itself() -> None:
    bad = award(2, evidence=({"id": "not an address", "type": ["Evidence"]},))
    made = Maker(own_desk()).make([award(1), bad, award(3, achievement_version=9)])
    assert isinstance(made["c1"], bytes)
    assert isinstance(made["c2"], InputError)
    assert isinstance(made["c3"], InputError)
    assert "no achievement mentor 9" in str(made["c3"])


def test_letters_of_all_languages_are_stored_as_themselves() -> None:
    evidence = {"type": ["Evidence"], "name": "Prüfung"}
    made = Maker(own_desk()).make([award(1, evidence=(evidence,))])["c1"]
    assert isinstance(made, bytes)
    assert "Prüfung".encode() in made


def test_a_later_version_is_made_of_its_term_and_seen_whole() -> None:
    seen = Seen()
    own = own_desk(require_own=seen)
    accreditations = desk_knowing(FIRST, SECOND).store.accreditations
    store: Any = SimpleNamespace(achievements=own.store.achievements, accreditations=accreditations)
    made = Maker(replace(own, store=store)).make_version(award(scope=LIVING_SCOPE), SECOND)
    assert parse_json_object(made)["validFrom"] == format_instant(SECOND.valid_from)
    assert seen.shown == [(made, SECOND.valid_from)]
