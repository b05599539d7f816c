"""Pin a JSON-LD context that credentials of some issuers name and this service does not ship."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from credserv.ground.errors import InputError
from credserv.journeys.services import Services
from credserv.proof.rdf.operator_pins import OperatorPins, Pin
from credserv.records.audit import Action, AuditRecord
from credserv.trust.trust_list import normalise_issuer

FOLDER = "contexts"


def pins_of(data_dir: Path) -> OperatorPins:
    """Return the operator's pinned contexts."""
    return OperatorPins(data_dir / FOLDER)


def pin_context(
    services: Services,
    data_dir: Path,
    content: bytes,
    url: str,
    issuers: Collection[str],
    *,
    actor: str,
    now: datetime,
) -> Pin:
    """Pin a context.

    Args:
        content: The context document.
        url: Its URL.
        issuers: Whose credentials may name it; empty for all but ours.

    Raises:
        InputError: The context or an issuer cannot be used.
    """
    named = [normalise_issuer(issuer) for issuer in issuers]
    if services.issuer.did in named:
        raise InputError("what this service issues is never read with a pinned context")
    pins = pins_of(data_dir)
    pin = pins.pin(content, url, named, contexts=services.canonizer.contexts, now=now)
    detail = {"sha256": pin.sha256, "issuers": list(pin.issuers)}
    services.store.audit.add(AuditRecord(now, actor, Action.CONTEXT_PINNED, url[:200], detail))
    return pin


def remove_context(services: Services, data_dir: Path, url: str, *, actor: str, now: datetime) -> None:
    """Remove a pinned context.

    Raises:
        NotFoundError: There is no such pin.
    """
    pins_of(data_dir).remove(url)
    services.store.audit.add(AuditRecord(now, actor, Action.CONTEXT_REMOVED, url[:200]))
