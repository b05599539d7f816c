"""Spreadsheets, read-only roots, DIDs with ports, kinds of keys (found.md B14)."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from credserv.app.installation import web_did
from credserv.app.signing_keys import create_key, revoke_key
from credserv.ground import spreadsheets
from credserv.ground.encoding import KeyType
from credserv.journeys.check.reports.report_csv import build_csv
from credserv.processes.cli import main
from credserv.trust.trust_list import parse_trusted_issuers
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.processes import ROOT, free_port
from tests.testkit.service import Service, make_service


def test_found_b14_every_table_that_is_downloaded_begins_with_a_byte_order_mark(
    sqlite_service: Service,
) -> None:
    """And reads as it did, to whoever knows the mark."""
    answer = sqlite_service.client().post(
        "/api/v1/verify/batch",
        json={"items": [{"id": "Größe 世界", "credential": {}}]},
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200
    assert answer.data.startswith("\ufeff".encode())
    assert "Größe 世界" in answer.data.decode("utf-8-sig")
    assert answer.data.decode("utf-8-sig").startswith('"input"')


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1+1", "-A1", "@x", "\t=1", "＝1", "\u200b=1", " =1"])
def test_found_b14_no_cell_of_a_table_is_a_formula(hostile: str) -> None:
    report = {
        "input": hostile,
        "kind": "credential",
        "verdict": "verified",
        "sentence": hostile,
        "credential": {"name": hostile, "id": hostile},
        "issuer": {"name": hostile, "id": hostile},
        "checked_at": "2026-03-14T09:26:53Z",
        "checks": [],
        "policy": [],
    }
    assert build_csv([report]).count(f"\"'{hostile}") == 6


@pytest.mark.parametrize("number", ["-1", "0", "12.5", "-3.25"])
def test_a_number_stays_one(number: str) -> None:
    """Figures below zero are no formulas."""
    assert spreadsheets.build_csv(["figure"], [[number]]) == f'"figure"\r\n"{number}"\r\n'


def test_found_b14_a_list_that_a_spreadsheet_saved_is_read() -> None:
    plain = "id,name\ndid:web:school.example,Größe\n".encode()
    assert parse_trusted_issuers(b"\xef\xbb\xbf" + plain) == parse_trusted_issuers(plain)


def test_found_b14_no_did_with_a_port_is_made_that_nobody_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert web_did("https://badges.example.org") == "did:web:badges.example.org"
    assert web_did("https://badges.example.org:443") == "did:web:badges.example.org"
    assert web_did("https://badges.example.org:8443") == ""
    assert (
        main(["init", "--data", str(tmp_path / "d"), "--public-url", "https://badges.example.org:8443"]) == 0
    )
    said = capsys.readouterr().out
    assert "did:key:" in said
    assert "no port" in said


def test_found_b14_the_kind_and_state_of_each_key_is_shown_as_it_is(tmp_path: Path) -> None:
    service = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, public_url="https://badges.example.org"
    )
    store, now = service.services.store, service.clock.now
    for kind in (KeyType.P256, KeyType.P384):
        create_key(service.settings, store, now=service.clock.advance(seconds=1), key_type=kind)
    withdrawn = create_key(service.settings, store, now=now, pending=True).verification_method
    revoke_key(store, withdrawn, now=now)
    create_key(service.settings, store, now=now, pending=True)
    page = service.client().get("/issuer", headers={"Accept": "text/html"}).text
    assert [page.count(f"{kind} · since") for kind in ("Ed25519", "P-256", "P-384")] == [3, 1, 1]
    assert page.count("Signs now") == 3
    assert page.count("signs nothing yet") == 1
    assert page.count("Withdrawn") == 1
    assert "Retired" not in page


def can_unshare() -> bool:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


READ_ONLY = """
mount --make-rprivate / && mount --bind {data} {data} && mount -o remount,bind,ro / &&
mount -o remount,bind,rw {data} &&
for m in /tmp /var/tmp /run /dev/shm; do mountpoint -q $m && mount -o remount,bind,ro $m; done
touch /tmp/probe 2>/dev/null && exit 9
cd / && exec "$0" -m credserv serve --data {data}
"""


@pytest.mark.skipif(not can_unshare(), reason="only root in a namespace of its own makes its root read-only")
def test_found_b14_a_read_only_root_with_a_writable_data_folder_serves() -> None:
    """As containers are run. The folder is outside of what becomes read-only."""
    folder = ROOT.parent / f".b14-{os.getpid()}"
    folder.mkdir()
    try:
        port = free_port()
        assert main(["init", "--data", str(folder / "d"), "--public-url", f"http://localhost:{port}"]) == 0
        environ = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
        with (folder / "d" / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    "unshare",
                    "--fork",
                    "--kill-child=TERM",
                    "-m",
                    "sh",
                    "-c",
                    READ_ONLY.format(data=folder / "d"),
                    sys.executable,
                ],
                env={**environ, "CREDSERV_PORT": str(port), "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                assert is_ready(port, process), (folder / "d" / "log").read_text()
            finally:
                os.killpg(process.pid, signal.SIGTERM)  # unshare itself passes it over while its child runs
                process.wait(HANGS_AFTER)
    finally:
        shutil.rmtree(folder)


def is_ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 2 * HANGS_AFTER
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("localhost", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    return False
