"""`credserv people`: requests of people who cannot open their wallet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.admit.sign_in import require_email
from credserv.journeys.hold.on_request import (
    FoundPerson,
    choose_people,
    erase_on_request,
    find_people,
    tell_on_request,
)
from credserv.journeys.services import Services
from credserv.processes.commands.context import Installation, in_installation, show_table, utc_now

_ACTOR = "cli"

person_option = click.option(
    "--person",
    "person_id",
    metavar="ID",
    help="Which person, if the address is or was used by several; `credserv people find` shows them.",
)


@click.group()
def people() -> None:
    """Requests in writing for a copy of a person's data, or its erasure: in all organisations here.

    For people who can no longer open their wallet, where they could do both themselves. First make sure of
    their identity.
    """


@people.command("find")
@click.argument("email")
@in_installation
def find(installation: Installation, email: str) -> None:
    """Show whom EMAIL belongs to, or once belonged to."""
    _show(find_people(installation.services, require_email(email)))


@people.command("export")
@click.argument("email")
@click.option(
    "--to", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A new file."
)
@person_option
@in_installation
def export(installation: Installation, email: str, path: Path, person_id: str | None) -> None:
    """Write all data about the person with EMAIL to a new FILE, as they would get it in their wallet.

    A zip of mode 0600: the database rows about them as JSON, their consents, and a text that explains both.
    Give it to nobody else. The audit trail of each of their organisations records that it was made.
    """
    services = installation.services
    chosen = _choose(services, email, person_id)
    _show(chosen)
    try:
        with path.open("xb") as file:
            file.write(tell_on_request(services, chosen, utc_now(), actor=_ACTOR))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except CredservError:
        path.unlink()
        raise
    click.echo(f"Written: {path}. Give it to the person, then delete it.")


@people.command("erase")
@click.argument("email")
@person_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@in_installation
def erase(installation: Installation, email: str, person_id: str | None, yes: bool) -> None:
    """Erase the person with EMAIL in every organisation here, permanently.

    This does the same as erasure in their wallet. The last owner of an organisation cannot be erased: make
    somebody else an owner first.
    """
    services = installation.services
    chosen = _choose(services, email, person_id)
    _show(chosen)
    if not yes:
        click.confirm(
            "This erases the person permanently and cannot be undone. Did they ask for it themselves?",
            abort=True,
        )
    erase_on_request(services, chosen, utc_now(), actor=_ACTOR)
    click.echo(f"Erased: {', '.join(one.id for one in chosen)}.")
    click.echo(
        "Gone: names, addresses, keys and sessions; links, pages and imported credentials; what learning "
        "systems reported; the signed badges."
    )
    click.echo(
        "Kept, without them: that a badge of its kind was awarded on its day, so that the organisation can "
        "prove what it did; whether it was revoked, so that a copy that somebody holds can be checked; this "
        "erasure, by an id that leads to nobody, in the audit trail."
    )
    click.echo(
        "Not reached: files that others hold, letters in mailboxes, learning systems, and backups until you "
        "overwrite them. If you restore one, erase them again."
    )


def _choose(services: Services, email: str, person_id: str | None) -> tuple[FoundPerson, ...]:
    """Choose people; raises as `choose_people`, after showing the candidates."""
    found = find_people(services, require_email(email))
    try:
        return choose_people(found, person_id)
    except ConflictError:
        _show(found)
        raise


def _show(found: Sequence[FoundPerson]) -> None:
    rows: list[tuple[str, ...]] = [
        ("PERSON", "CALLED", "THE ADDRESS", "WALLET", "BADGES", "BROUGHT", "KNOWN TO")
    ]
    rows += [
        (
            one.id,
            one.name or "",
            "theirs" if one.is_theirs else "was theirs",
            "yes" if one.has_wallet else "no",
            str(one.badges),
            str(one.brought),
            ", ".join(one.organisations),
        )
        for one in found
    ]
    show_table(rows)
