"""Bookings as iCalendar files (RFC 5545, 5546): an invitation, its change under a higher SEQUENCE, its end.

The library escapes and folds texts. A parameter's value is one line of printable text, so that no name can
add another property.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from credserv.ground.names import cut, one_line

if TYPE_CHECKING:
    from icalendar import vCalAddress

_PRODUCT = "-//credserv//Mentoring//EN"
_MAX_NAME, _MAX_SUMMARY, _MAX_TEXT = 100, 200, 2_000


@dataclass(frozen=True)
class Party:
    name: str
    email: str


@dataclass(frozen=True)
class Booking:
    """A booking.

    Attributes:
        uid: permanent.
        sequence: of this state, higher than any before.
        changed_at: of this state.
        organiser, guest: None where no address is known.
    """

    uid: str
    sequence: int
    changed_at: datetime
    begins: datetime
    ends: datetime
    summary: str
    text: str
    url: str
    organiser: Party | None
    guest: Party | None
    is_cancelled: bool = False

    @property
    def method(self) -> str:
        return "CANCEL" if self.is_cancelled else "REQUEST"


def build_calendar(booking: Booking) -> bytes:
    """Return a calendar file with this one event. Lines end in CRLF and are folded at 75 octets."""
    from icalendar import Calendar, Event  # slow to import, and seldom needed

    event: Any = Event()
    event.add("uid", one_line(booking.uid))
    event.add("sequence", booking.sequence)
    event.add("dtstamp", booking.changed_at)
    event.add("dtstart", booking.begins)
    event.add("dtend", booking.ends)
    event.add("summary", cut(one_line(booking.summary), _MAX_SUMMARY))
    event.add("description", cut(booking.text, _MAX_TEXT))
    event.add("url", booking.url)
    event.add("status", "CANCELLED" if booking.is_cancelled else "CONFIRMED")
    for role, party in (("organizer", booking.organiser), ("attendee", booking.guest)):
        if party is not None:
            event.add(role, _address(party), encode=False)
    calendar: Any = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", booking.method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(party: Party) -> vCalAddress:
    from icalendar import vCalAddress, vText

    found = vCalAddress(f"mailto:{one_line(party.email)}")
    found.params["CN"] = vText(cut(one_line(party.name).replace('"', "'"), _MAX_NAME))
    return found
