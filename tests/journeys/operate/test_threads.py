"""One process, many threads: issuing, revoking and verifying at once, as gunicorn's gthread worker does."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask.testing import FlaskClient

from tests.testkit.service import ACHIEVEMENT, make_service

THREADS, ROUNDS = 8, 12


def test_threads_that_issue_and_verify_do_not_disturb_each_other(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path, rate_verify="10000/minute")
    key = service.api_headers()
    achievements = (ACHIEVEMENT, "active-listening", "mentor-practitioner")

    def work(thread: int) -> list[str]:
        client, chance, verdicts = service.client(), random.Random(thread), []
        for number in range(ROUNDS):
            orders = [
                {
                    "idempotency_key": f"{thread}-{number}-{position}",
                    "achievement": chance.choice(achievements),
                    "recipient": {"email": f"p{thread}@example.org"},
                }
                for position in range(3)
            ]
            answer = client.post("/api/v1/credentials/batch", json={"credentials": orders}, headers=key)
            found = client.get(f"/credentials/{answer.json['items'][0]['id']}.json").data
            verdicts.append(verdict(client, found))
            changed = found.replace(b"Example Academy", b"Another Academy")
            assert changed != found
            verdicts.append(verdict(client, changed))
        return verdicts

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(work, range(THREADS)))
    assert answers == [["verified", "not_verified"] * ROUNDS] * THREADS


def verdict(client: FlaskClient, document: bytes) -> str:
    answer = client.post("/api/v1/verify", data=document, content_type="application/vc")
    return str(answer.json["verdict"])
