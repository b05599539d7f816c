"""Hosts for the service that is measured: one that answers by a table, and one that never does.

On this machine, under a certificate from a root of their own.
"""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Hosts:
    """ports: of the one that answers, and of the one that does not. ca_file: whom to trust for them."""

    answering: int
    silent: int
    ca_file: Path


@contextmanager
def serving(folder: Path, answer: Callable[[str], bytes | None]) -> Iterator[Hosts]:
    """answer: the body for a path, None for 404; called by several threads."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    ca_file, certificate = _make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server, socket.create_server(("127.0.0.1", 0), backlog=1_024) as silent:  # accepts, and no more
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Hosts(server.server_address[1], silent.getsockname()[1], ca_file)
        server.shutdown()


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    """A root, and a certificate for localhost from it with its key."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now, root_name = datetime.now(UTC), _name("root of a benchmark")
    dates = x509.CertificateBuilder(issuer_name=root_name).not_valid_before(now - timedelta(days=1))
    dates = dates.not_valid_after(now + timedelta(days=1))
    root = (
        dates.subject_name(root_name)
        .serial_number(x509.random_serial_number())
        .public_key(root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        dates.subject_name(_name("localhost"))
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ca_file, certificate = folder / "root.pem", folder / "localhost.pem"
    ca_file.write_bytes(root.public_bytes(pem))
    certificate.write_bytes(plain + leaf.public_bytes(pem))
    return ca_file, certificate


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
