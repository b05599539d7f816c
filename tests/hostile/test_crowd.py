"""One anonymous visitor cannot stop the service. How long others wait: `python -m benchmarks.crowded`."""

from __future__ import annotations

from pathlib import Path

from tests.testkit import crowd
from tests.testkit.processes import running


def test_found_f1b_beside_eight_of_the_dearest_requests_all_else_is_answered(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """By one web process, before it is done with any of the eight."""
    service, port = crowd.crowdable(tmp_path, sqlite_template)
    kinds, threads = crowd.beside(service), service.settings.thread_count
    with running(service.settings, webs=1, workers=0, web_threads=threads) as processes:
        with crowd.in_flight(port, crowd.dearest()[:4] * 2) as flight:
            met = {kind: crowd.ask(processes, make()) for kind, make in kinds.items()}
            finished = [one for one in flight.answered if one[1] != 503]
            processes.kill("web-1")
        assert met == {"event": 201, "wallet": 200, "console": 200, "status list": 200}
        assert finished == []
