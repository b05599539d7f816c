"""What somebody who brings a framework says of it, where the file itself does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """Empty text: not said.

    base: the address that relative ids, and items with a code or a name alone, are named under. file: the
    file's name, which often tells the language (`skills_en.csv`). fields: for a plain table, which column is
    what (`{"label": "Skill"}`). name, uri, version, language, licence, publisher: of the framework.
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
