"""What every command that checks credentials shares: what it is given, and by whose lists and keys it judges.

Needs no installation of one's own. What opens one is in `checking_services`, imported when it is run.
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
        "--for", "verifier", default="", metavar="SLUG", help="Whose lists of trusted issuers count."
    ),
    click.option(
        "--trust",
        "trusted",
        type=_FILE,
        multiple=True,
        help="Trust the issuers in this file besides: JSON, CSV or a DCC registry. May be repeated.",
    ),
    click.option(
        "--key",
        type=_FILE,
        help="Take the public key in this file (PEM or JWK) for that of an issuer that nobody can look up.",
    ),
    click.option(
        "--did-document",
        "documents",
        type=_FILE,
        multiple=True,
        help="Take the DID document in this file for its issuer's. May be repeated.",
    ),
    click.option("--at", "instant", type=Instant(), help="Judge dates as of this instant.  [default: now]"),
    click.option(
        "--hosts",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Answer fetches from the files that DIR/hosts.json maps URLs to, and from nothing else.",
    ),
)


def checking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `Checking` is made of."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), command)


@dataclass(frozen=True)
class Checking:
    """The options of `checking_options`, by their names."""

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
        """Those of the installation, where there is one; else such as need none."""
        from credserv.processes.commands.checking_services import (
            open_services,
            read_trusted,
            require_verifier,
        )

        with open_services(installation, self.hosts) as opened:
            services = replace(opened, trusted_files=tuple(read_trusted(path) for path in self.trusted))
            require_verifier(services, self.verifier)
            yield services
