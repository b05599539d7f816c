"""Which account of the operating system runs a command, so that the audit trail names who acted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

COMMANDS = ("cli", "command")  # as journeys name whoever runs a command
_account: ContextVar[str] = ContextVar("account", default="")


@contextmanager
def within_account(name: str) -> Iterator[None]:
    """Mark what commands inside do as done by this account."""
    before = _account.set(name)
    try:
        yield
    finally:
        _account.reset(before)


def name_actor(actor: str) -> str:
    """Return the actor as the audit trail names it: a command by the account that ran it."""
    account = _account.get()
    return f"{COMMANDS[0]}:{account}" if account and actor in COMMANDS else actor
