"""The options of all commands that check credentials, and whose lists and keys they use.

Needs no installation. `checking_services` opens one, and is imported only when a command runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from credserv.processes.commands.context import Installation, Instant

if TYPE_CHECKING:
    from credserv.journeys.services import Services
    from credserv.processes.commands.given_keys import GivenKeys

_FILE = click.Path(path_type=Path, dir_okay=False)


_OPTIONS = (
    click.option(
        "--for",
        "verifier",
        default="",
        metavar="SLUG",
        help="Organisation whose lists of trusted issuers apply.",
    ),
    click.option(
        "--trust",
        "trusted",
        type=_FILE,
        multiple=True,
        help="Also trust the issuers in this file (JSON, CSV or a DCC registry). May be repeated.",
    ),
    click.option(
        "--key",
        type=_FILE,
        help="Use the public key in this file (PEM or JWK) for an issuer that cannot be looked up.",
    ),
    click.option(
        "--did-document",
        "documents",
        type=_FILE,
        multiple=True,
        help="Use the DID document in this file for its DID. May be repeated.",
    ),
    click.option("--at", "instant", type=Instant(), help="Check dates as of this instant.  [default: now]"),
    click.option(
        "--hosts",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Fetch nothing from the network: DIR/hosts.json maps URLs to files.",
    ),
)


def checking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options for `Checking`."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), command)


@dataclass(frozen=True)
class Checking:
    """The options of `checking_options` by name."""

    verifier: str
    trusted: tuple[Path, ...]
    key: Path | None
    documents: tuple[Path, ...]
    instant: datetime | None
    hosts: Path | None

    def given(self) -> GivenKeys:
        from credserv.processes.commands.given_keys import read_given

        return read_given(self.key, self.documents)

    @contextmanager
    def services(self, installation: Installation) -> Iterator[Services]:
        """Return the services of the installation, or else of none."""
        from credserv.processes.commands.checking_services import (
            open_services,
            read_trusted,
            require_verifier,
        )

        with open_services(installation, self.hosts) as opened:
            services = replace(opened, trusted_files=tuple(read_trusted(path) for path in self.trusted))
            require_verifier(services, self.verifier)
            yield services
