"""What one request costs inside the application, in microseconds of CPU, beside a bare Flask application.

    python -m benchmarks.requests [--calls N] [--rounds N] [--threads N]
    python -m benchmarks.requests --beside FOLDER

In one process, without gunicorn: for each kind the median of the rounds, and the least. A batch counts as its
credentials. threads: that ask at once, so that orders and events are gathered.

beside: another checkout of this repository. Both are measured in turns, each in a process of its own on the
same core, so that a busy machine is as slow for the one as for the other; the last column is by how much this
one does more within a second of CPU time.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import logging
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response

from benchmarks.beside import compare
from benchmarks.load import LoadError, Request
from benchmarks.orders import Access, order_request
from benchmarks.processes import cores, on_core
from benchmarks.service import BATCH, batch_request, event_request, free_port
from credserv.app.factory import create_app
from credserv.app.logs import configure_logging
from credserv.app.remembered import compose_environment
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.services import Services
from credserv.processes.demo import SOURCE, demo_environment, prepare_demo

Make = Callable[[], Request]

_BATCHES = "POST /api/v1/credentials/batch"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.requests", description=__doc__)
    parser.add_argument(
        "--calls", type=int, default=200, help="requests of a kind and thread in a round [200]"
    )
    parser.add_argument("--rounds", type=int, default=9, help="turns of all kinds [9]")
    parser.add_argument("--threads", type=int, default=1, help="that ask at once [1]")
    parser.add_argument("--beside", type=Path, help="another checkout, to compare with")
    options = parser.parse_args()
    with on_core(cores()[0]):
        if options.beside is not None:
            return compare(options.beside.resolve(), options.calls, options.rounds, options.threads)
        with _application() as (app, makes):
            kinds = {"bare Flask": (_bare(), makes["GET /healthz"])}
            kinds |= {name: (app, make) for name, make in makes.items()}
            found: dict[str, list[float]] = {name: [] for name in kinds}
            for _ in range(options.rounds):
                for name, (asked, make) in kinds.items():
                    found[name].append(_microseconds(asked, name, make, options.calls, options.threads))
    for name, each in found.items():
        sys.stdout.write(f"{name:32s} {statistics.median(each):8.0f} {min(each):8.0f}\n")
    return 0


@contextmanager
def _application() -> Iterator[tuple[Flask, Mapping[str, Make]]]:
    """A demonstration as `credserv demo` makes it, and what it is asked; its log goes nowhere."""
    rates = {f"CREDSERV_RATE_{name}": "1000000/second" for name in ("HOOKS", "VERIFY", "API")}
    nowhere, made = Path(os.devnull), tempfile.TemporaryDirectory(prefix="credserv-bench-")
    with made as folder, nowhere.open("w") as stream:
        configure_logging(stream=stream)
        environ = demo_environment(compose_environment(rates, Path(folder)), free_port())
        demo = prepare_demo(environ, now=datetime.now(UTC), say=logging.getLogger(__name__).info)
        try:
            app = create_app(demo.settings, demo.services)
            yield app, _makes(app, demo.services)
        finally:
            demo.services.close()


def _makes(app: Flask, services: Services) -> Mapping[str, Make]:
    _, token = create_api_key(services, "bench", ["credentials:issue"], datetime.now(UTC))
    source = services.store.sources.get(SOURCE)
    access = Access(0, os.getpid(), token, source.secrets[0] if source else "")
    looking, unknown = Request("GET", "/healthz", b"", {}, 200), Request("GET", "/none", b"", {}, 404)
    ordered = json.loads(_ask(app, _environ(order_request(token)), 201))
    path = "/" + ordered["credential"].split("/", 3)[3]
    own = _ask(app, _environ(Request("GET", path, b"", {"Accept": "application/vc"}, 200)), 200)
    body = json.dumps({"credential": json.loads(own)}).encode()
    verifying = Request("POST", "/api/v1/verify", body, {"Content-Type": "application/json"}, 200)
    return {
        "GET /healthz": lambda: looking,
        "GET of an unknown path": lambda: unknown,
        "POST /api/v1/verify, own": lambda: verifying,
        "POST /api/v1/credentials": lambda: order_request(token),
        "POST /hooks": lambda: event_request(access),
        _BATCHES: lambda: batch_request(access),
    }


def answer_turns(calls: int, threads: int) -> None:
    """Tells the kinds of requests, then for each line with one of them what one of it cost."""
    with _application() as (app, makes):
        sys.stdout.write(json.dumps(list(makes)) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            kind = line.strip()
            sys.stdout.write(f"{_microseconds(app, kind, makes[kind], calls, threads)}\n")
            sys.stdout.flush()


def _bare() -> Flask:
    app = Flask("bare")
    app.add_url_rule("/healthz", view_func=lambda: Response('{"status": "alive"}'), endpoint="healthz")
    return app


def _microseconds(app: Flask, kind: str, make: Make, calls: int, threads: int) -> float:
    """Of each call, or each credential of a batch. The garbage of others is collected before."""
    each = BATCH if kind == _BATCHES else 1
    number = max(1, calls // each)
    faults: list[Exception] = []

    def work(asked: list[tuple[dict[str, Any], int]]) -> None:
        try:
            for environ, expected in asked:
                _ask(app, environ, expected)
        except LoadError as error:
            faults.append(error)

    makings = [[make() for _ in range(number)] for _ in range(threads)]
    asked = [[(_environ(request), request.expected) for request in requests] for requests in makings]
    workers = [threading.Thread(target=work, args=(requests,)) for requests in asked]
    gc.collect()
    before = time.process_time()
    if threads == 1:
        work(asked[0])
    else:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    if faults:
        raise faults[0]
    return (time.process_time() - before) / (number * each * threads) * 1e6


def _ask(app: Flask, environ: dict[str, Any], expected: int) -> bytes:
    """The answer's body. Raises LoadError."""
    statuses: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return len

    answer = app(environ, start)
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if not statuses[0].startswith(str(expected)):
        raise LoadError(f"{statuses[0]} instead of {expected}: {body[:300]!r}")
    return body


def _environ(request: Request) -> dict[str, Any]:
    """As gunicorn makes it of a request (PEP 3333)."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    kind = headers.pop("HTTP_CONTENT_TYPE", None)
    return {
        **({"CONTENT_TYPE": kind} if kind else {}),
        **({"CONTENT_LENGTH": str(len(request.body))} if request.body else {}),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "203.0.113.7",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": "bench",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
    }


if __name__ == "__main__":
    sys.exit(main())
