"""Orders from API clients and administrators, in the form that the recipe takes: idempotent by their key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.issuing.recipe import Issued, Wanted
from credserv.journeys.services import Services
from credserv.openbadges.results import undefined_faults
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import (
    LIVING_SCOPE,
    CredentialRecord,
    CredentialState,
    IssueOrder,
    Recipient,
)

_ANEW = "anew, instead of "
API_SCOPE = "api"  # one key is one order, whichever of the organisation's API keys sends it


@dataclass(frozen=True)
class OrderRequest:
    """What a client asks for.

    Attributes:
        results: OB `Result` objects; `#fragment` ids are relative to the achievement.
        evidence: OB `Evidence` objects.
        achievement_version: None for the newest.
    """

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
    """Issue what a client or administrator orders.

    Args:
        scope: The scope within which an idempotency key identifies one order.
        actor: Who orders; "" for the scope.
        is_asked: Whether the recipient orders it themselves, which overrides their earlier wish to be awarded
            nothing.

    Returns:
        The credential and how it came about.

    Raises:
        NotFoundError: There is no such achievement or version.
        CredservError: Any error that `Recipe.issue` reports.
    """
    version = find_version(services, request.achievement_key, request.achievement_version)
    order = prepare_order(services, scope, request, version, now=now)
    (issued,) = services.recipe.issue([Wanted(order, now, actor=actor, is_asked=is_asked)])
    return issued.require(), issued


def order_again(
    services: Services, credential_id: str, *, actor: str, now: datetime
) -> tuple[CredentialRecord, Issued]:
    """Order again what could not be issued: the same, for the same person.

    Raises:
        NotFoundError: There is no such credential.
        ConflictError: It did not fail, or an accreditation decision ordered it.
        CredservError: Any error that `Recipe.issue` reports.
    """
    failed = services.store.credentials.get(credential_id)
    if failed is None:
        raise NotFoundError("there is no such credential")
    if failed.state is not CredentialState.FAILED:
        raise ConflictError("this order did not fail")
    if failed.order.scope == LIVING_SCOPE:
        raise ConflictError("it was to be awarded by a decision: decide its case again")
    order = replace(failed.order, idempotency_key=_ANEW + failed.id)  # pressed twice, by whomever: one badge
    (issued,) = services.recipe.issue([Wanted(order, now, actor=actor)])
    return issued.require(), issued


def hash_request(request: OrderRequest) -> str:
    """Return the hash that tells a repeat from a different order under the same key.

    Raises:
        InputError: The request cannot be canonicalized as JSON.
    """
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


def prepare_order(
    services: Services, scope: str, request: OrderRequest, version: AchievementVersion, *, now: datetime
) -> IssueOrder:
    """Build the order for the achievement version that the request means.

    Raises:
        SchemaFaultsError: This version does not define the results. A repeat of an earlier order is not
            checked.
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
    """Return an achievement version, the newest by default.

    Raises:
        NotFoundError: There is no such achievement or version.
    """
    achievements = services.store.achievements
    version = achievements.newest(key) if number is None else achievements.get(key, number)
    if version is None:
        raise NotFoundError(f"there is no achievement {key!r}" + (f" version {number}" if number else ""))
    return version


def require_defined(version: AchievementVersion, results: Sequence[JsonObject]) -> None:
    """Refuse results that a verifier would fault; the achievement may have changed under a mapping.

    Raises:
        SchemaFaultsError: The version does not define these results.
    """
    faults = undefined_faults(version.achievement, results)
    if faults:
        told = f"{version.key} version {version.version} does not define what this says of the result: "
        raise SchemaFaultsError(told + faults[0].message, faults=faults)


def results_in(
    version: AchievementVersion, results: Sequence[JsonObject], former: str
) -> tuple[JsonObject, ...]:
    """Return the results of an earlier version (with the id `former`) with references to this version."""
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
    """Return a result whose `#fragment` ids are absolute under the achievement's id;
    relative ids cannot be signed.
    """
    base = str(version.achievement["id"])
    absolute = dict(result)
    for member in ("resultDescription", "achievedLevel"):
        value = absolute.get(member)
        if isinstance(value, str) and value.startswith("#"):
            absolute[member] = base + value
    return absolute
