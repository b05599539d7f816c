"""The doors of the console and of its further rooms, `teach` and `tell`.

`console_door` is where an administrator has to be signed in, `threshold` before that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError
from credserv.records.access import SessionKind
from credserv.records.roles import Permission
from credserv.web.frame.context import services
from credserv.web.frame.door import door
from credserv.web.frame.languages import gettext
from credserv.web.frame.sessions import colleague

threshold = partial(door, form=True, private=True)
console_door = partial(threshold, session=SessionKind.ADMINISTRATOR)


@dataclass(frozen=True)
class Room:
    """allowed: what a role has to allow; None for everybody who is signed in."""

    name: str
    address: str
    label: str
    allowed: Permission | None


@dataclass(frozen=True)
class Section:
    """Rooms of the console that belong together: what leads there leads to the first of them."""

    label: str
    rooms: tuple[Room, ...]


SECTIONS = (
    Section("Overview", (Room("home", "/console", "Overview", Permission.LOOK),)),
    Section(
        "Badges",
        (
            Room("credentials", "/console/credentials", "Credentials", Permission.LOOK),
            Room("achievements", "/console/achievements", "Achievements", Permission.LOOK),
            Room("bulk", "/console/bulk", "From a file", Permission.ISSUE),
            Room("assess", "/console/assess", "Assess", Permission.ASSESS),
            Room("frameworks", "/console/frameworks", "Frameworks", Permission.LOOK),
            Room("objections", "/console/objections", "Objections", Permission.INSPECT),
        ),
    ),
    Section(
        "Accreditation",
        (
            Room("assessing", "/console/assessing", "Applicants", Permission.ASSESS),
            Room("programmes", "/console/programmes", "Programmes", Permission.CASES),
            Room("cases", "/console/cases", "Decisions", Permission.CASES),
            Room("appeals", "/console/appeals", "Appeals", Permission.CASES),
            Room("audits", "/console/audits", "Audits", Permission.CASES),
            Room("cohorts", "/console/cohorts", "Cohorts", Permission.CASES),
            Room("capacity", "/console/capacity", "Mentors' time", Permission.PROGRAMMES),
            Room("notice", "/console/notice", "Notice", Permission.CASES),
        ),
    ),
    Section(
        "People",
        (
            Room("people", "/console/people", "People", Permission.INSPECT),
            Room("waiting", "/console/waiting", "Waiting", Permission.INSPECT),
            Room("colleagues", "/console/colleagues", "Colleagues", Permission.INSPECT),
            Room("personnel", "/console/personnel", "Personnel system", Permission.MEMBERS),
        ),
    ),
    Section(
        "Systems",
        (
            Room("sources", "/console/sources", "Sources", Permission.INSPECT),
            Room("keys", "/console/keys", "API keys", Permission.INSPECT),
        ),
    ),
    Section("Outcomes", (Room("outcomes", "/console/outcomes", "Outcomes", Permission.FIGURES),)),
    Section(
        "Organisation",
        (
            Room("organisation", "/console/organisation", "Organisation", Permission.ORGANISATION),
            Room("trust", "/console/trust", "Trusted issuers", Permission.INSPECT),
            Room("audit", "/console/audit", "Audit trail", Permission.INSPECT),
        ),
    ),
    Section("Account", (Room("account", "/console/account", "Account", None),)),
)


def status_of(error: CredservError | None) -> int:
    """Of a page that shows what was wrong with a form."""
    if error is None:
        return 200
    return 403 if isinstance(error, ForbiddenError) else 409 if isinstance(error, ConflictError) else 400


def console_sections() -> list[Section]:
    """Those that whoever is signed in may enter, with the rooms that they may, in the reader's language. A
    section of one room is called as that is."""
    roles = colleague()
    found = []
    for section in SECTIONS:
        rooms = tuple(
            replace(room, label=gettext(room.label))
            for room in section.rooms
            if room.allowed is None or roles.may(room.allowed)
        )
        if rooms:
            found.append(Section(gettext(section.label) if rooms[1:] else rooms[0].label, rooms))
    return found


def name_rooms() -> dict[str, object]:
    """What the frame of every page of the console asks for."""
    return {
        "console_sections": console_sections,
        "may": lambda name: colleague().may(Permission[name]),
        "organisation": lambda: services().issuer,
    }
