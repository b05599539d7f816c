"""What a credential says, for programs (found D8): only what its proof covers, and only if that proof held.

The pages use the same code (openbadges/display.py), so programs and people read the same of a document.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.check import Checked, Kind
from credserv.openbadges.display import CredentialDisplay
from credserv.openbadges.lenient import first_object, read_identifier
from credserv.openbadges.skill_claims import SkillClaim
from credserv.openbadges.skills import AlignmentDisplay, ResultDisplay


def tell_content(checked: Checked) -> JsonObject:
    """Return `{"content": ...}`; empty if no proof held, and for a presentation, which says nothing
    itself.
    """
    if not checked.established or checked.kind is Kind.PRESENTATION:
        return {}
    shown = checked.display
    subject = first_object(checked.credential.get("credentialSubject"))
    return {
        "content": {
            "subject": {"id": read_identifier(subject), "named_by": shown.holder_kind},
            "achievement": _achievement(shown),
            "results": [_result(item) for item in shown.results],
            "skills": [_skill(item) for item in shown.skills],
            "alignments": [_alignment(item) for item in shown.alignments],
            **({"claims": [{"name": name, "text": text} for name, text in shown.said]} if shown.said else {}),
            "issuer": {"id": shown.issuer_id, "claimed_name": shown.issuer_name, "url": shown.issuer_url},
            **_instants(
                valid_from=shown.valid_from, valid_until=shown.valid_until, awarded_at=shown.awarded_at
            ),
        }
    }


def without_content(report: JsonObject) -> JsonObject:
    """Return the verdict and its checks alone, to pass on."""
    kept = {name: value for name, value in report.items() if name != "content"}
    return {**kept, "within": [without_content(item) for item in report.get("within", ())]}


def _achievement(shown: CredentialDisplay) -> JsonObject:
    return {
        "id": shown.achievement_id,
        "name": shown.name,
        "type": shown.achievement_type,
        "description": shown.description,
        "criteria": shown.criteria,
        "criteria_url": shown.criteria_url,
        "tags": list(shown.tags),
    }


def _result(item: ResultDisplay) -> JsonObject:
    return {
        "name": item.name,
        "type": item.kind,
        "value": item.value,
        "level": item.level,
        "status": item.status,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "required_value": item.required,
    }


def _alignment(item: AlignmentDisplay) -> JsonObject:
    return {
        "name": item.name,
        "url": item.url,
        "code": item.code,
        "framework": item.framework,
        "framework_kind": item.kind,
        "description": item.description,
    }


def _skill(item: SkillClaim) -> JsonObject:
    return {
        "name": item.name,
        "framework": item.framework,
        "code": item.code,
        "uri": item.uri,
        "level": item.level,
        "sentence": item.sentence,
    }


def _instants(**found: datetime | None) -> JsonObject:
    """Return the instants that it states."""
    return {name: format_instant(value) for name, value in found.items() if value is not None}
