"""The doors of the console and of its further rooms, `teach` and `tell`.

`console_door` is for pages where an administrator has to be signed in, `threshold` for those before that.
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
class MenuItem:
    """A menu item. `allowed` is what a role has to allow; None for every signed-in person."""

    name: str
    address: str
    label: str
    allowed: Permission | None


@dataclass(frozen=True)
class Section:
    """Rooms of the console that belong together; a link to the section leads to its first room."""

    label: str
    items: tuple[MenuItem, ...]


SECTIONS = (
    Section(
        "Overview",
        (
            MenuItem("home", "/console", "Overview", Permission.LOOK),
            MenuItem("wrong", "/console/wrong", "What went wrong", Permission.INSPECT),
        ),
    ),
    Section(
        "Badges",
        (
            MenuItem("credentials", "/console/credentials", "Credentials", Permission.LOOK),
            MenuItem("achievements", "/console/achievements", "Achievements", Permission.LOOK),
            MenuItem("bulk", "/console/bulk", "From a file", Permission.ISSUE),
            MenuItem("assess", "/console/assess", "Assess", Permission.ASSESS),
            MenuItem("frameworks", "/console/frameworks", "Frameworks", Permission.LOOK),
            MenuItem("objections", "/console/objections", "Objections", Permission.INSPECT),
        ),
    ),
    Section(
        "Accreditation",
        (
            MenuItem("assessing", "/console/assessing", "Applicants", Permission.ASSESS),
            MenuItem("programmes", "/console/programmes", "Programmes", Permission.CASES),
            MenuItem("cases", "/console/cases", "Decisions", Permission.CASES),
            MenuItem("appeals", "/console/appeals", "Appeals", Permission.CASES),
            MenuItem("audits", "/console/audits", "Audits", Permission.CASES),
            MenuItem("cohorts", "/console/cohorts", "Cohorts", Permission.CASES),
            MenuItem("capacity", "/console/capacity", "Mentors' time", Permission.PROGRAMMES),
            MenuItem("notice", "/console/notice", "Notice", Permission.CASES),
        ),
    ),
    Section(
        "People",
        (
            MenuItem("people", "/console/people", "People", Permission.INSPECT),
            MenuItem("waiting", "/console/waiting", "Waiting", Permission.INSPECT),
            MenuItem("colleagues", "/console/colleagues", "Colleagues", Permission.INSPECT),
            MenuItem("personnel", "/console/personnel", "Personnel system", Permission.MEMBERS),
        ),
    ),
    Section(
        "Systems",
        (
            MenuItem("sources", "/console/sources", "Sources", Permission.INSPECT),
            MenuItem("keys", "/console/keys", "API keys", Permission.INSPECT),
        ),
    ),
    Section("Outcomes", (MenuItem("outcomes", "/console/outcomes", "Outcomes", Permission.FIGURES),)),
    Section(
        "Organisation",
        (
            MenuItem("organisation", "/console/organisation", "Organisation", Permission.ORGANISATION),
            MenuItem("trust", "/console/trust", "Trusted issuers", Permission.INSPECT),
            MenuItem("audit", "/console/audit", "Audit trail", Permission.INSPECT),
        ),
    ),
    Section("Account", (MenuItem("account", "/console/account", "Account", None),)),
)


def status_of(error: CredservError | None) -> int:
    """Return the status of a page that shows what was wrong with a form."""
    if error is None:
        return 200
    return 403 if isinstance(error, ForbiddenError) else 409 if isinstance(error, ConflictError) else 400


def console_sections() -> list[Section]:
    """Return the sections and rooms that the signed-in person may enter, in the reader's language.

    A section with a single room has that room's name.
    """
    roles = colleague()
    found = []
    for section in SECTIONS:
        rooms = tuple(
            replace(room, label=gettext(room.label))
            for room in section.items
            if room.allowed is None or roles.may(room.allowed)
        )
        if rooms:
            found.append(Section(gettext(section.label) if rooms[1:] else rooms[0].label, rooms))
    return found


def name_menu() -> dict[str, object]:
    """Return what the frame of every console page needs."""
    return {
        "console_sections": console_sections,
        "may": lambda name: colleague().may(Permission[name]),
        "organisation": lambda: services().issuer,
    }
