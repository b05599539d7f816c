"""An organisation's own words for letters, in each language of its people.

Placeholders stand for facts about a badge and are filled in as plain text. Nothing else is done with what an
administrator wrote, and nothing in a name or description can become a placeholder or markup. Every letter
gets the button and its link, and no words can change where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import Fault, InputError, NotFoundError, SchemaFaultsError
from credserv.ground.reading import text_fault
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.letter_words import LetterWords
from credserv.records.letters import Tells

PLACEHOLDERS: Mapping[str, str] = {
    "name": "Pat Doe",
    "badge": "Mentor: Foundation",
    "issuer": "Example Academy",
    "description": "Leads a first conversation with somebody who is new.",
    "ends": "30 June 2027 UTC",
    "contact": "badges@academy.example",
}
_LINK = {"issuer": "Example Academy", "contact": "badges@academy.example"}
_ENDS, _AGAIN, _BADGE = (
    {"ends": "26 December 2026 UTC"},
    {"again": "https://badges.example/wallet"},
    {"badge": "Mentor"},
)
PLACEHOLDERS_OF: Mapping[Tells, Mapping[str, str]] = {
    Tells.AWARD: PLACEHOLDERS,
    Tells.DUE: PLACEHOLDERS,
    Tells.SIGN_IN: {**_LINK, **_ENDS, **_AGAIN},
    Tells.CLAIM: {**_LINK, **_ENDS, **_AGAIN, **_BADGE},
    Tells.CONSOLE: {**_LINK, **_AGAIN},
    Tells.INVITATION: {**_LINK, **_ENDS, **_AGAIN},
    Tells.FEEDBACK: {**_LINK, **_ENDS, **_BADGE, "person": "Pat Doe"},
}
_LIMITS = {"subject": 200, "text": 4_000, "button": 60, "notes": 2_000}
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z0-9]{2,8})*)?", re.ASCII)
_MARK = re.compile(r"\{([A-Za-z_]+)\}", re.ASCII)
_NO_NAME = re.compile(r"[ \t]*\{name\}")


@dataclass(frozen=True)
class Filled:
    """A letter's final text."""

    language: str
    subject: str
    paragraphs: Sequence[str]
    button: str
    notes: Sequence[str]


def all_words(services: Services) -> tuple[LetterWords, ...]:
    """Return all words, in the order of the letters, by language."""
    return tuple(services.store.letter_words.all().values())


def words_for(services: Services, tells: Tells, language: str | None) -> LetterWords | None:
    """Return the words for a language, its main language (`de` for `de-AT`) or all others; None for ours."""
    known = services.store.letter_words.all()
    if not known:
        return None
    tag = (language or "").lower()
    wanted = dict.fromkeys((tag, tag.partition("-")[0], ""))
    return next((known[tells, one] for one in wanted if (tells, one) in known), None)


def set_words(services: Services, words: LetterWords, *, actor: str, now: datetime) -> None:
    """Set the words from the next letter on.

    Raises:
        SchemaFaultsError: They are not valid. The faults name every place.
    """
    faults = check_words(words)
    if faults:
        raise SchemaFaultsError("these words cannot be used", faults=faults)
    with services.store.transaction():
        services.store.letter_words.put(words, actor=actor, now=now)
        detail = {"language": words.language}
        line = AuditRecord(now, actor, Action.LETTER_WORDS_CHANGED, words.tells.value, detail)
        services.store.audit.add(line)


def remove_words(services: Services, tells: Tells, language: str, *, actor: str, now: datetime) -> None:
    """Return to our own words.

    Raises:
        NotFoundError: There are no such words.
    """
    with services.store.transaction():
        if not services.store.letter_words.remove(tells, language):
            raise NotFoundError("there are no such words")
        line = AuditRecord(now, actor, Action.LETTER_WORDS_REMOVED, tells.value, {"language": language})
        services.store.audit.add(line)


def check_words(words: LetterWords) -> tuple[Fault, ...]:
    """Return the faults, each with its field."""
    faults: list[Fault] = []
    if not _LANGUAGE.fullmatch(words.language):
        faults.append(Fault("/language", "a language code, such as de or pt-br; empty for all others"))
    for name, most in _LIMITS.items():
        value = str(getattr(words, name))
        lines = value.splitlines() if name in ("text", "notes") else [value]
        if not value.strip() and name != "notes":
            faults.append(Fault(f"/{name}", "is required"))
        if len(value) > most:
            faults.append(Fault(f"/{name}", f"at most {most} characters"))
        elif any(text_fault(line, max_chars=most) for line in lines if line.strip()):
            faults.append(Fault(f"/{name}", "holds characters that cannot be shown"))
        placeholders = PLACEHOLDERS_OF[words.tells]
        strange = [mark for mark in _MARK.findall(value) if mark not in placeholders]
        if strange:
            known = ", ".join(f"{{{one}}}" for one in placeholders)
            faults.append(Fault(f"/{name}", f"there is no {{{strange[0]}}}; there are {known}"))
    return tuple(faults)


def fill(words: LetterWords, values: Mapping[str, str]) -> Filled:
    """Fill words in.

    Args:
        values: By placeholder; "" if not known.
    """

    def filled(text: str) -> str:
        if not values.get("name"):
            text = _NO_NAME.sub("", text)
        return _MARK.sub(lambda mark: values.get(mark[1], ""), text)

    return Filled(
        language=words.language or "en",
        subject=filled(words.subject),
        paragraphs=[text for part in _paragraphs(words.text) if (text := filled(part).strip())],
        button=filled(words.button),
        notes=[text for part in _paragraphs(words.notes) if (text := filled(part).strip())],
    )


def preview(words: LetterWords) -> Filled:
    """Fill words in with sample values.

    Raises:
        SchemaFaultsError: They are not valid.
    """
    faults = check_words(words)
    if faults:
        raise SchemaFaultsError("these words cannot be used", faults=faults)
    return fill(words, PLACEHOLDERS_OF[words.tells])


def tells_of(text: str) -> Tells:
    """Parse the name of a kind of letter.

    Raises:
        InputError: There is no such kind.
    """
    if text not in PLACEHOLDERS_OF:
        raise InputError(f"what the letter tells: {', '.join(PLACEHOLDERS_OF)}")
    return Tells(text)


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
