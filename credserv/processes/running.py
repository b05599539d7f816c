"""Running one command of a group: its exit code, and one line for an error, then one for each fault."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from credserv.ground.errors import CredservError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}  # of every group of commands
EXIT_FAILED = 1
EXIT_USAGE = 3
EXIT_INTERRUPTED = 130


def run(group: click.Group, arguments: list[str] | None, *, usage: int = EXIT_USAGE) -> int:
    """What it writes is readable by its owner alone. usage: the exit code for wrong use."""
    before = os.umask(0o077)
    try:
        return _run(group, arguments, usage)
    finally:
        os.umask(before)


@contextmanager
def uncollected() -> Iterator[None]:
    """For imports: what they make stays, and to look for garbage in it again and again takes time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def tell(line: str) -> None:
    click.echo(line, err=True)


def _run(group: click.Group, arguments: list[str] | None, usage: int) -> int:
    try:
        result = group.main(arguments, prog_name="credserv", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return usage
    except click.Abort:
        return EXIT_INTERRUPTED
    except CredservError as error:
        tell(f"credserv: {error.detail}")
        for fault in error.faults:
            tell(f"  {fault.place or '(whole)'}: {fault.message}")
        return EXIT_FAILED
    except OSError as error:
        tell(f"credserv: {error}")
        return EXIT_FAILED
    return result if isinstance(result, int) else 0
