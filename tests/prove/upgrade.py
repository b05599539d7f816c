"""The released version's data, many times over: one migration, and every sampled badge is what it was."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table

from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.signer import Signer, open_signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.store.frame.database import Database, open_engine
from tests.prove.ledger import Ledger
from tests.prove.made import empty_database, verify_samples
from tests.prove.way_back import WayBack
from tests.testkit.oracles import SCHEMAS
from tests.testkit.release_before import release_before
from tests.testkit.released import fill_released, released
from tests.testkit.service import Clock, Service, make_settings, open_service, prepare_service

AT_ONCE = 500
REVOKED_OF = 10  # one in so many


def prove_upgrade(database: str, ledger: Ledger, *, credentials: int, samples: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="credserv-prove-") as name,
        empty_database(database, Path(name)) as url,
        empty_database(database, Path(name) / "back") as back_url,
    ):
        way_back = WayBack(release_before(Path(name)), Path(name) / "back", back_url)
        upgrade(url, Path(name), ledger, credentials=credentials, samples=samples, way_back=way_back)


def upgrade(
    database_url: str,
    folder: Path,
    ledger: Ledger,
    *,
    credentials: int,
    samples: int,
    way_back: WayBack | None = None,
) -> None:
    """Fill the released version's tables in an empty database, migrate them, and look at samples. way_back:
    then go back from the newest version to the one before."""
    fill_released(database_url)
    settings = make_settings(database_url, folder)
    settings.keys_dir.mkdir(parents=True)
    for name, text in released()["key_files"].items():
        (settings.keys_dir / name).write_text(text)
        (settings.keys_dir / name).chmod(0o600)
    signer = open_signer(
        _newest_key()["signer_uri"], keys_dir=settings.keys_dir, passphrase=settings.key_passphrase
    )
    ids = _multiply(database_url, signer, ledger, credentials)
    if way_back is not None:
        way_back.begin(settings, ledger)
    began = time.monotonic()
    secret = prepare_service(settings, datetime.now(UTC), starters=False)
    ledger.count("seconds of migrating", int(time.monotonic() - began))
    service = open_service(settings, secret, clock=Clock(datetime.now(UTC)))
    _hold(service, ids, ledger, samples)
    if way_back is not None:
        way_back.go(service, random.Random(len(ids)).sample(ids, min(samples, len(ids))), ledger)


def _hold(service: Service, ids: list[str], ledger: Ledger, samples: int) -> None:
    states = service.services.store.credentials.count_by_state()
    for state, count in states.items():
        ledger.count(f"credentials {state.value}", count)
    before = len(ids) + len(released()["tables"]["credentials"])
    if sum(states.values()) != before:
        ledger.fault(f"lost: there were {before} credentials, and there are {sum(states.values())}")
    sample = random.Random(len(ids)).sample(ids, min(samples, len(ids)))
    verify_samples(service, sample, ledger)
    for credential_id in sample[:100]:
        if service.client().get(f"/credentials/{credential_id}").status_code not in (200, 410):
            ledger.fault(f"wrong: {credential_id} has no page")


# --- many rows of the released version ----------------------------------------------------------


def _newest_key() -> Mapping[str, Any]:
    active = [key for key in released()["tables"]["signing_keys"] if key["state"] == "active"]
    return max(active, key=lambda key: str(key["created_at"]))


def _multiply(database_url: str, signer: Signer, ledger: Ledger, count: int) -> list[str]:
    """Adds `count` credentials to its first one's table, each signed anew under its own id and index."""
    engine, ids = open_engine(database_url), []
    tables = MetaData()
    tables.reflect(engine)
    rows = _Rows(tables, signer)
    with Database(engine).writing() as connection:
        (base,) = connection.execute(rows.credentials.select().where(rows.credentials.c.id == rows.base_id))
        taken = {row.index for row in connection.execute(rows.indexes.select())}
        free = (index for index in range(count + len(taken)) if index not in taken)
        waiting: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for number in range(count):
            waiting.append(rows.made(base._mapping, number, next(free)))
            ids.append(waiting[-1][0]["id"])
            if len(waiting) == AT_ONCE or number == count - 1:
                connection.execute(rows.credentials.insert(), [credential for credential, _ in waiting])
                connection.execute(rows.indexes.insert(), [index for _, index in waiting])
                waiting.clear()
                ledger.progress(number + 1, count, "credentials made")
    engine.dispose()
    return ids


class _Rows:
    """Rows of the released version's tables, like the first credential's."""

    def __init__(self, tables: MetaData, signer: Signer) -> None:
        self.credentials: Table = tables.tables["credentials"]
        self.indexes: Table = tables.tables["status_indexes"]
        stored = released()["tables"]
        self.base_id: str = next(row["id"] for row in stored["credentials"] if row["state"] == "active")
        self._list_id: str = next(
            row["list_id"] for row in stored["status_indexes"] if row["credential_id"] == self.base_id
        )
        self._signer = signer
        self._suite = build_suites(Canonizer(PinnedContexts.load(SCHEMAS)))["eddsa-rdfc-2022"]

    def made(self, base: Mapping[str, Any], number: int, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The rows of one more credential and of its index."""
        credential_id, revoked = f"upgraded{number:014d}", number % REVOKED_OF == 0
        document = json.loads(base["signed"])
        proof = document.pop("proof")
        document["id"] = document["id"].replace(self.base_id, credential_id)
        entry = document["credentialStatus"]
        entry["id"] = f"{entry['statusListCredential']}#{index}"
        entry["statusListIndex"] = str(index)
        del proof["proofValue"]
        document["proof"] = self._suite.create_proof(document, proof, self._signer)
        row = {
            **base,
            "id": credential_id,
            "idempotency_key": f"upgraded-{number}",
            "signed": json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(),
            "state": "revoked" if revoked else "active",
        }
        place = {"list_id": self._list_id, "index": index, "credential_id": credential_id, "is_set": revoked}
        return row, place
