"""Find the meaning of each column: by the source's fields, or by the usual names in exports.

A guess matches only a whole name, in one of the languages of our pages: *Manager Email* is not the learner's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.ground.reading import pointer
from credserv.records.observations import ActivityKind, PersonKind

# Most permanent first: an address may pass to somebody else.
PEOPLE: Mapping[str, tuple[str, ...]] = {
    PersonKind.EMPLOYEE_NUMBER: (
        *("employee id", "employee number", "employee no", "employeeid", "employeenumber", "emp id"),
        *("personnel number", "person number", "worker id", "person external id", "staff id"),
        *("personalnummer", "mitarbeiternummer", "matricule", "número de empleado"),
    ),
    PersonKind.LMS_ID: (
        *("user id", "userid", "learner id", "student id", "person id", "lms user id", "member id"),
        *("student number", "unique user id", "user unique id"),
        *("stud id", "benutzer id", "id utilisateur", "id de usuario"),
    ),
    PersonKind.SIS_ID: ("sis id", "sis user id", "sis login id", "id number", "idnumber", "user id number"),
    PersonKind.UUID: ("user uuid", "uuid", "user guid", "guid"),
    PersonKind.ENTRA_ID: ("entra id", "aad id", "azure ad id"),
    PersonKind.DID: ("did",),
    PersonKind.USERNAME: (
        *("username", "user name", "login", "login id", "user login", "upn", "user principal name"),
        *("learner username", "benutzername", "anmeldename", "nom d utilisateur", "nombre de usuario"),
    ),
    PersonKind.EMAIL: (
        *("email", "e mail", "email address", "e mail address", "mail", "user email", "learner email"),
        *("student email", "work email", "employee email", "recipient email", "recipient"),
        *(
            "e mail adresse",
            "mailadresse",
            "courriel",
            "adresse e mail",
            "adresse électronique",
            "correo",
            "correo electrónico",
            "dirección de correo",
        ),
    ),
}
# Narrowest first: what a row is about, then what that is part of.
ACTIVITIES: Mapping[str, tuple[str, ...]] = {
    ActivityKind.ASSESSMENT: ("assessment id", "assessment", "quiz id", "quiz", "exam id", "exam", "test id"),
    ActivityKind.MODULE: ("module id", "module"),
    ActivityKind.OUTCOME: ("outcome id", "competency id", "competency", "skill id", "skill"),
    ActivityKind.BADGE: ("badge id", "badge", "certificate id", "certification id", "certification"),
    ActivityKind.PROGRAM: (
        "program id",
        "programme id",
        "program",
        "programme",
        "curriculum id",
        "curriculum",
    ),
    ActivityKind.ACTIVITY: (
        *("activity id", "activity", "learning object id", "lo id", "training id", "item id", "content id"),
        *("learning item id", "training object id", "learning id", "lo object id", "component id"),
        *("content number", "learning content id", "learning content number", "cpnt id"),
    ),
    ActivityKind.COURSE: (
        *("course id", "course code", "course number", "courseid", "course key", "course external id"),
        *("course", "course id number", "course idnumber"),
        *(
            "kurs id",
            "kursnummer",
            "kurscode",
            "kurskürzel",
            "kurs",
            "code du cours",
            "id du cours",
            "cours",
            "id del curso",
            "código del curso",
            "curso",
        ),
    ),
}
# A course is identified by its title only in a file without any ids.
TITLES = (
    *("course name", "course title", "training title", "item title", "activity name", "training"),
    *("learning content", "content name", "kursname", "kurstitel", "nom du cours", "intitulé du cours"),
    "nombre del curso",
)
RESULTS: Mapping[str, tuple[str, ...]] = {
    "title": TITLES,
    "name": (
        *("name", "full name", "learner name", "user full name", "student name", "employee name"),
        *("vollständiger name", "nom complet", "nombre completo"),
    ),
    "first_name": (
        *("first name", "firstname", "given name", "user first name", "vorname", "prénom", "nombre"),
    ),
    "last_name": (
        *("last name", "lastname", "surname", "family name", "user last name"),
        *("nachname", "nom de famille", "nom", "apellidos", "apellido", "apellido s"),
    ),
    "completed_at": (
        *("completed at", "completed on", "completion date", "date completed", "completed date"),
        *("finish date", "completion time", "completion timestamp", "date of completion"),
        *("course completion date", "transcript completed date"),
        *("award date", "awarded at", "awarded on", "issue date", "issued on", "date issued"),
        *(
            "compl dte",
            "abschlussdatum",
            "abgeschlossen am",
            "date d achèvement",
            "terminé le",
            "fecha de finalización",
        ),
    ),
    "completed": ("completed", "is completed", "complete", "is complete"),  # yes and no, or the date
    "occurred_at": (
        "date",
        "time",
        "timestamp",
        "event date",
        "event time",
        "graded at",
        "grade date",
        "when",
        *("datum", "zeitpunkt", "fecha"),
    ),
    "status": (
        "status",
        *("completion status", "completion status id"),
        "result",
        "course status",
        "training status",
        "transcript status",
        *("cmpl stat id", "abschlussstatus", "statut", "estado"),
    ),
    "passed": ("passed", "pass", "pass fail", "success", "is passed", "bestanden", "réussi", "aprobado"),
    "raw": (
        *("score", "grade", "final score", "final grade", "points", "mark", "marks", "percent", "percentage"),
        *("course grade", "training score", "transcript score"),
        *("punkte", "punktzahl", "bewertung", "prozent", "pourcentage", "puntuación", "calificación"),
    ),
    "max": (
        *("max score", "maximum score", "max points", "points possible", "max", "out of", "max grade"),
        *("maximale punkte", "max punkte", "note maximale", "puntuación máxima"),
    ),
    "min": ("min score", "minimum score", "min"),
    "scaled": ("scaled", "scaled score"),
    "level": ("level", "letter grade", "rating", "proficiency", "achieved level"),
    "attempt": (
        "attempt",
        "attempt id",
        "attempt number",
        "registration id",
        "enrollment id",
        "enrolment id",
    ),
    "event_id": ("event id", "record id", "transcript id", "completion id"),
    "kind": ("event", "event type", "kind"),
}
FIELDS: Mapping[str, tuple[str, ...]] = {**PEOPLE, **ACTIVITIES, **RESULTS}
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4_096)  # a column repeats few words
def plain(name: str) -> str:
    """Return a column's name for comparison: `E-Mail_Address` is `e mail address`."""
    return " ".join(_WORD.findall(name.casefold()))


def find_columns(columns: Sequence[str], fields: Mapping[str, object]) -> dict[str, int]:
    """Return the index of the column for each field that has one.

    Args:
        fields: those the source defines; with any, nothing is guessed.
    """
    names = [plain(column) for column in columns]
    if fields:
        wanted = {field: plain(str(name)) for field, name in fields.items()}
        return {field: names.index(name) for field, name in wanted.items() if name in names}
    found: dict[str, int] = {}
    for field, known in FIELDS.items():
        at = next((names.index(name) for name in known if names.count(name) == 1), None)
        if at is not None:
            found[field] = at
    if "title" in found and not set(found) & set(ACTIVITIES):
        found[ActivityKind.COURSE] = found.pop("title")
    return found


def is_enough(found: Iterable[str]) -> bool:
    """Return whether the columns name a person and an activity."""
    fields = set(found)
    return bool(fields & set(PEOPLE)) and bool(fields & set(ACTIVITIES))


def require_fields(columns: Sequence[str], fields: Mapping[str, object]) -> None:
    """Require known fields and columns.

    Raises SchemaFaultsError for an unknown field, and for a column missing in the file or repeated.
    """
    names = [plain(column) for column in columns]
    faults = [
        Fault(pointer("/fields", field), f"is none of {', '.join(FIELDS)}")
        for field in fields
        if field not in FIELDS
    ]
    for field, name in fields.items():
        count = names.count(plain(str(name)))
        if count != 1:
            faults.append(Fault(pointer("/fields", field), f"the file has {count or 'no'} column {name!r}"))
    if faults:
        raise SchemaFaultsError("the source's fields do not fit this file", faults=faults)
