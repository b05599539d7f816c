"""Where the official vectors, samples and frameworks are: `../shared` beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CREDSERV_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def shared_path(relative: str) -> Path:
    """The path of shared test data; skips the test, saying how to get it, where it is missing."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(
            f"needs {relative}: put the published data (W3C, 1EdTech and issuers' samples, as listed in "
            "CONTRIBUTING.md under 'Test data') in ../shared, or name the folder in CREDSERV_SHARED",
            allow_module_level=True,
        )
    return path
