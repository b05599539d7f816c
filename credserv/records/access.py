"""Who may come in: API keys, one-time links, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class ApiKeyRecord:
    """An API key.

    Attributes:
        id: The public part. The key as a whole is `csk_<id>_<secret>`; only its SHA-256 is stored.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None


FEEDBACK_LIFE = timedelta(days=30)  # of a link that asks for feedback


class LinkPurpose(StrEnum):
    """What a link opens; the comment says what its subject is the id of.

    Purposes that end in LETTER open nothing. They store what a letter was requested for.
    """

    CONSOLE = "console"  # a person; printed on the server, or handed over to a colleague
    CONSOLE_MAIL = "console-mail"  # an e-mail address, which opening it proves
    FIRST_OWNER = "first-owner"  # nobody: the page asks who it is
    WALLET = "wallet"  # an e-mail address, which opening it proves
    PROOF = "proof"  # an e-mail address: proves that the signed-in person is still the same
    ADDRESS = "address"  # an e-mail address, which opening it adds to the wallet of the person in `claim`
    JOIN = "join"  # an e-mail address: proves that it also belongs to the person of the session in `claim`
    OIDC = "oidc"  # a request to a provider: the session that adds an account, or nobody
    PASSKEY = "passkey"  # a challenge: the session that has to answer it, or nobody
    NOT_ME = "not-me"  # a person: stops changes of how they sign in
    CLAIM = "claim"  # a credential: shows it, and opens no wallet
    FEEDBACK = "feedback"  # about whom, by whom, in which role, about which achievement, by which request
    CONSOLE_LETTER = "console-letter"
    WALLET_LETTER = "wallet-letter"
    PROOF_LETTER = "proof-letter"
    ADDRESS_LETTER = "address-letter"
    JOIN_LETTER = "join-letter"
    NOTICE_LETTER = "notice-letter"  # reports a change, which is in `claim`
    FEEDBACK_LETTER = "feedback-letter"  # an e-mail address; what is asked is in `claim`
    CASE_LETTER = "case-letter"  # about the person's own case; `claim` says what
    TOLD_LETTER = "told-letter"  # reports what became of something of theirs; `claim` says what
    BOOKING_LETTER = "booking-letter"  # an e-mail address; the mentoring session is in `claim`
    INVITATION = "invitation"  # like CONSOLE_LETTER, for a letter to a new colleague


# Letters that may be thousands at once. Nobody waits for them at a page, so they let the others pass.
UNHURRIED = frozenset(
    {
        LinkPurpose.FEEDBACK_LETTER,
        LinkPurpose.CASE_LETTER,
        LinkPurpose.TOLD_LETTER,
        LinkPurpose.BOOKING_LETTER,
    }
)


@dataclass(frozen=True)
class LinkRecord:
    """A link.

    Attributes:
        claim: The id of the credential that is kept with it; for a proof, the session that requested it.
    """

    purpose: LinkPurpose
    subject: str
    expires_at: datetime
    used_at: datetime | None = None
    claim: str | None = None

    def is_open(self, now: datetime) -> bool:
        return self.used_at is None and now < self.expires_at


@dataclass(frozen=True)
class IdentityProviderRecord:
    """Where an organisation's people sign in, and how the provider knows this service."""

    issuer: str
    client_id: str
    created_at: datetime
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class SamlProviderRecord:
    """Where an organisation's colleagues sign in by SAML.

    Attributes:
        certificates: base64 of DER, of its signing keys.
    """

    entity_id: str
    sign_in: str
    certificates: tuple[str, ...]
    created_at: datetime

    @property
    def issuer(self) -> str:
        """Return the name under which its accounts are stored, which no OpenID Connect issuer can have."""
        return f"saml:{self.entity_id}"


class SessionKind(StrEnum):
    ADMINISTRATOR = "administrator"
    HOLDER = "holder"


@dataclass(frozen=True)
class SessionRecord:
    """A signed-in browser. The cookie contains the token, the store its SHA-256.

    Attributes:
        subject: The person's id.
        proved_at: When they last proved who they are; None if they never did in this session.
    """

    token_sha256: str
    kind: SessionKind
    subject: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    proved_at: datetime | None = None
