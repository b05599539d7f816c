"""The database: whether it answers, is the right one, and stores what it is given."""

from __future__ import annotations

from datetime import timedelta

from credserv.app.doctor.ward import Ward
from credserv.app.remembered import is_same
from credserv.ground.errors import CredservError, SettingsError, UnavailableError
from credserv.journeys.operate.samples import verify_sample
from credserv.journeys.publish.journal import compare
from credserv.records.health import Finding
from credserv.status.journal import StatusJournal

_UTF8 = """psql -c "CREATE DATABASE credserv ENCODING 'UTF8' TEMPLATE template0\""""
_APART = timedelta(seconds=5)
_SAMPLES = 100  # for each organisation


def database(ward: Ward) -> Finding:
    try:
        empty = ward.store.is_empty()
    except UnavailableError as error:
        said = f"It cannot be reached: {error.detail}."
        return Finding("database", False, said, "credserv settings set DATABASE_URL URL")
    if empty:
        said = "It holds no installation: it is another one, or was emptied."
        return Finding("database", False, said, "credserv settings show")
    return Finding("database", True, "It answers.")


def migrations(ward: Ward) -> Finding:
    try:
        current = ward.store.schema_is_current()
    except SettingsError as error:
        return Finding("migrations", False, error.detail, "credserv version")
    if not current:
        return Finding("migrations", False, "It is of an older release.", "credserv migrate")
    return Finding("migrations", True, "It is of this release.")


def writes(ward: Ward) -> Finding:
    try:
        ward.store.health.require_writable()
    except UnavailableError as error:
        said = f"It takes no writes ({error.detail}): its disk is full, or it is a standby."
        return Finding("database-writes", False, said, f"df -h {ward.folder}")
    return Finding("database-writes", True, "It takes writes.")


def server(ward: Ward) -> Finding:
    """Check the server, above all its encoding: text that does not fit is refused row by row (B17)."""
    facts = ward.store.health.facts()
    if facts.encoding.upper().replace("-", "") != "UTF8":
        said = f"Its encoding is {facts.encoding}: names in other alphabets cannot be kept. Move to UTF8."
        return Finding("database-server", False, said, _UTF8)
    if not facts.takes_writes:
        said = "It is read-only: it is a standby, or was set so."
        return Finding("database-server", False, said, "credserv settings set DATABASE_URL URL")
    if facts.uncounted:
        said = f"It does not know how large {', '.join(facts.uncounted)} became, so that it reads too much:"
        return Finding("database-server", False, f"{said} its autovacuum may be off.", 'psql -c "ANALYZE"')
    pooled = (
        " It is behind a pooler, which is fine: no statement is kept in a connection." if facts.pooled else ""
    )
    return Finding("database-server", True, f"Its encoding is {facts.encoding}.{pooled}")


def clock(ward: Ward) -> Finding:
    """Compare the clock with the database server's, and with the newest rows."""
    told, newest = ward.store.health.facts().clock, ward.store.health.newest()
    mend = "timedatectl set-ntp true"
    if told is not None and abs(told - ward.now) > _APART:
        seconds = round((ward.now - told).total_seconds())
        return Finding("clock", False, f"This machine's clock is {seconds} s from the database's.", mend)
    if newest is not None and newest - ward.now > _APART:
        said = f"This machine's clock is behind what was written last, at {newest:%Y-%m-%d %H:%M:%S} UTC."
        return Finding("clock", False, said, mend)
    return Finding("clock", True, f"It is {ward.now:%Y-%m-%d %H:%M:%S} UTC, and nothing contradicts it.")


def address(ward: Ward) -> Finding:
    known, asked = ward.store.addresses.current(), ward.settings.public_url
    if known is not None and not is_same("PUBLIC_URL", known, asked):
        said = f"CREDSERV_PUBLIC_URL is {asked}, and badges were issued at {known}."
        return Finding("address", False, said, f"credserv settings set PUBLIC_URL {known}")
    return Finding("address", True, f"Badges are issued at {asked}.")


def secret_key(ward: Ward) -> Finding:
    try:
        for known in ward.store.organisations.list():
            ward.store.of(known.id).sources.list()
    except SettingsError as error:
        said = f"{error.detail}. Put back the secret key that it was begun with."
        return Finding("secret-key", False, said, "credserv settings show")
    return Finding("secret-key", True, "It opens what was stored under it.")


def audit_trail(ward: Ward) -> Finding:
    fault = ward.store.audit_seals.first_fault()
    if fault is not None:
        return Finding("audit-trail", False, f"Its chain breaks: {fault.what}.", "credserv audit verify")
    return Finding("audit-trail", True, "Its chain holds.")


def badges(ward: Ward) -> Finding:
    """Check a sample of badges: stored as issued, with a good signature and the status of their list."""
    found = verify_sample(ward.services, _SAMPLES, ward.now)
    if found.wrong:
        said = f"{len(found.wrong)} of {found.verified} are not as they were issued, as {found.wrong[0]}."
        return Finding("badges", False, said, "credserv audit verify")
    return Finding("badges", True, f"{found.verified} of them verify, and stand as their lists say.")


def journal(ward: Ward) -> Finding:
    """Check the journal of published lists outside the database (F4)."""
    found = compare(ward.store, StatusJournal(ward.settings.status_journal))
    if found.older:
        said = f"The database is older than what was published: {found.older}."
        return Finding("status-journal", False, said, "credserv lists merge")
    if not found.is_whole or found.damaged:
        said = f"It does not hold all that was published, or {found.damaged} lines of it cannot be read."
        return Finding("status-journal", False, said, "credserv lists accept")
    return Finding("status-journal", True, "The database has all that was published.")


def is_usable(ward: Ward) -> bool:
    """Return whether it contains anything to examine."""
    try:
        return not ward.store.is_empty() and ward.store.schema_is_current()
    except CredservError:
        return False
