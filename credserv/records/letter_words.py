"""In which words an organisation writes its letters, by what they tell and in which language."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.records.letters import Tells


@dataclass(frozen=True)
class LetterWords:
    """language: as in `de`; "" for whoever has none of the others. text, notes: above and below the button,
    paragraphs with an empty line between. All with placeholders, as `{badge}`."""

    tells: Tells
    language: str
    subject: str
    text: str
    button: str
    notes: str = ""
