"""What a client or an administrator orders, as the recipe takes it: idempotent by its key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.issuing.recipe import Issued, Wanted
from credserv.journeys.services import Services
from credserv.openbadges.results import undefined_faults
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord, IssueOrder, Recipient

API_SCOPE = "api"  # an idempotency key is one order's, whichever API key of the organisation sends it


@dataclass(frozen=True)
class OrderRequest:
    """What a client asks for. results, evidence: OB `Result` and `Evidence` objects; `#fragment` ids in a
    result are taken within the achievement. achievement_version: None for the newest."""

    idempotency_key: str
    achievement_key: str
    recipient: Recipient
    achievement_version: int | None = None
    awarded_at: datetime | None = None
    results: tuple[JsonObject, ...] = ()
    evidence: tuple[JsonObject, ...] = ()


def award_request(
    services: Services,
    scope: str,
    request: OrderRequest,
    *,
    now: datetime,
    actor: str = "",
    is_asked: bool = False,
) -> tuple[CredentialRecord, Issued]:
    """Issue what a client or administrator asks for; returns the credential and how it came about.

    scope: within which idempotency keys are one order's. actor: who orders, by default the scope. is_asked:
    by whom it is for.
    Raises NotFoundError for an unknown achievement, and as `Recipe.issue` tells.
    """
    version = find_version(services, request.achievement_key, request.achievement_version)
    order = build_order(services, scope, request, version, now=now)
    (issued,) = services.recipe.issue([Wanted(order, now, actor=actor, is_asked=is_asked)])
    return issued.require(), issued


def hash_request(request: OrderRequest) -> str:
    """By which a repeat is told from another order under the same key. Raises InputError."""
    awarded_at = request.awarded_at
    asked = {
        "achievement": request.achievement_key,
        "version": request.achievement_version,
        "email": request.recipient.email,
        "did": request.recipient.did,
        "awarded_at": None if awarded_at is None else format_instant(awarded_at),
        "results": [dict(result) for result in request.results],
        "evidence": [dict(item) for item in request.evidence],
    }
    return hashlib.sha256(canonize_json(asked)).hexdigest()


def build_order(
    services: Services, scope: str, request: OrderRequest, version: AchievementVersion, *, now: datetime
) -> IssueOrder:
    """The order that a request is, for the achievement version that it means.

    Raises SchemaFaultsError for results that this version does not define, unless the order is a repeat.
    """
    results = tuple(absolute_result(version, result) for result in request.results)
    known = services.store.credentials.find
    faults = undefined_faults(version.achievement, results)
    if faults and not known(scope, request.idempotency_key):
        require_defined(version, results)
    return IssueOrder(
        scope=scope,
        idempotency_key=request.idempotency_key,
        order_sha256=hash_request(request),
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=request.recipient,
        awarded_at=request.awarded_at or now,
        results=results,
        evidence=request.evidence,
    )


def find_version(services: Services, key: str, number: int | None) -> AchievementVersion:
    """An achievement version, the newest by default. Raises NotFoundError."""
    achievements = services.store.achievements
    version = achievements.newest(key) if number is None else achievements.get(key, number)
    if version is None:
        raise NotFoundError(f"there is no achievement {key!r}" + (f" version {number}" if number else ""))
    return version


def require_defined(version: AchievementVersion, results: Sequence[JsonObject]) -> None:
    """What a verifier would fault is not signed: an achievement may have changed under a mapping."""
    faults = undefined_faults(version.achievement, results)
    if faults:
        told = f"{version.key} version {version.version} does not define what this says of the result: "
        raise SchemaFaultsError(told + faults[0].message, faults=faults)


def results_in(
    version: AchievementVersion, results: Sequence[JsonObject], former: str
) -> tuple[JsonObject, ...]:
    """Results of an earlier version (former: its id), as this one names what they are about."""
    return tuple(
        absolute_result(
            version,
            {
                name: value.removeprefix(former)
                if isinstance(value, str) and value.startswith(f"{former}#")
                else value
                for name, value in result.items()
            },
        )
        for result in results
    )


def absolute_result(version: AchievementVersion, result: JsonObject) -> dict[str, Any]:
    """`#fragment` ids made absolute under the achievement's id; relative ids are not signable."""
    base = str(version.achievement["id"])
    absolute = dict(result)
    for member in ("resultDescription", "achievedLevel"):
        value = absolute.get(member)
        if isinstance(value, str) and value.startswith("#"):
            absolute[member] = base + value
    return absolute
