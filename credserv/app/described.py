"""What each setting is for: for the table in docs/operator.md, and for `credserv settings list`.

By name without prefix: its default, as written, and what it does, in that page's Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from credserv.app.variables import IN_FILES, PREFIX

DESCRIBED: dict[str, tuple[str, str]] = {
    "DATA_DIR": (
        "`./data`",
        "folder for databases and the installation's own secrets; `--data` names it too",
    ),
    "KEYS_DIR": (
        "`keys` in the data folder; `./keys` where an older installation has them there",
        "folder of the signing keys",
    ),
    "SCHEMAS_DIR": (
        "the package's own",
        "contexts, JSON Schemas and starter achievements, with `MANIFEST.json`",
    ),
    "PUBLIC_URL": (
        "`http://localhost:8080`",
        "scheme, host, port and [path](#below-a-path-of-another-site) at which people reach the "
        "service; must be https unless it is this machine",
    ),
    "HOST": (
        "`127.0.0.1`",
        "address to listen on",
    ),
    "PORT": (
        "`8080`",
        "port to listen on",
    ),
    "DATABASE_URL": (
        "a SQLite file in the data folder",
        "`sqlite:////path` or `postgresql://user:password@host/name`",
    ),
    "JOBS_DATABASE_URL": (
        "a SQLite file in the data folder, or the same PostgreSQL",
        "where the queue keeps its jobs",
    ),
    "SECRET_KEY": (
        "made by `init`",
        "32 bytes or more; encrypts webhook secrets, signs form tokens",
    ),
    "KEY_PASSPHRASE": (
        "made by `init`",
        "opens the signing keys",
    ),
    "ISSUER_NAME": (
        "`Issuer at HOST`",
        "the issuer's name in badges; read only when the installation is created",
    ),
    "ISSUER_URL": (
        "the public address",
        "the issuer's page in badges; read only when the installation is created",
    ),
    "ISSUER_EMAIL": (
        "none",
        "the issuer's e-mail address in badges; read only when the installation is created",
    ),
    "SMTP_URL": (
        "none",
        "`smtp://[user:password@]host:port` or `smtps://`; without it no mail is sent",
    ),
    "MAIL_FROM": (
        "none",
        "sender of the mail; needed with `CREDSERV_SMTP_URL`",
    ),
    "WEB_WORKERS": (
        "`1`",
        "gunicorn processes; one for each core",
    ),
    "WEB_THREADS": (
        "`16`",
        "requests that each process works on at once (orders among them share their commits), with a "
        "quarter as many verifications on top; sixteen times as many may wait, and further ones get 503",
    ),
    "CLOCK_SKEW_SECONDS": (
        "`60`",
        "how far other parties' clocks may be off when dates are checked",
    ),
    "WEBHOOK_TOLERANCE_SECONDS": (
        "`300`",
        "how old or how far ahead a signed event may be",
    ),
    "STATUS_LIST_REFRESH_SECONDS": (
        "`60`",
        "time within which a revocation becomes public (`docs/adr/0004-status-list-cadence.md`)",
    ),
    "STATUS_LIST_MINIMUM_ENTRIES": (
        "`0`",
        "fewest entries that another issuer's status list must have for its bits to count; 0 for no "
        "minimum. Your own lists have 131,072 or more",
    ),
    "STATUS_LISTS_BY_ANYONE": (
        "`0`",
        "`1`: a status list counts whoever signed it. By default a list decides only if it is signed "
        "by the credential's own issuer, or by an issuer in the reader's lists of trusted issuers; "
        "with any other list the credential *could not be checked*",
    ),
    "CERTIFICATE_REVOCATION": (
        "`1`",
        "`0`: for [trust anchors](#trust-anchors), revocation lists (CRL) are not fetched and OCSP is"
        " not asked, and every report that rests on a certificate says so",
    ),
    "MAX_DOCUMENT_BYTES": (
        "`1048576`",
        "largest document that is read",
    ),
    "SESSION_HOURS": (
        "`8`",
        "longest session in console and wallet",
    ),
    "SOURCE_SILENCE_DAYS": (
        "`14`",
        "days without an event after which a source counts as silent; 0 for never",
    ),
    "REMINDER_DAYS": (
        "`30`",
        "days before a badge expires at which its holder gets a letter and listening systems get "
        "`credential.due`; 0 for never",
    ),
    "KEEP_MESSAGES_DAYS": (
        "`0`",
        "days after which the bytes of learning systems' messages are deleted, see [what is "
        "kept](#what-is-kept-and-how-long); 0 for never. `init` sets 90",
    ),
    "KEEP_LETTERS_DAYS": (
        "`0`",
        "the same for letters that no mail server would accept",
    ),
    "KEEP_RESULTS_DAYS": (
        "`30`",
        "longest time that a verification result stays under its link, whatever the person who made it chose",
    ),
    "KEEP_OPENINGS_DAYS": (
        "`0`",
        "the same as for messages, for the records of when shares were opened",
    ),
    "KEEP_DELIVERIES_DAYS": (
        "`30`",
        "the same for messages delivered to other systems",
    ),
    "KEY_AGE_DAYS": (
        "`730`",
        "the age by which you change a signing key; owners get a letter a month before",
    ),
    "KEY_LEAD_SECONDS": (
        "`600`",
        "how long a new key is published before it signs: twice as long as caches keep the DID document",
    ),
    "STATUS_JOURNAL": (
        "`status-journal.jsonl` in the data folder",
        "file outside the database that records what status lists published",
    ),
    "MIN_FREE_MEGABYTES": (
        "`200`",
        "free disk space below which the service reports a fault",
    ),
    "WATCHED_DIR": (
        "none",
        "folder into which systems put files for sources, as `ORGANISATION/SOURCE/FILE` (by SFTP, for"
        " example); see [learning systems](lms.md#fetch-on-a-schedule)",
    ),
    "TRUST_LIST_REFRESH_MINUTES": (
        "`60`",
        "how often the worker fetches lists of trusted issuers again",
    ),
    "TRUST_LIST_EXPIRY_DAYS": (
        "`7`",
        "how old a list may be and still count when it cannot be fetched (`docs/adr/0008-trust-lists.md`)",
    ),
    "RATE_LIMIT_STORAGE_URL": (
        "`memory://`",
        "where rates are counted; `redis://host:port` for several processes, see [rates that "
        "processes share](#rates-that-processes-share)",
    ),
    "RATE_VERIFY": (
        "`120/minute`",
        "verifications allowed per client address; each item of a batch counts as one",
    ),
    "RATE_VERIFY_KEYS": (
        "`1200/minute`",
        "the same per API key, for programs that send one",
    ),
    "RATE_API": (
        "`600/minute`",
        "API calls per key or client address",
    ),
    "RATE_HOOKS": (
        "`1200/minute`",
        "events per client address",
    ),
    "RATE_LETTERS": (
        "`120/minute`",
        "links requested by mail per client address, which a whole school may share; one mailbox gets"
        " at most one in five minutes",
    ),
    "RATE_INTAKE": (
        "`6000/minute`",
        "events, API calls and orders of a batch per organisation, where there are several",
    ),
    "TEST_ISSUER": (
        "`0`",
        "`1` opens issuers that sign for anyone, for conformance suites; refused unless only this "
        "machine can reach the service",
    ),
    "TLS_CERT": (
        "none",
        "certificate chain in PEM: with `CREDSERV_TLS_KEY` the service speaks https itself",
    ),
    "TLS_KEY": (
        "none",
        "the certificate's key in PEM",
    ),
    "SECURITY_CONTACT": (
        "none",
        "e-mail address or https page that `/.well-known/security.txt` names (RFC 9116); without it, "
        "that address answers 404",
    ),
    "PKCS11_MODULE": (
        "none",
        "PKCS#11 library for a token with signing keys, see [keys in hardware](#keys-in-hardware)",
    ),
    "PKCS11_TOKEN": (
        "none",
        "label of the token",
    ),
    "PKCS11_PIN": (
        "none",
        "opens the token",
    ),
    "LOG_FORMAT": (
        "`text`",
        "`text` for people, `json` for programs",
    ),
    "METRICS_TOKEN": (
        "none",
        "token that `/metrics` requires as `Authorization: Bearer …`, 16 bytes or more; without it "
        "only this machine can read the metrics",
    ),
    "TRACES_URL": (
        "none",
        "where [traces](#traces) go: a collector that takes OTLP over HTTP. Without it "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` counts; without either, no traces are sent",
    ),
    "TRUSTED_PROXIES": (
        "`0`",
        "number of proxies in front whose word on the client's address is believed",
    ),
}
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def table() -> Iterator[str]:
    """Yield the lines of the Markdown table."""
    yield "| variable | default | what |"
    yield "|---|---|---|"
    for name, (default, what) in DESCRIBED.items():
        star = " *" if name in IN_FILES else ""
        yield f"| `{PREFIX}{name}`{star} | {default} | {what} |"


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield name, default and purpose as a terminal shows them."""
    for name, (default, what) in DESCRIBED.items():
        yield name, _plain(default), _plain(what)


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text).replace("`", "")
