"""What others reach, and what we reach: public address, certificate, proxies, mail, storage of rates."""

from __future__ import annotations

import http.client
import json
import shlex
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from limits.errors import ConfigurationError, StorageError

from credserv.app.doctor.ward import Ward
from credserv.ground.addresses import is_https, is_loopback
from credserv.ground.errors import CredservError
from credserv.outbound.mail import Mailer
from credserv.records.health import Finding
from credserv.web.frame.counting import open_storage

_PATIENCE_SECONDS = 5.0
_CERTIFICATE_NOTICE = timedelta(days=14)
_ALIVE = {"status": "alive"}


def public_url(ward: Ward) -> Finding:
    url = ward.settings.public_url
    try:
        status, body = _get(f"{url}/healthz")
    except (OSError, http.client.HTTPException) as error:
        said = f"{url} cannot be reached from this machine: {_why(error)}."
        return Finding("public-url", False, *_mend(ward, said))
    if status != http.client.OK or body != _ALIVE:
        said = f"{url} is answered by something else (status {status}): let the proxy pass everything here."
        return Finding("public-url", False, said, f"curl -i {shlex.quote(url)}/healthz")
    return Finding("public-url", True, f"{url} leads to a service of this kind.")


def _mend(ward: Ward, said: str) -> tuple[str, str]:
    """Return what is said and the command that mends it: nothing forwards a local address to another port."""
    url = urlsplit(ward.settings.public_url)
    is_own = is_loopback(url.hostname or "") and not is_https(ward.settings.public_url)
    if not is_own or url.port in (None, ward.settings.port):
        return said, "credserv serve"
    listens = f"The service listens on port {ward.settings.port}."
    return f"{said} {listens}", f"credserv settings set PORT {url.port}"


def tls(ward: Ward) -> Finding:
    settings = ward.settings
    if settings.tls_cert and settings.tls_key:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                settings.tls_cert, settings.tls_key
            )
        except (OSError, ssl.SSLError) as error:
            said = f"CREDSERV_TLS_CERT and CREDSERV_TLS_KEY do not go together: {_why(error)}."
            return Finding("tls", False, said, f"openssl x509 -noout -dates -in {settings.tls_cert}")
    if not settings.https:
        return Finding("tls", None, "The address is http, on this machine alone.")
    parts = urlsplit(settings.public_url)
    shown = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    mend = f"openssl s_client -connect {shown}:{parts.port or 443}"
    try:
        ends = _certificate_end(str(parts.hostname), parts.port or 443)
    except (OSError, ssl.SSLError) as error:
        return Finding(
            "tls", False, f"No good certificate is shown at {settings.public_url}: {_why(error)}.", mend
        )
    if ends - ward.now < _CERTIFICATE_NOTICE:
        return Finding("tls", False, f"The certificate ends on {ends:%Y-%m-%d}: renew it.", mend)
    return Finding("tls", True, f"The certificate is good until {ends:%Y-%m-%d}.")


def proxies(ward: Ward) -> Finding:
    """Check the settings; nobody can be asked how many proxies there are."""
    settings = ward.settings
    own_tls, hidden = settings.tls_cert is not None, is_loopback(settings.host)
    if settings.https and not own_tls and settings.trusted_proxies == 0:
        said = "A proxy speaks https for this service, and all visitors count as that proxy, with one limit."
        return Finding("proxies", False, said, "credserv settings set TRUSTED_PROXIES 1")
    if own_tls and not hidden and settings.trusted_proxies:
        said = "The service speaks https itself and takes any visitor's word on their address."
        return Finding("proxies", False, said, "credserv settings set TRUSTED_PROXIES 0")
    return Finding("proxies", True, f"The word of {settings.trusted_proxies} proxies is taken.")


def mail(ward: Ward) -> Finding:
    settings = ward.settings
    if settings.smtp_url is None or settings.mail_from is None:
        return Finding("mail", None, "No mail server is set: links are handed over by administrators.")
    mailer = Mailer(
        settings.smtp_url,
        sender=settings.mail_from,
        sender_name=settings.issuer_name,
        timeout_seconds=_PATIENCE_SECONDS,
    )
    try:
        mailer.check()
    except CredservError as error:
        said = f"The mail server does not take letters: {error.detail}."
        return Finding("mail", False, said, "credserv settings set SMTP_URL URL")
    return Finding("mail", True, "The mail server answers and takes the sign-in.")


def rate_limits(ward: Ward) -> Finding:
    url, several = ward.settings.rate_limit_storage_url, ward.settings.web_workers > 1
    mend = "credserv settings set RATE_LIMIT_STORAGE_URL redis://127.0.0.1:6379"
    if url.startswith("memory:"):
        if several:
            said = f"Each of {ward.settings.web_workers} web processes counts rates by itself."
            return Finding("rate-limits", False, said, mend)
        return Finding("rate-limits", True, "Rates are counted in the one web process.")
    try:
        open_storage(url).incr("doctor", 1)  # a storage that answers but cannot count is useless
    except (StorageError, ConfigurationError) as error:
        why = type(getattr(error, "storage_error", error)).__name__
        said = f"The place where rates are counted cannot be used ({why}): each process counts alone."
        return Finding("rate-limits", False, said, "credserv settings set RATE_LIMIT_STORAGE_URL memory://")
    return Finding("rate-limits", True, "The place where rates are counted takes counts.")


def _get(url: str) -> tuple[int, object]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if is_https(url) else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        try:
            return answer.status, json.loads(answer.read(65_536))
        except ValueError:
            return answer.status, None
    finally:
        connection.close()


def _certificate_end(host: str, port: int) -> datetime:
    connection = http.client.HTTPSConnection(host, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.connect()
        certificate = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str((certificate or {})["notAfter"])), UTC)
    finally:
        connection.close()


def _why(error: BaseException) -> str:
    said = getattr(error, "verify_message", None) or getattr(error, "strerror", None)
    return str(said or type(error).__name__)
