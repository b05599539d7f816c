"""Files of completions: what each column is, how the file writes, and where each fault is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.records.observations import Observation
from credserv.sources.adapter import Message, Outcome, Reading
from credserv.sources.adapters import ADAPTERS
from tests.testkit.reading import activities, people, said

HEADER = (
    "Employee ID,Email,Full Name,Course Code,Course Title,Completion Date,Status,Score"
    ",Manager Email,Instructor"
)
ROW = "00123,pat@example.org,Pat Doe,SAFE-1,Fire safety,2026-11-21,Completed,87.5,boss@example.org,9"


def read(text: str | bytes, **options: Any) -> Reading:
    body = text if isinstance(text, bytes) else text.encode()
    return ADAPTERS["csv"].read(Message(body), options)


def rows(*lines: str, header: str = HEADER, **options: Any) -> tuple[Observation, ...]:
    return read("\n".join((header, *lines)), **options).observations


def test_a_row_of_an_export() -> None:
    (found,) = rows(ROW)
    assert people(found) == [("employee-number", "00123"), ("email", "pat@example.org")]
    assert activities(found) == [("course", "SAFE-1")]
    assert (found.kind, found.name, found.activities[0].name) == ("completed", "Pat Doe", "Fire safety")
    assert found.occurred_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert said(found) == {"raw": Decimal("87.5")}


def test_managers_and_instructors_are_nobody() -> None:
    assert "boss@example.org" not in [value for _, value in people(rows(ROW)[0])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_attack_108_odd_encodings_are_found_and_told(separator: str, encoding: str, end: str) -> None:
    text = (
        end.join(line.replace(",", separator) for line in (HEADER, ROW.replace("Pat Doe", "Zoë Müller")))
        + end
    )
    reading = read(text.encode(encoding))
    (found,) = reading.observations
    assert (found.name, found.kind, found.raw) == ("Zoë Müller", "completed", Decimal("87.5"))
    assert any(encoding.removesuffix("-sig") in note for note in reading.notes[:1])
    answer = ADAPTERS["csv"].answer(Message(b""), reading, Outcome.TAKEN)
    assert answer.body == {"observations": 1, "faults": 0, "notes": list(reading.notes)}


def test_excel_names_its_separator_and_exports_begin_with_titles() -> None:
    reading = read(f"sep=;\nTranscript report\n\n{HEADER.replace(',', ';')}\n{ROW.replace(',', ';')}\n")
    assert len(reading.observations) == 1
    assert "the columns are named in line 4" in reading.notes


def test_attack_108_one_bad_row_costs_no_other_and_each_fault_has_its_place() -> None:
    reading = read(
        "\n".join(
            (
                HEADER,
                ROW,
                "1,nobody,X,SAFE-1,,2026-11-21,Completed,80,,",
                ",,X,SAFE-1,,2026-11-21,Completed,80,,",
                "2,,X,,,2026-11-21,Completed,80,,",
                "3,,X,SAFE-1,,2026-11-21,Whatever,80,,",
                "4,,X,SAFE-1,,yesterday,Completed,eighty 8,,",
                "5,,X,SAFE-1,,2026-11-21,Completed,80,,,,,,one too many",
            )
        )
    )
    assert [one.place for one in reading.unread] == [
        "line 8",
        "line 3, column 2 (Email)",
        "line 4",
        "line 5",
        "line 6, column 7 (Status)",
        "line 7, column 8 (Score)",
        "line 7, column 6 (Completion Date)",
    ]
    assert [people(one)[0][1] for one in reading.observations] == ["00123", "1", "4"]


def test_attack_108_a_formula_is_a_text() -> None:
    (found,) = rows("=1+1,,=cmd|' /C calc'!A0,=HYPERLINK(1),,2026-11-21,Completed,=2+2,,")
    assert people(found) == [("employee-number", "=1+1")]
    assert (found.name, found.raw) == ("=cmd|' /C calc'!A0", None)


def test_attack_108_a_number_that_excel_is_to_leave_alone_is_that_number() -> None:
    """`="00123"`, as it stands and within quotation marks; what only looks like it stays as it is."""
    header = "Employee ID,Course ID,Status,Completed Date"
    found = rows('="00123",C-7,Completed,2026-03-14', '"=""00124""",C-7,Completed,2026-03-14', header=header)
    assert [people(one) for one in found] == [[("employee-number", "00123")], [("employee-number", "00124")]]
    (other,) = rows('="1"&"2",C-7,Completed,2026-03-14', header=header)
    assert people(other) == [("employee-number", '="1"&"2"')]


@pytest.mark.parametrize(
    ("header", "row", "named"),
    [
        (
            "Student ID,Component ID,Completion Date,Completion Status ID",
            "1,C-7,2026-03-14,COURSE-COMPL",
            "C-7",
        ),
        (
            "User ID Number,Course ID Number,Completion Status,Completion Date",
            "1,C-7,Complete via rpl,2026-03-14",
            "C-7",
        ),
        ("User Email,Training Title,LO Object ID,Status", "p@example.org,Safety,ab-12,Completed", "ab-12"),
    ],
    ids=["successfactors", "totara", "cornerstone"],
)
def test_further_exports_name_their_columns(header: str, row: str, named: str) -> None:
    (found,) = rows(row, header=header)
    assert (found.kind, found.activities[0].value) == ("completed", named)


def test_cells_within_quotes() -> None:
    reading = read(
        HEADER + '\n00123,,"Doe,\nPat",SAFE-1,"Fire ""safety""",2026-11-21,Completed,1,,\n,,,x,,,,,,\n'
    )
    assert reading.observations[0].name == "Doe, Pat"
    assert reading.observations[0].activities[0].name == 'Fire "safety"'
    assert reading.unread[-1].place == "line 4"


def test_attack_108_a_quotation_mark_that_is_never_closed_swallows_no_row_unseen() -> None:
    reading = read("\n".join((HEADER, ROW, '1,,"X,SAFE-1,,2026-11-21,Completed,80,,', ROW, ROW)))
    assert [people(one)[0][1] for one in reading.observations] == ["00123"]
    assert [one.why for one in reading.unread] == [
        "the rest is not read: a quotation mark that is opened in line 3 is never closed"
    ]


# --- what happened --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Completed", "completed"),
        ("COURSE-COMPLETE", "completed"),
        ("Passed", "passed"),
        ("not passed", "failed"),
        ("Failed", "failed"),
        ("Revoked", "revoked"),
        ("In Progress", None),
        ("Not Completed", None),
        ("Incomplete", None),
        ("Expired", None),
        ("Enrolled", None),
    ],
)
def test_a_status_is_what_it_says(status: str, kind: str | None) -> None:
    found = rows(f"1,,X,SAFE-1,,2026-11-21,{status},80,,")
    assert [one.kind.value for one in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("email,course,completed at", "a@b.org,c,2026-11-21", "completed"),
        ("email,course,completed at", "a@b.org,c,", None),
        ("email,course,completed", "a@b.org,c,yes", "completed"),
        ("email,course,completed", "a@b.org,c,no", None),
        ("email,course,completed", "a@b.org,c,perhaps", None),
        ("email,course,passed", "a@b.org,c,yes", "passed"),
        ("email,course,passed", "a@b.org,c,no", "failed"),
        ("email,course,passed", "a@b.org,c,perhaps", None),
        ("email,course,status,passed", "a@b.org,c,completed,no", "failed"),
        ("email,course,status,passed", "a@b.org,c,completed,perhaps", None),
        ("email,quiz,date,score", "a@b.org,q,2026-11-21,5", "graded"),
        ("email,quiz,date,score", "a@b.org,q,2026-11-21,", None),
    ],
)
def test_without_a_status_nothing_is_guessed(header: str, row: str, kind: str | None) -> None:
    found = rows(row, header=header)
    assert [one.kind.value for one in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("score", "raw", "most"),
    [
        ("85%", 85, None),
        ("17/20", 17, 20),
        ("17 of 20", 17, 20),
        ("120", 120, None),
        ("", None, None),
        ("0", 0, None),
    ],
)
def test_scores(score: str, raw: int | None, most: int | None) -> None:
    (found,) = rows(f"1,,X,SAFE-1,,2026-11-21,Completed,{score},,")
    assert (found.raw, found.max, found.scaled) == (raw, most, None)


def test_a_score_with_a_comma_is_one_of_the_locale_that_the_source_names() -> None:
    header = "user id;course;status;score;out of"
    (found,) = rows("1;c;completed;87,125;100,000", header=header, file={"decimal": ","})
    assert (found.raw, found.max) == (Decimal("87.125"), 100)
    (row,) = read(json.dumps({"user id": 1, "course": "c", "score": "87,5"})).observations
    assert row.raw == Decimal("87.5")


def test_a_grade_in_letters_is_a_level() -> None:
    (found,) = rows("1,,X,SAFE-1,,2026-11-21,Completed,B+,,")
    assert (found.level, found.raw) == ("B+", None)


# --- how numbers and dates are written ------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "numbers"),
    [
        (["87,5", "9"], ["87.5", "9"]),
        (["1.234,5", "87,125"], ["1234.5", "87.125"]),
        (["87.5", "1,234"], ["87.5", "1234"]),
        (["1,234", "5"], [None, "5"]),  # one and a bit, or a thousand and more?
        (["87.5", "87,5"], ["87.5", None]),
        (["87,5 %", "1 234,5", "1\N{NO-BREAK SPACE}234,25"], ["87.5", "1234.5", "1234.25"]),
        (["1'234.5", "1\N{RIGHT SINGLE QUOTATION MARK}234", "1 23"], ["1234.5", "1234", None]),
        (["17,5/20", "18 von 20"], ["17.5", "18"]),
    ],
)
def test_the_decimal_sign_is_that_of_the_column(scores: list[str], numbers: list[str | None]) -> None:
    lines = [f"{at};c;completed;{score}" for at, score in enumerate(scores)]
    found = rows(*lines, header="user id;course;status;score")
    assert [one.raw for one in found] == [None if one is None else Decimal(one) for one in numbers]


def test_the_source_may_say_which_it_is() -> None:
    (found,) = rows("1;c;completed;1,234", header="user id;course;status;score", file={"decimal": ","})
    assert found.raw == Decimal("1.234")


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["21/11/2026", "03/04/2026"], ["2026-11-21", "2026-04-03"]),
        (["11/21/2026", "03/04/2026"], ["2026-11-21", "2026-03-04"]),
        (["03/04/2026", "05/06/2026"], [None, None]),
        (["05/05/2026", "03/04/2026"], ["2026-05-05", None]),  # the 5th of May shows no order
        (["05/05/2026", "11/21/2026", "03/04/2026"], ["2026-05-05", "2026-11-21", "2026-03-04"]),
        (["03.04.2026", "21.11.2026 14:05"], ["2026-04-03", "2026-11-21"]),
        (["21-Nov-2026", "November 21, 2026"], ["2026-11-21", "2026-11-21"]),
        (["2026/11/21", "2026-11-21T23:30:00-05:00"], ["2026-11-21", "2026-11-22"]),
        (["Friday, 27 November 2026, 10:05 PM", "Fri, 27 Nov 2026"], ["2026-11-27", "2026-11-27"]),
        (["Freitag, 27. November 2026, 22:05", "1. März 2026"], ["2026-11-27", "2026-03-01"]),
        (["vendredi 27 novembre 2026, 22:05", "1er août 2026"], ["2026-11-27", "2026-08-01"]),
        (["viernes, 27 de noviembre de 2026, 22:05", "3 ene. 2026"], ["2026-11-27", "2026-01-03"]),
        (["Thursday, 27 November 2026", "Expired 27 November 2026"], [None, None]),  # which is wrong?
        (["31/02/2026", "x"], [None, None]),
    ],
)
def test_the_order_of_a_date_is_that_of_the_column(dates: list[str], days: list[str | None]) -> None:
    """One that could be two days is none."""
    reading = read(
        "\n".join(
            ["user id;course;status;date", *(f"{at};c;completed;{day}" for at, day in enumerate(dates))]
        )
    )
    found = [one.occurred_at.date().isoformat() if one.occurred_at else None for one in reading.observations]
    assert found == days
    assert len(reading.unread) == days.count(None)


def test_times_are_of_the_zone_that_the_source_names() -> None:
    header, row = "user id,course,status,date", "1,c,completed,11/21/2026 1:30 PM"
    (found,) = rows(row, header=header, file={"time_zone": "Europe/Berlin"})
    assert found.occurred_at is not None
    assert found.occurred_at.astimezone(UTC) == datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


# --- what is the same -----------------------------------------------------------------------------


def test_the_same_row_of_another_night_is_the_same() -> None:
    """Wherever it stands, whatever else the file has."""
    one = rows(ROW)[0]
    other = rows("9,,X,SAFE-1,,2026-11-22,Completed,1,,", ROW)[1]
    assert one.event_id == other.event_id
    assert one.event_id != rows(ROW.replace("87.5", "88"))[0].event_id
    assert one.event_id == rows(ROW.replace("boss@", "new-boss@"))[0].event_id


def test_a_key_names_a_row() -> None:
    key = {"key": ["Employee ID", "Course Code"]}
    assert rows(ROW, file=key)[0].event_id == rows(ROW.replace("87.5", "88"), file=key)[0].event_id
    with pytest.raises(InputError, match="key"):
        rows(ROW, file={"key": ["No such"]})


# --- the source's fields --------------------------------------------------------------------------


def test_the_fields_of_the_source_come_before_any_guess() -> None:
    header = "Personalnummer;Kurs;Kursname;Abgeschlossen am;Stand;Email"
    fields = {
        "employee-number": "Personalnummer",
        "course": "Kurs",
        "completed_at": "Abgeschlossen am",
        "status": "Stand",
    }
    (found,) = rows(
        "7;K1;Kurs eins;21.11.2026;Bestanden;x@y.org",
        header=header,
        fields=fields,
        file={"statuses": {"Bestanden": "passed"}},
    )
    assert (found.kind, people(found), activities(found)) == (
        "passed",
        [("employee-number", "7")],
        [("course", "K1")],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"nobody": "Email", "email": "Email", "course": "Course Code"},
        {"email": "Email", "course": "Course Code", "raw": "None"},
    ],
)
def test_fields_that_do_not_fit_are_told(fields: dict[str, str]) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        rows(ROW, fields=fields)
    assert len(caught.value.faults) >= 1


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"fields": {"nobody": "Email"}}, "/fields/nobody"),
        ({"fields": {"email": 5}}, "/fields/email"),
        ({"file": {"delimiter": ";;"}}, "/file/delimiter"),
        ({"file": {"encoding": "rot13"}}, "/file/encoding"),
        ({"file": {"encoding": "none-such"}}, "/file/encoding"),
        ({"file": {"decimal": "x"}}, "/file/decimal"),
        ({"file": {"date_order": "ymd"}}, "/file/date_order"),
        ({"file": {"time_zone": "Mars/Base"}}, "/file/time_zone"),
        ({"file": {"time_zone": "../etc/passwd"}}, "/file/time_zone"),
        ({"file": {"key": "Email"}}, "/file/key"),
        ({"file": {"kind": "done"}}, "/file/kind"),
        ({"file": {"statuses": {"Bestanden": "done"}}}, "/file/statuses/Bestanden"),
        ({"file": {"sheet": 1}}, "/file/sheet"),
    ],
)
def test_options_that_are_none_are_told_when_they_are_saved(options: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        ADAPTERS["csv"].require_options(options)
    assert [fault.place for fault in caught.value.faults] == [place]
    ADAPTERS["csv"].require_options({"authentication": {"method": "bearer"}, "namespace": "x"})


# --- JSON Lines -----------------------------------------------------------------------------------


def test_json_lines() -> None:
    lines = [
        {
            "email": "pat@example.org",
            "course_id": "SAFE-1",
            "status": "passed",
            "score": 0.875,
            "completed_at": "2026-11-21T09:00:00Z",
        },
        {"email": "kim@example.org", "course_id": "SAFE-1", "completed": True},
        {"email": None, "course_id": "SAFE-1", "status": "passed"},
    ]
    reading = read("\n".join(json.dumps(line) for line in lines) + "\nnot json\n")
    assert [one.kind.value for one in reading.observations] == ["passed", "completed"]
    assert reading.observations[0].raw == Decimal("0.875")
    assert {one.place for one in reading.unread} == {"line 3", "line 4"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x01\x02",
        b"\x89PNG\r\n\x1a\n\x00",
        b"a,b\n1,2\n",
        b"email\na@b.org\n",
        b'{"a": 1}',
        b"[1, 2]",
        b"{}",
        b"\xff\xfea",
    ],
)
def test_what_is_no_such_file_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read(body)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_cell_that_is_empty_adds_nothing(data: st.DataObject) -> None:
    cells = ROW.split(",")
    emptied = data.draw(st.sets(st.integers(0, len(cells) - 1)))
    changed = ",".join("" if at in emptied else cell for at, cell in enumerate(cells))
    whole = rows(ROW)[0]
    for one in rows(changed):
        assert set(people(one)) <= set(people(whole))
        assert one.raw in (None, whole.raw)
        assert (one.max, one.min, one.scaled, one.success) == (None, None, None, None)


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=40))
def test_any_cell_is_read_or_told(text: str) -> None:
    for header in (
        "user id,course,status,score",
        "user id,course,date,passed",
        "email,course,completed,attempt",
    ):
        row = json.dumps(text, ensure_ascii=False).replace('\\"', '""')
        for body in (f"{header}\n{row},{row},{row},{row}", f"{header}\n1,c,{row},{row}"):
            try:
                read(body.encode("utf-8", "replace"))
            except InputError:
                continue


@pytest.mark.parametrize(
    ("header", "row", "who", "what"),
    [
        (
            "User ID,First Name,Last Name,Item ID,Item Title,Completion Date,Completion Status,Grade",
            "u7,Pat,Doe,SAFE-1,Fire safety,11/21/2026 09:00 AM,COURSE-COMPLETE,87",
            ("lms-id", "u7"),
            ("activity", "SAFE-1"),
        ),
        (
            "Worker,Employee ID,Learning Content,Course Number,Completion Status,Completion Date,Score",
            "Pat Doe,E7,Fire safety,SAFE-1,Completed,2026-11-21,87",
            ("employee-number", "E7"),
            ("course", "SAFE-1"),
        ),
        (
            "User ID,User Email,Training Title,Transcript Status,Transcript Completed Date,Training Score",
            "u7,pat@example.org,Fire safety,Completed,11/21/2026,87",
            ("lms-id", "u7"),
            ("course", "Fire safety"),
        ),
        (
            "Name,Email,External ID,Course,Course ID,Completed,Completion Time,Course Grade",
            "Pat Doe,pat@example.org,x,Fire safety,SAFE-1,Yes,2026-11-21T09:00:00Z,87",
            ("email", "pat@example.org"),
            ("course", "SAFE-1"),
        ),
    ],
    ids=["items", "numbers", "titles alone", "yes and no"],
)
def test_further_exports(header: str, row: str, who: tuple[str, str], what: tuple[str, str]) -> None:
    """Names of columns as exports of corporate systems use them."""
    (found,) = rows(row, header=header)
    assert (found.kind, people(found)[0], activities(found)) == ("completed", who, [what])
    assert found.occurred_at is not None
    assert (found.occurred_at.date().isoformat(), found.raw) == ("2026-11-21", 87)
