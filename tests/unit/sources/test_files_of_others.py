"""Messages and files as Windows, spreadsheets and people of other languages write them."""

from __future__ import annotations

import codecs
import json

import pytest

from credserv.records.observations import Kind, Observation, PersonKind
from credserv.sources.adapter import Message
from credserv.sources.adapters import ADAPTERS

CANVAS = {"metadata": {"event_name": "user_created"}, "body": {"user_id": "1.2", "name": "A.B"}}
STATEMENT = {
    "actor": {"mbox": "mailto:pat@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example.org/c"},
}


def rows(text: str) -> list[Observation]:
    return list(ADAPTERS["csv"].read(Message(text.encode()), {}).observations)


@pytest.mark.parametrize(
    ("dialect", "sent"), [("canvas", CANVAS), ("xapi", STATEMENT), ("xapi", [STATEMENT])]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_is_passed_over(dialect: str, sent: object, encoding: str) -> None:
    marks = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    message = Message(marks[encoding] + json.dumps(sent).encode(encoding))
    plain = Message(json.dumps(sent).encode())
    adapter = ADAPTERS[dialect]
    assert adapter.read(message, {}) == adapter.read(plain, {})
    assert adapter.read(plain, {}).observations


@pytest.mark.parametrize(
    ("header", "status", "kind"),
    [
        ("Personalnummer;Kurs-ID;Status;Abschlussdatum;Punkte", "bestanden", Kind.PASSED),
        ("Personalnummer;Kurs;Abschlussstatus;Abgeschlossen am;Prozent", "Nicht bestanden", Kind.FAILED),
        ("Matricule;Code du cours;Statut;Date d'achèvement;Pourcentage", "Terminé", Kind.COMPLETED),
        ("Número de empleado;Curso;Estado;Fecha de finalización;Puntuación", "Aprobado", Kind.PASSED),
        ("Employee ID;Content Number;Completion Status;Completion Date;Score", "Completed", Kind.COMPLETED),
    ],
)
def test_columns_and_statuses_are_known_in_the_languages_of_our_pages(
    header: str, status: str, kind: Kind
) -> None:
    (one,) = rows(f"{header}\r\n4711;K1;{status};20.11.2026;8,5\r\n")
    assert (one.kind, one.people[0].kind, one.people[0].value) == (kind, PersonKind.EMPLOYEE_NUMBER, "4711")
    assert one.activities[0].value == "K1"
    assert one.occurred_at is not None
    assert (str(one.raw), one.occurred_at.date().isoformat()) == ("8.5", "2026-11-20")


def test_the_tables_of_successfactors_are_known_by_their_columns() -> None:
    (one,) = rows("STUD_ID,CPNT_ID,CMPL_STAT_ID,COMPL_DTE\nE1,C1,COURSE_COMPLETED,2026-11-21\n")
    assert (one.kind, one.people[0].value, one.activities[0].value) == (Kind.COMPLETED, "E1", "C1")


@pytest.mark.parametrize("blank", ["N/A", "#N/A", "-", "–", "null", "None"])
def test_what_an_export_writes_for_nothing_is_nothing(blank: str) -> None:
    reading = ADAPTERS["csv"].read(
        Message(f"email,course,score,max score\na@example.org,C1,{blank},10\n".encode()), {}
    )
    assert not reading.observations
    assert not reading.unread
