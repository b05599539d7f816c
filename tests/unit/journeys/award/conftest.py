"""One service for all that is asked here: each test has people, sources and achievements of its own in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.testkit.service import Service, make_service


@pytest.fixture(scope="package")
def here(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("award")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
