"""A seeded run of everything that may happen, one thing after the other, with faults between: replayed by its
seed, on the same commit, step by step.

A model knows what was promised: an event that was answered has one credential, for ever; a credential is what
was last said of it, everywhere; what was refused may be sent again. Faults: a statement that the database
does not take, a process that ends before any statement (and is opened anew), a clock that jumps and comes
back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from credserv.app.signing_keys import create_key
from credserv.processes.sweeper import LEFT_BEHIND_AFTER, Sweeper
from credserv.records.credentials import CredentialState
from credserv.status.bitstring import bit_at, decode_list
from tests.prove.ledger import Ledger
from tests.testkit.service import Service, make_service, open_service

CHANGES = {
    CredentialState.ACTIVE: (CredentialState.SUSPENDED, CredentialState.REVOKED),
    CredentialState.SUSPENDED: (CredentialState.ACTIVE, CredentialState.REVOKED),
    CredentialState.REVOKED: (),
}
JUMP = timedelta(days=30)
_UNLIMITED = dict.fromkeys(("rate_hooks", "rate_verify", "rate_api"), "1000000/minute")
STATEMENTS = 25  # a fault comes before one of so many


class Killed(BaseException):
    """Ends whatever runs, as the end of its process would."""


class NoQueue:
    """The simulation has no lists to fetch and no letters to send."""

    def enqueue(self, job: str, subject_id: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@dataclass
class Promise:
    """What is known of one event. address: of its credential, once answered. states: what it may be now."""

    number: int
    address: str = ""
    states: set[CredentialState] = field(default_factory=lambda: {CredentialState.ACTIVE})


class Simulation:
    """One run over a service that is its own alone."""

    def __init__(self, service: Service, ledger: Ledger, seed: int) -> None:
        self.service, self.ledger = service, ledger
        self.chance = random.Random(seed)
        self.promises: list[Promise] = []
        self.step = 0
        self._api = service.api_headers()
        self._actions: tuple[tuple[Callable[[], None], int], ...] = (
            (self.send, 30), (self.send_again, 12), (self.change, 14), (self.verify, 20), (self.sweep, 6),
            (self.wait, 10), (self.jump, 2), (self.rotate, 1), (self.open_anew, 3),
        )  # fmt: skip

    def run(self, steps: int) -> None:
        actions, weights = zip(*self._actions, strict=True)
        for self.step in range(steps):
            (action,) = self.chance.choices(actions, weights)
            fault = self.chance.choices((None, "refused", "killed"), (70, 15, 15))[0]
            self.ledger.count(action.__name__.replace("_", " "))
            self._under(fault, action)
            self.ledger.progress(self.step, steps, "steps")
        self.settle()

    def _under(self, fault: str | None, action: Callable[[], None]) -> None:
        if fault is None or action in (self.open_anew, self.jump):
            action()
            return
        with self._failing(fault) as met:
            try:
                action()
            except Killed:
                self.ledger.count("processes killed")
        if met:
            self.ledger.count(f"statements {fault}")
        if fault == "killed" and met:
            self.open_anew()

    @contextmanager
    def _failing(self, fault: str) -> Iterator[list[str]]:
        engine = self.service.services.store._database.engine
        left, met = self.chance.randrange(1, STATEMENTS), []

        def refuse(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                met.append(statement)
                raise Killed if fault == "killed" else OperationalError(statement, {}, OSError("disk full"))

        event.listen(engine, "before_cursor_execute", refuse)
        try:
            yield met
        finally:
            event.remove(engine, "before_cursor_execute", refuse)

    # --- what happens -------------------------------------------------------------------------------

    def send(self) -> None:
        promise = Promise(len(self.promises))
        self.promises.append(promise)
        self._deliver(promise)

    def send_again(self) -> None:
        if self.promises:
            self._deliver(self.chance.choice(self.promises))

    def _deliver(self, promise: Promise) -> bool:
        name = f"evt_{promise.number}"
        answer = self.service.send_event(event_id=name, email=f"person-{promise.number}@example.org")
        if answer.status_code not in (200, 201):
            self._expect(answer.status_code in (202, 503), f"{name} was answered with {answer.status_code}")
            return False
        address = str(answer.json["credential"])
        self._expect(promise.address in ("", address), f"doubled: {name} is {promise.address} and {address}")
        promise.address = address
        return True

    def change(self) -> None:
        """Of one whose state is certain; in doubt from before the request until its answer."""
        certain = [one for one in self.promises if one.address and len(one.states) == 1]
        if not certain:
            return
        promise = self.chance.choice(certain)
        (before,) = promise.states
        if CHANGES[before]:
            self._change(promise, self.chance.choice(CHANGES[before]))

    def _change(self, promise: Promise, state: CredentialState) -> None:
        promise.states = promise.states | {state}
        path = f"/api/v1/credentials/{promise.address.rpartition('/')[2]}/status"
        asked = {"state": state.value, "reason": "simulated"}
        answer = self.service.client().post(path, json=asked, headers=self._api)
        if answer.status_code == 200:
            promise.states = {state}
        else:
            self._expect(answer.status_code in (409, 503), f"a change was answered with {answer.status_code}")

    def verify(self) -> None:
        known = [one for one in self.promises if one.address]
        if known:
            self._verify(self.chance.choice(known))

    def _verify(self, promise: Promise, *, surely: bool = False) -> None:
        client, path = self.service.client(), urlsplit(promise.address).path
        document = client.get(path, headers={"Accept": "application/json"})
        if document.status_code == 503 and not surely:
            return
        self._expect(document.status_code == 200, f"lost: {path} is {document.status_code}")
        answer = client.post("/api/v1/verify", data=document.data, content_type="application/vc")
        if answer.status_code == 503 and not surely:
            return
        verdict = answer.json["verdict"]
        possible = {self._verdict_of(state) for state in promise.states}
        possible |= set() if surely else {"could_not_be_checked"}
        self._expect(verdict in possible, f"wrong: {path} is {verdict}, not {sorted(possible)}")

    @staticmethod
    def _verdict_of(state: CredentialState) -> str:
        return "verified" if state is CredentialState.ACTIVE else "not_verified"

    def sweep(self) -> None:
        jobs: Any = NoQueue()
        self.service.clock.now += LEFT_BEHIND_AFTER
        Sweeper(self.service.services, jobs).run(self.service.clock.now)

    def wait(self) -> None:
        self.service.clock.now += timedelta(seconds=self.chance.choice((1, 10, 61, 3_600, 40_000)))

    def jump(self) -> None:
        """A clock that is wrong for one request, either way."""
        by = self.chance.choice((JUMP, -JUMP))
        self.service.clock.now += by
        client = self.service.client()
        for promise in self.promises[-1:]:
            if promise.address:
                client.get(urlsplit(promise.address).path)
        self.service.clock.now -= by

    def rotate(self) -> None:
        services = self.service.services
        create_key(self.service.settings, services.store, now=self.service.clock.advance(seconds=1))
        self.open_anew()

    def open_anew(self) -> None:
        old = self.service
        old.services.close()
        self.service = open_service(old.settings, old.secret, clock=old.clock)

    # --- what has to be so in the end -----------------------------------------------------------------

    def settle(self) -> None:
        """Everything is sent once more and swept up; then all that was promised is there, everywhere."""
        self.open_anew()
        self.service.clock.now += timedelta(hours=12)
        for _ in range(3):
            self.sweep()
        for promise in self.promises:
            self._expect(self._deliver(promise), f"evt_{promise.number} is never taken")
            if len(promise.states) > 1:
                self._change(promise, self._settled(promise))
        self.service.clock.now += timedelta(minutes=2)
        for promise in self.promises:
            self._verify(promise, surely=True)
            self._expect_listed(promise)
        counted = self.service.services.store.credentials.count_by_state()
        for state in CredentialState:
            self.ledger.count(f"credentials {state.value}", counted[state])
        self._expect(sum(counted.values()) == len(self.promises), f"{len(self.promises)} events, {counted}")
        addresses = {promise.address for promise in self.promises}
        self._expect(len(addresses) == len(self.promises), "two events share a credential")

    def _settled(self, promise: Promise) -> CredentialState:
        record = self.service.services.store.credentials.get(promise.address.rpartition("/")[2])
        assert record is not None
        self._expect(record.state in promise.states, f"wrong: {record.id} is {record.state.value}")
        promise.states = {record.state}
        return record.state

    def _expect_listed(self, promise: Promise) -> None:
        """The public list says what the store says, for whoever does not ask us."""
        client = self.service.client()
        document = client.get(urlsplit(promise.address).path, headers={"Accept": "application/json"}).json
        (state,) = promise.states
        entry = document["credentialStatus"]
        listed = client.get(urlsplit(entry["statusListCredential"]).path)
        encoded = json.loads(listed.data)["credentialSubject"]["encodedList"]
        is_set = bit_at(decode_list(encoded), int(entry["statusListIndex"])) == 1
        # One entry for both, set while revoked or suspended: docs/adr/0001.
        expected = state is not CredentialState.ACTIVE
        self._expect(is_set is expected, f"wrong: the list of {promise.address} does not say {state.value}")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.ledger.fault(f"step {self.step}: {otherwise}")


def prove_simulation(database_url: str, folder: Path, ledger: Ledger, *, steps: int, seed: int) -> None:
    """seed: the same one makes the same run on the same commit."""
    ledger.count("seed", seed)
    service = make_service(database_url, folder, public_url="https://badges.example", **_UNLIMITED)
    simulation = Simulation(service, ledger, seed)
    simulation.run(steps)
    simulation.service.services.close()
