"""A whole service behind an HTTP server of this process: for browsers, and for programs of others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from tests.testkit.service import Clock, Service, make_service


@contextmanager
def served(folder: Path, *, host: str = "localhost", **made: Any) -> Iterator[Service]:
    """On a free port of this machine; the clock is the real one at the start. host: `localhost` is 127.0.0.1,
    `[::1]` its address by IPv6. made: as by `make_service`."""
    listening = "127.0.0.1" if host == "localhost" else host.strip("[]")
    server = make_server(listening, 0, lambda environ, start: [], threaded=True)
    port = server.server_port
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    given = {"clock": clock, "public_url": f"http://{host}:{port}", "port": port} | made
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, **given)
    server.app = service.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        service.services.close()
