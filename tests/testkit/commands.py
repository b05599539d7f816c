"""The commands of a group, also those that are looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

import click

from credserv.processes.running import account

CLI = f"cli:{account()}"  # who acts, as the audit trail names it


def commands_of(group: click.Group) -> Mapping[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}
