"""`wsgi.py` at the root is what deployers name: it must load, and be the application."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from credserv.app.installation import begin
from credserv.app.remembered import compose_environment
from tests.testkit.bounds import HANGS_AFTER

ROOT = Path(__file__).resolve().parents[2]


def test_the_root_offers_the_application(tmp_path: Path) -> None:
    begin(compose_environment({}, tmp_path / "data"), {}, now=datetime.now(UTC))
    environ = {**os.environ, **compose_environment({}, tmp_path / "data")}
    patient = f"from credserv.journeys.operate import readiness; readiness.PATIENCE_SECONDS = {HANGS_AFTER}"
    code = f"{patient}; import wsgi; print(wsgi.app.test_client().get('/readyz').status_code)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split()[-1] == "200"
