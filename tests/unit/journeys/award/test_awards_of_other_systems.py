"""An award of another system, as the row that it becomes here: what is taken over, and what keeps it out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from credserv.ground.errors import InputError
from credserv.journeys.award.in_bulk.former import Award, FormerSystem, Ours, draft_row
from credserv.journeys.award.in_bulk.former_json import read_json_table
from credserv.journeys.award.in_bulk.moving_in import read_former
from credserv.journeys.award.in_bulk.rows import DraftFile, DraftRow

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
OURS = Ours({"t1": "mentor", "n/a": ""}, {"first aid": "first-aid"})
WHO = "pat@example.org"


def draft(zone: str = "UTC", system: FormerSystem = FormerSystem.BADGR, **members: Any) -> DraftRow:
    told = {"badges": ("t1", ""), "email": WHO, "name": "Pat", "issued": "2020-01-02", "old": ""} | members
    return draft_row(7, system, OURS, Award(**told), ZoneInfo(zone), NOW)


def table(text: str, system: FormerSystem = FormerSystem.CREDLY) -> DraftFile:
    return read_former([("a.csv", text.encode())], system, OURS, zone=UTC, now=NOW)


def test_what_an_award_says_becomes_a_row() -> None:
    made = draft(old="https://a.example/1", evidence="https://a.example/e", narrative="Well done.", kept="{}")
    assert (made.line, made.key, made.faults) == (7, "key:badgr:https://a.example/1", ())
    assert made.order == {
        "achievement": "mentor",
        "email": WHO,
        "name": "Pat",
        "awarded_at": "2020-01-02T00:00:00Z",
        "evidence_name": "The badge as it was issued in Badgr",
        "evidence_id": "https://a.example/1",
        "evidence_narrative": "Awarded in Badgr on 2020-01-02; this badge takes its place. Well done.",
        "kept": "{}",
    }
    bare = draft(name="")
    assert {"name", "evidence_id", "kept"}.isdisjoint(bare.order)
    assert bare.order["evidence_narrative"].endswith("takes its place.")
    assert bare.key == "key:badgr:t1||pat@example.org|2020-01-02"
    assert draft(email="PAT@example.org", name="").key == bare.key


@pytest.mark.parametrize(
    ("members", "id_"),
    [
        ({"old": "urn:uuid:1"}, "urn:uuid:1"),
        ({"old": "http://a.example/1", "evidence": "http://a.example/e"}, "http://a.example/1"),
        ({"old": "1", "evidence": "http://a.example/e"}, "http://a.example/e"),
        ({"old": "1", "evidence": "https://a.example/e"}, "https://a.example/e"),
        ({"old": "1", "evidence": "a folder"}, None),
    ],
)  # fmt: skip
def test_the_address_of_the_old_badge_is_its_evidence_and_else_what_it_names(
    members: dict[str, str], id_: str | None
) -> None:
    assert draft(**members).order.get("evidence_id") == id_


def test_what_is_too_long_is_cut_to_what_a_row_may_hold() -> None:
    long = "x" * 70_000
    made = draft(name=long, old=f"https://{long}", narrative=long, kept=long)
    found = {name: len(made.order[name]) for name in ("name", "evidence_id", "evidence_narrative", "kept")}
    assert found == {"name": 200, "evidence_id": 2_048, "evidence_narrative": 10_000, "kept": 65_536}
    assert len(made.key) == 250
    (fault,) = draft(badges=("", "b" * 101)).faults
    assert fault.startswith(f"achievement: {'b' * 100!r} ")
    assert len(draft(old="1", evidence=f"https://{long}").order["evidence_id"]) == 2_048


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ({"badges": ("", "First Aid ")}, []),
        ({"badges": ("t9", "first aid")}, []),
        ({"badges": ("t9", "Other")}, ["achievement: 't9' stands for none of yours"]),
        ({"badges": ("", "Other")}, ["achievement: 'Other' stands for none of yours"]),
        ({"badges": ("", "")}, ["achievement: 'no badge' stands for none of yours"]),
        ({"badges": ("n/a", "")}, ["achievement: 'n/a' stands for none of yours"]),
        ({"email": "+43 1"}, ["email: '+43 1' is not one plain e-mail address"]),
        ({"email": "", "faults": ("email: a hash",)}, ["email: a hash"]),
        ({"issued": "soon"}, ["issued: 'soon' is not a date as 2026-11-26"]),
        ({"issued": "2026-03-15"}, ["issued: '2026-03-15' is in the future"]),
        ({"is_revoked": True}, ["it was revoked there"]),
        ({"is_revoked": True, "ends": "2020-01-03"}, ["it was revoked there", "it ended there: 2020-01-03"]),
        ({"ends": "whenever"}, ["ends: 'whenever' is no date that can be read"]),
        ({"ends": "2026-03-13"}, ["it ended there: 2026-03-13"]),
        ({"ends": "2026-03-14"}, []),
        ({"ends": "2026-03-14T09:26:53Z"}, ["it ended there: 2026-03-14T09:26:53Z"]),
        ({"ends": "2026-03-14T09:26:54Z"}, []),
        *(({"ends": word}, []) for word in ("", "False", "NEVER", "None", "n/a", "-")),
    ],
)  # fmt: skip
def test_what_keeps_an_award_out_is_told(members: dict[str, Any], faults: list[str]) -> None:
    made = draft(**members)
    assert len(made.faults) == len(faults)
    assert all(told.startswith(wanted) for told, wanted in zip(made.faults, faults, strict=True))
    assert ("achievement" in made.order) is not any(one.startswith("achievement") for one in faults)
    assert made.order.get("email") == (WHO if "email" not in members else None)


@pytest.mark.parametrize(
    ("written", "zone", "read"),
    [
        ("04/01/2014", "UTC", "2014-04-01T00:00:00Z"),
        ("04/01/14", "Europe/Vienna", "2014-03-31T22:00:00Z"),
        ("2014-04-01 09:41:00 -0500", "Europe/Vienna", "2014-04-01T14:41:00Z"),
        ("2014-04-01 09:41:00 UTC", "Europe/Vienna", "2014-04-01T09:41:00Z"),
        ("2014-04-01 09:41:00", "Europe/Vienna", "2014-04-01T09:41:00Z"),
        ("2014-04-01", "Europe/Vienna", "2014-03-31T22:00:00Z"),
        ("2014-04-01T09:41:00+02:00", "UTC", "2014-04-01T07:41:00Z"),
    ],
)  # fmt: skip
def test_dates_are_read_as_these_systems_write_them(written: str, zone: str, read: str) -> None:
    assert draft(zone=zone, issued=written).order["awarded_at"] == read


def test_a_day_that_is_over_in_one_place_is_not_in_another() -> None:
    assert draft(zone="Asia/Tokyo", ends="2026-03-13").faults == ("it ended there: 2026-03-13",)
    assert draft(zone="Pacific/Honolulu", ends="03/13/2026").faults == ()
    assert draft(zone="Asia/Tokyo", ends="03/13/2026").faults == ("it ended there: 03/13/2026",)


def test_the_columns_of_an_export_are_known_by_several_names() -> None:
    found = table(
        "Template ID,Badge Template Name,Recipient,Issued To First Name,Issued To Last Name,Issued On,Status,"
        "Is Revoked,ID,Expires,Evidence URL,Narrative\n"
        f"t1,Other,mailto:{WHO},Pat,Doe,2020-01-02,accepted,no,4711,2090-01-01,https://a.example/e,Good.\n"
        f",First aid,ann@example.org,,Roe,2020-01-03,Revoked,,4712,,,\n"
        f"t1,,bob@example.org,Bob,,2020-01-04,,YES,4713,,,\n"
        f"t1,,cy@example.org,Cy,,2020-01-04,,1,4714,,,\n"
    )
    assert found.notes == ("old badges are kept as evidence, and were not verified",)
    pat, ann, bob, cy = found.rows
    assert (pat.line, pat.key, pat.faults) == (2, "key:credly:4711", ())
    assert (pat.order["name"], pat.order["email"], pat.order["achievement"]) == ("Pat Doe", WHO, "mentor")
    assert pat.order["evidence_id"] == "https://a.example/e"
    assert pat.order["evidence_narrative"].endswith("takes its place. Good.")
    assert (ann.order["name"], ann.order["achievement"]) == ("Roe", "first-aid")
    assert (bob.order["name"], bob.faults) == ("Bob", ("it was revoked there",))
    assert ann.faults == cy.faults == ("it was revoked there",)


def test_a_name_and_an_address_of_the_badge_come_before_their_parts() -> None:
    head = "badge template id,email,issued at,name,first name,badge url,badge id,expires at\n"
    (row,) = table(f"{head}t1,{WHO},2020-01-02,Pat Doe,Patricia,https://a.example/1,9,2020-01-03\n").rows
    assert (row.order["name"], row.order["evidence_id"]) == ("Pat Doe", "https://a.example/1")
    assert row.faults == ("it ended there: 2020-01-03",)


def test_an_award_that_stands_twice_is_told_with_the_first_one_and_a_faulty_one_keeps_its_fault() -> None:
    head = "badge template id,email,issued at,id\n"
    rows = table(f"{head}t1,{WHO},2020-01-02,1\nt1,{WHO},2020-01-02,1\nt9,{WHO},2020-01-02,1\n").rows
    assert [row.line for row in rows] == [2, 3, 4]
    assert [row.faults[:1] for row in rows[:2]] == [(), ("the same as line 2",)]
    assert rows[2].faults == ("achievement: 't9' stands for none of yours: name it in the map of badges",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("badge,issued at\nt1,2020-01-02\n", "the file has no column Recipient Email; its columns are"),
        ("badge,email\nt1,a@b.example\n", "the file has no column Issued At; its columns are: badge, email"),
        ("email,issued at\n", "nothing in it is an award"),
        ("{}", "a list of awards is expected"),
        ("[1, 2]", "a list of awards is expected"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_export_says_what_is_missing(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        table(text)


def test_one_file_is_read_of_systems_that_export_one() -> None:
    one = ("a.csv", b"email,issued at\na@b.example,2020-01-02\n")
    for files in ([], [one, one]):
        with pytest.raises(InputError, match="give the one file that was exported"):
            read_former(files, FormerSystem.CREDLY, OURS, zone=UTC, now=NOW)
    with pytest.raises(InputError, match="nothing in it is an award"):
        read_former([], FormerSystem.OPEN_BADGES_2, OURS, zone=UTC, now=NOW)


def test_a_list_of_json_is_a_table_whose_columns_are_paths() -> None:
    deep = {"a": {"b": {"c": {"d": {"e": "too deep"}, "f": "here"}}}}
    awards = [
        "no award",
        {
            "Badge Template": {"ID": "t1"},
            "evidence": [{"url": "https://a.example/1"}, {"url": "https://a.example/2"}],
            "revoked": True,
            "score": 3,
            "tags": ["x"],
            "none": [],
            "nothing": None,
            **deep,
        },
    ]
    for text in (json.dumps(awards), json.dumps({"meta": 1, "result": awards}), json.dumps({"data": awards})):
        found = read_json_table(text.encode())
        assert found is not None
        (row,) = found.rows
        assert row.line == 2
        assert row.cells == {
            "badgetemplateid": "t1",
            "evidence1url": "https://a.example/1",
            "revoked": "true",
            "score": "3",
            "abcf": "here",
            "abcd": "too deep",
        }
        assert found.columns == {name: name for name in row.cells}
    assert read_json_table(b"email,issued at\n") is None
    lists = {"a": [{"b": [{"c": [{"d": [{"e": "too deep"}]}]}]}], "f": "here"}
    found = read_json_table(json.dumps([lists]).encode())
    assert found is not None
    assert found.rows[0].cells == {"f": "here"}
