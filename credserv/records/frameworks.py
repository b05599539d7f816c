"""Competency frameworks as stored, their items, and their imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class FrameworkRecord:
    """A framework of an organisation.

    Attributes:
        revision: Counts its imports.
        items: How many it has now.
    """

    id: str
    uri: str
    name: str
    format: str
    revision: int
    imported_at: datetime
    version: str = ""
    publisher: str = ""
    licence: str = ""
    language: str = ""
    description: str = ""
    items: int = 0


class Term(StrEnum):
    """The position of a word by which an item is found; labels count before keywords."""

    LABEL = "label"
    ALSO = "also"
    KEYWORD = "keyword"


@dataclass(frozen=True)
class SkillRecord:
    """An item as stored.

    Attributes:
        content: Everything that its framework says of it.
        digest: Of the content.
        terms: The texts by which it is found; empty when read back.
        code: Found by its beginning.
    """

    number: int
    uri: str
    label: str
    content: JsonObject
    digest: str
    code: str = ""
    deprecated: bool = False
    terms: tuple[tuple[Term, str], ...] = ()


@dataclass(frozen=True)
class KnownSkill:
    """What is stored of an item.

    Attributes:
        gone: Whether its framework no longer has it.
    """

    number: int
    digest: str
    gone: bool


@dataclass(frozen=True)
class FoundSkill:
    """An item with its framework."""

    framework: FrameworkRecord
    skill: SkillRecord
    gone: bool = False


@dataclass(frozen=True)
class CrosswalkLink:
    """How `origin` relates to `target`: exact, broader, narrower or related.

    Attributes:
        framework_id: Whose publisher says so; "" for the organisation.
    """

    origin: str
    target: str
    strength: str
    framework_id: str = ""


class ImportState(StrEnum):
    """The state of an import. Values are stored in the database, so do not change them."""

    PREVIEWED = "previewed"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ImportRecord:
    """An import by a job; the bytes of its files are stored until it is over.

    Attributes:
        asked: What was said of the framework, and name and size of each file.
        preview: Added, changed, gone, cited.
        done: Items done.
        total: All items.
    """

    id: str
    name: str
    state: ImportState
    asked: JsonObject
    actor: str
    created_at: datetime
    preview: JsonObject = field(default_factory=dict)
    done: int = 0
    total: int = 0
    error: str = ""
    framework_id: str = ""


@dataclass(frozen=True)
class RoleProfileRecord:
    """A role profile of an organisation.

    Attributes:
        skills: In the form of profiles (frameworks/profile.py).
    """

    key: str
    name: str
    uri: str
    skills: tuple[JsonObject, ...]
    changed_at: datetime
