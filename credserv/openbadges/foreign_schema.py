"""Run somebody else's JSON Schema in a process of its own.

A schema is a program: one page of `$ref`s can keep a validator busy for years, and nothing inside a process
stops it (attack 46). So this runs as `python -m credserv.openbadges.foreign_schema` with limits on time and
memory, opens no connection, and uses a regular expression engine that is linear in its input.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from jsonschema_rs import Draft7Validator, Draft201909Validator, Draft202012Validator, RegexOptions

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.schema_faults import explain

DRAFT_2019_09 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"
DRAFT_7 = "http://json-schema.org/draft-07/schema"
_VALIDATORS = {
    DRAFT_7: Draft7Validator,
    DRAFT_2019_09: Draft201909Validator,
    DRAFT_2020_12: Draft202012Validator,
}
_PATTERNS = RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)
CPU_SECONDS = 1
_MEMORY_BYTES = 1 << 30
_MAX_MESSAGE_CHARS = 200


def foreign_faults(document: JsonObject, schema: JsonObject, draft: str) -> list[tuple[str, str]]:
    """Return place and message of each fault of the document.

    Args:
        draft: used where the schema does not state its own.

    Raises:
        UnsupportedSchemaError: the schema cannot be used.
    """
    named = schema.get("$schema", draft)
    kind = _VALIDATORS.get(named.removesuffix("#")) if isinstance(named, str) else None
    if kind is None:
        raise UnsupportedSchemaError("the schema is of a draft that is not known here")
    try:
        validator = kind(dict(schema), offline=True, validate_formats=False, pattern_options=_PATTERNS)
    except ValueError as error:
        raise UnsupportedSchemaError(
            "it is no schema, refers to others, or has patterns that are not read"
        ) from error
    faults = explain(validator.iter_errors(document))
    return [(fault.place, fault.message[:_MAX_MESSAGE_CHARS]) for fault in faults]


class UnsupportedSchemaError(InputError):
    """A schema that cannot be used, so it says nothing about the document."""

    code = "unsupported-schema"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    asked = json.load(sys.stdin)
    try:
        answer: dict[str, Any] = {
            "faults": foreign_faults(asked["document"], asked["schema"], asked["draft"])
        }
    except UnsupportedSchemaError as error:
        answer = {"unusable": error.detail}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
