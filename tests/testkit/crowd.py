"""The dearest requests that a stranger can send, as attacks found them, kept in flight; and what has to be
answered beside them.
"""

from __future__ import annotations

import http.client
import io
import itertools
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from tests.testkit.browsing import Person
from tests.testkit.processes import Processes, free_port
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import SOURCE, Clock, Service, make_service

ALICE = issuer(1)
_JSON = {"Content-Type": "application/json"}
_IN_BATCH = 100
_LONG = 600.0


@dataclass(frozen=True)
class Wish:
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] | None = None


def crowdable(folder: Path, migrated: Path) -> tuple[Service, int]:
    """A service by the clock of the machine, without limits of verifying, and its port. migrated: a database
    to begin with."""
    port, database = free_port(), folder / "credserv.sqlite"
    database.write_bytes(migrated.read_bytes())
    service = make_service(
        f"sqlite:///{database}",
        folder,
        clock=Clock(datetime.now(UTC)),
        port=port,
        public_url=f"http://localhost:{port}",
        rate_verify="1000000/second",
    )
    return service, port


def costly(results: int = 5, alignments: int = 6, proofs: int = 8) -> dict[str, Any]:
    """As it was found (F1b): results and alignments without names, under many proofs."""
    document = badge(ALICE)
    del document["credentialStatus"]
    document["credentialSubject"]["result"] = [
        {
            "type": ["Result"],
            "alignment": [
                {"type": ["Alignment"], "targetName": "a", "targetUrl": "https://a.example"}
                for _ in range(alignments)
            ],
        }
        for _ in range(results)
    ]
    return document | {
        "proof": [ALICE.prove(badge(ALICE), id=f"urn:uuid:{number}") for number in range(proofs)]
    }


def different(count: int) -> list[dict[str, Any]]:
    """So many, of which none is known from another."""
    one = costly()
    return [one | {"id": f"urn:x:credential:{number}"} for number in range(count)]


def presentation(held: int = 32) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": different(held),
    }


def twins(depth: int) -> dict[str, Any]:
    """Attack 38: a graph whose nodes are told apart by nothing."""
    return {"type": ["Achievement"]} | ({"related": [twins(depth - 1) for _ in range(3)]} if depth else {})


def dearest() -> list[Wish]:
    """Eight: batches and presentations of costly credentials, twins, a wide document, a photograph."""
    batch = _batch(different(_IN_BATCH))
    shown = json.dumps({"presentation": presentation()}).encode()
    alike = ALICE.sign(badge(ALICE)) | {"credentialSubject": {"achievement": twins(5)}}
    wide = ALICE.sign(badge(ALICE, evidence=[{"id": f"urn:x:{n}", "type": "Evidence"} for n in range(5_000)]))
    return [
        Wish("POST", "/api/v1/verify/batch", batch, _JSON),
        Wish("POST", "/api/v1/verify/batch", batch, _JSON),
        Wish("POST", "/api/v1/verify/batch", batch, _JSON),
        Wish("POST", "/api/v1/verify", shown, _JSON),
        Wish("POST", "/api/v1/verify", shown, _JSON),
        Wish(
            "POST",
            "/api/v1/verify/batch",
            _batch([alike | {"id": f"urn:x:alike:{n}"} for n in range(_IN_BATCH)]),
            _JSON,
        ),
        Wish("POST", "/api/v1/verify", json.dumps(wide).encode(), {"Content-Type": "application/vc"}),
        Wish("POST", "/api/v1/verify", noise(), {"Content-Type": "image/png"}),
    ]


def _batch(documents: list[dict[str, Any]]) -> bytes:
    return json.dumps({"items": [{"credential": document} for document in documents]}).encode()


def noise(side: int = 1_150) -> bytes:
    """A picture of four mebibytes in which a code is looked for in vain."""
    pixels = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side))
    written = io.BytesIO()
    pixels.save(written, "PNG")
    return written.getvalue()


@dataclass
class InFlight:
    """answered: the place of each among the wishes that was, and with what status."""

    answered: list[tuple[int, int]] = field(default_factory=list)

    def counted(self) -> list[tuple[str, int]]:
        """How often which was answered with what."""
        return sorted(Counter(f"{place}: {status}" for place, status in self.answered).items())


@contextmanager
def in_flight(port: int, wishes: list[Wish]) -> Iterator[InFlight]:
    """Each of them sent, and sent again when it is answered, until the end."""
    told, ended = InFlight(), threading.Event()
    sent = threading.Barrier(len(wishes) + 1)
    open_now: list[http.client.HTTPConnection] = []

    def keep(place: int, wish: Wish) -> None:
        first = True
        while not ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONG)
            open_now.append(connection)
            with suppress(OSError, http.client.HTTPException):
                connection.request(wish.method, wish.path, wish.body, dict(wish.headers or {}))
                if first:
                    sent.wait()
                    first = False
                told.answered.append((place, connection.getresponse().status))
            connection.close()

    threads = [threading.Thread(target=keep, args=each, daemon=True) for each in enumerate(wishes)]
    for thread in threads:
        thread.start()
    sent.wait()
    try:
        yield told
    finally:
        ended.set()
        for connection in open_now:
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(2)
        for thread in threads:
            thread.join()


def beside(service: Service) -> dict[str, Callable[[], Wish]]:
    """What goes on all the same: a new event of a learning system, a wallet, the console, a status list."""
    credential_id = service.issue(email="kim@example.org")
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    wallet = _signed_in(Person(service).open_wallet("kim@example.org"))
    console = _signed_in(Person(service).sign_in_to_console())
    numbers = itertools.count()

    def event() -> Wish:
        event_id = f"crowd_{next(numbers)}"
        body = json.dumps(service.event(email=f"{event_id}@example.org")).encode()
        service.clock.now = datetime.now(UTC)
        return Wish("POST", f"/hooks/{SOURCE}", body, service.sign(body, event_id))

    return {
        "event": event,
        "wallet": lambda: Wish("GET", "/wallet", headers=wallet),
        "console": lambda: Wish("GET", "/console", headers=console),
        "status list": lambda: Wish("GET", f"/status/{record.status_list_id}"),
    }


def _signed_in(person: Person) -> dict[str, str]:
    cookies = [f"{one.key}={one.value}" for one in person.client._cookies.values()]
    return {"Cookie": "; ".join(cookies)}


def ask(processes: Processes, wish: Wish) -> int:
    return processes.request(wish.method, wish.path, body=wish.body or None, headers=wish.headers).status
