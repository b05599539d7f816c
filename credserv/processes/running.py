"""Run one command of a group: its exit code, one line for an error, and one for each fault."""

from __future__ import annotations

import gc
import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from credserv.ground.accounts import within_account
from credserv.ground.errors import CredservError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}  # of every group of commands
EXIT_FAILED = 1
EXIT_USAGE = 3
EXIT_INTERRUPTED = 130
_ACCOUNT = re.compile(r"[A-Za-z0-9._@-]{1,64}", re.ASCII)


def run(group: click.Group, arguments: list[str] | None, *, usage: int = EXIT_USAGE) -> int:
    """Run a command. Files it writes are readable only by their owner.

    `usage`: the exit code for wrong usage.
    """
    before = os.umask(0o077)
    try:
        with within_account(account()):
            return _run(group, arguments, usage)
    finally:
        os.umask(before)


def account() -> str:
    """Return who runs the command: the account behind `sudo`, else this process's, by name or number."""
    name = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    with suppress(KeyError):
        name = name or pwd.getpwuid(os.getuid()).pw_name
    return name if _ACCOUNT.fullmatch(name) else str(os.getuid())


@contextmanager
def uncollected() -> Iterator[None]:
    """Suspend garbage collection during imports: what they create stays, and collecting it costs time."""
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
