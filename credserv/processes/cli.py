"""The command line: `python -m credserv`, or `credserv` where the package is installed.

Exit codes: 0 done, 1 refused or failed, 3 wrong usage; `verify` gives 1 its own meaning and adds 2. An error
is one line on stderr, followed by one line for each fault.
"""

from __future__ import annotations

from importlib import import_module

import click

from credserv import __version__
from credserv.processes.running import CONTEXT, run

# Where each command is; only the one that runs is imported.
COMMANDS = {
    "anchors": "anchors:anchors",
    "api-key": "api_keys:api_key",
    "archive": "archive:archive",
    "audit": "audit:audit",
    "backup": "backup:backup",
    "bulk": "bulk:bulk",
    "console-link": "sign_in:console_link",
    "contexts": "contexts:contexts",
    "curl": "starting:curl",
    "demo": "starting:demo",
    "did": "dids:did",
    "doctor": "doctor:doctor",
    "eligibility": "eligibility:eligibility",
    "framework": "frameworks:framework",
    "hr": "hr:hr",
    "init": "starting:init",
    "jobs": "jobs:jobs",
    "keys": "keys:keys",
    "letters": "letters:letters",
    "lists": "lists:lists",
    "log": "log:log",
    "login": "login:login",
    "migrate": "starting:migrate",
    "notice": "notice:notice",
    "offer": "offers:offer",
    "organisation": "organisations:organisation",
    "people": "people:people",
    "programme": "programmes:programme",
    "replay": "replay:replay_command",
    "restore": "backup:restore_command",
    "retention": "retention:retention",
    "rule": "rules:rule",
    "schema": "schema:schema",
    "serve": "starting:serve",
    "settings": "settings:settings",
    "simulate": "simulate:simulate",
    "source": "sources:source",
    "trust": "trust:trust",
    "upgrade": "backup:upgrade",
    "verify": "verify:verify",
    "wallet-link": "sign_in:wallet_link",
    "webhook": "webhooks:webhook",
    "worker": "starting:worker",
}


class Commands(click.Group):
    """A group whose commands are imported at first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"credserv.processes.commands.{module}"), name)
        return found


@click.group(cls=Commands, context_settings=CONTEXT)
def cli() -> None:
    """credserv issues and verifies Open Badges 3.0 credentials."""


@cli.command()
def version() -> None:
    """Print the release."""
    click.echo(__version__)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. Files it writes are readable only by their owner."""
    return run(cli, arguments)
