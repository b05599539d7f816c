"""The service as it is, but that it may fetch from the hosts of the benchmark: gunicorn loads `build()`.

What is left out is the guard of addresses and ports, and that of requests to one host in a minute.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from flask import Flask

from credserv.app.factory import create_app
from credserv.app.logs import configure_logging
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.fetch.guarded import MAX_BYTES, Fetched, FetchLimits, GuardedFetcher

ANSWERING, SILENT = "issuers.example", "silent.example"  # did:web names no ports here
PORTS, CA_FILE = "BENCH_PORTS", "BENCH_CA_FILE"


class _OnThisMachine:
    """A fetcher that asks the hosts of the benchmark for what those two names stand for."""

    def __init__(self, fetcher: GuardedFetcher, answering: int, silent: int) -> None:
        self._fetcher = fetcher
        self._ports = {ANSWERING: answering, SILENT: silent}

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:
        parts = urlsplit(url)
        local = f"https://localhost:{self._ports[parts.netloc]}{parts.path}"
        return replace(self._fetcher.get(local, accept=accept, max_bytes=max_bytes), url=url)


def build() -> Flask:
    configure_logging()
    answering, silent = (int(port) for port in os.environ[PORTS].split(","))
    limits = FetchLimits(
        ports=frozenset({answering, silent}), requests_per_minute=1_000_000, at_once_per_host=64
    )
    policy = AntiSSRFPolicy(PolicyConfigOptions.NONE)
    fetcher = GuardedFetcher(limits, policy=policy, ca_file=Path(os.environ[CA_FILE]))
    settings = Settings.from_env(os.environ)
    services = build_services(settings, fetcher=_OnThisMachine(fetcher, answering, silent))
    return create_app(settings, services)
