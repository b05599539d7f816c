"""The doors of the console and of its further rooms, `teach` and `tell`.

`console_door` is where an administrator has to be signed in, `threshold` before that.
"""

from __future__ import annotations

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

# The rooms of the console: name, address, what they are called, and what a role has to allow (None: any).
ROOMS: tuple[tuple[str, str, str, Permission | None], ...] = (
    ("home", "/console", "Overview", Permission.LOOK),
    ("credentials", "/console/credentials", "Credentials", Permission.LOOK),
    ("achievements", "/console/achievements", "Achievements", Permission.LOOK),
    ("bulk", "/console/bulk", "From a file", Permission.ISSUE),
    ("assess", "/console/assess", "Assess", Permission.ASSESS),
    ("assessing", "/console/assessing", "Applicants", Permission.ASSESS),
    ("programmes", "/console/programmes", "Programmes", Permission.CASES),
    ("audits", "/console/audits", "Audits", Permission.CASES),
    ("appeals", "/console/appeals", "Appeals", Permission.CASES),
    ("notice", "/console/notice", "Notice", Permission.CASES),
    ("cases", "/console/cases", "Decisions", Permission.CASES),
    ("cohorts", "/console/cohorts", "Cohorts", Permission.CASES),
    ("frameworks", "/console/frameworks", "Frameworks", Permission.LOOK),
    ("outcomes", "/console/outcomes", "Outcomes", Permission.FIGURES),
    ("people", "/console/people", "People", Permission.INSPECT),
    ("personnel", "/console/personnel", "Personnel system", Permission.MEMBERS),
    ("colleagues", "/console/colleagues", "Colleagues", Permission.INSPECT),
    ("sources", "/console/sources", "Sources", Permission.INSPECT),
    ("waiting", "/console/waiting", "Waiting", Permission.INSPECT),
    ("objections", "/console/objections", "Objections", Permission.INSPECT),
    ("trust", "/console/trust", "Trusted issuers", Permission.INSPECT),
    ("keys", "/console/keys", "API keys", Permission.INSPECT),
    ("organisation", "/console/organisation", "Organisation", Permission.ORGANISATION),
    ("audit", "/console/audit", "Audit trail", Permission.INSPECT),
    ("capacity", "/console/capacity", "Mentors' time", Permission.PROGRAMMES),
    ("account", "/console/account", "Account", None),
)


def status_of(error: CredservError | None) -> int:
    """Of a page that shows what was wrong with a form."""
    if error is None:
        return 200
    return 403 if isinstance(error, ForbiddenError) else 409 if isinstance(error, ConflictError) else 400


def console_rooms() -> list[tuple[str, str, str]]:
    """Those that whoever is signed in may enter: name, address and label."""
    roles = colleague()
    open_ = [room for room in ROOMS if room[3] is None or roles.may(room[3])]
    return [(name, address, gettext(label)) for name, address, label, _ in open_]


def name_rooms() -> dict[str, object]:
    """What the frame of every page of the console asks for."""
    return {
        "console_rooms": console_rooms,
        "may": lambda name: colleague().may(Permission[name]),
        "organisation": lambda: services().issuer,
    }
