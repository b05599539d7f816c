"""Killed by SIGKILL before one of its statements, in a process of its own."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from sqlalchemy import event

from tests.testkit.service import Service


def killed_before(service: Service, statement: int, act: Callable[[], object]) -> bool:
    """Whether `act` was killed, before so many of its statements; False once it got through."""
    engine = service.services.store._database.engine
    service.services.store.close()  # no connection is of two processes
    child = os.fork()
    if child == 0:
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(engine, "before_cursor_execute", count)
        try:
            act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False
