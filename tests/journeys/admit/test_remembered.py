"""A revoked API key and a rotated secret are refused by every process within a second."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from credserv.journeys.admit.access import create_api_key, end_api_key
from credserv.sources.webhook import create_secret
from tests.testkit.processes import Answer, free_port, running
from tests.testkit.service import SOURCE, Clock, make_service

TRIES = 40


def test_what_was_ended_is_refused_by_every_process_within_a_second(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    service = make_service(
        database_url,
        tmp_path,
        clock=Clock(datetime.now(UTC)),
        port=port,
        public_url=f"http://localhost:{port}",
    )
    services, now = service.services, service.clock.now
    key, token = create_api_key(services, "a test", ["credentials:read"], now)
    body = json.dumps(service.event()).encode()
    with running(service.settings, webs=2, workers=0) as processes:

        def read() -> Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return processes.request("GET", "/api/v1/achievements", headers=headers)

        def send() -> Answer:
            service.clock.now = datetime.now(UTC)
            return processes.request(
                "POST", f"/hooks/{SOURCE}", body=body, headers=service.sign(body, "evt_1")
            )

        def statuses(ask: Callable[[], Answer]) -> set[int]:
            return {ask().status for _ in range(TRIES)}

        assert statuses(read) == {200}
        assert statuses(send) <= {200, 201}
        services.store.sources.add_secret(SOURCE, create_secret())
        services.store.sources.remove_secret(SOURCE, service.secret)
        end_api_key(services, key.id, now)
        time.sleep(1.0)
        assert statuses(read) == {401}
        assert statuses(send) == {401}
    services.close()
