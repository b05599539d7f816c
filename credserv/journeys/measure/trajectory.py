"""How somebody came to what they can do, out of the badges that they show: of a person to that person, and to
whom they gave a link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from credserv.ground.errors import CredservError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.outcomes.trajectory import Line, build_trajectory


@dataclass(frozen=True)
class Badge:
    """A badge: of which organisation, under which id, and its newest bytes."""

    organisation: str
    credential_id: str
    signed: bytes


def trajectory_of(
    services: Services, badges: Iterable[Badge], brought: Iterable[JsonObject] = ()
) -> tuple[Line, ...]:
    """Each with the versions before it. brought: badges of other issuers, as they say themselves."""
    documents = list(brought)
    for badge in badges:
        versions = services.beside(badge.organisation).store.versions.of(badge.credential_id)
        for signed in dict.fromkeys((*(one.signed for one in versions), badge.signed)):
            try:
                documents.append(parse_json_object(signed))
            except CredservError:
                continue  # a token: what it says stands in the badge that it is a copy of
    return build_trajectory(documents)
