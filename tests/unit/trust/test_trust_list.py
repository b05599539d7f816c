"""Lists of trusted issuers are read in three forms, whole or not at all, and their schema says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import InputError, MalformedJsonError, SchemaFaultsError, TooLargeError
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind
from credserv.trust.trust_list import (
    MAX_ISSUERS,
    build_trusted_issuer,
    normalise_issuer,
    parse_published,
    parse_trusted_issuers,
)

SCHOOL = {"id": "did:web:school.example", "name": "Example School"}
DATED = {
    **SCHOOL,
    "url": "https://school.example",
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00+00:00",
}
READ = TrustedIssuerRecord(
    "did:web:school.example",
    "Example School",
    "https://school.example",
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)
WRONG: dict[str, dict[str, Any]] = {
    "/issuers/0/id": {**SCHOOL, "id": "Example School"},
    "/issuers/0/name": {"id": SCHOOL["id"]},
    "/issuers/0/url": {**SCHOOL, "url": "javascript:alert(1)"},
    "/issuers/0/validFrom": {**SCHOOL, "validFrom": 2026},
    "/issuers/0/logo": {**SCHOOL, "logo": "https://school.example/logo.png"},
}


def _list(*issuers: object, **more: object) -> bytes:
    return json.dumps({"issuers": list(issuers), **more}).encode()


def _schema() -> Draft202012Validator:
    path = default_schemas_dir() / "credserv" / "trusted-issuers.json"
    return Draft202012Validator(json.loads(path.read_bytes()))


def _faults(data: bytes) -> dict[str, str]:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_trusted_issuers(data)
    return {fault.place: fault.message for fault in caught.value.faults}


def test_our_own_form_is_read() -> None:
    data = _list(DATED, {**SCHOOL, "id": "https://SCHOOL.example"}, name="Ours")
    read = parse_trusted_issuers(b"\xef\xbb\xbf" + data + b"\n")

    plain = TrustedIssuerRecord("https://school.example/", "Example School")
    assert (read.kind, read.issuers, read.left_out) == (TrustedListKind.URL, (READ, plain), 0)
    assert read == parse_published(data)
    assert parse_published(_list()).issuers == ()


def test_the_schema_takes_what_is_read() -> None:
    for entry in (SCHOOL, DATED, {**SCHOOL, "url": None}):
        assert _schema().is_valid(json.loads(_list(entry)))
        parse_published(_list(entry))
    assert _schema().is_valid({"issuers": []})


@pytest.mark.parametrize(("place", "entry"), WRONG.items(), ids=str)
def test_every_fault_is_told_with_its_place_and_by_the_schema_too(place: str, entry: dict[str, Any]) -> None:
    assert list(_faults(_list(entry))) == [place]
    assert not _schema().is_valid(json.loads(_list(entry)))


def test_what_is_wrong_with_the_whole() -> None:
    for data in (b"{}", b'{"issuers": {}}', b'{"issuers": [], "trust": "all"}', b'{"registry": []}'):
        assert _faults(data)
    for data in (b"[]", b"{", b'{"issuers": [], "issuers": []}'):
        with pytest.raises(MalformedJsonError):
            parse_trusted_issuers(data)
    for amount in (MAX_ISSUERS + 1, 20_000):
        many = _list(*({"id": f"did:web:x{number}.example", "name": "X"} for number in range(amount)))
        with pytest.raises((SchemaFaultsError, TooLargeError)):
            parse_trusted_issuers(many)


def test_an_issuer_is_in_a_list_once_however_it_is_written() -> None:
    one, other = ({"id": f"https://{host}.example/i", "name": "X"} for host in ("school", "SCHOOL"))
    assert _faults(_list(one, other)) == {"/issuers/1/id": "this issuer is in the list twice"}
    assert _faults(b"id,name\ndid:web:a.example,A\ndid:web:a.example,B\n") == {
        "row 3/id": "this issuer is in the list twice"
    }


@pytest.mark.parametrize(
    "name",
    ["\u202egnp.erawlam", "a\u2066b", "a\u200fb", "a\nb", "a\tb", "a\u2028b", "a\x85b", " ", "x" * 201],
)
def test_names_that_would_turn_or_break_the_text_around_them_are_faults(name: str) -> None:
    assert list(_faults(_list({**SCHOOL, "name": name}))) == ["/issuers/0/name"]
    if name.strip():
        assert not _schema().is_valid(json.loads(_list({**SCHOOL, "name": name})))


def test_names_of_all_scripts_are_good() -> None:
    for name in ("جامعة المثال", "Université d’Exemple", "例大学", "Š & <Co> “x”"):
        assert parse_trusted_issuers(_list({**SCHOOL, "name": name})).issuers[0].name == name


def test_a_csv_is_read() -> None:
    row = 'did:web:school.example,"Example School",https://school.example,2026-01-01T00:00:00Z,'
    data = f"\ufeffid,name,url,valid_from,valid_until\r\n{row}2027-01-01T00:00:00Z\r\n"
    assert parse_trusted_issuers(data.encode()).issuers == (READ,)
    short = parse_trusted_issuers(b"name,id\nExample School,did:web:school.example\n")
    assert short.issuers == (TrustedIssuerRecord("did:web:school.example", "Example School"),)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"id,name\nschool.example,School\n", "row 2/id"),
        (b"id,name\ndid:web:a.example,A\ndid:web:b.example,\n", "row 3/name"),
        (b"id,name,valid_until\ndid:web:a.example,A,tomorrow\n", "row 2/validUntil"),
        (
            b"id,name,valid_from,valid_until\ndid:web:a.example,A,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z\n",
            "row 2/validUntil",
        ),
    ],
)
def test_a_fault_of_a_csv_is_told_with_its_row(data: bytes, place: str) -> None:
    assert list(_faults(data)) == [place]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"id,name",
        b"<html></html>",
        b"issuer,name\na,b",
        b"id,name\ndid:web:a.example,A,more,still",
        b'id,name\n"did:web:a.example,A',
        b"id,name\n\xff\xfe,A",
        b"id,name\n" + b"did:web:a.example,A\n" * (MAX_ISSUERS + 1),
    ],
)
def test_what_is_no_csv_list(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_trusted_issuers(data)


def test_a_registry_loses_only_what_cannot_be_used() -> None:
    registry = {
        "did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W": {
            "name": "My University",
            "location": "Cambridge, MA, USA",
            "url": "https://university.example",
        },
        "did:web:plain.example": {"name": "Plain", "url": ""},
        "did:web:nameless.example": {"location": "Nowhere"},
        "did:web:turned.example": {"name": "\u202eX"},
        "somebody": {"name": "Somebody"},
        "did:web:list.example": ["List"],
    }
    read = parse_published(json.dumps({"meta": {"created": "x"}, "registry": registry}).encode())
    assert read.kind is TrustedListKind.DCC_REGISTRY
    assert [(one.name, one.url) for one in read.issuers] == [
        ("My University", "https://university.example"),
        ("Plain", None),
    ]
    assert read.left_out == 4
    with pytest.raises(InputError):
        parse_published(
            json.dumps({"registry": {f"did:web:x{n}.example": {} for n in range(MAX_ISSUERS + 1)}}).encode()
        )


def test_attack_22_ids_are_compared_in_the_form_that_was_resolved() -> None:
    same = {
        "did:web:school.example": "did:web:school.example",
        "did:web:School.example": "did:web:School.example",  # resolves nowhere, and is nobody else
        "did:web:school.example:a%20b": "did:web:school.example:a%20b",
        "https://School.Example": "https://school.example/",
        "https://school.example:443/Issuer?a=1#me": "https://school.example/Issuer?a=1#me",
    }
    for given, normal in same.items():
        assert normalise_issuer(given) == normal == normalise_issuer(normal)
    distinct = ["https://school.example/i", "https://school.example/i/", "https://school.example/I"]
    distinct += ["https://school.example/%69", "https://school.example/i#a", "https://school.example/i?"]
    distinct = [normalise_issuer(one) for one in distinct]
    assert len(set(distinct)) >= 5


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "school.example",
        "http://school.example/",
        "https://user@school.example/",
        "https://127.0.0.1/",
        "https://schoöl.example/",
        "https://school.example/ ",
        "did:web:",
        "did:web:school.example#key-1",
        "did:web:school.example/",
        "did:web:schoоl.example",  # a Cyrillic o
        "did:Web:school.example",
        "did:web:" + "x" * 1_000,
    ],
)
def test_what_names_no_issuer(issuer: str) -> None:
    with pytest.raises(InputError):
        normalise_issuer(issuer)


def test_one_entry_out_of_a_form() -> None:
    texts = {"url": DATED["url"], "valid_from": DATED["validFrom"], "valid_until": DATED["validUntil"]}
    assert build_trusted_issuer(" did:web:school.example ", "Example School", **texts) == READ
    with pytest.raises(SchemaFaultsError) as caught:
        build_trusted_issuer("", "", url="x", valid_until="2027")
    assert [fault.place for fault in caught.value.faults] == ["/id", "/name", "/url", "/validUntil"]


def test_an_entry_counts_from_its_first_instant_and_not_at_its_last() -> None:
    first, last = READ.valid_from, READ.valid_until
    assert first is not None
    assert last is not None
    assert READ.counts_at(first)
    assert not READ.counts_at(last)
    assert not READ.counts_at(datetime(2025, 12, 31, tzinfo=UTC))
    assert TrustedIssuerRecord("did:web:x.example", "X").counts_at(first)
