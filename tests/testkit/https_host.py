"""A real HTTPS host on this machine, with a certificate from a root of its own, that answers as told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.testkit.bounds import HANGS_AFTER

Handler = Callable[[socket.socket, bytes], None]  # gets the connection and the request's head


def http(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP/1.1 response; header names are given with underscores."""
    lines = {"Content-Length": str(len(body)), "Content-Type": "application/json; charset=utf-8"}
    lines.update({name.replace("_", "-").title(): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@dataclass
class Host:
    """port: where it listens. ca_file: the root that its certificate comes from. heads: of all requests."""

    port: int
    ca_file: Path
    scheme: str = "https"
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://localhost:{self.port}{path}"


@contextmanager
def https_host(
    directory: Path,
    answer: bytes | Handler,
    *,
    name: str = "localhost",
    days: int = 1,
    tls: bool = True,
    plain: bool = False,
) -> Iterator[Host]:
    """Serve until the block ends. tls=False: TCP that never speaks, so that a handshake waits forever.
    plain: http."""
    ca_file, certificate = make_certificate(directory, name, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    host = Host(listener.getsockname()[1], ca_file, scheme="http" if plain else "https")
    ended = threading.Event()

    def serve(raw: socket.socket) -> None:
        try:
            if not tls:
                ended.wait(4 * HANGS_AFTER)
                return
            with raw if plain else context.wrap_socket(raw, server_side=True) as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    head += piece
                host.heads.append(head)
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                else:
                    answer(connection, head)
        except OSError:
            return  # the client went away, as some tests want it to
        finally:
            raw.close()

    def accept() -> None:
        while not ended.is_set():
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            host.connections += 1
            threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield host
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def make_certificate(directory: Path, name: str, days: int) -> tuple[Path, Path]:
    """A root and a server certificate for `name` (days < 0: already expired), as PEM files."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root of a test")])
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    start = x509.CertificateBuilder(issuer_name=root_name).not_valid_before(now - timedelta(days=9))
    root = (
        start.subject_name(root_name)
        .serial_number(x509.random_serial_number())
        .public_key(root_key.public_key())
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    address = name.replace(".", "").isdigit()
    alternative = x509.IPAddress(ip_address(name)) if address else x509.DNSName(name)
    leaf = (
        start.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    ca_file, server_file = directory / f"{name}-root.pem", directory / f"{name}.pem"
    ca_file.write_bytes(root.public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server_file.write_bytes(plain + leaf.public_bytes(pem))
    return ca_file, server_file


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
