"""A row of a file of awards: what is an order, what is its fault, and by what it is known again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from credserv.ground.errors import InputError, TooLargeError
from credserv.journeys.award.in_bulk import rows
from credserv.journeys.award.in_bulk.prepare import build_request
from credserv.journeys.award.in_bulk.rows import DraftFile, DraftRow, read_rows
from credserv.records.credentials import Recipient

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
WHO = "pat@example.org"
ROW = {"achievement": "mentor", "email": WHO}


def read(text: str, achievement: str | None = None, zone: str = "UTC") -> DraftFile:
    return read_rows(text.encode(), achievement=achievement, zone=ZoneInfo(zone), now=NOW)


def lines(*given: Mapping[str, object]) -> str:
    return "\n".join(json.dumps(row) for row in given)


def one(**members: object) -> DraftRow:
    """A row of JSON with these members besides; None for one that is left out."""
    row = {name: value for name, value in (ROW | members).items() if value is not None}
    (found,) = read(lines(row)).rows
    return found


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({}, ""),
        ({"achievement": None}, "achievement: is missing"),
        ({"achievement": "Not A Key"}, "achievement: 'Not A Key' is not the key of an achievement"),
        ({"email": None}, "email: is missing (an e-mail address or a DID is needed)"),
        ({"email": None, "did": "did:web:a.example"}, ""),
        ({"did": "did:web:a.example"}, ""),
        ({"email": "nobody"}, "email: 'nobody' is not one plain e-mail address"),
        ({"email": None, "did": "a.example"}, "did: 'a.example' is not a DID (did:method:identifier)"),
        ({"result_description": "#grade", "result_value": "87"}, ""),
        ({"result_value": 87}, "result_description: is missing: it says which"),
        ({"achieved_level": "#high"}, "result_description: is missing: it says which"),
        ({"awarded_at": instant(NOW + timedelta(minutes=5))}, ""),
        ({"awarded_at": instant(NOW + timedelta(minutes=5, seconds=1))}, "awarded_at: "),
        ({"awarded_at": "2000-01-01T00:00:00Z"}, ""),
        ({"awarded_at": "1999-12-31T23:59:59Z"}, "awarded_at: '1999-12-31T23:59:59Z' is before"),
        ({"awarded_at": "last week"}, "awarded_at: 'last week' is not a date as 2026-11-26"),
        ({"name": "p" * 200}, ""),
        ({"name": "p" * 201}, "name: has more than 200 characters"),
        ({"key": "k" * 190}, ""),
        ({"key": "k" * 191}, "key: has more than 190 characters"),
        ({"evidence_id": "https://a.example/" + "e" * 2_030}, ""),
        ({"evidence_id": "https://a.example/" + "e" * 2_031}, "evidence_id: has more than 2048 characters"),
        ({"name": True}, "name: is not a text or a number"),
        ({"name": ["Pat"]}, "name: is not a text or a number"),
        ({"colour": "red"}, "colour: there is no such member"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_told_once_and_at_its_exact_bound(
    members: dict[str, object], fault: str
) -> None:
    faults = one(**members).faults
    assert len(faults) == (1 if fault else 0), faults
    assert "".join(faults).startswith(fault)


def test_a_row_of_json_is_read_as_one_of_a_table() -> None:
    (table,) = read(
        f"Badge;Work email;Full name;Score;Result description\nmentor;{WHO}; Pat ;8.5;#grade\n"
    ).rows
    told = {
        "badge": "mentor",
        "work_email": WHO,
        "fullName": " Pat ",
        "score": 8.5,
        "resultDescription": "#grade",
    }
    (listed,) = read(json.dumps([told])).rows
    assert table.order == ROW | {"name": "Pat", "result_value": "8.5", "result_description": "#grade"}
    assert (listed.order, listed.key, listed.faults) == (table.order, table.key, ())
    assert one(name="", did=None, evidence_id="  ").order == ROW, "what says nothing is left out"
    (nothing,) = read(lines(ROW | {"name": None})).rows
    assert nothing.order == ROW


def test_rows_are_numbered_as_whoever_looks_into_the_file_counts_them() -> None:
    ann, bob = ROW | {"email": "ann@example.org"}, ROW | {"email": "bob@example.org"}
    assert [row.line for row in read(lines(ann) + "\n\n" + lines(bob)).rows] == [1, 3]
    found = read(json.dumps([ann, "no row", bob])).rows
    assert [(row.line, row.faults) for row in found] == [
        (1, ()),
        (2, ("a JSON object is expected",)),
        (3, ()),
    ]
    broken, whole = read("{]\n" + lines(bob)).rows
    assert (broken.line, len(broken.faults), whole.line, whole.faults) == (1, 1, 2, ())


def test_a_row_that_stands_twice_is_told_with_the_first_one_and_a_faulty_one_keeps_its_own_fault() -> None:
    found = read(lines(ROW, ROW | {"email": "PAT@example.org", "name": "Patricia"}, ROW)).rows
    assert [row.faults for row in found] == [(), ("the same as line 1",), ("the same as line 1",)]
    wrong = ROW | {"email": "nobody"}
    first, second = read(lines(wrong, wrong)).rows
    assert first.faults == second.faults == ("email: 'nobody' is not one plain e-mail address",)
    assert first.key == second.key


def test_a_row_is_known_again_by_who_and_what_or_by_the_key_that_it_tells() -> None:
    assert one(key="7").key == "key:7"
    assert "key" not in one(key="7").order
    assert one(achievement=None).order == {"email": WHO}
    assert one().key == one(name="Pat", email=" Pat@Example.ORG ").key
    assert one().key.startswith("row:")
    others = [one(), one(email="ann@example.org"), one(achievement="other"), one(awarded_at="2026-03-01")]
    others += [one(email=None, did="did:web:a.example"), one(result_description="#grade", result_value="1")]
    assert len({row.key for row in others}) == len(others)


def test_a_day_begins_where_the_organisation_is() -> None:
    (here,) = read(lines(ROW | {"awarded_at": "2026-03-01"}), zone="America/New_York").rows
    assert here.order["awarded_at"] == "2026-03-01T05:00:00Z"
    assert one(awarded_at="2026-03-01T10:00:00+02:00").order["awarded_at"] == "2026-03-01T08:00:00Z"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("achievement,email\n", "the file has no rows"),
        ("[]", "the file has no rows"),
        ("email,Work email,badge\na,b,c\n", "more than one column means email: leave one of them"),
        ("badge,name\nmentor,Pat\n", "the file has no column email; its columns are: badge, name"),
        ("email,name\na,b\n", "the file has no column achievement; its columns are: email, name"),
        ("[1", "not acceptable as JSON"),
        ("", "the file has no column email; its columns are: none"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_rows_says_what_is_missing(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    assert told in error.value.detail


def test_columns_that_are_not_read_are_told_and_a_did_or_a_given_achievement_do_for_one() -> None:
    found = read("did,Shoe size,\ndid:web:a.example,44,\n", achievement="mentor")
    assert found.notes == ("not read: Shoe size",)
    assert [row.order for row in found.rows] == [{"did": "did:web:a.example", "achievement": "mentor"}]
    (long,) = read(f"did,{'shoe' * 200}\ndid:web:a.example,44\n", achievement="mentor").notes
    assert len(long) == 500
    own = read(f"badge,email\nother,{WHO}\n,{WHO}\n", achievement="mentor")
    assert [row.order["achievement"] for row in own.rows] == ["other", "mentor"]
    assert own.notes == ()


def test_a_file_may_have_as_many_rows_as_the_bound_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 2)
    three = [ROW | {"email": f"{name}@example.org"} for name in ("ann", "bob", "cy")]
    assert len(read(lines(*three[:2])).rows) == 2
    with pytest.raises(TooLargeError, match="more than 2 rows"):
        read(lines(*three))


def test_what_a_row_does_not_say_is_not_ordered() -> None:
    bare = build_request("k", ROW)
    assert (bare.idempotency_key, bare.achievement_key, bare.achievement_version) == ("k", "mentor", None)
    assert (bare.recipient, bare.awarded_at) == (Recipient(email=WHO), None)
    assert (bare.results, bare.evidence) == ((), ())
    full = one(
        name="Pat", did="did:web:a.example", awarded_at="2026-03-01", result_description="#grade",
        result_value="87", achieved_level="#high", evidence_id="https://a.example/e", evidence_name="Essay",
        evidence_narrative="Read.",
    )  # fmt: skip
    made = build_request(full.key, full.order)
    assert made.recipient == Recipient(email=WHO, did="did:web:a.example", name="Pat")
    assert made.awarded_at == datetime(2026, 3, 1, tzinfo=UTC)
    result = {"resultDescription": "#grade", "value": "87", "achievedLevel": "#high"}
    assert made.results == ({"type": ["Result"], **result},)
    evidence = {"id": "https://a.example/e", "name": "Essay", "narrative": "Read."}
    assert made.evidence == ({"type": ["Evidence"], **evidence},)
