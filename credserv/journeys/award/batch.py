"""Award in bulk: many orders of one client in one call, each as idempotent as if it had come alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from credserv.ground.errors import (
    AbsentError,
    CredservError,
    InputError,
    OrganisationClosedError,
    OrganisationMovedError,
    SigningKeyError,
    UnavailableError,
)
from credserv.issuing.recipe import Issued, Wanted
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import IssueOrder

MAX_BATCH = 500
NOT_OPEN = (OrganisationClosedError, OrganisationMovedError)


def award_batch(
    services: Services, *, scope: str, requests: Sequence[OrderRequest], now: datetime, actor: str = ""
) -> tuple[Issued, ...]:
    """Issue every order that can be issued.

    Args:
        scope: The scope within which an idempotency key identifies one order.
        actor: Who orders; "" for the scope.

    Returns:
        One outcome per order, in the same order; those that cannot be issued say why.

    Raises:
        SchemaFaultsError: A key occurs twice in the batch.
        SigningKeyError, UnavailableError: Some orders have to wait. Nothing is lost; send the batch again.
        OrganisationClosedError, OrganisationMovedError: Every order would be new, and the organisation no
            longer issues.
    """
    versions: dict[tuple[str, int | None], AchievementVersion] = {}
    prepared = [_order(services, scope, request, versions, now) for request in requests]
    orders = [Wanted(order, now, actor=actor) for order in prepared if isinstance(order, IssueOrder)]
    issued = services.recipe.issue(orders)
    for one in issued:
        if isinstance(one.error, (SigningKeyError, UnavailableError)) or not _is_ours(one.error):
            one.require()
    if issued and all(isinstance(one.error, NOT_OPEN) for one in issued):
        issued[0].require()
    answers = iter(issued)
    return tuple(
        next(answers) if isinstance(order, IssueOrder) else Issued(error=order) for order in prepared
    )


def _is_ours(error: Exception | None) -> bool:
    return error is None or isinstance(error, CredservError)


def _order(
    services: Services,
    scope: str,
    request: OrderRequest,
    versions: dict[tuple[str, int | None], AchievementVersion],
    now: datetime,
) -> IssueOrder | CredservError:
    wanted = (request.achievement_key, request.achievement_version)
    try:
        if wanted not in versions:
            versions[wanted] = find_version(services, *wanted)
        return prepare_order(services, scope, request, versions[wanted], now=now)
    except (InputError, AbsentError) as error:
        return error
