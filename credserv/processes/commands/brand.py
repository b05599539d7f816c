"""`credserv organisation brand`: the appearance of one organisation."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.ground.colours import accents
from credserv.journeys.operate.brand import brand_of, read_brand, set_brand
from credserv.processes.commands.context import Installation, changing_organisation, read_file, utc_now

_ACTOR = "cli"
_MAX_IMPRINT_BYTES = 10_000
_FILE = click.Path(path_type=Path)


@click.command("brand")
@click.option("--colour", help="Colour of buttons, links and bars, for example #1d4f91.")
@click.option("--logo", type=_FILE, help="A PNG, JPEG or plain SVG.")
@click.option("--no-logo", is_flag=True, help="Show none.")
@click.option("--imprint", type=_FILE, help="A text file with the imprint for the foot of pages and letters.")
@click.option("--imprint-url", help="A page with more information.")
@click.option("--sender", help="The sender's name in its letters.")
@click.option("--reply-to", help="Address for replies.")
@changing_organisation
def brand_command(
    installation: Installation,
    /,
    *,
    logo: Path | None,
    no_logo: bool,
    imprint: Path | None,
    **given: str | None,
) -> None:
    """Show the appearance of one organisation, and change the values given; "" removes a value."""
    told = {name: value for name, value in given.items() if value is not None}
    if imprint is not None:
        told["imprint"] = read_file(imprint, max_bytes=_MAX_IMPRINT_BYTES).decode("utf-8", "replace")
    known = brand_of(installation.store)
    picture = b"" if logo is None else read_file(logo)
    made = read_brand(known, told, picture=picture, no_logo=no_logo)
    if made != known:
        set_brand(installation.store, made, actor=_ACTOR, now=utc_now())
    if made.colour:
        shown = accents(made.colour)
        click.echo(f"Colour {made.colour}: {shown.light} on light pages, {shown.dark} on dark ones")
    click.echo(f"Logo {len(made.logo)} bytes" if made.logo else "No logo")
    for name, value in (("Imprint", made.imprint), ("Imprint", made.imprint_url)):
        if value:
            click.echo(f"{name} {value}")
    if made.sender or made.reply_to:
        click.echo(f"Letters from {made.sender or 'this installation'}, answers to {made.reply_to or 'it'}")
