"""Check a credential in any of its forms, and answer every question about it.

Forms: see `submission.py`. What is shown of a credential comes from the document whose proof was checked, and
`established` says whether that proof held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote

from credserv.accreditation.accredited import Accredited
from credserv.ground.addresses import is_web_address
from credserv.ground.canonical_json import to_json
from credserv.ground.json_types import JsonObject
from credserv.ground.meters import measure
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Check, Outcome, Verdict, VerificationResult
from credserv.journeys.check.accredited import find_accreditation
from credserv.journeys.check.own import with_own_checks
from credserv.journeys.check.submission import COMPACT, Submission, read_submission
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import judge_issuer, require_organisation, resolvers_for
from credserv.openbadges.display import CredentialDisplay, CredentialHead, build_display
from credserv.openbadges.structure import issuer_of
from credserv.openbadges.v2.upgrade import as_credential
from credserv.proof.tokens.envelope import is_enveloped
from credserv.proof.tokens.token import Binding
from credserv.proof.tokens.token import Kind as TokenKind
from credserv.proof.webvh.identifier import web_did
from credserv.records.credentials import CredentialRecord
from credserv.records.issuance_log import LogEntry
from credserv.verifying.assertion import peek_assertion, verify_assertion
from credserv.verifying.checks.recipient import check_recipient, join_recipients, not_presented
from credserv.verifying.presentation import held_alone, is_presentation, verify_presentation
from credserv.verifying.surroundings import Verified


class Kind(StrEnum):
    """What was given."""

    CREDENTIAL = "credential"
    PRESENTATION = "presentation"
    ASSERTION = "assertion"  # Open Badges 2.0
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Question:
    """What a reader asks beyond the credential itself; None if not asked.

    Attributes:
        recipient: The e-mail address or DID of the person it should be about.
        challenge: What the holder of a presentation had to sign for.
        domain: Whom the holder of a presentation had to sign for.
        organisation: Whose lists of trusted issuers count; "" for those of this service.
    """

    recipient: str | None = None
    challenge: str | None = None
    domain: str | None = None
    organisation: str = ""


@dataclass(frozen=True)
class Checked:
    """A checked thing.

    Attributes:
        credential: The document, taken out of its token or envelope; `{}` if unreadable. An Open Badges 2.0
            assertion appears in the terms of version 3.0.
        raw: The exact text given; empty for a credential inside another.
        display: Everything it says, merely claimed unless `established`.
        issuer: The issuer's name by proof and by trust lists, never by its own word.
        own: Our record, only for a credential that our key signed. It distinguishes revoked from suspended,
            and since when.
        within: The credentials inside it.
        holder: The DID that signed a presentation; "" if none.
        found_in: The files and URLs that led to it, in words; "" if it was given directly.
        log: Where its signature is in the signature log, for `own` only.
        accreditation: How it stands, if its issuer is a trusted accreditor.
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
    found_in: str = ""
    accreditation: Accredited | None = None
    log: LogEntry | None = None

    @property
    def head(self) -> CredentialHead:
        """Return what it claims to be."""
        return self.display

    @property
    def verdict(self) -> Verdict:
        """Derive the verdict.

        A presentation has no issuer, so its credentials' issuers count: all are known, or not.
        """
        found = self.result.verdict
        if found is not Verdict.ISSUER_UNKNOWN or self.kind is not Kind.PRESENTATION or not self.within:
            return found
        known = all(item.verdict is Verdict.VERIFIED for item in self.within)
        return Verdict.VERIFIED if known else found

    @property
    def claims_accreditation(self) -> bool:
        """Return whether it calls itself a mentor accreditation while no list here says that of its
        issuer.
        """
        return self.accreditation is None and self.display.mentor_accreditation

    @property
    def established(self) -> bool:
        """Return whether the issuer (of a presentation: the holder) signed what `head` and `display` say."""
        proof = self.result.check("proof")
        return proof is not None and proof.outcome is Outcome.PASSED


_NOTHING_HELD = Check(
    "credential",
    Outcome.FAILED,
    "It holds no credential, so it shows nothing.",
    "VC Data Model 2.0, 4.13",
    code="nothing-presented",
)
_NOTHING_MORE = Question()
_AROUND = "the presentation around it, which nobody signed"
_MAX_PLACE_CHARS = 100
_MAX_HOST_CHARS, _LABELS_SHOWN = 60, 3


def check(
    services: Services,
    *,
    data: bytes | None,
    url: str | None,
    now: datetime,
    question: Question = _NOTHING_MORE,
    is_presented: bool = False,
) -> Checked:
    """Run every check on one thing. Exactly one of `data` and `url` is given.

    Args:
        data: A file or pasted text.
        url: A link.
        question: What else the reader wants to know.
        is_presented: Whether a presentation was asked for.

    Returns:
        The result, including every failure of a check.

    Raises:
        CredservError: As `read_submission`, if no credential was found.
    """
    require_organisation(services, question.organisation)
    given = read_submission(services, data=data, url=url, now=now)
    secured = _secured(services, given)
    held = None if is_presented else _held_alone(secured, question)
    if held is None:
        checked = _counted(_judge(services, secured, now, question))
        return replace(checked, raw=given.text, found_in=given.found_in)
    raw = held.encode() if isinstance(held, str) else to_json(held)
    found_in = "; ".join(filter(None, (given.found_in, _AROUND)))
    return replace(_counted(_judge(services, held, now, question)), raw=raw, found_in=found_in)


def check_document(
    services: Services, document: str | JsonObject, *, now: datetime, question: Question = _NOTHING_MORE
) -> Checked:
    """Like `check`, for a token or for JSON that was already read strictly and
    within the limits of a document.
    """
    require_organisation(services, question.organisation)
    held = _held_alone(document, question)
    if held is None:
        return _counted(_judge(services, document, now, question))
    return replace(_counted(_judge(services, held, now, question)), found_in=_AROUND)


def _counted(checked: Checked) -> Checked:
    measure("verified", 1, checked.verdict.value, "no" if checked.own is None else "yes")
    return checked


def _secured(services: Services, given: Submission) -> str | JsonObject:
    if COMPACT.fullmatch(given.text):
        return given.text.decode("ascii")
    if given.document is not None:
        return given.document
    return parse_json_object(given.text, max_bytes=services.max_document_bytes)


def _held_alone(secured: str | JsonObject, question: Question) -> str | JsonObject | None:
    """Return the credential to judge in place of a presentation around it that nobody signed, if there is
    one and nobody was to present it."""
    return None if _binding(question) else held_alone(secured)


# --- what is found --------------------------------------------------------------------------------


def _judge(services: Services, secured: str | JsonObject, now: datetime, question: Question) -> Checked:
    if is_presentation(secured):
        verified = verify_presentation(
            services.verifier,
            secured,
            now=now,
            resolvers=resolvers_for(services, question.organisation, now),
            challenge=question.challenge,
            domain=question.domain,
        )
        checked = _told(services, verified, question, now)
        return replace(_require_something(checked), kind=Kind.PRESENTATION)
    if peek_assertion(secured):
        checked = _judge_assertion(services, secured, now, question)
        return replace(_require_presented(checked, question), kind=Kind.ASSERTION)
    binding = _binding(question) if _can_be_bound(secured) else None
    verified = services.verifier.verify_secured(
        secured, now=now, resolvers=resolvers_for(services, question.organisation, now), binding=binding
    )
    checked = _told(services, verified, question, now)
    return checked if binding else _require_presented(checked, question)


def _require_something(checked: Checked) -> Checked:
    """Require content; a signature over nothing presents nothing."""
    if not checked.established or checked.within or checked.result.check("credential") is not None:
        return checked
    checks = (*checked.result.checks, _NOTHING_HELD)
    return replace(checked, result=replace(checked.result, checks=checks))


def _can_be_bound(secured: str | JsonObject) -> bool:
    """Return whether it is an SD-JWT, the only kind of credential that can come with its holder's
    signature.
    """
    if isinstance(secured, str):
        return "~" in secured
    return is_enveloped(secured, TokenKind.CREDENTIAL) and "~" in str(secured.get("id"))


def _binding(question: Question) -> Binding | None:
    asked = question.domain is not None or question.challenge is not None
    return Binding(question.domain, question.challenge) if asked else None


def _require_presented(checked: Checked, question: Question) -> Checked:
    """Require the holder's signature if the reader asked for it; anybody can have a copy (attack 84)."""
    if _binding(question) is None or not checked.established:
        return checked
    policy = (*checked.result.policy, not_presented())
    return replace(checked, result=VerificationResult(checked.result.checks, policy))


def _judge_assertion(
    services: Services, secured: str | JsonObject, now: datetime, question: Question
) -> Checked:
    verified = verify_assertion(
        secured,
        now=now,
        resolvers=resolvers_for(services, question.organisation, now),
        clock_skew_seconds=services.verifier.clock_skew_seconds,
    )
    shown = as_credential(verified.document) if verified.document else {}
    return _told(services, replace(verified, document=shown), question, now)


def _told(services: Services, verified: Verified, question: Question, now: datetime) -> Checked:
    """Add what only this service knows: its own records, and whom it trusts."""
    document, result = verified.document, verified.result
    within = tuple(_told(services, item, question, now) for item in verified.within)
    display = verified.display or build_display(document)
    checked = Checked(document, b"", result, display, within=within, holder=verified.holder)
    if not checked.established:
        return checked
    if within:
        held = [replace(old, result=new.result) for old, new in zip(verified.within, within, strict=True)]
        verified = replace(verified, within=tuple(held))
    result, own = with_own_checks(services, verified)
    issuer, policy, accreditation = "", result.policy, None
    if not verified.holder:  # a presentation has no issuer
        trust = judge_issuer(services, issuer_of(document) or "", question.organisation, now)
        issuer, policy = trust.name or _name_issuer(services, display.issuer_id), (*policy, trust.check)
        accreditation = find_accreditation(
            services, document, display, result, own, organisation=question.organisation, now=now
        )
    if question.recipient:
        asked = None if verified.holder else check_recipient(document, question.recipient)
        if asked is not None and asked.outcome is Outcome.PASSED:
            known = VerificationResult((), policy).passed("issuer_trusted")
            within = tuple(_settled(item) if known or _is_by(item, document) else item for item in within)
        policy += (_recipient(asked, within),)
    return replace(
        checked,
        result=VerificationResult(result.checks, policy),
        issuer=issuer,
        own=own,
        within=within,
        accreditation=accreditation,
        log=None if own is None else services.store.issuance_log.newest(own.id),
    )


def _recipient(own: Check | None, within: Sequence[Checked]) -> Check:
    """Check that it is about the given person, and that nothing in it is about somebody else."""
    asked = [made for item in within if (made := item.result.check("recipient")) is not None]
    joined = join_recipients(own, asked)
    unsettled = next((made for made in asked if _is_open(made) and made.required), joined)
    return unsettled if joined.outcome is Outcome.PASSED else joined


def _is_by(item: Checked, document: JsonObject) -> bool:
    """Return whether who issued a record also issued what is inside it."""
    return issuer_of(item.credential) == issuer_of(document)


def _settled(item: Checked) -> Checked:
    """Return the item with its comparison settled: if it could not be compared, but is inside something about
    the person, that does not count against it.

    That is the word of who issued the record: anybody can put a credential of somebody else into one of their
    own.
    """
    policy = tuple(
        replace(made, required=made.required and not _is_open(made)) for made in item.result.policy
    )
    return replace(item, result=replace(item.result, policy=policy))


def _is_open(made: Check) -> bool:
    return made.name == "recipient" and made.outcome is Outcome.UNKNOWN


def _name_issuer(services: Services, issuer: str) -> str:
    """Return the issuer by what the signature proves: our own name for
    ourselves, a place on the web, or a key.

    Never use the name that a foreign credential gives its issuer; that is only its own word. A place keeps
    its path, because what one student serves from a university's host is not the university's.
    """
    if issuer == services.issuer.did:
        return str(services.issuer.profile.get("name") or issuer)
    issuer = web_did(issuer)
    if issuer.startswith("did:web:"):
        return _shortened(unquote(issuer.removeprefix("did:web:").replace(":", "/")))
    if is_web_address(issuer):
        return _shortened(issuer.partition("://")[2].rstrip("/"))
    if issuer.startswith("did:key:"):
        return f"the holder of the key {issuer.removeprefix('did:key:')[:12]}…"
    return issuer


def _shortened(place: str) -> str:
    """Shorten a host but keep its end, which says whose it is; the owner chooses everything before it."""
    host, slash, path = place.partition("/")
    labels = host.split(".")
    if len(host) > _MAX_HOST_CHARS and len(labels) > _LABELS_SHOWN:
        host = "…" + ".".join(labels[-_LABELS_SHOWN:])
    shown = max(len(host) + 1, _MAX_PLACE_CHARS)
    place = f"{host}{slash}{path}"
    return place if len(place) <= shown else f"{place[:shown]}…"
