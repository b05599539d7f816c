"""The way back from an upgrade, with real processes: the release before starts on the copy made before it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credserv.app.settings import Settings
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from tests.prove.ledger import Ledger
from tests.testkit.processes import READY_SECONDS, ROOT, environ_of, free_port
from tests.testkit.release_before import environ_before, run_before
from tests.testkit.service import Service

_PASSPHRASE = "a passphrase for a copy"
_REVOKED_SINCE = 10
_PAUSE = 0.2


@dataclass(frozen=True)
class WayBack:
    """release: the code of the release before. data, database_url: an empty place to come back to."""

    release: Path
    data: Path
    database_url: str

    def begin(self, settings: Settings, ledger: Ledger) -> None:
        """The release before brings the tables to its own version; then this one upgrades, with a copy."""
        run_before(self.release, ["-m", "credserv", "migrate"], environ_of(settings))
        settings.data_dir.mkdir(mode=0o700, exist_ok=True)
        (settings.data_dir / "passphrase").write_text(_PASSPHRASE)
        began = time.monotonic()
        upgrade = ["upgrade", "--backup", self._copy(settings), *self._passphrase(settings)]
        subprocess.run(
            [sys.executable, "-m", "credserv", *upgrade], cwd=ROOT, env=environ_of(settings), check=True
        )
        ledger.count("seconds of upgrading, with the copy", int(time.monotonic() - began))

    def go(self, service: Service, sample: Sequence[str], ledger: Ledger) -> None:
        """Revoke some under this release, go back, and ask the release before about the sample."""
        settings = service.settings
        active = [one for one in sample if _state(service, one) is CredentialState.ACTIVE]
        for one in active[:_REVOKED_SINCE]:
            now = service.clock.now
            set_status(service.services, one, CredentialState.REVOKED, reason="", actor="test", now=now)
        expected = {one: _state(service, one) is CredentialState.ACTIVE for one in sample}
        journal = ["--journal", str(settings.status_journal), "--database-url", self.database_url]
        began = time.monotonic()
        told = [*journal, "--data", str(self.data), "--samples", str(len(sample))]
        restore = ["restore", self._copy(settings), *told, *self._passphrase(settings)]
        run_before(self.release, ["-m", "credserv", *restore])
        ledger.count("seconds of going back", int(time.monotonic() - began))
        with self._served() as address:
            for one, is_valid in expected.items():
                verdict = _verdict(address, one)
                ledger.count(f"after the way back, {verdict}")
                if (verdict == "verified") is not is_valid:
                    ledger.fault(f"wrong: {one} is {verdict} after the way back")

    @contextmanager
    def _served(self) -> Iterator[str]:
        """The release before, as an operator starts it."""
        port = free_port()
        environ = environ_before({"CREDSERV_PORT": str(port), "CREDSERV_RATE_VERIFY": "1000000/minute"})
        command = [sys.executable, "-m", "credserv", "serve", "--data", str(self.data)]
        log = self.data.with_suffix(".log")
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.release, env=environ, stdout=output, stderr=output)
        try:
            ends = time.monotonic() + READY_SECONDS
            while _ask(f"http://127.0.0.1:{port}/readyz")[0] != 200:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < ends, log.read_text()
                time.sleep(_PAUSE)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()

    @staticmethod
    def _copy(settings: Settings) -> str:
        return str(settings.data_dir / "before-upgrade")

    @staticmethod
    def _passphrase(settings: Settings) -> list[str]:
        return ["--passphrase-file", str(settings.data_dir / "passphrase")]


def _state(service: Service, credential_id: str) -> CredentialState:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    return record.state


def _verdict(address: str, credential_id: str) -> str:
    _, badge = _ask(f"{address}/credentials/{credential_id}", accept="application/vc")
    status, said = _ask(f"{address}/api/v1/verify", json.dumps({"credential": json.loads(badge)}).encode())
    return str(json.loads(said).get("verdict")) if status == 200 else f"answered {status}"


def _ask(address: str, body: bytes | None = None, *, accept: str = "application/json") -> tuple[int, bytes]:
    headers = {"Host": "localhost:8080", "Accept": accept, "Content-Type": "application/json"}
    asked = urllib.request.Request(address, body, headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""
