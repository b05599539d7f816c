"""Found D4: every code that a check can have stands in docs/verifier.md, and none besides."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from credserv.ground import errors
from credserv.ground.validity import Period

ROOT = Path(__file__).parents[2]
_ROOMS = (
    "verifying",
    "openbadges/subject.py",
    "openbadges/v2/checks.py",
    "journeys/trust/lists.py",
    "journeys/check/own.py",
)
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_ONE_WORD = {"revoked", "suspended", "bearer", "sandbox"}
# Answers to calls, and never the outcome of a check.
_OF_CALLS = (
    errors.AccessError,
    errors.SigningKeyError,
    errors.MappingError,
    errors.ConflictError,
    errors.RateLimitedError,
    errors.SettingsError,
    errors.UnknownFrameworkError,
    errors.MissingBaseError,
    errors.AppRequestError,
    errors.ArchiveError,
    errors.RequirementsOpenError,
)


def test_found_d4_the_codes_of_the_document_are_those_of_the_code() -> None:
    table = re.findall(
        r"^\| `([a-z-]+)` \| [a-z_, ]+ \| .+ \| (yes|no|by check) \|$", _document(), re.MULTILINE
    )
    written = [code for code, _ in table]
    assert len(written) == len(set(written))
    assert (
        set(written)
        == _in_checks() | _of_errors() | {Period.EXPIRED.value, Period.NOT_YET_VALID.value} | _ONE_WORD
    )


def _document() -> str:
    return (ROOT / "docs" / "verifier.md").read_text()


def _in_checks() -> set[str]:
    found: set[str] = set()
    for room in _ROOMS:
        place = ROOT / "credserv" / room
        for file in [place] if place.is_file() else place.rglob("*.py"):
            texts = [
                node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)
            ]
            found |= {text for text in texts if isinstance(text, str) and _CODE.fullmatch(text)}
    return found


def _of_errors() -> set[str]:
    known = [value for value in vars(errors).values() if isinstance(value, type)]
    families = (errors.CredservError, errors.AbsentError)  # whose members alone are raised
    kinds = [kind for kind in known if issubclass(kind, errors.CredservError) and kind not in families]
    return {kind.code for kind in kinds if not issubclass(kind, _OF_CALLS)}
