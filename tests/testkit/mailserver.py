"""A real mail server (aiosmtpd) on a free loopback port, whose mailbox a test can read."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.testkit.bounds import HANGS_AFTER


@dataclass(frozen=True)
class Delivery:
    """One accepted mail. tls: whether it came encrypted. user: who signed in for it."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    tls: bool
    user: str | None

    def part(self, subtype: str) -> str:
        """The text of the `plain` or `html` part."""
        body = self.message.get_body(preferencelist=(subtype,))
        assert isinstance(body, EmailMessage)
        return str(body.get_content())


@dataclass
class MailServer:
    """answer_recipient, answer_data: reply lines instead of taking the mail, such as `450 later`."""

    port: int = 0
    user: str | None = None
    password: str = ""
    answer_recipient: str | None = None
    answer_data: str | None = None
    delay_seconds: float = 0.0
    refused: str = ""  # addresses with this in them are answered 550
    away: str = ""  # and with this 450
    letters_a_connection: int = 1_000_000
    connections: int = 0
    _box: list[Delivery] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        with self._lock:
            return tuple(self._box)

    def wait_for(self, count: int, seconds: float = HANGS_AFTER) -> tuple[Delivery, ...]:
        """The mails once there are `count`; fails when they do not come."""
        end = time.monotonic() + seconds
        while len(self.deliveries) < count:
            assert time.monotonic() < end, f"{len(self.deliveries)} of {count} mails came"
            time.sleep(0.02)
        return self.deliveries

    # --- what aiosmtpd calls ---

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        taken = getattr(session, "letters", 0)
        if taken >= self.letters_a_connection:
            return "421 enough for now"
        session.letters = taken + 1  # type: ignore[attr-defined]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd wants
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.away and self.away in address:
            return "450 later"
        if self.refused and self.refused in address:
            return "550 no such mailbox"
        if self.answer_recipient:
            return self.answer_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.answer_data:
            return self.answer_data
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        delivery = Delivery(
            sender=str(envelope.mail_from),
            recipients=tuple(envelope.rcpt_tos),
            message=message,
            tls=session.ssl is not None,
            user=session.auth_data if isinstance(session.auth_data, str) else None,
        )
        with self._lock:
            self._box.append(delivery)
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = data.login.decode() == self.user and data.password.decode() == self.password
        return AuthResult(success=right, handled=right, auth_data=self.user if right else None)


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    tls_at_once: bool = False,
    user: str | None = None,
    password: str = "",
    international: bool = True,
) -> Iterator[MailServer]:
    """A running server. STARTTLS is offered where `tls` is given, a login where `user` is, SMTPUTF8
    (RFC 6531) where it is `international`.
    """
    server = MailServer(user=user, password=password)
    options: dict[str, Any] = {"enable_SMTPUTF8": international}
    if user is not None:
        options |= {"authenticator": server.authenticate, "auth_require_tls": False}
    if tls is not None and not tls_at_once:
        options["tls_context"] = tls
    controller = Controller(
        server, hostname="127.0.0.1", port=_free_port(), ssl_context=tls if tls_at_once else None, **options
    )
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
