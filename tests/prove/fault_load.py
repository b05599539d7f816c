"""What people and systems do while faults come and go, each act by the plan of the seed; and what they were
promised by each answer.

An order or event that was answered with success has one credential, for ever. A credential is what was last
said of it. What was refused, or not answered, is in doubt: it may be asked for again.
"""

from __future__ import annotations

import html
import json
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from credserv.journeys.admit.claims import create_link
from credserv.journeys.admit.sign_in import create_wallet_link
from credserv.records.credentials import CredentialState
from tests.prove.fault_site import Heard, Site
from tests.testkit.service import ACHIEVEMENT, SOURCE

Act = tuple[str, int]  # what is done, and with which order, event or badge

_ACTS = {"order": 30, "event": 25, "again": 10, "change": 13, "verify": 15, "claim": 7}
_NEXT = {
    CredentialState.ACTIVE: (CredentialState.SUSPENDED, CredentialState.REVOKED),
    CredentialState.SUSPENDED: (CredentialState.ACTIVE, CredentialState.REVOKED),
    CredentialState.REVOKED: (),
}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
GOOD = ("verified", "verified_issuer_unknown")


@dataclass
class Promise:
    """What is known of one order or event. address: of its credential, once answered. states: what it may be.
    tries: how often it was sent. keeper: who asked to keep it; is_kept: and heard that they do."""

    key: str
    is_event: bool
    chance: random.Random
    address: str = ""
    states: set[CredentialState] = field(default_factory=lambda: {CredentialState.ACTIVE})
    tries: int = 0
    claim: str = ""
    keeper: Keeper | None = None
    is_kept: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"

    @property
    def id(self) -> str:
        return self.address.rpartition("/")[2]


@dataclass
class Keeper:
    """Somebody with a wallet that is open in their browser."""

    email: str
    cookies: str = ""


def plan_acts(chance: random.Random, count: int) -> list[Act]:
    """What is done with which number, of those that were sent before; claims each of another one."""
    acts: list[Act] = []
    sent = 0
    for what in chance.choices(list(_ACTS), list(_ACTS.values()), k=count):
        if what in ("order", "event") or not sent:
            acts.append((what if what in ("order", "event") else "order", sent))
            sent += 1
        else:
            acts.append((what, chance.randrange(sent)))
    return acts


class Load:
    """The acts of one round. troubles: what was met on the way, by kind. wrong: what must never be."""

    def __init__(self, site: Site, name: str, seed: str, api: dict[str, str]) -> None:
        self.site, self.name, self.api = site, name, api
        self.seed = seed
        self.promises: dict[int, Promise] = {}
        self.troubles: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.doubled: list[str] = []
        self.claims: list[Promise] = []
        self.probes: list[Promise] = []
        self._lock = threading.Lock()

    def prepare(self, acts: list[Act], claims: int) -> None:
        """Who will keep a badge has one to keep, a link to it and an open wallet before anything fails."""
        for what, number in acts:
            if what in ("order", "event"):
                self.promises[number] = self._promise(f"{self.name}-{number}", is_event=what == "event")
        for number in range(claims):
            one = self._promise(f"{self.name}-kept-{number}", is_event=False)
            if not self.deliver(one):
                raise AssertionError("the service takes no order before any fault")
            one.keeper = Keeper(f"{self.name}-keeper-{number}@example.org")
            self.open_wallet(one)
            self.claims.append(one)

    def _promise(self, key: str, *, is_event: bool) -> Promise:
        return Promise(key, is_event, random.Random(f"{self.seed} {key}"))

    def probe(self) -> Promise:
        """One more order, to see that orders are taken."""
        self.probes.append(self._promise(f"{self.name}-after", is_event=False))
        return self.probes[-1]

    def every(self) -> list[Promise]:
        return [*self.promises.values(), *self.claims, *self.probes]

    def act(self, act: Act) -> None:
        what, number = act
        if what == "claim":
            if self.claims:
                self.keep(self.claims[number % len(self.claims)])
            return
        promise = self.promises[number]
        with promise.lock:
            if what in ("order", "event", "again"):
                self.deliver(promise)
            elif promise.address:
                self.change(promise) if what == "change" else self.verify(promise)

    # --- orders and events ------------------------------------------------------------------------

    def deliver(self, promise: Promise) -> bool:
        """Send it once; whether it was answered with its credential."""
        promise.tries += 1
        heard = self._event(promise) if promise.is_event else self._order(promise)
        # 202: kept, and finished later. 400: the clock there says that a signed event is too old or not yet.
        if not self._is(heard, "sent", (200, 201), (202, 400, 401, 503)):
            return False
        assert heard is not None
        address = str(heard.json["credential"])
        if promise.address not in ("", address):
            self._note(self.doubled, f"{promise.key} is {promise.address} and {address}")
        promise.address = promise.address or address
        return True

    def _order(self, promise: Promise) -> Heard | None:
        order = {"achievement": ACHIEVEMENT, "recipient": {"email": promise.email, "name": promise.key}}
        headers = {"Content-Type": "application/json", "Idempotency-Key": promise.key, **self.api}
        return self.site.ask("POST", "/api/v1/credentials", body=json.dumps(order).encode(), headers=headers)

    def _event(self, promise: Promise) -> Heard | None:
        self.site.now()
        body = json.dumps(self.site.service.event(email=promise.email, name=promise.key)).encode()
        headers = self.site.service.sign(body, promise.key)
        return self.site.ask("POST", f"/hooks/{SOURCE}", body=body, headers=headers)

    # --- states -------------------------------------------------------------------------------------

    def change(self, promise: Promise) -> None:
        """Of one whose state is certain; in doubt from before the request until its answer."""
        if len(promise.states) == 1:
            (before,) = promise.states
            if _NEXT[before]:
                self.ask_state(promise, promise.chance.choice(_NEXT[before]))

    def ask_state(self, promise: Promise, state: CredentialState) -> bool:
        promise.states = promise.states | {state}
        body = json.dumps({"state": state.value, "reason": "a proof"}).encode()
        headers = {"Content-Type": "application/json", **self.api}
        path = f"/api/v1/credentials/{promise.id}/status"
        heard = self.site.ask("POST", path, body=body, headers=headers)
        if not self._is(heard, "changed", (200,), (401, 503)):
            return False
        promise.states = {state}
        return True

    def verify(self, promise: Promise, *, surely: bool = False) -> None:
        """surely: nothing is in the way, so it has to be told. Else it may be that nothing can be."""
        verdict, why = self.verdict(promise)
        possible = {"good" if state is CredentialState.ACTIVE else "bad" for state in promise.states}
        told = "good" if verdict in GOOD else {"not_verified": "bad"}.get(verdict, "")
        if told not in possible and (told or surely):
            said = sorted(state.value for state in promise.states)
            self._note(self.wrong, f"{promise.key} is {' or '.join(said)}, and is told as {verdict}{why}")

    def verdict(self, promise: Promise) -> tuple[str, str]:
        """As anybody gets it: the document, and what is said of it; with the checks that did not pass."""
        path = promise.address.removeprefix(self.site.service.settings.public_url)
        document = self.site.ask("GET", path, headers={"Accept": "application/json"})
        if not self._is(document, "shown", (200,), (503,)):
            return "nothing", ""
        assert document is not None
        headers = {"Content-Type": "application/vc"}
        heard = self.site.ask("POST", "/api/v1/verify", body=document.body, headers=headers, seconds=10)
        if not self._is(heard, "verified", (200,), (503,)):
            return "nothing", ""
        assert heard is not None
        told: dict[str, Any] = heard.json
        failed = [
            f"{one['name']}: {one['reason']}"
            for one in told.get("checks", ())
            if one["outcome"] in ("failed", "unknown")
        ]
        return str(told["verdict"]), f" ({'; '.join(failed)})" if failed else ""

    # --- wallets ------------------------------------------------------------------------------------

    def open_wallet(self, promise: Promise) -> None:
        """By the link that a letter brings; and a link to the badge, as an administrator hands it over."""
        services, now, keeper = self.site.service.services, self.site.now(), promise.keeper
        assert keeper is not None
        promise.claim = self._path(create_link(services, promise.id, now, actor="a proof"))
        link = self._path(create_wallet_link(services, keeper.email, now))
        page = self.site.ask("GET", link, headers={"Accept": "text/html"})
        token = page and _TOKEN.search(page.body.decode())
        if not page or not token:
            return
        body = f"csrf_token={html.unescape(token[1])}".encode()
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": page.cookies}
        signed_in = self.site.ask("POST", link, body=body, headers=form)
        if signed_in is not None and signed_in.status == 303:
            keeper.cookies = "; ".join(filter(None, (page.cookies, signed_in.cookies)))

    def keep(self, promise: Promise) -> bool:
        keeper = promise.keeper
        assert keeper is not None
        with promise.lock:
            headers = {"Accept": "text/html", "Cookie": keeper.cookies}
            page = self.site.ask("GET", promise.claim, headers=headers)
            if not self._is(page, "link opened", (200,), (401, 404, 410, 503)):
                return False
            token = page and _TOKEN.search(page.body.decode())
            if not token:
                self.troubles["no form to keep it with"] += 1
                return False
            body = f"csrf_token={html.unescape(token[1])}".encode()
            form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
            heard = self.site.ask("POST", f"{promise.claim}/keep", body=body, headers=form)
            if not self._is(heard, "kept", (303,), (400, 401, 403, 404, 410, 503)):
                return False
            assert heard is not None
            if promise.id not in heard.location:
                self.troubles["not kept"] += 1
                return False
            promise.is_kept = True
            return True

    def _path(self, url: str) -> str:
        return url.removeprefix(self.site.service.settings.public_url)

    # --- what was heard -------------------------------------------------------------------------------

    def _is(
        self, heard: Heard | None, what: str, success: tuple[int, ...], refusals: tuple[int, ...]
    ) -> bool:
        if heard is not None and heard.status in success:
            return True
        with self._lock:
            self.troubles["no answer" if heard is None else str(heard.status)] += 1
        if heard is not None and heard.status not in refusals:
            self._note(self.wrong, f"what was to be {what} got {heard.status}: {heard.body[:200]!r}")
        return False

    def _note(self, where: list[str], what: str) -> None:
        with self._lock:
            where.append(what)
