"""What the person who imports a framework states about it, where the file does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """Statements about a framework. Empty text: not stated.

    Attributes:
        base: the address under which relative ids, and items with only a code or name, get their URIs.
        file: the file's name, which often shows the language (`skills_en.csv`).
        fields: for a plain table, which column is what (`{"label": "Skill"}`).
        name, uri, version, language, licence, publisher: of the framework.
    """

    base: str = ""
    file: str = ""
    name: str = ""
    uri: str = ""
    version: str = ""
    language: str = ""
    licence: str = ""
    publisher: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
