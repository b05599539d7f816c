"""The test issuer as a conformance suite meets it: its own process, over https, with nothing else around."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.https_host import make_certificate
from tests.testkit.processes import free_port

READY_SECONDS = 120.0
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": {"id": "did:example:subject"},
}


def environ(folder: Path, **settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    chosen = {f"CREDSERV_{name}": str(value) for name, value in settings.items()}
    return {**kept, **chosen, "CREDSERV_DATA_DIR": str(folder), "CREDSERV_KEYS_DIR": str(folder / "keys")}


def run(arguments: list[str], given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "credserv", *arguments]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_issuing_and_verifying_over_https(tmp_path: Path) -> None:
    ca_file, certificate = make_certificate(tmp_path, "localhost", 1)
    port = free_port()
    settings = {
        "PUBLIC_URL": f"https://localhost:{port}",
        "PORT": port,
        "TLS_CERT": certificate,
        "TLS_KEY": certificate,
        "TEST_ISSUER": 1,
    }
    given = environ(tmp_path / "data", **settings)
    assert run(["init"], given).returncode == 0
    log = (tmp_path / "log").open("wb")
    service = subprocess.Popen(
        [sys.executable, "-m", "credserv", "serve"], env=given, stdout=log, stderr=log, start_new_session=True
    )
    context = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=HANGS_AFTER)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                status, listed = ask(connection, "GET", "/issuers")
                break
            except OSError:
                connection.close()
                assert service.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.2)
        assert status == 200
        for row in listed["issuers"]:
            path = row["endpoint"].removeprefix(settings["PUBLIC_URL"])
            status, answer = ask(connection, "POST", path, {"credential": CREDENTIAL})
            assert status == 201, answer
            if row["name"] == "ecdsa-sd-2023":  # a base proof is for its holder, who shows a part
                chosen = {**answer, "options": {"selectivePointers": ["/issuer", "/credentialSubject"]}}
                status, answer = ask(connection, "POST", "/credentials/derive", chosen)
                assert status == 201, answer
            status, verdict = ask(connection, "POST", "/credentials/verify", answer)
            assert (status, verdict["verified"]) == (200, True), verdict
    finally:
        connection.close()
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=HANGS_AFTER) == 0
        log.close()


def test_it_refuses_to_start_where_others_reach_it(tmp_path: Path) -> None:
    refused = run(["serve"], environ(tmp_path, TEST_ISSUER=1, HOST="0.0.0.0"))
    assert refused.returncode != 0
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    assert "CREDSERV_TEST_ISSUER is 1 and" in lines[0]
