"""Where the command begins. To check a few credentials, all else of the service need not be imported."""

from __future__ import annotations

import sys

import click

from credserv.processes.running import CONTEXT, run


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    command = _quick_command(given[0] if given else "")
    if command is None:
        from credserv.processes.cli import main as run_any

        return run_any(arguments)
    return run(click.Group("credserv", commands=[command], context_settings=CONTEXT), arguments)


def _quick_command(name: str) -> click.Command | None:
    if name == "verify":
        from credserv.processes.commands.verify import verify

        return verify
    if name == "eligibility":
        from credserv.processes.commands.eligibility import eligibility

        return eligibility
    return None
