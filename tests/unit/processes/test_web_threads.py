"""The web's threads wait for who asks again, and keep nobody else waiting."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from credserv.processes.supervisor import WEB_THREADS
from tests.testkit.processes import ROOT, free_port

THREADS = 4
APPLICATION = """
    import threading

    def app(environ, start_response):
        body = f"{environ['PATH_INFO']} {threading.get_ident()}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where gunicorn answers with the path, and which thread answered."""
    folder, port = tmp_path_factory.mktemp("application"), free_port()
    (folder / "small.py").write_text(textwrap.dedent(APPLICATION))
    command = [sys.executable, "-m", "gunicorn", "small:app", "--pythonpath", str(folder)]
    command += ["--worker-class", WEB_THREADS]
    command += ["--bind", f"127.0.0.1:{port}", "--threads", str(THREADS), "--no-control-socket"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        for _ in range(600):
            if _is_open(port):
                break
            time.sleep(0.1)
        yield port
        process.terminate()
        assert process.wait(30) == 0


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _get(connection: HTTPConnection, path: str) -> tuple[str, str]:
    """What was asked for, and by which thread it was answered."""
    connection.request("GET", path)
    asked, thread = connection.getresponse().read().decode().split()
    return asked, thread


def test_more_clients_than_threads_are_all_answered_in_turns(port: int) -> None:
    clients = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(4 * THREADS)]
    for turn in range(5):
        paths = [f"/{number}/{turn}" for number in range(len(clients))]
        for client, path in zip(clients, paths, strict=True):
            client.request("GET", path)
        answers = [client.getresponse().read().decode().split()[0] for client in clients]
        assert answers == paths
    for client in clients:
        client.close()


def test_who_asks_again_after_a_while_is_answered_as_well(port: int) -> None:
    client = HTTPConnection("127.0.0.1", port, timeout=30)
    for pause in (0.0, 0.005, 0.1, 0.3, 0.0):
        time.sleep(pause)
        assert _get(client, f"/after/{pause}")[0] == f"/after/{pause}"
    client.close()


def test_requests_that_come_in_one_piece_are_answered_in_order(port: int) -> None:
    asked = b"".join(f"GET /{number} HTTP/1.1\r\nHost: here\r\n\r\n".encode() for number in range(6))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(asked)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 6 or b"/5 " not in received:
            part = client.recv(65536)
            assert part, received
            received += part
    places = [received.index(f"\r\n\r\n/{number} ".encode()) for number in range(6)]
    assert places == sorted(places)


def test_a_new_client_is_answered_while_all_others_ask_without_a_pause(port: int) -> None:
    """Half of the threads wait at most, so one is left for whoever comes."""
    kept = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(THREADS)]
    for _ in range(20):
        for client in kept:
            assert _get(client, "/kept")[0] == "/kept"
        newcomer = HTTPConnection("127.0.0.1", port, timeout=30)
        assert _get(newcomer, "/new")[0] == "/new"
        newcomer.close()
    for client in kept:
        client.close()
