"""An organisation's own words for its letters, by kind of letter and language."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.records.letters import Tells


@dataclass(frozen=True)
class LetterWords:
    """Words, all with placeholders such as `{badge}`.

    Attributes:
        language: Like `de`; "" for everybody without a language of their own here.
        text: Above the button; paragraphs separated by an empty line.
        notes: Below the button; paragraphs separated by an empty line.
    """

    tells: Tells
    language: str
    subject: str
    text: str
    button: str
    notes: str = ""
