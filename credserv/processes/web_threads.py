"""gunicorn's threads, each waiting a moment for the next request of the client it has answered.

After each request, gunicorn returns a kept-alive connection to the one thread that watches all of them,
through a pipe, a queue and two thread switches. Here a client that sends again at once (a proxy, a system
with a list) is answered by the same thread.
"""

from __future__ import annotations

import select
import threading
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

_PATIENCE_MS = 20


class PatientThreads(ThreadWorker):  # type: ignore[misc]  # the library has no types
    """At most half of the threads wait like this, and none while somebody else waits for a thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patient = threading.Semaphore(self.cfg.threads // 2)

    def handle(self, conn: TConn) -> object:
        """Handle as gunicorn does; returns True if the connection is kept for a later request."""
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def _asks_again(self, conn: TConn) -> bool:
        """Return whether another request comes. gunicorn itself continues with what was already read."""
        somebody_waits = self.tpool._work_queue.qsize() or conn.parser.unreader.buf.getvalue()
        if somebody_waits or not self.alive or not self._patient.acquire(blocking=False):
            return False
        try:
            asked = select.poll()
            asked.register(conn.sock, select.POLLIN)
            return bool(asked.poll(_PATIENCE_MS))
        finally:
            self._patient.release()
