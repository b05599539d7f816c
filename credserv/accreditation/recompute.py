"""Whether a published audit follows from its seed and population; for anyone, from the file alone."""

from __future__ import annotations

import json
import re
from typing import Any, TypeGuard

from credserv.accreditation.draw import commitment, draw
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject

SEED = re.compile(r"(?:[0-9a-f]{2}){1,64}")


def differences(told: JsonObject) -> tuple[str, ...]:
    """Return in words what in a published audit does not follow from the rest; empty if everything does.

    Raises:
        InputError: It is not an audit with a revealed seed.
    """
    seed, population, drawn = told.get("seed"), told.get("population"), told.get("drawn")
    share, minimum = told.get("share"), told.get("minimum")
    if not isinstance(seed, str) or not SEED.fullmatch(seed):
        raise InputError("the file has no seed: it is published once the population is frozen")
    if not _is_ids(population) or not _is_ids(drawn):
        raise InputError("the file lacks the lists `population` and `drawn`")
    if not _is_number(share) or not isinstance(minimum, int) or minimum < 0:
        raise InputError("the file lacks `share` or `minimum`")
    found = []
    if commitment(seed) != told.get("sha256"):
        found.append("the seed is not the one that was committed to: its SHA-256 is " + commitment(seed))
    if len(set(population)) != len(population):
        found.append("somebody is in the population twice")
    expected = draw(seed, population, share=share, minimum=minimum)
    if expected != sorted(drawn):
        found.append("the seed draws others: " + json.dumps(expected, ensure_ascii=False))
    return tuple(found)


def _is_ids(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9
