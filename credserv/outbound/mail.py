"""Mail: letters, each to one person, over SMTP (RFC 5321) with STARTTLS where offered (RFC 3207).

Addresses never appear in logs or errors; mail servers' answers often repeat them. No text with a control
character becomes a header, so a name cannot add a `Bcc:` (attack 63).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from credserv.ground.addresses import is_loopback
from credserv.ground.errors import InputError, SettingsError, UnavailableError
from credserv.ground.names import parse_email

TIMEOUT_SECONDS = 10.0  # of each wait for the server
_SMTP_PORT, _SMTPS_PORT = 25, 465
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAX_HEADER_CHARS = 500


@dataclass(frozen=True)
class Letter:
    """A letter.

    Attributes:
        to: one address.
        key: the same for every copy of this letter, so that mail programs recognise it.
        sender_name: shown with our address in From; "" for the installation's name.
        reply_to: where replies go; "" for our address.
        calendar: an invitation or cancellation as a file (RFC 5545); b"" for none.
        calendar_method: its method (RFC 6047, section 2.4).
    """

    to: str
    to_name: str | None
    subject: str
    text: str
    html: str
    key: str
    sender_name: str = ""
    reply_to: str = ""
    calendar: bytes = b""
    calendar_method: str = ""


class Mailer:
    """Sends letters.

    Attributes:
        smtp_url: smtp://[user:password@]host[:port], or smtps:// for TLS from the start (RFC 8314).
        sender: the address in From.
        sender_name: shown with it.
        context: whom to trust; the system's authorities by default.
    """

    def __init__(
        self,
        smtp_url: str,
        *,
        sender: str,
        sender_name: str,
        timeout_seconds: float = TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(smtp_url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError("the mail server is given as smtp://host:port or smtps://host:port")
        self._host = parts.hostname
        self._port = parts.port or (_SMTPS_PORT if parts.scheme == "smtps" else _SMTP_PORT)
        self._tls_at_once = parts.scheme == "smtps"
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._sender = _address(sender, sender_name)
        self._timeout_seconds = timeout_seconds
        self._context = context or ssl.create_default_context()

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Send a letter; returns once the server has accepted it.

        Raises:
            InputError: the server never will (no such mailbox, an impossible address).
            UnavailableError: it may later; this includes settings that an administrator can correct.
        """
        with self.connection() as connection:
            connection.send(letter, now=now)

    def check(self) -> None:
        """Connect and sign in without sending a letter. Raises UnavailableError."""
        with _errors_without_addresses(), self.open() as connection:
            connection.noop()

    @contextmanager
    def connection(self) -> Iterator[MailConnection]:
        """Open a connection for any number of letters; the first letter connects."""
        with ExitStack() as closing:
            connection = MailConnection(self, closing)
            try:
                yield connection
            finally:
                with suppress(OSError, smtplib.SMTPException):
                    closing.close()

    def compose(self, letter: Letter, *, now: datetime) -> EmailMessage:
        """Return the letter as a message: plain text, with HTML as alternative. Raises InputError."""
        message = EmailMessage()
        message["From"] = self._from(letter.sender_name)
        message["To"] = _address(letter.to, letter.to_name)
        if letter.reply_to:
            message["Reply-To"] = _address(letter.reply_to, None)
        message["Subject"] = _header(letter.subject)
        message["Date"] = now
        message["Message-ID"] = f"<{_header(letter.key)}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
        # Not every server accepts eight-bit content (RFC 6152).
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if letter.calendar:
            told = {"method": letter.calendar_method, "charset": "utf-8"}
            message.add_alternative(
                letter.calendar.decode(), subtype="calendar", cte="quoted-printable", params=told
            )
        return message

    def _from(self, name: str) -> Address:
        """Return the From address; always ours, for which the mail server may send."""
        if not name:
            return self._sender
        return Address(_header(name), self._sender.username, self._sender.domain)

    @contextmanager
    def open(self) -> Iterator[smtplib.SMTP]:
        """Open a connection to send letters over, secured and signed in as the settings require."""
        with self._connect() as connection:
            connection.ehlo_or_helo_if_needed()
            secure = self._tls_at_once
            if not secure and connection.has_extn("starttls"):
                connection.starttls(context=self._context)
                secure = True
            if self._login is not None:
                if not secure and not is_loopback(self._host):
                    raise UnavailableError(
                        "the mail server offers no TLS, so the password was not sent to it"
                    )
                connection.login(*self._login)
            yield connection

    def _connect(self) -> smtplib.SMTP:
        timeout = self._timeout_seconds
        if self._tls_at_once:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=timeout, context=self._context)
        return smtplib.SMTP(self._host, self._port, timeout=timeout)


_OF_ONE_LETTER = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError)


class MailConnection:
    """A connection of one thread.

    `is_lost`: whether the last letter could not reach the server. One that it refused did.
    """

    def __init__(self, mailer: Mailer, closing: ExitStack) -> None:
        self._mailer = mailer
        self._closing = closing
        self._open: smtplib.SMTP | None = None
        self.is_lost = False

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Send as `Mailer.send`. A server that hung up after earlier letters is called again, once."""
        message = self._mailer.compose(letter, now=now)
        with _errors_without_addresses():
            if self._open is not None:
                try:
                    self._open.send_message(message)
                except smtplib.SMTPServerDisconnected:
                    self._forget()
                except smtplib.SMTPResponseException as error:
                    if error.smtp_code != 421:  # RFC 5321 section 3.8: it closes the connection
                        raise
                    self._forget()
                else:
                    return
            self.is_lost = True
            self._open = self._closing.enter_context(self._mailer.open())
            try:
                self._open.send_message(message)
            except _OF_ONE_LETTER:
                self.is_lost = False  # the server is there, and may take the next one
                raise
            self.is_lost = False

    def _forget(self) -> None:
        self._open = None
        with suppress(OSError, smtplib.SMTPException):
            self._closing.close()


@contextmanager
def _errors_without_addresses() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal("the recipient", _only_code(error)) from None
    except smtplib.SMTPDataError as error:
        raise _refusal("the letter", error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise InputError("the mail server cannot take letters to addresses like this one") from None
    except smtplib.SMTPResponseException as error:
        # Sender, login or greeting refused: we have to correct that, so the letter waits.
        raise UnavailableError(f"the mail server refused us with code {error.smtp_code}") from None
    except ssl.SSLError as error:
        raise UnavailableError(f"no trustworthy TLS with the mail server: {error.reason}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise UnavailableError(f"the mail server did not answer: {type(error).__name__}") from None


def _refusal(what: str, code: int) -> InputError | UnavailableError:
    """Return the error for a code: 5yz is permanent, 4yz temporary (RFC 5321 section 4.2.1)."""
    kind = InputError if code >= 500 else UnavailableError
    return kind(f"the mail server refused {what} with code {code}")


def _only_code(error: smtplib.SMTPRecipientsRefused) -> int:
    return max((code for code, _ in error.recipients.values()), default=450)


def _address(address: str, name: str | None) -> Address:
    """Return exactly one address; the error does not repeat it."""
    parsed = parse_email(_header(address))
    return Address(_header(name or ""), parsed.local, parsed.ascii_domain)


def _header(value: str) -> str:
    if _UNPRINTABLE.search(value) or len(value) > _MAX_HEADER_CHARS:
        raise InputError("a line break or other control character cannot go into a mail header")
    return value
