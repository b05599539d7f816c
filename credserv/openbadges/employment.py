"""Read an employment credential: in Open Badges 3.0, an achievement whose results are the facts.

Open Badges has no class for employment. The achievement type is an extension, and each fact is a `Result`, so
that any reader shows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.openbadges.lenient import first_object, read_text
from credserv.openbadges.plain import plain_form

ACHIEVEMENT_TYPE = "ext:Employment"
# In the order of pages; a fact without a value is left out.
FACTS = {
    "role": "Role",
    "unit": "Unit",
    "first-day": "First day",
    "last-day": "Last day",
    "weekly-hours": "Hours a week",
    "skills": "Skills shown in this employment",
}


def read_employment(document: JsonObject) -> Mapping[str, str]:
    """Return the facts by key; {} if it is not an employment credential of this form."""
    subject = first_object(plain_form(document).get("credentialSubject"))
    if ACHIEVEMENT_TYPE not in listed(first_object(subject.get("achievement")).get("achievementType")):
        return {}
    found: dict[str, str] = {}
    for result in listed(subject.get("result")):
        if isinstance(result, Mapping):
            key = read_text(result.get("resultDescription")).rpartition("#")[2]
            if key in FACTS:
                found[key] = read_text(result.get("value"))
    return found
