"""The names of the settings, and suggestions for misspelt ones.

A misspelt variable would be silently ignored, so the service refuses to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from credserv.ground.errors import SettingsError

PREFIX = "CREDSERV_"
# These may also be given as a file, in `<NAME>_FILE`.
IN_FILES = (
    "DATABASE_URL",
    "JOBS_DATABASE_URL",
    "SECRET_KEY",
    "KEY_PASSPHRASE",
    "SMTP_URL",
    "RATE_LIMIT_STORAGE_URL",
    "METRICS_TOKEN",
    "PKCS11_PIN",
)
# Read by `./dev`, the tests and the benchmarks, never by the service.
_DEVELOPERS = ("BENCH_NODE", "EXAMPLES", "FUZZ_EXAMPLES", "KILL_SEED", "SHARED", "TEST_POSTGRES_URL")
_LIKENESS = 0.75
_PREFIX_LIKENESS = 0.8


def require_known(given: Iterable[str], known: Iterable[str], *, kept_in: str = "") -> None:
    """Require known names. Raises SettingsError for the first variable that looks like a setting and is none.

    Args:
        known: the settings' names without prefix.
        kept_in: where the names are, if not in the environment.
    """
    names = {*known, *(f"{name}_FILE" for name in IN_FILES)}
    for variable in given:
        if _is_unknown(variable, names):
            meant = [PREFIX + name for name in _meant(variable, names)]
            hint = f": did you mean {' or '.join(meant)}?" if meant else ": unset it"
            where = f" (it stands in {kept_in})" if kept_in else ""
            raise SettingsError(f"{variable} is no setting{where}{hint}")


def _is_unknown(variable: str, names: set[str]) -> bool:
    """Return whether it has our prefix but an unknown name, or a known name under nearly our prefix."""
    if variable.startswith(PREFIX):
        name = variable.removeprefix(PREFIX)
        return name not in names and name not in _DEVELOPERS
    prefix, _, name = variable.upper().partition("_")
    almost = get_close_matches(prefix, [PREFIX[:-1]], 1, _PREFIX_LIKENESS)
    return bool(almost) and name in names


def _meant(variable: str, names: set[str]) -> Iterator[str]:
    name = variable.upper().partition("_")[2]
    yield from get_close_matches(name, sorted(names), 2, _LIKENESS)
