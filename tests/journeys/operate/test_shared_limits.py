"""Web processes that count together, in a redis."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from werkzeug.exceptions import TooManyRequests

from credserv.app.doctor import outside
from credserv.app.doctor.ward import Ward
from credserv.web.frame import counting
from credserv.web.frame.limits import Budgets
from tests.testkit.processes import Processes, environ_of, free_port, running
from tests.testkit.redis_server import redis_server
from tests.testkit.service import NOW, make_service, make_settings

JSON = {"Content-Type": "application/json"}


def ask(processes: Processes) -> int:
    return processes.request("POST", "/api/v1/verify", body=b"{}", headers=JSON).status


def test_processes_share_what_a_visitor_has_left_and_keep_it_over_restarts(
    sqlite_template: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.sqlite").write_bytes(sqlite_template.read_bytes())
    port = free_port()
    place = f"redis://127.0.0.1:{port}"
    settings = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, rate_limit_storage_url=place, rate_verify="6/hour"
    ).settings
    with redis_server(tmp_path, port), running(settings, webs=1, workers=0) as processes:
        assert {ask(processes) for _ in range(4)} == {422}
        processes.start("web-2")
        processes.kill("web-1")
        assert [ask(processes) for _ in range(3)] == [422, 422, 429]
        processes.start("web-1")
        processes.kill("web-2")
        assert ask(processes) == 429


def test_a_redis_that_comes_back_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows what it knew; meanwhile each process counts what it sees."""
    monkeypatch.setattr(counting, "_ASK_AGAIN_SECONDS", 0.0)
    port = free_port()
    made = [Budgets.open(f"redis://127.0.0.1:{port}", {"verify": "2/hour"}) for _ in range(2)]
    with redis_server(tmp_path, port):
        made[0].spend("verify", "192.0.2.1")
        made[1].spend("verify", "192.0.2.1")
        assert [refused(one) for one in made] == [True, True]
    assert [refused(one) for one in made] == [False, False]  # each alone, from nought
    with redis_server(tmp_path, port):
        assert [refused(one) for one in made] == [True, True]


def refused(budgets: Budgets) -> bool:
    try:
        budgets.spend("verify", "192.0.2.1")
    except TooManyRequests:
        return True
    return False


def test_doctor_counts_once_to_see_whether_it_can(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        settings = make_settings(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, rate_limit_storage_url=url)
        ward = Ward(environ_of(settings), NOW)
        found = outside.rate_limits(ward)
        assert (found.ok, found.said) == (True, "The place where rates are counted takes counts.")
        with redis.Redis.from_url(url) as client:  # as a replica that follows another
            client.config_set("min-replicas-to-write", 1)
        found = outside.rate_limits(ward)
        assert not found.ok
        assert "each process counts alone" in found.said
        assert found.mend
