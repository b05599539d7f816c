"""What journeys share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.testkit.service import Service, make_service


@pytest.fixture(scope="session")
def suites(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service with the issuers for conformance suites, shared: it remembers nothing of what it signs."""
    folder = tmp_path_factory.mktemp("suites")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, starters=False, test_issuer=1)
