"""Where the program's contexts and schemas are."""

from __future__ import annotations

from pathlib import Path


def default_schemas_dir() -> Path:
    """Return the schemas inside the installed package, else those of the checkout."""
    packaged = Path(__file__).resolve().parents[1] / "_schemas"
    return packaged if packaged.is_dir() else packaged.parent.parent / "schemas"
