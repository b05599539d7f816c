"""`credserv settings`: show and change what this installation remembers."""

from __future__ import annotations

import os

import click

from credserv.app.changing import change_setting, shown_settings
from credserv.app.described import rows
from credserv.app.remembered import data_folder
from credserv.app.variables import PREFIX
from credserv.ground.errors import InputError
from credserv.processes.commands.context import Installation, in_installation, show_table, utc_now


@click.group()
def settings() -> None:
    """The settings that this installation stores in `credserv.env` in its data folder."""


@settings.command("show")
@in_installation
def show(installation: Installation) -> None:
    """Show every setting that is not the default, and its origin."""
    installation.settings  # noqa: B018 - refuses what is no installation, and a setting that is wrong
    rows = shown_settings(os.environ, data_folder(installation.environ))
    show_table([("SETTING", "VALUE", "FROM"), *rows])


@settings.command("list")
@click.argument("name", required=False, default="")
def list_all(name: str) -> None:
    """Print every setting with its default and what it does, or those whose name has NAME in it."""
    wanted = name.strip().upper().removeprefix(PREFIX)
    found = [row for row in rows() if wanted in row[0]]
    if not found:
        raise InputError(f"no setting has {wanted} in its name: `credserv settings list` shows all")
    for setting, default, what in found:
        click.echo(f"{PREFIX}{setting}  [{default}]")
        click.echo(f"    {what}")


@settings.command("set")
@click.argument("name")
@click.argument("value")
@in_installation
def set_one(installation: Installation, name: str, value: str) -> None:
    """Check VALUE, and store it as setting NAME for all later starts.

    PUBLIC_URL moves the installation; badges of its former addresses are still recognised as its own.
    """
    _change(installation, name, value)
    click.echo(f"Kept {name}.")


@settings.command("unset")
@click.argument("name")
@in_installation
def unset(installation: Installation, name: str) -> None:
    """Remove setting NAME, so that its default applies again."""
    _change(installation, name, None)
    click.echo(f"Removed: {name}.")


def _change(installation: Installation, name: str, value: str | None) -> None:
    for line in change_setting(os.environ, installation.data_dir, name, value, now=utc_now()):
        click.echo(line)
