"""What the superiors in a federation say about metadata, and about who may be below them.

Source: OpenID Federation 1.0, sections 6.1 (metadata policies) and 6.2 (constraints).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject

_ORDER = ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")
_LISTS = frozenset({"add", "subset_of", "superset_of", "one_of"})
Policies = dict[str, dict[str, dict[str, Any]]]


def merge_policies(statements: Iterable[JsonObject]) -> Policies:
    """Merge the policies of a chain, from the trust anchor down (section 6.1.3.1).

    Raises InputError for operators that are unknown or contradict each other.
    """
    merged: Policies = {}
    for statement in statements:
        critical = statement.get("metadata_policy_crit", [])
        if not isinstance(critical, list) or set(map(str, critical)) - set(_ORDER):
            raise InputError("a metadata policy needs an operator that is not known here")
        for kind, parameter, policy in _each(statement.get("metadata_policy", {})):
            known = merged.setdefault(kind, {}).setdefault(parameter, {})
            for operator in _ORDER:
                if operator in policy:
                    known[operator] = _merged(operator, known.get(operator), policy[operator])
    return merged


def apply_policies(policies: Policies, metadata: JsonObject) -> dict[str, Any]:
    """Return the metadata after policies (section 6.1.4.2). Raises InputError where it does not fit."""
    applied = {kind: dict(members) for kind, members in metadata.items() if isinstance(members, Mapping)}
    for kind, parameters in policies.items():
        if kind not in applied:
            continue
        for parameter, policy in parameters.items():
            for operator in _ORDER:
                if operator in policy:
                    _OPERATORS[operator](applied[kind], parameter, policy[operator])
    return applied


def require_constraints(constraints: object, below: list[str], between: int, kinds: Iterable[str]) -> None:
    """Require what a superior's constraints allow. Raises InputError.

    Args:
        below: the ids of all entities under it.
        between: how many are between it and the subject.
        kinds: of metadata that the subject has.
    """
    if constraints is None:
        return
    if not isinstance(constraints, Mapping):
        raise InputError("constraints are no object")
    longest = constraints.get("max_path_length", between)
    if type(longest) is not int or between > longest:
        raise InputError("more entities stand between a superior and its subject than it allows")
    naming = constraints.get("naming_constraints", {})
    if not isinstance(naming, Mapping):
        raise InputError("naming constraints are no object")
    permitted, excluded = _names(naming, "permitted"), _names(naming, "excluded")
    for entity in below:
        host = urlsplit(entity).hostname or ""
        if (permitted is not None and not _is_under(host, permitted)) or _is_under(host, excluded or []):
            raise InputError(f"a superior does not allow entities of the name {entity[:120]}")
    allowed = constraints.get("allowed_entity_types")
    if allowed is not None and (
        not isinstance(allowed, list) or set(kinds) - {"federation_entity", *map(str, allowed)}
    ):
        raise InputError("a superior does not allow an entity of this kind")


# --- policies --------------------------------------------------------------------------------------


def _each(policies: object) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    if not isinstance(policies, Mapping):
        raise InputError("a metadata policy is no object")
    for kind, parameters in policies.items():
        if not isinstance(parameters, Mapping):
            raise InputError("a metadata policy is no object")
        for parameter, policy in parameters.items():
            if not isinstance(policy, Mapping):
                raise InputError("a metadata policy is no object")
            if any(isinstance(policy.get(name, []), list) is False for name in _LISTS):
                raise InputError("an operator of a metadata policy takes a list")
            yield kind, parameter, policy


def _merged(operator: str, above: Any, below: Any) -> Any:
    if above is None or above == below:
        return below
    if operator == "essential":
        return bool(above or below)
    if operator in ("add", "superset_of"):
        return [*above, *(item for item in below if item not in above)]
    if operator in ("subset_of", "one_of"):
        both = [item for item in above if item in below]
        if both or operator == "subset_of":
            return both
    raise InputError(f"two superiors contradict each other in {operator!r} of their metadata policies")


def _value(members: dict[str, Any], name: str, wanted: Any) -> None:
    if wanted is None:
        members.pop(name, None)
    else:
        members[name] = wanted


def _add(members: dict[str, Any], name: str, wanted: Any) -> None:
    present = _items(members.get(name))
    members[name] = [*present, *(item for item in wanted if item not in present)]


def _default(members: dict[str, Any], name: str, wanted: Any) -> None:
    members.setdefault(name, wanted)


def _one_of(members: dict[str, Any], name: str, wanted: Any) -> None:
    if name in members and members[name] not in wanted:
        raise InputError(f"{name[:60]!r} is not among what the federation allows")


def _subset_of(members: dict[str, Any], name: str, wanted: Any) -> None:
    if name in members:
        members[name] = [item for item in _items(members[name]) if item in wanted]


def _superset_of(members: dict[str, Any], name: str, wanted: Any) -> None:
    if name in members and not all(item in _items(members[name]) for item in wanted):
        raise InputError(f"{name[:60]!r} lacks what the federation asks for")


def _essential(members: dict[str, Any], name: str, wanted: Any) -> None:
    if wanted and name not in members:
        raise InputError(f"{name[:60]!r} is missing, which the federation asks for")


_OPERATORS: Mapping[str, Callable[[dict[str, Any], str, Any], None]] = {
    "value": _value,
    "add": _add,
    "default": _default,
    "one_of": _one_of,
    "subset_of": _subset_of,
    "superset_of": _superset_of,
    "essential": _essential,
}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# --- constraints -----------------------------------------------------------------------------------


def _names(naming: JsonObject, which: str) -> list[str] | None:
    names = naming.get(which)
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise InputError("naming constraints are no lists of names")
    return None if names is None else [name.lower() for name in names]


def _is_under(host: str, names: list[str]) -> bool:
    """Match as X.509 does (RFC 5280, section 4.2.1.10): `.school.example` is any host below, else the host
    itself."""
    return any(host.endswith(name) if name.startswith(".") else host == name for name in names)
