"""The actors of a simulation: a program with a key, the people in the log, and uninvolved people.

The last act where the log names nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from credserv.ground.encoding import format_instant, hash_token
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.access import SCOPES, create_api_key
from credserv.journeys.admit.colleagues import GrantWish, invite
from credserv.journeys.admit.sign_in import Owner, create_wallet_link, make_owner
from credserv.processes.playing.doors import Answer, Caller, part
from credserv.processes.playing.own_service import OwnService
from credserv.records.roles import Role

# Nobody has two roles in one case: one grants and suspends, two others revoke, another hears appeals.
OWNER, DECIDER, FIRST, SECOND, APPEALS, ASSESSOR = (
    f"{name}@uninvolved.example" for name in ("owner", "decider", "first", "second", "appeals", "assessor")
)
_HOST = "people-of-the-log.example"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}", re.ASCII)


@dataclass
class Stage:
    """The actors.

    Attributes:
        firm: the log's first employer, which is the organisation itself.
        known: people who have occurred.
    """

    own: OwnService
    api: Caller
    programme: JsonObject
    firm: str
    known: set[str] = field(default_factory=set)
    appeals: dict[str, str] = field(default_factory=dict)

    @classmethod
    def set_up(cls, own: OwnService, programme: JsonObject, firm: str) -> Stage:
        """Set up a key with every API scope, and people without a role in any case."""
        services, now = own.services, own.clock.now
        _, key = create_api_key(services, "simulation", SCOPES, now)
        owner = make_owner(services, Owner(OWNER, "Owner"), now, actor="simulation")
        for email in (DECIDER, FIRST, SECOND, APPEALS):
            name = email.partition("@")[0]
            invite(services, owner, email=email, name=name, role=Role.DECIDER, grant=GrantWish(), now=now)
        return cls(own, Caller(own.app, key), programme, firm)

    @property
    def is_small(self) -> bool:
        return "schema" not in self.programme

    def load(self, competencies: list[str], until: datetime) -> Answer:
        """Load the programme; if it does not say who may assess, add somebody who may until the end."""
        answer = self.post("/programmes", {"programme": self.programme, "owner": OWNER})
        if answer.is_good and self.is_small and competencies:
            self.put(f"/members/{part(ASSESSOR)}", {"email": ASSESSOR, "name": "Assessor"})
            told = {"person": ASSESSOR, "until": format_instant(until), "competencies": competencies}
            self.post(f"/programmes/{part(str(self.programme['key']))}/founders", told)
        return answer

    def person(self, name: str) -> str:
        """Return the log's name of a person, who becomes a member when they first occur."""
        if name not in self.known:
            self.known.add(name)
            self.tell_member(name, {})
        return name

    def tell_member(self, name: str, employment: JsonObject) -> Answer:
        self.known.add(name)
        told: JsonObject = {"email": address_of(name), "name": name[:200], **employment}
        return self.put(f"/members/{part(name)}", told)

    def post(self, path: str, told: Any = None) -> Answer:
        return self.api.send("POST", f"/api/v1{path}", told)

    def put(self, path: str, told: Any = None) -> Answer:
        return self.api.send("PUT", f"/api/v1{path}", told)

    def delete(self, path: str) -> Answer:
        return self.api.send("DELETE", f"/api/v1{path}")

    def browser(self, name: str) -> Caller:
        """Return the browser of a person who has just confirmed their identity by a mailed link."""
        link = create_wallet_link(self.own.services, address_of(self.person(name)), self.own.clock.now)
        browser = Caller(self.own.app)
        browser.submit(urlsplit(link).path)
        return browser


def address_of(name: str) -> str:
    local = name.lower()
    if not _PLAIN.fullmatch(local) or local.endswith("."):
        local = hash_token(name)[:32]
    return f"{local}@{_HOST}"
