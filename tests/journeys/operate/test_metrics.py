"""/metrics: what it tells, of whom, and to whom. Of several processes: test_deploy.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from credserv.app.metrics import Metrics
from tests.testkit.service import Service, make_service

OPERATOR = Path(__file__).resolve().parents[3] / "docs" / "operator.md"
PERSON = "zaphod.beeblebrox@example.org"
NAME = "Zaphod Beeblebrox-Marked"

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(text: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("metrics")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


def test_what_badges_came_to_is_told_and_nothing_of_anybody(service: Service) -> None:
    first = service.send_event(service.event(email=PERSON, name=NAME)).json
    address = first["credential"].removeprefix(service.settings.public_url)
    client = service.client()
    page = client.get(address, headers={"Accept": "text/html"})
    assert page.status_code == 200
    signed = client.get(address, headers={"Accept": "application/vc"})
    before = figures(client.get("/metrics").text)
    assert (
        client.post("/api/v1/verify", json={"credential": json.loads(signed.data)}).json["verdict"]
        == "verified"
    )
    client.get("/nowhere/at/all")
    client.open("/healthz", method="BREW")
    text = client.get("/metrics").text
    found = figures(text)

    def told(name: str, **labels: str) -> float:
        return found[name, tuple(sorted(labels.items()))]

    assert told("credserv_badges", state="active") == 1
    assert told("credserv_badges_reached", step="issued") == 1
    assert told("credserv_badges_reached", step="claimed") == 0
    assert told("credserv_badge_pages_opened_total") >= 1
    verified = ("credserv_verifications_total", (("own", "yes"), ("verdict", "verified")))
    assert found[verified] - before.get(verified, 0) == 1
    route = "/credentials/<string(length=22):credential_id>"
    assert told("credserv_requests_total", method="GET", route=route, status="200") >= 2
    assert told("credserv_requests_total", method="GET", route="(none)", status="404") >= 1
    assert told("credserv_requests_total", method="other", route="(none)", status="405") >= 1
    assert told("credserv_part_ok", part="database") == 1
    assert told("credserv_signing_seconds_count", key_type="ed25519") >= 1
    for secret in (PERSON, NAME, "Zaphod", address.rpartition("/")[2], "nowhere", "BREW"):
        assert secret not in text


def test_each_figure_is_described_and_each_described_one_is_told(service: Service) -> None:
    from credserv.app.metrics import _COUNTERS, _HISTOGRAMS

    told = {name for name, _ in figures(service.client().get("/metrics").text)}
    told |= {f"{one._name}_total" for one in _COUNTERS.values()}  # also those of which there is none yet
    told |= {f"{one._name}_count" for one in _HISTOGRAMS.values()} | {"credserv_alarms"}
    families = {re.sub(r"_(count|sum|bucket|created)$", "", name) for name in told}
    section = OPERATOR.read_text().partition("### Figures")[2].partition("\n##")[0]
    described = set(re.findall(r"`(credserv_[a-z_]+)`", section))
    counted = {name.removesuffix("_total") for name in families if name.endswith("_total")}  # by `_created`
    assert described == families - counted


def test_what_a_killed_process_had_in_use_is_told_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / f"gauge_livesum_{ended.pid}.db").touch()
    (tmp_path / f"gauge_livesum_{os.getpid()}.db").write_bytes(bytes(1_024))
    Metrics(lambda: ()).exposition()
    assert [path.name for path in tmp_path.iterdir()] == [f"gauge_livesum_{os.getpid()}.db"]


PASSED_ON = [
    {"REMOTE_ADDR": "203.0.113.9"},
    {"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "localhost"},
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"HTTP_FORWARDED": "for=127.0.0.1"},
    {"HTTP_VIA": "1.1 proxy"},
    {"HTTP_HOST": "badges.example.org"},
]


@pytest.mark.parametrize("environ", PASSED_ON, ids=lambda environ: ",".join(environ))
def test_attack_99_figures_are_for_this_machine(service: Service, environ: dict[str, str]) -> None:
    assert service.client().get("/metrics").status_code == 200
    refused = service.client().get("/metrics", environ_overrides=environ)
    assert refused.status_code == 403
    assert b"credserv_" not in refused.data


def test_attack_99_or_for_who_has_the_token(tmp_path: Path) -> None:
    token = "Dm5x0mA7q2hKpVb9"
    service = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, starters=False, metrics_token=token
    )
    client = service.client()
    for given in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        token,
    ):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 401
    elsewhere = {"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "badges.example.org"}
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, environ_overrides=elsewhere)
    assert answer.status_code == 200
