"""Trust anchors: certificate authorities that prove issuers' keys (`x5c`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from credserv.ground.errors import InputError
from credserv.journeys.services import Services
from credserv.proof.keys.certificates import Anchor
from credserv.proof.keys.operator_anchors import OperatorAnchors
from credserv.records.audit import Action, AuditRecord

FOLDER = "anchors"


def anchors_of(data_dir: Path) -> OperatorAnchors:
    """Return the operator's trust anchors."""
    return OperatorAnchors(data_dir / FOLDER)


def add_anchor(
    services: Services,
    data_dir: Path,
    content: bytes,
    issuers: Collection[str],
    *,
    actor: str,
    now: datetime,
) -> Anchor:
    """Add a trust anchor.

    Args:
        content: The certificate.
        issuers: The issuers as tokens name them; empty for all but ours.

    Raises:
        InputError: The certificate or an issuer cannot be used.
    """
    if any(issuer.startswith("did:") for issuer in issuers):
        raise InputError("the keys of a DID are proven by its own document, never by a certificate")
    anchor = anchors_of(data_dir).add(content, issuers, now=now)
    detail = {"name": anchor.name[:200], "issuers": list(anchor.issuers)}
    services.store.audit.add(AuditRecord(now, actor, Action.ANCHOR_ADDED, anchor.sha256, detail))
    return anchor


def remove_anchor(services: Services, data_dir: Path, sha256: str, *, actor: str, now: datetime) -> None:
    """Remove a trust anchor.

    Raises:
        NotFoundError: There is no such anchor.
    """
    gone = anchors_of(data_dir).remove(sha256)
    services.store.audit.add(AuditRecord(now, actor, Action.ANCHOR_REMOVED, gone.sha256))
