"""What the proofs share: a service for real processes, on either database, and its account at the end."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from credserv.ground.strict_json import parse_json_object
from credserv.records.credentials import CredentialState
from tests.prove.ledger import Ledger
from tests.testkit.databases import postgres_server
from tests.testkit.processes import free_port
from tests.testkit.service import SOURCE, Clock, Service, make_service

DATABASES = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'credserv.sqlite'}"
        return
    with postgres_server(vacuums=True) as server:
        yield server.database_url(server.create())


@contextmanager
def database_in_folder(kind: str) -> Iterator[tuple[str, Path]]:
    """The URL of an empty database, and a folder; both are gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="credserv-prove-") as name,
        empty_database(kind, Path(name)) as url,
    ):
        yield url, Path(name)


@contextmanager
def service_on(kind: str) -> Iterator[Service]:
    """A service whose settings real processes can be started with; its limits let a proof through."""
    with database_in_folder(kind) as (url, folder):
        service = for_processes(url, folder)
        try:
            yield service
        finally:
            service.services.close()


def for_processes(database_url: str, folder: Path) -> Service:
    port = free_port()
    rates = dict.fromkeys(("rate_hooks", "rate_verify", "rate_api"), "1000000/minute")
    return make_service(
        database_url,
        folder,
        clock=Clock(datetime.now(UTC)),
        port=port,
        public_url=f"http://localhost:{port}",
        status_list_refresh_seconds=1,
        **rates,
    )


def settle(service: Service, heard: dict[str, list[str]], ledger: Ledger) -> None:
    """Hold what an LMS heard against what the store has: nothing lost, doubled or wrong."""
    store, prefix = service.services.store, f"{service.settings.public_url}/credentials/"
    for event_id, addresses in heard.items():
        record = store.credentials.find(f"hook:{SOURCE}", event_id)
        if record is None:
            ledger.fault(f"lost: {event_id} was accepted and has no credential")
        elif set(addresses) != {prefix + record.id}:
            ledger.fault(f"doubled: {event_id} was answered with {sorted(set(addresses))}")
    states = store.credentials.count_by_state()
    for state in CredentialState:
        ledger.count(f"credentials {state.value}", states[state])
    if sum(states.values()) != len(heard):
        ledger.fault(f"{len(heard)} events were accepted and there are {sum(states.values())} credentials")


def verify_samples(service: Service, ids: Iterable[str], ledger: Ledger) -> None:
    """Every sampled credential is what its state says, by our own verifier with every check."""
    found: Counter[str] = Counter()
    for credential_id in ids:
        record = service.services.store.credentials.get(credential_id)
        if record is None or record.signed is None:
            ledger.fault(f"lost: {credential_id} is not there, or not signed")
            continue
        result = service.services.verifier.verify_credential(
            parse_json_object(record.signed), now=datetime.now(UTC), resolvers=service.services.resolvers
        )
        if result.verified is not (record.state is CredentialState.ACTIVE):
            failed = [check.name for check in result.checks if check.outcome.value != "passed"]
            ledger.fault(f"wrong: {credential_id} is {record.state.value}, and verifying says {failed}")
        found[record.state.value] += 1
    for state, count in found.items():
        ledger.count(f"verified, {state}", count)
