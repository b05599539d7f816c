"""Awards events in processes that kill themselves.

Takes one order after the other: {"event_id", "body", "at"}. For each it forks a process that opens the
service of the environment, awards the event, and is dead by SIGKILL at the point `at`:
`step:NAME` right after that step of the recipe, `commit:N` right before the N-th commit of the process,
`end` not at all. With "lot", a number, and "name", so many orders are awarded as one lot instead, of which
the one in the middle fails (`award_lot`). With "copy", a credential's id, "did" and "form", it makes a copy
of that one instead; with "accredit", "by", "now" and maybe "reference", it grants or endorses an application,
renews or suspends an accreditation, or upholds an appeal. Answers `killed`, or `done`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, event

from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.issuing.recipe import Issued, Recipe
from credserv.journeys.accredit.appeals import Verdict, decide_appeal
from credserv.journeys.accredit.changes import Suspension, suspend
from credserv.journeys.accredit.endorsing import EndorsementWish, endorse
from credserv.journeys.accredit.grant import Decision, grant
from credserv.journeys.accredit.renewal import renew
from credserv.journeys.award.award import award_event
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.orders import OrderRequest
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.services import Services
from credserv.records.copies import CopyForm, Holder
from credserv.records.credentials import IssuanceStep, Recipient
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.forked import Forked
from tests.testkit.processes import environ_of
from tests.testkit.service import ACHIEVEMENT, SOURCE, NoNetwork

LOT_SCOPE = "api:lots"
USED_KEY = "used-before"


def award(settings: Settings, order: dict[str, str]) -> None:
    services = build_services(settings, fetcher=NoNetwork())
    kind, _, where = order["at"].partition(":")
    if kind == "commit":
        _die_before_commit(int(where))

    def on_step(step: IssuanceStep) -> None:
        if kind == "step" and step.value == where:
            _die()

    services = replace(services, recipe=Recipe(replace(services.issuing, on_step=on_step)))
    if "copy" in order:
        record = services.store.credentials.get(order["copy"])
        assert record is not None
        holder = Holder(record.person_id, order["did"])
        make_copy(services, record.id, CopyForm(order["form"]), holder, datetime.now(UTC))
        return
    if "accredit" in order:
        _accredit(services, order)
        return
    if "lot" in order:
        award_lot(services, order["name"], int(order["lot"]), datetime.now(UTC))
        return
    source = services.store.sources.get(SOURCE)
    assert source is not None
    award_event(services, source, order["event_id"], order["body"].encode(), now=datetime.now(UTC))


def award_lot(services: Services, name: str, size: int, now: datetime) -> tuple[Issued, ...]:
    """Orders of one client at once, with the keys `{name}-0`, `{name}-1`, ...; the key in the middle was used
    before, for another order."""
    wanted = [
        OrderRequest(f"{name}-{number}", ACHIEVEMENT, Recipient(email=f"{name}-{number}@example.org"))
        for number in range(size)
    ]
    wanted[size // 2] = replace(wanted[size // 2], idempotency_key=USED_KEY)
    return award_batch(services, scope=LOT_SCOPE, requests=wanted, now=now)


def _accredit(services: Services, order: dict[str, str]) -> None:
    decision = Decision(order["by"], "As the panel found.", order.get("reference"))
    now = datetime.fromisoformat(order["now"])
    if order["accredit"] == "uphold":
        verdict = Verdict(True, order["by"], decision.reason)
        decide_appeal(services, order["name"], verdict, actor="test", now=now)
    elif order["accredit"] == "endorse":
        wish = EndorsementWish("feedback", reference=decision.reference)
        endorse(services, order["name"], order["by"], wish, now=now)
    elif order["accredit"] == "suspend":
        wanted = Suspension(order["by"], decision.reason, reference=decision.reference)
        suspend(services, order["name"], wanted, now)
    else:
        act = grant if order["accredit"] == "grant" else renew
        act(services, order["name"], decision, now)


def _die_before_commit(number: int) -> None:
    counted = itertools.count(1)

    @event.listens_for(Engine, "commit")
    def on_commit(connection: Connection) -> None:
        if next(counted) == number:
            _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    settings = Settings.from_env(os.environ)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            award(settings, json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        outcome = "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else "failed"
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()


@contextmanager
def dying(settings: Settings) -> Iterator[Callable[[Mapping[str, str]], str]]:
    """Carries out orders in such processes; returns what became of each."""
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("rw", encoding="utf-8") as talk:
        process = Forked(main, environ=environ_of(settings), talks=theirs)
        theirs.close()

        def carry_out(order: Mapping[str, str]) -> str:
            talk.write(json.dumps(order) + "\n")
            talk.flush()
            return talk.readline().strip()

        yield carry_out
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(HANGS_AFTER) == 0
