"""Skills of the imported frameworks: found while somebody types, and turned into alignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from credserv.frameworks import case, ctdl_asn
from credserv.frameworks.framework import choose_text
from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.records.frameworks import FoundSkill, FrameworkRecord

MAX_FOUND = 100
# AlignmentTargetType (Open Badges 3.0, B.2.3); anything not listed there is an extension.
_TARGET_TYPES = {
    case.FORMAT: "CFItem",
    "opensalt-csv": "CFItem",
    ctdl_asn.FORMAT: "ceasn:Competency",
    f"{ctdl_asn.FORMAT}-csv": "ceasn:Competency",
    "esco-csv": "ext:ESCOSkill",
    "rsd-csv": "ext:RichSkillDescriptor",
    "rsd-json": "ext:RichSkillDescriptor",
    "onet-text": "ext:ONETElement",
    "digcomp-jsonld": "ext:DigCompItem",
    "cprt-json": "ext:NICEElement",
}
_LEVELS = ("CFRubricCriterionLevel", "CFRubricCriterion")


def list_frameworks(services: Services) -> tuple[FrameworkRecord, ...]:
    """Return the imported frameworks."""
    return services.store.frameworks.list()


def require_framework(services: Services, framework_id: str) -> FrameworkRecord:
    """Return a framework.

    Raises:
        NotFoundError: There is no such framework.
    """
    found = services.store.frameworks.get(framework_id)
    if found is None:
        raise NotFoundError("there is no such framework")
    return found


def search_skills(
    services: Services, text: str, *, framework_id: str = "", limit: int = 20
) -> tuple[FoundSkill, ...]:
    """Search by the beginnings of words, by code or by URI, best match first."""
    return services.store.skill_search.search(
        text, framework_id=framework_id, limit=max(1, min(limit, MAX_FOUND))
    )


def resolve_skills(services: Services, uris: Sequence[str]) -> dict[str, FoundSkill]:
    """Return the skills with these URIs that an imported framework has, by URI."""
    return services.store.frameworks.skills(uris)


def build_alignment(found: FoundSkill, language: str = "") -> dict[str, Any]:
    """Build the alignment of an achievement to a skill (Open Badges 3.0, B.1.3)."""
    skill, content = found.skill, found.skill.content
    told = {
        "type": ["Alignment"],
        "targetName": choose_text(content.get("labels", {}), language) or skill.label,
        "targetUrl": skill.uri,
        "targetCode": skill.code,
        "targetDescription": choose_text(content.get("definitions", {}), language),
        "targetFramework": found.framework.name,
        "targetType": target_type(found),
    }
    return {name: value for name, value in told.items() if value}


def target_type(found: FoundSkill) -> str:
    """Return the AlignmentTargetType of a skill."""
    kind = found.skill.content.get("type", "")
    if found.framework.format == case.FORMAT and kind in _LEVELS:
        return str(kind)
    return _TARGET_TYPES.get(found.framework.format, "ext:Skill")


# --- answers -----------------------------------------------------------------------------------------


def tell_framework(framework: FrameworkRecord) -> dict[str, Any]:
    """Return a framework as JSON."""
    return {
        "id": framework.id,
        "uri": framework.uri,
        "name": framework.name,
        "format": framework.format,
        "framework_version": framework.version,
        "publisher": framework.publisher,
        "licence": framework.licence,
        "language": framework.language,
        "size": framework.items,
        "revision": framework.revision,
        "imported_at": format_instant(framework.imported_at),
    }


def tell_skill(found: FoundSkill, language: str = "") -> dict[str, Any]:
    """Return a skill as JSON for the API and the command, with its framework's licence."""
    skill, content = found.skill, found.skill.content
    return {
        "uri": skill.uri,
        "label": choose_text(content.get("labels", {}), language) or skill.label,
        "code": skill.code,
        "type": content.get("type", ""),
        "level": content.get("level", ""),
        "definition": choose_text(content.get("definitions", {}), language),
        "alt_labels": [text for texts in content.get("alt_labels", {}).values() for text in texts],
        "parents": content.get("parents", []),
        "replaced_by": content.get("replaced_by", []),
        "deprecated": skill.deprecated,
        "gone": found.gone,
        "framework": found.framework.name,
        "framework_id": found.framework.id,
        "framework_version": found.framework.version,
        "licence": found.framework.licence,
    }
