"""An app by other people (@openid4vc/oauth2) is let into a wallet: pushed, bound to its key."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from tests.testkit.apps import READ, REDIRECT_URI, new_app, returned
from tests.testkit.browsing import Person
from tests.testkit.node import node_folder, node_program
from tests.testkit.processes import free_port, running
from tests.testkit.service import Clock, make_service

PAT = "pat@example.org"


def test_an_app_by_others_pushes_its_request_and_shows_its_key(sqlite_template: Path, tmp_path: Path) -> None:
    path, port = tmp_path / "credserv.sqlite", free_port()
    path.write_bytes(sqlite_template.read_bytes())
    url, clock = f"http://localhost:{port}", Clock(datetime.now(UTC))
    service = make_service(f"sqlite:///{path}", tmp_path, clock=clock, port=port, public_url=url)
    service.issue(email=PAT)
    app = new_app(service, token_endpoint_auth_method="none")
    client_id = app.registration["client_id"]
    resource = f"{url}/ims/ob/v3p0/credentials"
    with running(service.settings, workers=0):
        process = subprocess.Popen(
            [node_program(), "oauth2.mjs", url, client_id, REDIRECT_URI, READ, resource],
            cwd=node_folder(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            asked = process.stdout.readline().strip()
            assert "request_uri=urn" in asked, process.stderr.read()[-3_000:]
            service.clock.now = datetime.now(UTC)
            person = Person(service).open_wallet(PAT)
            sent = person.client.get(f"{urlsplit(asked).path}?{urlsplit(asked).query}")
            code = returned(person.submit(sent.headers["Location"], answer="allow"))["code"]
            out, err = process.communicate(f"{code}\n")
    assert process.returncode == 0, err[-3_000:]
    told = json.loads(out.splitlines()[-1])
    assert told["given"]["token_type"] == told["renewed"]["token_type"] == "DPoP"
    assert told["renewed"]["refresh_token"] != told["given"]["refresh_token"]
    assert (told["status"], told["stolen"]) == (200, 401)
    assert len(told["body"]["credential"]) == 1
