"""Share what a person brought along: which of it may be shared, and how it stands when opened.

Its bytes go on as they came. A credential that counts only when its holder presents it with a key would prove
nothing in a stranger's hand, and one that names somebody else is not theirs to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import InputError, ProofError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.hold import shares
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.services import Services
from credserv.journeys.transfer.brought import Brought, brought_along, chosen_along
from credserv.journeys.transfer.named_for import NamedFor
from credserv.proof.tokens.jws import payload_of
from credserv.proof.tokens.sd_jwt import split_sd_jwt

_SD_JWT = "application/vc+sd-jwt"


@dataclass(frozen=True)
class Offered:
    """A credential for a share.

    Attributes:
        kept_back: Why it may not be shared; "" if it may.
    """

    brought: Brought
    kept_back: str


def offered_along(
    services: Services, person_id: str, now: datetime, *, limit: int, chosen: Sequence[str] = ()
) -> tuple[Offered, ...]:
    """Return up to `limit` credentials, newest first, and those already chosen, however old."""
    newest = brought_along(services, person_id, now, limit=limit)
    listed = {one.record.id for one in newest}
    older = [known for known in chosen[: shares.MAX_ITEMS] if known not in listed]
    found = (*newest, *chosen_along(services, person_id, older, now))
    return tuple(Offered(one, _kept_back(services, one)) for one in found)


def make_share(services: Services, person_id: str, wish: ShareWish, now: datetime) -> str:
    """Like `hold.shares.make_share`, for what was issued here and what was brought along.

    Raises:
        InputError: A credential may not be shared.
        CredservError: As `hold.shares.make_share`.
    """
    for brought in chosen_along(services, person_id, wish.import_ids[: shares.MAX_ITEMS], now):
        why = _kept_back(services, brought)
        if why:
            raise InputError(f"“{brought.record.facts['name'] or 'A badge'}” cannot be shared: {why}")
    return shares.make_share(services, person_id, wish, now)


def _kept_back(services: Services, brought: Brought) -> str:
    record = brought.record
    if brought.named_for is NamedFor.ELSE:
        return "it names somebody else. If the address in it is yours, add that address to your wallet"
    if record.media_type != _SD_JWT:
        return ""
    return _kept_by_key(services.store.imports.content(record.person_id, record.id) or b"")


def _kept_by_key(token: bytes) -> str:
    """Return why an SD-JWT counts only when its holder presents it (RFC 9901,
    section 4.3; `cnf` of RFC 7800).
    """
    try:
        issued, _, key_binding = split_sd_jwt(token.decode("ascii", "replace"))
        claims = parse_json_object(payload_of(issued))
    except (ProofError, InputError):
        return "it cannot be read"
    if key_binding:
        return "it was made for one reader, by a proof that counts for nobody else"
    if "cnf" in claims:
        return "it is bound to a key, and counts only where the app with that key presents it"
    return ""
