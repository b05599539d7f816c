"""Awards from a file: every row's fault before anything is issued, nothing lost or doubled after."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, InputError, TooLargeError
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.rows import MAX_ROWS
from credserv.records.bulk import RowRecord, RowState, RunRecord, RunState
from credserv.records.credentials import CredentialState
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service

HEAD = "achievement,email,name,awarded_at\n"


def check(service: Service, text: str | bytes, **options: str) -> RunRecord:
    data = text if isinstance(text, bytes) else text.encode()
    return prepare.prepare_run(
        service.services, "awards.csv", data, actor="console", now=service.clock.now, **options
    )


def run(service: Service, found: RunRecord) -> RunRecord:
    bulk.begin(service.services, found.id, actor="console", now=service.clock.now)
    return finish(service, found)


def finish(service: Service, found: RunRecord) -> RunRecord:
    while prepare.find_run(service.services, found.id).state is RunState.RUNNING:
        bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
    return prepare.find_run(service.services, found.id)


def faults(service: Service, found: RunRecord) -> dict[int, str]:
    rows = bulk.rows_of(service.services, found.id, states=[RowState.FAULTY, RowState.FAILED], limit=99)
    return {row.line: row.note for row in rows}


def issued(service: Service) -> int:
    return sum(service.services.store.credentials.count_by_state().values())


def rows(count: int) -> str:
    return HEAD + "".join(
        f"ict-troubleshooting,p{number}@example.org,Pat {number},2026-03-01\n" for number in range(count)
    )


def test_u3_every_fault_is_told_with_its_line_and_nothing_is_issued(sqlite_service: Service) -> None:
    found = check(
        sqlite_service,
        HEAD
        + "ict-troubleshooting,pat@example.org,Pat,2026-03-01\n"
        + "nothing-such,kim@example.org,Kim,2026-03-01\n"
        + "ict-troubleshooting,not an address,Lee,2026-03-01\n"
        + "ict-troubleshooting,lee@example.org,Lee,01.03.2026\n"
        + "ict-troubleshooting,lee@example.org,Lee,2031-01-01\n"
        + ",lee@example.org,Lee,\n"
        + "ict-troubleshooting,,Lee,\n"
        + "ict-troubleshooting,PAT@example.org,Patricia,2026-03-01\n",
    )
    assert found.state is RunState.CHECKED
    assert found.counts == {RowState.READY: 1, RowState.FAULTY: 7}
    told = faults(sqlite_service, found)
    assert "no achievement 'nothing-such'" in told[3]
    assert "'not an address' is not one plain e-mail address" in told[4]
    assert "'01.03.2026' is not a date as 2026-11-26" in told[5]
    assert "in the future" in told[6]
    assert "achievement: is missing" in told[7]
    assert "email: is missing" in told[8]
    assert told[9] == "the same as line 2"
    bulk.carry_on(sqlite_service.services, clock=sqlite_service.clock, stopping=lambda: False)
    assert issued(sqlite_service) == 0


def test_what_is_ready_is_issued_once_and_the_same_file_again_only_what_is_new(service: Service) -> None:
    first = run(service, check(service, rows(3)))
    assert first.state is RunState.DONE
    assert first.counts == {RowState.ISSUED: 3}

    second = check(service, rows(4))
    assert second.counts == {RowState.KNOWN: 3, RowState.READY: 1}
    assert run(service, second).counts == {RowState.KNOWN: 3, RowState.ISSUED: 1}
    assert issued(service) == 4
    (row,) = bulk.rows_of(service.services, second.id, states=[RowState.ISSUED], limit=9)
    record = service.services.store.credentials.get(row.credential_id or "")
    assert record is not None
    assert record.state is CredentialState.ACTIVE
    assert record.order.awarded_at == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "\ufeff" + rows(2),
        rows(2).replace(",", ";"),
        rows(2).replace(",", "\t"),
        rows(2).replace("\n", "\r\n"),
        rows(2).replace("achievement,email,name,awarded_at", "Badge,E-Mail,Full name,Issued on"),
        "\n".join(
            json.dumps(
                {"achievement": "ict-troubleshooting", "email": f"p{n}@example.org", "name": f"Pat {n}"}
            )
            for n in range(2)
        ),
        json.dumps(
            [
                {"achievement": "ict-troubleshooting", "email": f"p{n}@example.org", "name": f"Pat {n}"}
                for n in range(2)
            ],
            indent=1,
        ),
    ],
    ids=["mark", "semicolons", "tabs", "crlf", "other-names", "json-lines", "json-list"],
)
def test_however_it_is_written_it_reads_the_same(sqlite_service: Service, written: str) -> None:
    found = check(sqlite_service, written)
    assert found.counts == {RowState.READY: 2}
    ready = bulk.rows_of(sqlite_service.services, found.id, limit=9)
    assert [row.order["email"] for row in ready] == ["p0@example.org", "p1@example.org"]
    assert [row.order["name"] for row in ready] == ["Pat 0", "Pat 1"]


def test_windows_1252_and_formulas_are_text(sqlite_service: Service) -> None:
    text = HEAD + "ict-troubleshooting,j@example.org,=cmd|' /C calc'!A0 Jürgen,2026-03-01\n"
    found = check(sqlite_service, text.encode("cp1252"))
    (row,) = bulk.rows_of(sqlite_service.services, found.id, limit=9)
    assert row.order["name"] == "=cmd|' /C calc'!A0 Jürgen"


def test_a_result_is_written_as_the_achievement_defines_it(sqlite_service: Service) -> None:
    head = "achievement,email,result_description,result_value,achieved_level\n"
    found = check(
        sqlite_service,
        head
        + "mentor-foundation,pat@example.org,#mastery,87,#proficient\n"
        + "mentor-foundation,kim@example.org,#nothing,87,\n"
        + "mentor-foundation,lee@example.org,,87,\n",
    )
    assert found.counts == {RowState.READY: 1, RowState.FAULTY: 2}
    assert "result_description: is missing" in faults(sqlite_service, found)[4]
    done = run(sqlite_service, found)
    (row,) = bulk.rows_of(sqlite_service.services, done.id, states=[RowState.ISSUED], limit=9)
    record = sqlite_service.services.store.credentials.get(row.credential_id or "")
    assert record is not None
    assert record.signed is not None
    (result,) = json.loads(record.signed)["credentialSubject"]["result"]
    assert result["value"] == "87"
    assert result["achievedLevel"].endswith("#proficient")


def test_one_key_is_one_row_for_ever(sqlite_service: Service) -> None:
    head = "achievement,email,key\n"
    run(sqlite_service, check(sqlite_service, head + "ict-troubleshooting,pat@example.org,row-1\n"))
    again = check(
        sqlite_service,
        head + "ict-troubleshooting,pat@example.org,row-1\nict-troubleshooting,kim@example.org,row-1\n",
    )
    assert again.counts == {RowState.KNOWN: 1, RowState.FAULTY: 1}
    other = check(sqlite_service, head + "ict-troubleshooting,kim@example.org,row-1\n")
    assert faults(sqlite_service, other) == {2: "key: another row was issued under it before"}


def test_who_has_the_badge_already_gets_no_second(sqlite_service: Service) -> None:
    run(sqlite_service, check(sqlite_service, rows(1)))
    later = check(sqlite_service, HEAD + "ict-troubleshooting,p0@example.org,Pat,2026-03-02\n")
    assert run(sqlite_service, later).counts == {RowState.REPEATED: 1}
    assert issued(sqlite_service) == 1


def test_paused_resumed_and_cancelled(sqlite_service: Service) -> None:
    service = sqlite_service
    found = check(service, rows(250))
    now = {"actor": "console", "now": service.clock.now}
    bulk.begin(service.services, found.id, **now)
    assert bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False) == 100
    bulk.pause(service.services, found.id, **now)
    assert bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False) == 0
    bulk.resume(service.services, found.id, **now)
    assert bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False) == 100
    bulk.cancel(service.services, found.id, **now)
    assert bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False) == 0
    ended = prepare.find_run(service.services, found.id)
    assert ended.counts == {RowState.ISSUED: 200, RowState.READY: 50}
    for change in (bulk.begin, bulk.pause, bulk.resume, bulk.cancel):
        with pytest.raises(ConflictError):
            change(service.services, found.id, **now)


class Killed(BaseException):
    """As of a process: nothing catches it."""


def test_killed_at_any_step_nothing_is_lost_or_doubled(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a lot, after it was issued and before that was written down, and while it was."""
    found = check(service, rows(350))
    bulk.begin(service.services, found.id, actor="console", now=service.clock.now)
    repository, settle = type(service.services.store.bulk), type(service.services.store.bulk).settle
    chance = random.Random(7)

    def dies(self: object, run_id: str, rows: Sequence[RowRecord]) -> None:
        if chance.random() < 0.5:
            raise Killed
        settle(self, run_id, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "settle", dies)
    kills = 0
    while prepare.find_run(service.services, found.id).state is RunState.RUNNING:
        try:
            bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
        except Killed:
            kills += 1
            service.clock.now += timedelta(minutes=2)
    assert kills
    assert prepare.find_run(service.services, found.id).counts == {RowState.ISSUED: 350}
    assert issued(service) == 350


def test_two_workers_are_never_at_one_run(sqlite_service: Service) -> None:
    found = check(sqlite_service, rows(1))
    now = sqlite_service.clock.now
    bulk.begin(sqlite_service.services, found.id, actor="console", now=now)
    store = sqlite_service.services.store.bulk
    assert store.lease(found.id, now, now + timedelta(seconds=60))
    assert not store.lease(found.id, now, now + timedelta(seconds=60))
    assert store.lease(found.id, now + timedelta(seconds=61), now + timedelta(seconds=99))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column|no rows"),
        ("achievement,name\nx,y\n", "no column email"),
        ("email,mail,achievement\na@b.example,c@d.example,x\n", "more than one column means email"),
        (b"PK\x03\x04\x00\x00", "save it as CSV"),
        (HEAD, "no rows"),
        ('email,name,achievement\na@b.example,"A,x\nc@d.example,C,x\n', "opened in line 2 is never closed"),
    ],
)
def test_what_is_no_such_file_says_so(sqlite_service: Service, text: str | bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        check(sqlite_service, text)


def test_a_file_of_too_many_rows_is_to_be_divided(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_ROWS == 200_000
    monkeypatch.setattr("credserv.journeys.award.in_bulk.rows.MAX_ROWS", 2)
    assert check(sqlite_service, rows(2)).counts == {RowState.READY: 2}
    with pytest.raises(TooLargeError, match="divide it"):
        check(sqlite_service, rows(3))


def test_columns_that_are_not_read_are_told(sqlite_service: Service) -> None:
    found = check(sqlite_service, "achievement,email,Shoe size\nict-troubleshooting,a@example.org,42\n")
    assert found.notes == ("not read: Shoe size",)


# --- in the console -------------------------------------------------------------------------------


def upload(person: Person, text: str, **fields: str) -> str:
    """The path of the run that the console leads to."""
    file = (io.BytesIO(text.encode()), "awards.csv")
    answer = person.submit("/console/bulk", file=file, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_file_is_checked_looked_at_and_issued_in_the_console(sqlite_service: Service) -> None:
    person = Person(sqlite_service).sign_in_to_console()
    path = upload(person, rows(2) + "nothing-such,kim@example.org,Kim,2026-03-01\n")
    page = person.get(path)
    assert "2 badges will be issued" in page
    assert "there is no achievement" in person.get(f"{path}?state=faulty")
    assert issued(sqlite_service) == 0

    person.follow(person.submit(f"{path}/begin", on=path))
    (found,) = bulk.recent_runs(sqlite_service.services, limit=9)
    finish(sqlite_service, found)
    page = person.get(path)
    assert "2 of 2 rows are settled" in page
    assert "2 issued, 1 with faults" in " ".join(page.split()) or "1 with faults, 2 issued" in page
    assert "awards.csv" in person.get("/console/bulk")
    assert person.submit(f"{path}/begin", on=path).status_code == 409


def test_what_is_no_table_is_told_on_the_form(sqlite_service: Service) -> None:
    person = Person(sqlite_service).sign_in_to_console()
    answer = person.submit("/console/bulk", file=(io.BytesIO(b"name\nPat\n"), "x.csv"))
    assert answer.status_code == 400
    assert "no column email" in answer.text


def test_who_may_issue_one_badge_alone_issues_no_other_by_a_file(sqlite_service: Service) -> None:
    service = sqlite_service
    person = Person(service).sign_in_as(Role.ISSUER, "ines@example.org")
    colleagues = service.services.store.colleagues.list(service.clock.now.date())
    colleague = next(one for one in colleagues if Role.ISSUER in one.roles)
    service.services.store.colleagues.add_grant(
        colleague.membership_id, achievement_key="mentor-foundation", unit=None, until=None
    )
    page = person.get(upload(person, rows(1)))
    assert "your grants do not cover this badge" in page
    assert "No row is left to be issued" in page


def test_a_file_that_was_not_read_to_its_end_is_not_begun(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, store = sqlite_service, sqlite_service.services.store.bulk

    def dies(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(store), "change", dies)
        with pytest.raises(Killed):
            check(service, rows(2))
    (left,) = bulk.recent_runs(service.services, limit=9)
    assert left.state is RunState.READING
    now = {"actor": "console", "now": service.clock.now}
    with pytest.raises(ConflictError):
        bulk.begin(service.services, left.id, **now)
    bulk.cancel(service.services, left.id, **now)
    assert check(service, rows(2)).counts == {RowState.READY: 2}
