"""gunicorn's threads, each of which waits a moment for the next request of the client that it has answered.

gunicorn's own hand a connection that is kept back to the one thread that watches all of them, after each
request, by a pipe, a queue and two switches of threads. Who asks again at once (a proxy, a system that sends
a list) is answered by the thread that is still there.
"""

from __future__ import annotations

import select
import threading
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

_PATIENCE_MS = 20


class PatientThreads(ThreadWorker):  # type: ignore[misc]  # the library has no types
    """Half of the threads wait so at most, and none where somebody else waits for a thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patient = threading.Semaphore(self.cfg.threads // 2)

    def handle(self, conn: TConn) -> object:
        """As gunicorn's: True where the connection is kept for another request, which may come later."""
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def _asks_again(self, conn: TConn) -> bool:
        """What was read already with the request before gunicorn goes on with by itself."""
        somebody_waits = self.tpool._work_queue.qsize() or conn.parser.unreader.buf.getvalue()
        if somebody_waits or not self.alive or not self._patient.acquire(blocking=False):
            return False
        try:
            asked = select.poll()
            asked.register(conn.sock, select.POLLIN)
            return bool(asked.poll(_PATIENCE_MS))
        finally:
            self._patient.release()
