"""What a wallet app's claim costs beside an order: CPU of this process, both through the whole application.

.venv/bin/python -m benchmarks.claims

A claim is what an app asks for: the offer, the token, a nonce, and one credential for a proof of its key. The
proof is made before. Each claim is of another award and another key, so that each copy is made. Orders and
claims of every form take turns, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path

from credserv.ground.encoding import KeyType
from credserv.issuing.copying import forms_of
from credserv.issuing.recipe import MAX_LOT, Wanted
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.journeys.claim.offers import MadeOffer
from credserv.records.achievements import AwardRule
from credserv.records.copies import CopyForm
from credserv.records.credentials import Recipient
from tests.testkit.browsing import Person
from tests.testkit.holding import WalletApp, award
from tests.testkit.ready import migrated_sqlite
from tests.testkit.service import ACHIEVEMENT, Service, make_service
from tests.testkit.tokens import signer

IN_WALLET = 2_000
WARM_UP = 3  # turns that compile what all share
ROUNDS = 12  # more would be too many calls a minute of one client


@dataclass(frozen=True)
class ClaimCost:
    """CPU milliseconds, the median: of one order, of a claim by form, of opening a wallet of 2,000 badges."""

    order: float
    claims: dict[CopyForm, float]
    wallet: float


def measure_claims(rounds: int = ROUNDS) -> ClaimCost:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copyfile(migrated_sqlite(), folder / "credserv.sqlite")
        url = f"sqlite:///{folder / 'credserv.sqlite'}"
        service = make_service(url, folder, rate_api="100000/minute")
        numbers = count(1)
        possible = [form for form in forms_of(service.services.issuing) if form is not CopyForm.LEARNING]
        kinds = {form: _claims(service, form, numbers) for form in possible}
        turns = list(islice(zip(_orders(service), *kinds.values(), strict=True), WARM_UP, WARM_UP + rounds))
        order, *claims = (statistics.median(spent) for spent in zip(*turns, strict=True))
        wallet = statistics.median(_openings(service, rounds))
        service.services.close()
    return ClaimCost(order, dict(zip(kinds, claims, strict=True)), wallet)


def _openings(service: Service, rounds: int) -> Iterator[float]:
    """The page with which a wallet of many badges opens."""
    services, now, holder = service.services, service.clock.now, "holder@example.org"
    version = find_version(services, ACHIEVEMENT, None)
    for lot in range(0, IN_WALLET, MAX_LOT):
        asked = [
            OrderRequest(f"w{lot + one}", ACHIEVEMENT, Recipient(email=holder)) for one in range(MAX_LOT)
        ]
        orders = [prepare_order(services, "benchmark", one, version, now=now) for one in asked]
        services.recipe.issue([Wanted(one, now, award_rule=AwardRule.PER_EVENT) for one in orders])
    person = Person(service).open_wallet(holder)
    for _ in range(rounds):
        yield _spent(lambda: person.client.get("/wallet"))


def _orders(service: Service) -> Iterator[float]:
    client, headers = service.client(), service.api_headers("credentials:issue")
    for number in count():
        body = {"achievement": ACHIEVEMENT, "recipient": {"email": f"pat{number}@example.org"}}
        sent = {**headers, "Idempotency-Key": f"order-{number:04}"}
        yield _spent(partial(client.post, "/api/v1/credentials", json=body, headers=sent))


def _claims(service: Service, form: CopyForm, numbers: Iterator[int]) -> Iterator[float]:
    for number in numbers:
        app = WalletApp(service, key=signer(KeyType.P256, number))
        made = app.offered(award(service, email=f"holder{number}@example.org"))
        yield _spent(partial(_claim, app, made, form, app.proof(app.nonce())))


def _claim(app: WalletApp, made: MadeOffer, form: CopyForm, proof: str) -> object:
    app.redeem(made)
    app.nonce()
    return app.ask(form.value, proof)


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    answer = work()
    spent = time.process_time() - began
    status = getattr(answer, "status_code", 0)
    assert status in (200, 201), f"the answer was {status}"
    return spent * 1_000


def main() -> None:
    cost = measure_claims()
    print(f"order               {cost.order:6.2f} ms")
    for form, spent in cost.claims.items():
        print(f"claim {form.value:<13} {spent:6.2f} ms  {spent / cost.order:5.1f} orders (3 wanted)")
    print(f"wallet of {IN_WALLET:,}     {cost.wallet:6.2f} ms to open (300 wanted)")


if __name__ == "__main__":
    main()
