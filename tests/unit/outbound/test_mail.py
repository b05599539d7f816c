"""Mail against a real server: what arrives, what is refused, and what never shows."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from credserv.ground.errors import InputError, SettingsError, UnavailableError
from credserv.outbound.mail import Letter, Mailer
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.mailserver import MailServer, mail_server

LETTER = Letter(
    to="ada@example.org",
    to_name="Ada Lovelace",
    subject="Your badge is ready: Mentor – Grundlage",
    text="Grüße\nhttps://badges.example.org/wallet/open/abc",
    html="<p>Grüße</p>",
    key="credential-1.delivery",
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def mailer(
    server: MailServer, context: ssl.SSLContext | None = None, timeout_seconds: float = HANGS_AFTER
) -> Mailer:
    return Mailer(
        server.url,
        sender="badges@issuer.example",
        sender_name="Issuer, Inc.",
        timeout_seconds=timeout_seconds,
        context=context,
    )


def test_a_letter_arrives_as_it_was_written(server: MailServer, now: datetime) -> None:
    mailer(server).send(LETTER, now=now)
    (delivery,) = server.deliveries
    assert delivery.sender == "badges@issuer.example"
    assert delivery.recipients == ("ada@example.org",)
    message = delivery.message
    assert message["From"] == '"Issuer, Inc." <badges@issuer.example>'
    assert message["To"] == "Ada Lovelace <ada@example.org>"
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == "<credential-1.delivery@issuer.example>"
    assert message["Date"].datetime == now
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert delivery.part("plain").splitlines() == LETTER.text.splitlines()
    assert delivery.part("html").strip() == LETTER.html


def test_an_international_domain_is_written_in_ascii(server: MailServer, now: datetime) -> None:
    mailer(server).send(replace(LETTER, to="ada@bücher.example"), now=now)
    assert server.deliveries[0].recipients == ("ada@xn--bcher-kva.example",)


def test_b1_a_letter_goes_to_the_domain_that_was_written_and_keeps_its_case(
    server: MailServer, now: datetime
) -> None:
    for domain in ("faß.example", "κλαρα-σωλις.example"):
        mailer(server).send(replace(LETTER, to=f"Pat.Doe@{domain}"), now=now)

    arrived = [to for delivery in server.deliveries for to in delivery.recipients]
    assert arrived == ["Pat.Doe@xn--fa-hia.example", "Pat.Doe@xn----ylba7abgd9bnh0e.example"]


def test_a_line_break_in_a_long_subject_is_only_folding(server: MailServer, now: datetime) -> None:
    subject = "Ein langer Titel für ein Abzeichen " * 6
    mailer(server).send(replace(LETTER, subject=subject.strip()), now=now)
    assert server.deliveries[0].message["Subject"] == subject.strip()


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, subject="Badge\r\nBcc: eve@example.net"),
        replace(LETTER, subject="Badge\nX: y"),
        replace(LETTER, to_name="Ada\r\nBcc: eve@example.net"),
        replace(LETTER, to_name="Ada\x85Bcc: eve@example.net"),
        replace(LETTER, to_name="Ada\u2028Bcc: eve@example.net"),
        replace(LETTER, to="ada@example.org\r\nBcc: eve@example.net"),
        replace(LETTER, key="a>\r\nBcc: eve@example.net"),
        replace(LETTER, to="ada@example.org, eve@example.net"),
        replace(LETTER, to="ada,eve@example.net"),
        replace(LETTER, to='"ada@example.org>, <eve"@example.net'),
        replace(LETTER, to="Ada <ada@example.org>"),
        replace(LETTER, to="ada@example.org>"),
        replace(LETTER, to="ada@[127.0.0.1]"),
        replace(LETTER, to="ada@example..org"),
        replace(LETTER, to="@example.org"),
        replace(LETTER, to="ada@"),
        replace(LETTER, to="ada"),
        replace(LETTER, to=""),
        replace(LETTER, subject="long " * 200),
    ],
)
def test_attack_63_email_header_injection(server: MailServer, now: datetime, letter: Letter) -> None:
    with pytest.raises(InputError) as raised:
        mailer(server).send(letter, now=now)
    assert server.deliveries == ()
    assert "eve" not in raised.value.detail
    assert "ada" not in raised.value.detail


def test_attack_63_a_name_with_commas_and_quotes_stays_one_recipient(
    server: MailServer, now: datetime
) -> None:
    mailer(server).send(replace(LETTER, to_name='Ada" <eve@example.net>, "x'), now=now)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("ada@example.org",)
    (address,) = delivery.message["To"].addresses
    assert address.addr_spec == "ada@example.org"


@pytest.mark.parametrize(
    ("recipient", "data", "error"),
    [
        ("550 no such mailbox ada@example.org", None, InputError),
        ("450 mailbox of ada@example.org is busy", None, UnavailableError),
        (None, "554 ada@example.org looks like spam", InputError),
        (None, "451 come back later, ada@example.org", UnavailableError),
        ("421 closing", None, UnavailableError),
    ],
)
def test_attack_133_the_mail_server_says_no(
    server: MailServer,
    now: datetime,
    recipient: str | None,
    data: str | None,
    error: type[InputError | UnavailableError],
) -> None:
    server.answer_recipient, server.answer_data = recipient, data
    with pytest.raises(error) as raised:
        mailer(server).send(LETTER, now=now)
    assert type(raised.value) is error
    assert "ada" not in raised.value.detail
    assert raised.value.__suppress_context__


def test_attack_133_the_mail_server_is_away(now: datetime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = MailServer(port=free.getsockname()[1])
        with pytest.raises(UnavailableError, match="did not answer"):
            mailer(away).send(LETTER, now=now)


def test_attack_133_the_mail_server_never_greets(now: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UnavailableError):
        mailer(MailServer(port=silent.getsockname()[1]), timeout_seconds=0.3).send(LETTER, now=now)


def test_attack_133_the_mail_server_is_slow_after_data(server: MailServer, now: datetime) -> None:
    server.delay_seconds = 1.0
    with pytest.raises(UnavailableError):
        mailer(server, timeout_seconds=0.3).send(LETTER, now=now)


def test_an_address_in_any_script_arrives_where_the_server_takes_it(
    server: MailServer, now: datetime
) -> None:
    mailer(server).send(replace(LETTER, to="ädä@example.org"), now=now)
    assert server.deliveries[0].recipients == ("ädä@example.org",)


def test_an_address_that_the_server_cannot_take_is_refused_for_good(now: datetime) -> None:
    with mail_server(international=False) as server, pytest.raises(InputError):
        mailer(server).send(replace(LETTER, to="ädä@example.org"), now=now)


# --- TLS and logins -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of a test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_starttls_is_used_where_it_is_offered(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext, now: datetime
) -> None:
    with mail_server(tls=server_tls) as server:
        mailer(server, trusting).send(LETTER, now=now)
        assert server.deliveries[0].tls


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    server_tls: ssl.SSLContext, now: datetime
) -> None:
    with mail_server(tls=server_tls) as server:
        with pytest.raises(UnavailableError, match="TLS"):
            mailer(server).send(LETTER, now=now)
        assert server.deliveries == ()


def test_smtps_is_tls_from_the_first_byte(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext, now: datetime
) -> None:
    with mail_server(tls=server_tls, tls_at_once=True) as server:
        url = f"smtps://127.0.0.1:{server.port}"
        secure = Mailer(url, sender="badges@issuer.example", sender_name="Issuer", context=trusting)
        secure.send(LETTER, now=now)
        assert len(server.deliveries) == 1


def test_a_login_is_used_where_the_url_has_one(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext, now: datetime
) -> None:
    with mail_server(tls=server_tls, user="issuer@x", password="p:/@") as server:
        url = f"smtp://issuer%40x:p%3A%2F%40@127.0.0.1:{server.port}"
        Mailer(url, sender="a@b.example", sender_name="Issuer", context=trusting).send(LETTER, now=now)
        assert server.deliveries[0].user == "issuer@x"


def test_a_wrong_password_waits_to_be_mended(now: datetime) -> None:
    with mail_server(user="issuer", password="right") as server:
        wrong = Mailer(
            f"smtp://issuer:wrong@127.0.0.1:{server.port}", sender="a@b.example", sender_name="Issuer"
        )
        with pytest.raises(UnavailableError, match="535") as raised:
            wrong.send(LETTER, now=now)
    assert "wrong" not in raised.value.detail


def test_a_password_never_leaves_the_machine_in_the_clear(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server elsewhere that offers no TLS, or somebody between us who hides that it does."""
    genuine = socket.create_connection
    with mail_server(user="issuer", password="secret") as server:

        def reroute(address: tuple[str, int], *arguments: object) -> socket.socket:
            return genuine(("127.0.0.1", address[1]), timeout=HANGS_AFTER)

        monkeypatch.setattr(socket, "create_connection", reroute)
        elsewhere = Mailer(
            f"smtp://issuer:secret@mail.example:{server.port}", sender="a@b.example", sender_name="Issuer"
        )
        with pytest.raises(UnavailableError, match="no TLS"):
            elsewhere.send(LETTER, now=now)
        assert server.deliveries == ()


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_what_is_not_a_mail_server_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError):
        Mailer(url, sender="a@b.example", sender_name="Issuer")
