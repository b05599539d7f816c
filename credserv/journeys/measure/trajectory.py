"""How a person's competence grew, by the badges they show; for the person and those to whom they gave a
link.
"""

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
    """A badge: its organisation, its id and its newest bytes."""

    organisation: str
    credential_id: str
    signed: bytes


def trajectory_of(
    services: Services, badges: Iterable[Badge], brought: Iterable[JsonObject] = ()
) -> tuple[Line, ...]:
    """Return the lines of a person's growth, including earlier versions of each badge.

    Args:
        brought: Badges of other issuers, as they state themselves.
    """
    documents = list(brought)
    for badge in badges:
        versions = services.beside(badge.organisation).store.versions.of(badge.credential_id)
        for signed in dict.fromkeys((*(one.signed for one in versions), badge.signed)):
            try:
                documents.append(parse_json_object(signed))
            except CredservError:
                continue  # a copy as a token says what its badge says
    return build_trajectory(documents)
