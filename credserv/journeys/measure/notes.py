"""Notes next to a quarter's figures: what focus groups, leavers or managers said that no number shows.

They are dated texts about nobody. There is no field for a person, and no figure is made from them.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import has_unseen, names_email
from credserv.journeys.measure.periods import quarter
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.outcomes import NoteKind, OutcomeNote

MAX_WORDS = 2_000
MOST = 50  # per quarter
_ID_BYTES = 12


def notes_of(services: Services, period: str) -> tuple[OutcomeNote, ...]:
    """Return the notes of a quarter, oldest first."""
    return services.store.outcomes.notes(period)


def write_note(
    services: Services, period: str, kind: str, words: str, *, actor: str, now: datetime
) -> OutcomeNote:
    """Add a note to a quarter, frozen or not; its figures stay as they are.

    Raises:
        InputError: The kind or text is not valid, the text contains an e-mail address, or there are too many
            notes.
        NotFoundError: There is no such quarter.
    """
    quarter(services, period)
    words = words.strip()
    if kind not in set(NoteKind):
        raise InputError(f"say where it comes from: {', '.join(NoteKind)}")
    if not 0 < len(words) <= MAX_WORDS or has_unseen(words.replace("\r", "").replace("\n", "")):
        raise InputError(f"a note has 1 to {MAX_WORDS} characters, and no control characters")
    if names_email(words):
        raise InputError("a note is about nobody: leave the e-mail address out")
    if len(notes_of(services, period)) >= MOST:
        raise InputError(f"a quarter has at most {MOST} notes: remove one first")
    note = OutcomeNote(random_token(_ID_BYTES), period, NoteKind(kind), words, now)
    with services.store.transaction():
        services.store.outcomes.add_note(note)
        line = AuditRecord(now, actor, Action.OUTCOME_QUARTER, period, {"note": note.id})
        services.store.audit.add(line)
    return note


def remove_note(services: Services, period: str, note_id: str, *, actor: str, now: datetime) -> None:
    """Remove a note.

    Raises:
        NotFoundError: There is no such note.
    """
    with services.store.transaction():
        if not services.store.outcomes.remove_note(period, note_id):
            raise NotFoundError("this note no longer exists")
        line = AuditRecord(now, actor, Action.OUTCOME_QUARTER, period, {"note_removed": note_id})
        services.store.audit.add(line)
