"""Calendar files of sessions: what people write stays in its own line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from credserv.exchange.bookings import Booking, Party, build_calendar

NOW = datetime(2026, 3, 13, 9, tzinfo=UTC)
EVIL = 'Eve"\r\nATTENDEE;CN="x":mailto:other@example.org\nX-EVIL:1'


def test_attack_a_name_or_topic_brings_lines_of_its_own_into_a_calendar() -> None:
    told = build_calendar(
        Booking(
            uid="a@badges.example",
            sequence=1,
            changed_at=NOW,
            begins=NOW,
            ends=NOW + timedelta(minutes=30),
            summary=EVIL,
            text=EVIL,
            url="https://badges.example/wallet/mentoring/sessions/a",
            organiser=Party(EVIL, "eve@example.org"),
            guest=Party(EVIL, "tom@example.org"),
        )
    )
    assert all(len(line) <= 75 for line in told.split(b"\r\n"))
    assert b"\n" not in told.replace(b"\r\n", b"")
    lines = told.decode().replace("\r\n ", "").split("\r\n")
    names = [line.partition(":")[0].partition(";")[0] for line in lines]
    assert (names.count("ATTENDEE"), names.count("ORGANIZER"), "X-EVIL" in names) == (1, 1, False)
    (guest,) = [line for line in lines if line.startswith("ATTENDEE")]
    assert guest.endswith(":mailto:tom@example.org")
