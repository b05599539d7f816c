"""Who may come in: API keys, one-time links, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class ApiKeyRecord:
    """id: public part (`csk_<id>_<secret>` as a whole is the key; only its SHA-256 is stored)."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None


FEEDBACK_LIFE = timedelta(days=30)  # of a link that asks for feedback


class LinkPurpose(StrEnum):
    """What a link opens, and of what its subject is the id. Those that end in LETTER open nothing: they hold
    what a letter was asked for."""

    CONSOLE = "console"  # a person's; printed on the server, or handed over to a colleague
    CONSOLE_MAIL = "console-mail"  # of an e-mail address, which opening it proves
    FIRST_OWNER = "first-owner"  # of nobody: the page asks who it is
    WALLET = "wallet"  # of an e-mail address, which opening it proves
    PROOF = "proof"  # of an e-mail address: that whoever is signed in still is who they are
    ADDRESS = "address"  # of an e-mail address, which opening it adds to the wallet of the person in `claim`
    JOIN = "join"  # of an e-mail address: that it is theirs, too, who are signed in by the session in `claim`
    OIDC = "oidc"  # a question to a provider: of the session that adds an account, or of nobody
    PASSKEY = "passkey"  # a challenge: of the session that is to answer it, or of nobody
    NOT_ME = "not-me"  # a person's: stops changes of how they sign in
    CLAIM = "claim"  # a credential's: shows that one, and opens no wallet
    FEEDBACK = "feedback"  # of whom, by whom, as what, about which achievement, by which request
    CONSOLE_LETTER = "console-letter"
    WALLET_LETTER = "wallet-letter"
    PROOF_LETTER = "proof-letter"
    ADDRESS_LETTER = "address-letter"
    JOIN_LETTER = "join-letter"
    NOTICE_LETTER = "notice-letter"  # tells of a change, which is in `claim`
    FEEDBACK_LETTER = "feedback-letter"  # of an e-mail address; what is asked is in `claim`
    CASE_LETTER = "case-letter"  # tells of one's own case; of what, is in `claim`
    TOLD_LETTER = "told-letter"  # tells what became of something of theirs; of what, is in `claim`
    BOOKING_LETTER = "booking-letter"  # of an e-mail address; the mentoring session is in `claim`
    INVITATION = "invitation"  # as CONSOLE_LETTER, of a letter to a new colleague


@dataclass(frozen=True)
class LinkRecord:
    """claim: the id of the credential that is kept with it; of a proof, the session that asked for it."""

    purpose: LinkPurpose
    subject: str
    expires_at: datetime
    used_at: datetime | None = None
    claim: str | None = None

    def is_open(self, now: datetime) -> bool:
        return self.used_at is None and now < self.expires_at


@dataclass(frozen=True)
class IdentityProviderRecord:
    """Where the people of an organisation sign in, and as whom it knows this service."""

    issuer: str
    client_id: str
    created_at: datetime
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class SamlProviderRecord:
    """Where the colleagues of an organisation sign in by SAML. certificates: base64 of DER, of the keys that
    it signs with."""

    entity_id: str
    sign_in: str
    certificates: tuple[str, ...]
    created_at: datetime

    @property
    def issuer(self) -> str:
        """What an account there is kept under, which no issuer of OpenID Connect is called."""
        return f"saml:{self.entity_id}"


class SessionKind(StrEnum):
    ADMINISTRATOR = "administrator"
    HOLDER = "holder"


@dataclass(frozen=True)
class SessionRecord:
    """A signed-in browser; the cookie holds the token, the store its SHA-256. subject: the person's id.

    proved_at: when they last showed who they are; None where the session began without that.
    """

    token_sha256: str
    kind: SessionKind
    subject: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    proved_at: datetime | None = None
