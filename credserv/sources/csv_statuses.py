"""The meaning of a row's status: words of exports in the languages of our pages, and those the source
adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.records.observations import Kind
from credserv.sources.csv_columns import plain
from credserv.sources.members import Members

FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "pass", "passed", "success"), True),
    **dict.fromkeys(("ja", "wahr", "oui", "vrai", "sí", "verdadero"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "fail", "failed"), False),
    **dict.fromkeys(("nein", "falsch", "non", "faux", "falso"), False),
}
_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("completed", "complete", "done", "finished", "attained", "awarded", "earned"), Kind.COMPLETED
    ),
    **dict.fromkeys(
        ("certified", "issued", "achieved", "acquired", "course compl", "complete via rpl"), Kind.COMPLETED
    ),
    **dict.fromkeys(("abgeschlossen", "absolviert", "terminé", "achevé", "complété"), Kind.COMPLETED),
    **dict.fromkeys(("completado", "completada", "finalizado", "terminado"), Kind.COMPLETED),
    **dict.fromkeys(("bestanden", "erfolgreich", "réussi", "aprobado", "superado"), Kind.PASSED),
    "erfolgreich abgeschlossen": Kind.PASSED,
    **dict.fromkeys(("nicht bestanden", "durchgefallen", "échoué", "non réussi"), Kind.FAILED),
    **dict.fromkeys(("no aprobado", "no superado", "reprobado", "suspenso"), Kind.FAILED),
    **dict.fromkeys(("passed", "pass", "successful", "success"), Kind.PASSED),
    **dict.fromkeys(("failed", "fail", "unsuccessful", "not passed", "did not pass"), Kind.FAILED),
    **dict.fromkeys(("completed unsuccessful", "completed failed", "complete fail"), Kind.FAILED),
    **dict.fromkeys(("completed successful", "completed passed", "complete pass"), Kind.PASSED),
    "completed achieved pass grade": Kind.PASSED,  # Moodle
    "completed did not achieve pass grade": Kind.FAILED,
    **dict.fromkeys(("mastered", "proficient"), Kind.MASTERED),
    **dict.fromkeys(("revoked", "withdrawn award", "rescinded"), Kind.REVOKED),
    **dict.fromkeys(("uncompleted", "reset"), Kind.UNCOMPLETED),
    **dict.fromkeys(("graded", "scored"), Kind.GRADED),
}
# Understood, but nothing anybody achieved or lost.
_NOTHING = frozenset(
    (
        *("in progress", "inprogress", "not started", "started", "enrolled", "registered", "incomplete"),
        *("assigned", "not attempted", "attempted", "pending", "waitlisted", "cancelled", "canceled"),
        *("withdrawn", "dropped", "expired", "overdue", "past due", "not completed", "no show", "approved"),
        *("active", "course incompl"),
        *("in bearbeitung", "nicht begonnen", "nicht abgeschlossen", "eingeschrieben", "angemeldet"),
        *("en cours", "non commencé", "non terminé", "inscrit"),
        *("en curso", "en progreso", "no iniciado", "no completado", "inscrito", "matriculado"),
    )
)
_NOT = frozenset(("not", "in", "non", "never", "un"))


def read_status(
    cells: Members, own: Mapping[str, Kind], always: Kind | None, said: Mapping[str, Any]
) -> Kind | str:
    """Return the kind, or in words why the row says nothing; reports an unknown status.

    Args:
        own: the source's words.
        always: the kind of every row, where the file has no status.
    """
    field = "status" if "status" in cells else "kind"
    status = cells.text(field)
    kind: Kind | str | None = always
    if status is not None:
        kind = _kind_of(plain(status), own)
        if kind is None:
            cells.tell_of(field, f"{status!r:.40} is no status that is known here")
            return "its status is not known"
    if kind is None:
        kind = _kind_without_status(said, has_date="completed_at" in cells or "completed" in cells)
    if said["success"] is False and kind in (Kind.COMPLETED, Kind.PASSED, Kind.MASTERED):
        return Kind.FAILED
    return kind


def _kind_of(word: str, own: Mapping[str, Kind]) -> Kind | str | None:
    if word in own:
        return own[word]
    last = word.rpartition(".")[2]
    if last in _WORDS:
        return _WORDS[last]
    if word in _NOTHING:
        return f"{word} is not completed"
    words = word.split()
    is_complete = bool(words) and words[-1] in ("complete", "completed") and not set(words) & _NOT
    return Kind.COMPLETED if is_complete else None


def _kind_without_status(said: Mapping[str, Any], *, has_date: bool) -> Kind | str:
    if said["success"] is not None:
        return Kind.PASSED if said["success"] else Kind.FAILED
    if said["completion"] is False:
        return "it is not completed"
    if has_date:
        return Kind.COMPLETED
    if said["raw"] is not None or said["scaled"] is not None or said["level"] is not None:
        return Kind.GRADED
    return "it says neither when it was completed nor with which result"
