"""Check: someone gives a credential in any of its forms, and every question asked of it is answered.

Forms: JSON, JWT and SD-JWT, bare or enveloped, baked PNG or SVG, a link to any of those. What is ours is
answered from the store, never by asking ourselves over HTTP. What is shown of a credential comes from the
document whose proof was judged, and `established` says whether that proof held.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from credserv.errors import InputError, NotFoundError, TooLargeError
from credserv.issue import credential_url
from credserv.journeys.carry import open_share
from credserv.journeys.services import Services
from credserv.journeys.trust import check_issuer, require_organisation
from credserv.openbadges.baking import MAX_IMAGE_BYTES, is_image, unbake
from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.openbadges.structure import issuer_of
from credserv.store.records import CredentialRecord, CredentialState, JsonObject
from credserv.strict_json import parse_json_object
from credserv.verification import Check, Outcome, Verdict, VerificationResult
from credserv.verify import Verified
from credserv.verify_presentation import is_presentation, verify_presentation

_ACCEPT = (
    "application/vc, application/vc+ld+json, application/ld+json, application/json, application/vc+jwt, "
    "application/vc+sd-jwt, application/jwt, "
    "image/png, image/svg+xml;q=0.9, */*;q=0.1"
)
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:~[A-Za-z0-9_.~-]*)?", re.ASCII)
_LINK = re.compile(rb"https?://[!-~]{1,2040}", re.ASCII)
_FORM_ENDINGS = (".json", ".png", ".svg")
_BLANK = b" \t\r\n"
_VISIBLE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


class Kind(StrEnum):
    """What was given."""

    CREDENTIAL = "credential"
    PRESENTATION = "presentation"
    ASSERTION = "assertion"  # Open Badges 2.0
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Question:
    """What a reader asks beyond the credential itself; None is not asked.

    recipient: the e-mail address or DID of the person it should be about. challenge, domain: what the
    holder of a presentation was asked to sign for. organisation: whose lists of trusted issuers count, ""
    for those of this service.
    """

    recipient: str | None = None
    challenge: str | None = None
    domain: str | None = None
    organisation: str = ""


@dataclass(frozen=True)
class Checked:
    """credential: the document, out of its token or envelope, `{}` where that could not be read.

    raw: the exact text that was given, empty for what lies within another. display: what it says, as claimed
    unless `established`. issuer: its name, by what was proven and by whom we trust, never by its own word.
    own: our record, only for a credential that our key signed; it tells revoked from suspended, and since
    when. within: the credentials that it holds. holder: the DID that signed a presentation, or "".
    """

    credential: JsonObject
    raw: bytes
    result: VerificationResult
    display: CredentialDisplay
    kind: Kind = Kind.CREDENTIAL
    issuer: str = ""
    own: CredentialRecord | None = None
    within: tuple[Checked, ...] = ()
    holder: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict

    @property
    def established(self) -> bool:
        """Whether the issuer (of a presentation: the holder) signed what `display` says."""
        proof = self.result.check("proof")
        return proof is not None and proof.outcome is Outcome.PASSED


_NOTHING_MORE = Question()


def check(
    services: Services,
    *,
    data: bytes | None,
    url: str | None,
    now: datetime,
    question: Question = _NOTHING_MORE,
) -> Checked:
    """All checks of the one thing given: `data` (a file, or pasted text) or `url`.

    Raises InputError for what is no credential in any form, NotFoundError and GoneError for addresses of
    ours, UnavailableError when a link could not be followed. Everything else is in the result.
    """
    require_organisation(services, question.organisation)
    if (data is None) == (url is None):
        raise InputError("give either the credential itself or a link to it")
    if url is None and data is not None and _LINK.fullmatch(data.strip(_BLANK)):
        url, data = data.strip(_BLANK).decode("ascii"), None
    raw = _follow(services, url, now) if data is None and url is not None else data or b""
    return _judge(services, read_submission(services, data=raw), now, question)


def read_submission(services: Services, *, data: bytes) -> bytes:
    """The credential's text out of whatever form it is in, told by its content alone.

    Raises TooLargeError past `max_document_bytes` (4 MiB for a picture), BakingError for a picture that
    is unsafe or carries none, InputError for nothing at all.
    """
    if is_image(data):
        data = unbake(data)
    data = data.removeprefix(b"\xef\xbb\xbf").strip(_BLANK)
    if not data:
        raise InputError("there is nothing to check")
    if len(data) > services.max_document_bytes:
        raise TooLargeError(f"at most {services.max_document_bytes} bytes of text are checked")
    return data


# --- where it comes from --------------------------------------------------------------------------


def _follow(services: Services, url: str, now: datetime) -> bytes:
    """What a link leads to. Ours never goes through the network."""
    url = url.strip()
    if not _is_ours(services, url):
        return services.fetcher.get(url, accept=_ACCEPT, max_bytes=MAX_IMAGE_BYTES).body
    path = urlsplit(url).path.removeprefix(urlsplit(services.public_url).path)
    kind, _, name = path.strip("/").partition("/")
    if kind == "shares":
        return open_share(services, name, now).signed
    if kind == "credentials":
        for ending in _FORM_ENDINGS:
            name = name.removesuffix(ending)
        return _signed(services, name)
    raise NotFoundError("there is no credential at that address")


def _is_ours(services: Services, url: str) -> bool:
    try:
        asked, own = urlsplit(url), urlsplit(services.public_url)
        return (asked.scheme, asked.netloc.lower()) == (own.scheme, own.netloc.lower())
    except ValueError as error:
        raise InputError("that is not a web address") from error


def _signed(services: Services, credential_id: str) -> bytes:
    record = services.store.credentials.get(credential_id)
    if record is None or record.signed is None or record.state not in _VISIBLE:
        raise NotFoundError("there is no credential at that address")
    return record.signed


# --- what is found --------------------------------------------------------------------------------


def _judge(services: Services, raw: bytes, now: datetime, question: Question) -> Checked:
    token = _COMPACT.fullmatch(raw)
    secured: str | JsonObject = (
        raw.decode("ascii") if token else parse_json_object(raw, max_bytes=services.max_document_bytes)
    )
    if is_presentation(secured):
        verified = verify_presentation(
            services.verifier,
            secured,
            now=now,
            resolvers=services.resolvers,
            challenge=question.challenge,
            domain=question.domain,
        )
        return replace(_told(services, verified, question, now), raw=raw, kind=Kind.PRESENTATION)
    verified = services.verifier.verify_secured(secured, now=now, resolvers=services.resolvers)
    return replace(_told(services, verified, question, now), raw=raw)


def _told(services: Services, verified: Verified, question: Question, now: datetime) -> Checked:
    """What was verified, with what only this service knows about it: its own records, whom it trusts."""
    document, result = verified.document, verified.result
    within = tuple(_told(services, item, question, now) for item in verified.within)
    display = build_display(document)
    checked = Checked(document, b"", result, display, within=within, holder=verified.holder)
    if not checked.established:
        return checked
    own = _own_record(services, document)
    checks = result.checks if own is None else tuple(_with_state(own, item) for item in result.checks)
    trust = check_issuer(services, issuer_of(document) or "", question.organisation, now)
    policy = () if verified.holder else (trust.check,)
    return replace(
        checked,
        result=VerificationResult(checks, (*result.policy, *policy)),
        issuer=trust.name or _name_issuer(services, display.issuer_id),
        own=own,
    )


def _own_record(services: Services, document: JsonObject) -> CredentialRecord | None:
    """Only what our key signed is ours: anyone can write one of our addresses into a document."""
    identifier, prefix = document.get("id"), credential_url(services.public_url, "")
    if issuer_of(document) != services.issuer.did or not isinstance(identifier, str):
        return None
    return services.store.credentials.get(identifier.removeprefix(prefix))


def _with_state(own: CredentialRecord, item: Check) -> Check:
    """The status of a credential of ours as it stands in the store, in its own word.

    The public list has one bit for revoked and suspended (docs/adr/0001), and may be a minute old.
    """
    if item.name != "status":
        return item
    since = f" since {own.changed_at:%Y-%m-%d %H:%M} UTC" if own.changed_at else ""
    if own.state is CredentialState.ACTIVE:
        return replace(item, outcome=Outcome.PASSED, reason="It is neither revoked nor suspended.", code="")
    word = own.state.value
    return replace(item, outcome=Outcome.FAILED, reason=f"It is {word} by its issuer{since}.", code=word)


def _name_issuer(services: Services, issuer: str) -> str:
    """Who issued, by what the signature proves: our own name for ourselves, a host, or a key.

    Never the name that a foreign credential gives its issuer: that is no more than its own word.
    """
    if issuer == services.issuer.did:
        return str(services.issuer.profile.get("name") or issuer)
    if issuer.startswith("did:web:"):
        return unquote(issuer.removeprefix("did:web:").split(":")[0])
    if issuer.startswith("did:key:"):
        return f"the holder of the key {issuer.removeprefix('did:key:')[:12]}…"
    return issuer
