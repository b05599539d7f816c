"""Verifying over HTTP what others issued: their documents at hand or not, and hosts that never answer."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.hosts import Hosts, serving
from benchmarks.load import LoadError, Rate, Request, ask, measure, measure_latency, wait_ready
from benchmarks.outside import ANSWERING, CA_FILE, PORTS, SILENT
from benchmarks.processes import ROOT, cpu_seconds, family, on_core
from benchmarks.reference import SEED, Reference
from credserv.app.installation import prepare
from credserv.app.remembered import compose_environment
from credserv.app.schemas import default_schemas_dir
from credserv.app.settings import Settings
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.status.bitstring import build_status_list_credential, encode_list

_THREADS = 8
_KEY = "key-1"
_LIST = encode_list([], 131_072)


@dataclass(frozen=True)
class Visits:
    """cached: DID document and status list at hand. uncached: each request of another issuer.

    alone_ms, beside_silent_ms: the 99th percentile of the cached ones, by themselves and while one request
    in ten names a host that never answers.
    """

    cached: Rate
    uncached: Rate
    alone_ms: float
    beside_silent_ms: float


class Issuers:
    """As many as are asked for, each with a DID document and a status list of its own, and one key."""

    def __init__(self, reference: Reference) -> None:
        subject = dict(reference.document["credentialSubject"])
        for member in ("activityStartDate", "activityEndDate"):  # without a time, which the schema wants
            subject.pop(member, None)
        self._document = {**reference.document, "credentialSubject": subject}
        self._signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(SEED))
        self._suite = build_suites(Canonizer(PinnedContexts.load(default_schemas_dir())))["eddsa-rdfc-2022"]

    def answer(self, path: str) -> bytes | None:
        kind, number = path.strip("/").split("/")[:2]
        if kind == "issuers":
            return json.dumps(self._did_document(number)).encode()
        return json.dumps(self._status_list(number)).encode() if kind == "status" else None

    def credential(self, number: int, which: int = 7) -> dict[str, Any]:
        """number: of the issuer. which: of the credential, and its place in the issuer's list."""
        did = self._did(str(number))
        status = {**self._document["credentialStatus"], **self._place(str(number), which)}
        changed = {
            "id": f"urn:uuid:5c1d3c1e-3f77-4f5b-8a44-{which:012x}",
            "issuer": {**self._document["issuer"], "id": did},
            "credentialStatus": status,
        }
        return self._sign({**self._document, **changed}, did)

    def _did(self, number: str) -> str:
        return f"did:web:{ANSWERING}:issuers:{number}"

    def _place(self, number: str, which: int = 7) -> dict[str, str]:
        url = f"https://{ANSWERING}/status/{number}"
        return {"id": f"{url}#{which}", "statusListCredential": url, "statusListIndex": str(which)}

    def _did_document(self, number: str) -> dict[str, Any]:
        did = self._did(number)
        method = {
            "id": f"{did}#{_KEY}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": self._signer.public_key_multibase,
        }
        contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
        return {
            "@context": contexts,
            "id": did,
            "verificationMethod": [method],
            "assertionMethod": [method["id"]],
        }

    def _status_list(self, number: str) -> dict[str, Any]:
        now, did = datetime.now(UTC), self._did(number)
        unsigned = build_status_list_credential(
            url=self._place(number)["statusListCredential"],
            issuer=did,
            purpose="revocation",
            encoded_list=_LIST,
            valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(hours=1),
            ttl_milliseconds=60_000,
        )
        return self._sign(unsigned, did)

    def _sign(self, document: dict[str, Any], did: str) -> dict[str, Any]:
        return add_proof(
            document,
            suite=self._suite,
            signer=self._signer,
            verification_method=f"{did}#{_KEY}",
            created=datetime.now(UTC) - timedelta(minutes=1),
        )


def measure_visits(reference: Reference, seconds: float, core: int, port: int) -> Visits:
    """port: a free one for the service. Raises LoadError."""
    issuers = Issuers(reference)
    with outside(issuers, core, port) as used:
        return _measure(issuers, seconds, port, used)


@contextmanager
def outside(issuers: Issuers, core: int, port: int) -> Iterator[Callable[[], float]]:
    """A service that finds the issuers' documents at their addresses; gives the CPU seconds it has used."""
    with tempfile.TemporaryDirectory(prefix="credserv-bench-") as name:
        folder = Path(name)
        with serving(folder, issuers.answer) as hosts, _service(folder, hosts, core, port) as used:
            yield used


def _measure(issuers: Issuers, seconds: float, port: int, used: Callable[[], float]) -> Visits:
    known = foreign_request({"credential": issuers.credential(0)})
    answer = json.loads(ask(port, known))
    if not answer["verified"]:
        found = [f"{check['name']}: {check['reason']}" for check in answer["checks"]]
        raise LoadError(f"the credential of another issuer was not verified: {'; '.join(found)}")
    numbers = itertools.count(1)

    def of_another_issuer() -> Request:
        return foreign_request({"credential": issuers.credential(next(numbers))})

    def of_silent_host() -> Request:
        return foreign_request({"url": f"https://{SILENT}/{next(numbers)}"})

    return Visits(
        cached=measure(port, seconds, lambda: known, used=used),
        uncached=measure(port, seconds, of_another_issuer, used=used),
        alone_ms=measure_latency(port, seconds, lambda: known),
        beside_silent_ms=measure_latency(port, seconds, lambda: known, beside=of_silent_host),
    )


def foreign_request(members: dict[str, Any]) -> Request:
    body = json.dumps(members).encode()
    return Request("POST", "/api/v1/verify", body, {"Content-Type": "application/json"}, 200)


@contextmanager
def _service(folder: Path, hosts: Hosts, core: int, port: int) -> Iterator[Callable[[], float]]:
    """One process of sixteen threads, as `credserv serve` starts it; gives the CPU seconds it has used."""
    secrets = {"SECRET_KEY": "a secret key for a benchmark, 32 bytes", "KEY_PASSPHRASE": "of a benchmark"}
    chosen = {f"CREDSERV_{name}": value for name, value in secrets.items()}
    chosen |= {"CREDSERV_ISSUER_NAME": "Benchmark", "CREDSERV_RATE_VERIFY": "1000000/second"}
    environ = compose_environment(chosen, folder)
    store, _ = prepare(Settings.from_env(environ), now=datetime.now(UTC))
    store.close()
    command = [sys.executable, "-m", "gunicorn", "benchmarks.outside:build()", "--worker-class", "gthread"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", str(_THREADS)]
    command += ["--no-control-socket", "--log-level", "error", "--keep-alive", "5"]
    outside = {PORTS: f"{hosts.answering},{hosts.silent}", CA_FILE: str(hosts.ca_file)}
    with on_core(core):
        started = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environ, **outside},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    with started as process:
        try:
            wait_ready(process, port)
            yield lambda: sum(cpu_seconds(pid) for pid in family(process.pid))
        finally:
            process.terminate()
            process.wait(40)
