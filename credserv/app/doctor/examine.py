"""The doctor's round: each check runs by itself, so that one that fails to run hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from credserv.app.doctor import database, folder, keys, outside, running
from credserv.app.doctor.ward import Ward
from credserv.ground.errors import CredservError
from credserv.records.health import Finding

Check = Callable[[Ward], Finding | Iterable[Finding]]

# Ordered by what they need: nothing, good settings, a database of this release.
_FIRST: tuple[tuple[str, Check], ...] = (
    ("settings", folder.settings),
    ("data-folder", folder.data_folder),
)
_WITH_SETTINGS: tuple[tuple[str, Check], ...] = (
    ("private-files", folder.private_files),
    ("disk", folder.disk),
    ("database", database.database),
    ("migrations", database.migrations),
    ("database-server", database.server),
    ("tls", outside.tls),
    ("proxies", outside.proxies),
    ("public-url", outside.public_url),
    ("mail", outside.mail),
    ("rate-limits", outside.rate_limits),
)
_WITH_DATABASE: tuple[tuple[str, Check], ...] = (
    ("database-writes", database.writes),
    ("clock", database.clock),
    ("address", database.address),
    ("status-journal", database.journal),
    ("secret-key", database.secret_key),
    ("audit-trail", database.audit_trail),
    ("badges", database.badges),
    ("contexts", folder.contexts),
    ("signing-keys", keys.signing_keys),
    ("did-document", keys.did_documents),
    ("did-log", keys.did_logs),
    ("worker", running.worker),
    ("jobs", running.jobs),
    ("organisations", running.conditions),
)


def examine(ward: Ward) -> Iterator[Finding]:
    """Yield each finding as it is made."""
    yield from _look(ward, _FIRST)
    try:
        ward.settings  # noqa: B018 - what needs them is not looked at without them
    except CredservError:
        yield from _passed_over(_WITH_SETTINGS + _WITH_DATABASE, "the settings are not good")
        return
    yield from _look(ward, _WITH_SETTINGS)
    if database.is_usable(ward):
        yield from _look(ward, _WITH_DATABASE)
    else:
        yield from _passed_over(_WITH_DATABASE, "the database cannot be used")


def _look(ward: Ward, checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    for name, check in checks:
        try:
            found = check(ward)
            yield from [found] if isinstance(found, Finding) else found
        except (CredservError, OSError) as error:
            said = error.detail if isinstance(error, CredservError) else str(error)
            yield Finding(name, False, f"This could not be looked at: {said}.", "credserv settings show")


def _passed_over(checks: Iterable[tuple[str, Check]], why: str) -> Iterator[Finding]:
    for name, _ in checks:
        yield Finding(name, None, f"Not looked at: {why}.")
