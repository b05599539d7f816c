"""The entry point of the command. To check credentials or try a message, little is imported."""

from __future__ import annotations

import sys

import click

from credserv.processes.running import CONTEXT, EXIT_USAGE, run

_EXIT_USAGE_OF_TRY = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    command = _quick_command(given)
    if command is None:
        from credserv.processes.cli import main as run_any

        return run_any(arguments)
    group = click.Group("credserv", commands=[command], context_settings=CONTEXT)
    return run(group, arguments, usage=_EXIT_USAGE_OF_TRY if command.name == "source" else EXIT_USAGE)


def _quick_command(given: list[str]) -> click.Command | None:
    if given[:2] == ["source", "try"]:
        from credserv.processes.commands.source_try import try_messages

        return click.Group("source", commands=[try_messages])
    return None
