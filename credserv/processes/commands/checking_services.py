"""The services and inputs of a command that checks credentials, with or without an installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import click

from credserv.app.without_installation import services_without_installation
from credserv.fetch.guarded import FileFetcher
from credserv.ground.addresses import is_web_address
from credserv.ground.errors import InputError, UnavailableError
from credserv.journeys.check.check import Question
from credserv.journeys.check.many import Submitted
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import require_organisation
from credserv.processes.commands.context import MAX_FILE_BYTES, Installation, read_file, utc_now
from credserv.processes.commands.given_keys import GivenKeys
from credserv.trust.trust_list import TrustedFile, parse_trusted_issuers


def knowing(services: Services, given: GivenKeys, submitted: Submitted) -> Services:
    """Return the same services, using the given keys as those of issuers."""
    resolve_did = given.resolve_with(services.resolvers.resolve_did, submitted.data or b"")
    return replace(services, resolvers=replace(services.resolvers, resolve_did=resolve_did))


def read_trusted(path: Path) -> TrustedFile:
    """Read a list, named after its file."""
    try:
        issuers = parse_trusted_issuers(read_file(path)).issuers
    except InputError as error:
        faults = "".join(f"; {fault.place} {fault.message}" for fault in error.faults[:3])
        raise click.BadParameter(f"{path}: {error.detail}{faults}", param_hint="--trust") from error
    return TrustedFile(path.name, {one.issuer: one for one in issuers})


def require_verifier(services: Services, organisation: str) -> None:
    try:
        require_organisation(services, organisation)
    except InputError as error:
        raise click.BadParameter(error.detail, param_hint="--for") from error


def read_submitted(what: str, question: Question) -> Submitted:
    """Return the bytes, or the URL. What cannot be read raises UnavailableError: nothing was checked."""
    if is_web_address(what):
        return Submitted(what, url=what, question=question)
    try:
        if what == "-":
            return Submitted(what, data=sys.stdin.buffer.read(MAX_FILE_BYTES + 1), question=question)
        if Path(what).is_dir():
            raise UnavailableError("it is a folder: name the files in it")
        return Submitted(what, data=read_file(Path(what)), question=question)
    except (InputError, UnavailableError) as error:
        return Submitted(what, fault=UnavailableError(error.detail.removeprefix(f"{what}: ")))
    except (OSError, ValueError) as error:  # a closed standard input, an impossible file name
        return Submitted(what, fault=UnavailableError(str(error)))


@contextmanager
def open_services(installation: Installation, hosts: Path | None) -> Iterator[Services]:
    """Return the services of the installation, or else of none."""
    fetcher = None if hosts is None else FileFetcher(hosts)
    if "CREDSERV_SECRET_KEY" in installation.environ or "CREDSERV_SECRET_KEY_FILE" in installation.environ:
        if fetcher is None:
            yield installation.services
            return
        # Imported only where there is an installation.
        from credserv.app.services import build_services

        with closing(build_services(installation.settings, fetcher=fetcher)) as services:
            yield services.at_name(installation.organisation)
        return
    with closing(services_without_installation(installation.environ, fetcher, utc_now)) as services:
        yield services
