"""Competency frameworks as they are kept, their items, and the imports that brought them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class FrameworkRecord:
    """One framework of an organisation. revision: counts its imports. items: how many it has now."""

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
    """Where a word that an item is found by stands in it; labels count before keywords."""

    LABEL = "label"
    ALSO = "also"
    KEYWORD = "keyword"


@dataclass(frozen=True)
class SkillRecord:
    """An item as it is kept. content: all that its framework says of it. digest: of the content.

    terms: the texts that it is found by; empty where it is read back. code: is found by its beginning.
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
    """What is already kept of an item. gone: its framework has it no more."""

    number: int
    digest: str
    gone: bool


@dataclass(frozen=True)
class FoundSkill:
    """An item with the framework that it is of."""

    framework: FrameworkRecord
    skill: SkillRecord
    gone: bool = False


@dataclass(frozen=True)
class CrosswalkLink:
    """What `origin` is to `target`: exact, broader, narrower or related. framework_id: whose publisher says
    so, "" for the organisation's own."""

    origin: str
    target: str
    strength: str
    framework_id: str = ""


class ImportState(StrEnum):
    """A value is kept in the database: it is never changed."""

    PREVIEWED = "previewed"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ImportRecord:
    """An import in a job; the bytes of its files are kept until it is over.

    asked: what was said of the framework, and name and size of each file. preview: added, changed, gone,
    cited. done, total: items.
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
    """A role profile of an organisation. skills: as profiles are written (frameworks/profile.py)."""

    key: str
    name: str
    uri: str
    skills: tuple[JsonObject, ...]
    changed_at: datetime
