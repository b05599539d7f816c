"""Whether this process can do its work: what a load balancer asks before it sends anyone here."""

from __future__ import annotations

from credserv.ground.errors import CredservError, UnavailableError
from credserv.journeys.services import Services


def require_ready(services: Services) -> None:
    """The store answers and is of this release, and the signing key signs, where it is here. Raises
    UnavailableError."""
    try:
        services.store.check()
        current = services.store.schema_is_current()
        if services.issuer.moved_at is None:
            services.desk.signer.sign(b"ready")
    except CredservError as error:
        raise UnavailableError(f"not ready: {error.code}") from error
    if not current:
        raise UnavailableError("not ready: the database is of another release; run `credserv migrate`")
