"""Where the command begins. To verify one badge, all else of the service need not be imported."""

from __future__ import annotations

import sys

import click

from credserv.processes.running import CONTEXT, run


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] != ["verify"]:
        from credserv.processes.cli import main as run_any

        return run_any(arguments)
    from credserv.processes.commands.verify import verify

    return run(click.Group("credserv", commands=[verify], context_settings=CONTEXT), arguments)
