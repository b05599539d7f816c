"""The settings: read from the environment once, checked, frozen. Only app, cli and worker read them.

Every setting is `CREDSERV_<NAME>`; one with a secret may instead be in a file named by
`CREDSERV_<NAME>_FILE`. A bad one raises SettingsError with one line that names the variable and says what to
do, so the service refuses to start rather than running wrongly (attack 139).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import quote, urlsplit

from credserv.app.environment import Environment, bad_setting
from credserv.app.schemas import default_schemas_dir
from credserv.app.variables import PREFIX, require_known
from credserv.ground.addresses import host_of, is_https, is_loopback
from credserv.proof.keys.pkcs11_signer import Hardware

MIN_SECRET_BYTES = 32
_CONFORMANCE_RATE = "60000/minute"  # conformance suites send bursts

WAITING_FOR_EACH = 16  # requests that may wait for each one being processed: a class that verifies at once
_SPARE_THREADS = 4


@dataclass(frozen=True)
class Settings:
    """All configuration of a process. Secrets never appear in `repr`."""

    data_dir: Path
    keys_dir: Path
    schemas_dir: Path
    public_url: str  # scheme://host[:port][/path], no trailing slash
    host: str
    port: int
    database_url: str = field(repr=False)
    jobs_database_url: str = field(repr=False)
    secret_key: bytes = field(repr=False)
    key_passphrase: bytes = field(repr=False)
    issuer_name: str
    issuer_url: str
    issuer_email: str | None
    smtp_url: str | None = field(repr=False)  # smtp://[user:password@]host:port, or smtps://
    mail_from: str | None
    web_workers: int
    web_threads: int
    clock_skew_seconds: int
    webhook_tolerance_seconds: int
    status_list_refresh_seconds: int
    status_list_minimum_entries: int
    status_lists_by_anyone: bool
    certificate_revocation: bool
    max_document_bytes: int
    session_hours: int
    source_silence_days: int
    reminder_days: int
    keep_messages_days: int  # in this and the next four, 0 keeps for ever, where allowed
    keep_letters_days: int
    keep_results_days: int
    keep_openings_days: int
    keep_deliveries_days: int
    key_age_days: int
    key_lead_seconds: int
    min_free_megabytes: int
    status_journal: Path  # what was published of status lists, outside the database
    watched_dir: Path | None  # files for sources, in folders by organisation and source
    trust_list_refresh_minutes: int
    trust_list_expiry_days: int
    rate_limit_storage_url: str = field(repr=False)
    rate_verify: str
    rate_verify_keys: str
    rate_api: str
    rate_hooks: str
    rate_letters: str
    rate_intake: str
    trusted_proxies: int
    pkcs11_module: Path | None  # the library for a token with signing keys
    pkcs11_token: str | None  # its label
    pkcs11_pin: str | None = field(repr=False)
    security_contact: str | None  # of security.txt: mailto: or https:
    log_format: str  # text or json
    metrics_token: bytes | None = field(repr=False)  # None: only this machine reads the metrics
    traces_url: str | None  # of a collector that accepts OTLP over HTTP
    tls_cert: Path | None  # a certificate chain and its key in PEM: the web process then serves https itself
    tls_key: Path | None
    test_issuer: bool  # the conformance issuers; only on this machine

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check everything. Raises SettingsError for the first bad or unknown setting."""
        require_known(environ, [member.name.upper() for member in fields(cls)])
        env = Environment(environ)
        data_dir = env.path("DATA_DIR", Path("data"))
        public_url = env.public_address("PUBLIC_URL", "http://localhost:8080")
        database_url = env.database("DATABASE_URL", _file_url(data_dir / "credserv.sqlite"))
        smtp_url = env.smtp("SMTP_URL")
        host, web_workers = env.text("HOST", "127.0.0.1"), env.number("WEB_WORKERS", 1, 1, 64)
        tls_cert, tls_key = env.tls()
        test_issuer = env.flag("TEST_ISSUER")
        if test_issuer:
            _require_test_issuer(host, public_url, web_workers)
        return cls(
            data_dir=data_dir,
            keys_dir=env.path("KEYS_DIR", Path("keys")),
            schemas_dir=env.folder("SCHEMAS_DIR", default_schemas_dir()),
            public_url=public_url,
            host=host,
            port=env.number("PORT", 8080, 1, 65_535),
            database_url=database_url,
            jobs_database_url=env.database("JOBS_DATABASE_URL", _jobs_url(database_url, data_dir)),
            secret_key=env.secret("SECRET_KEY", min_bytes=MIN_SECRET_BYTES),
            key_passphrase=env.secret("KEY_PASSPHRASE", min_bytes=12),
            issuer_name=env.text("ISSUER_NAME", f"Issuer at {host_of(public_url)}"),
            issuer_url=env.web_page("ISSUER_URL", public_url),
            issuer_email=env.address("ISSUER_EMAIL"),
            smtp_url=smtp_url,
            mail_from=env.address("MAIL_FROM", required_by="SMTP_URL" if smtp_url else None),
            web_workers=web_workers,
            web_threads=env.number("WEB_THREADS", 16, 1, 256),
            clock_skew_seconds=env.number("CLOCK_SKEW_SECONDS", 60, 0, 600),
            webhook_tolerance_seconds=env.number("WEBHOOK_TOLERANCE_SECONDS", 300, 1, 3_600),
            status_list_refresh_seconds=env.number("STATUS_LIST_REFRESH_SECONDS", 60, 1, 3_600),
            status_list_minimum_entries=env.number("STATUS_LIST_MINIMUM_ENTRIES", 0, 0, 2**27),
            status_lists_by_anyone=env.flag("STATUS_LISTS_BY_ANYONE"),
            certificate_revocation=env.flag("CERTIFICATE_REVOCATION", usually="1"),
            max_document_bytes=env.number("MAX_DOCUMENT_BYTES", 1_048_576, 16_384, 16_777_216),
            session_hours=env.number("SESSION_HOURS", 8, 1, 720),
            source_silence_days=env.number("SOURCE_SILENCE_DAYS", 14, 0, 3_650),
            reminder_days=env.number("REMINDER_DAYS", 30, 0, 366),
            keep_messages_days=env.number("KEEP_MESSAGES_DAYS", 0, 0, 36_500),
            keep_letters_days=env.number("KEEP_LETTERS_DAYS", 0, 0, 36_500),
            keep_results_days=env.number("KEEP_RESULTS_DAYS", 30, 1, 30),
            keep_openings_days=env.number("KEEP_OPENINGS_DAYS", 0, 0, 36_500),
            keep_deliveries_days=env.number("KEEP_DELIVERIES_DAYS", 30, 1, 36_500),
            key_age_days=env.number("KEY_AGE_DAYS", 730, 1, 3_650),
            key_lead_seconds=env.number("KEY_LEAD_SECONDS", 600, 0, 604_800),
            status_journal=env.path("STATUS_JOURNAL", data_dir / "status-journal.jsonl"),
            min_free_megabytes=env.number("MIN_FREE_MEGABYTES", 200, 1, 10_000_000),
            watched_dir=env.optional_path("WATCHED_DIR"),
            trust_list_refresh_minutes=env.number("TRUST_LIST_REFRESH_MINUTES", 60, 5, 720),
            trust_list_expiry_days=env.number("TRUST_LIST_EXPIRY_DAYS", 7, 1, 90),
            rate_limit_storage_url=env.stored_where("RATE_LIMIT_STORAGE_URL", "memory://"),
            rate_verify=env.rate("RATE_VERIFY", _CONFORMANCE_RATE if test_issuer else "120/minute"),
            rate_verify_keys=env.rate("RATE_VERIFY_KEYS", "1200/minute"),
            rate_api=env.rate("RATE_API", _CONFORMANCE_RATE if test_issuer else "600/minute"),
            rate_hooks=env.rate("RATE_HOOKS", "1200/minute"),
            rate_letters=env.rate("RATE_LETTERS", "120/minute"),
            rate_intake=env.rate("RATE_INTAKE", "6000/minute"),
            trusted_proxies=env.number("TRUSTED_PROXIES", 0, 0, 8),
            pkcs11_module=env.optional_file("PKCS11_MODULE"),
            pkcs11_token=env.optional("PKCS11_TOKEN"),
            pkcs11_pin=env.optional("PKCS11_PIN"),
            security_contact=env.contact("SECURITY_CONTACT"),
            log_format=env.choice("LOG_FORMAT", "text", ("text", "json")),
            metrics_token=env.optional_secret("METRICS_TOKEN", min_bytes=16),
            traces_url=env.collector("TRACES_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            tls_cert=tls_cert,
            tls_key=tls_key,
            test_issuer=test_issuer,
        )

    @property
    def https(self) -> bool:
        """Whether the public address is https: then cookies are Secure and HSTS is sent."""
        return is_https(self.public_url)

    @property
    def path(self) -> str:
        """The path above all addresses: "" or `/badges`."""
        return urlsplit(self.public_url).path

    @property
    def hardware(self) -> Hardware | None:
        """The configured token, if complete."""
        if self.pkcs11_module is None or not self.pkcs11_token or not self.pkcs11_pin:
            return None
        return Hardware(self.pkcs11_module, self.pkcs11_token, self.pkcs11_pin)

    @property
    def verifying_threads(self) -> int:
        """Verifications a web process runs at once, beside `web_threads` other requests."""
        return max(1, self.web_threads // 4)

    @property
    def thread_count(self) -> int:
        """The threads of a web process: those that work, those that may wait, and a few more for health
        checks."""
        return (self.web_threads + self.verifying_threads) * (1 + WAITING_FOR_EACH) + _SPARE_THREADS


def _jobs_url(database_url: str, data_dir: Path) -> str:
    return _file_url(data_dir / "jobs.sqlite") if database_url.startswith("sqlite:") else database_url


def _file_url(path: Path) -> str:
    """Return an escaped URL: a folder may be called `a?b`."""
    return f"sqlite:///{quote(str(path))}"


def _require_test_issuer(host: str, public_url: str, web_workers: int) -> None:
    """Require that nobody else can reach it: its endpoints sign for anyone who can."""
    for name, value, reached in (
        ("HOST", host, host),
        ("PUBLIC_URL", public_url, host_of(public_url)),
    ):
        if not is_loopback(reached):
            what = f"is 1 and {PREFIX}{name} is {value[:80]!r}, which others can reach: it signs for anyone, "
            raise bad_setting("TEST_ISSUER", what + "so use localhost, or unset it")
    if web_workers != 1:
        what = f"is 1 and {PREFIX}WEB_WORKERS is {web_workers}: use 1, it keeps no files"
        raise bad_setting("TEST_ISSUER", what)
