"""Judge a credential by an archive when its issuer can no longer be asked (attack W7).

What an archive says it fetched is its maker's word. A verdict by it is therefore only *good as of* an
instant:
- Keys come from the issuer's DID itself (did:key), from whoever answers for it now, or from whom the caller
  names. They never come from the archive, because anybody can put a DID document with their own key into one.
- A list that nobody signs (1EdTech's) is its maker's word.
- A signed status list counts for the instant when its issuer signed it. That there was no newer one when the
  archive was made is its maker's word, which counts if the maker is the issuer.
- The same holds for a list of revoked certificates, except that its maker's word never counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from credserv.exchange.archive import SIGNATURE, Archive, digest
from credserv.fetch.guarded import MAX_BYTES, Fetched
from credserv.ground.encoding import decode_base64url, parse_instant
from credserv.ground.errors import ArchiveError, CredservError, InputError, ProofError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Verdict
from credserv.journeys.check.check import Checked, Kind, check
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.check.reports.statement import Tone, minute
from credserv.journeys.services import Services
from credserv.openbadges.structure import issuer_of
from credserv.proof.keys.certificate_answers import answer_made_at
from credserv.proof.keys.certificate_lists import MAX_BYTES as MAX_LIST_BYTES
from credserv.proof.keys.certificate_lists import list_made_at
from credserv.proof.tokens.archive_token import read_archive_token, verify_archive_token
from credserv.status.revocation_list import ENTRY_TYPE as UNSIGNED_LIST
from credserv.verifying.federation_memory import FederationMemory

_SKEW = timedelta(minutes=5)
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.", re.ASCII)
_KEYS_OF_THE_ARCHIVE = (
    "the archive holds keys under its name, but anybody could have put them there: name its DID document"
)
_SELF_CONTAINED = ("did:key:", "did:jwk:")


@dataclass(frozen=True)
class AsOf:
    """A verdict by an archive.

    Attributes:
        as_of: Its instant, which the report states. None if the archive was not enough either; the report
            says why.
    """

    checked: Checked
    report: JsonObject
    as_of: datetime | None


@dataclass(frozen=True)
class Snapshot:
    """An opened archive with the files that its maker listed.

    Attributes:
        signed: Whether its signature is known to be by a key of the maker's, which the archive alone cannot
            show.
    """

    archive: Archive
    signed: bool

    def holder_of(self, text: bytes, issuer: str) -> tuple[JsonObject, ...]:
        """Return whom the issuer of a credential says it is for, by everything they proved to it.

        It is () if the maker is somebody else, or does not say so of this credential.
        """
        held = any(one.for_holder and one.content == text for one in self.archive.credentials)
        return self.archive.holder if held and self.speaks_for(issuer) else ()

    def speaks_for(self, issuer: str) -> bool:
        """Return whether the maker's word counts for which status list of the issuer was the newest."""
        return self.signed and issuer == self.archive.made_by


def open_snapshot(services: Services, archive: Archive, manifest: bytes, now: datetime) -> Snapshot:
    """Open an archive and verify its list of files.

    Args:
        services: Reach outside as far as that is allowed.
        manifest: As in the archive.

    Raises:
        ArchiveError: The signature does not fit the list or its signer, or the archive is dated in the
            future.
    """
    try:
        by, digested, made_at = read_archive_token(archive.signature)
        if (by, made_at) != (archive.made_by, archive.made_at) or digested != digest(manifest):
            raise ArchiveError(f"the archive was altered: {SIGNATURE} is not over this list of files")
        if made_at > now + _SKEW:
            raise ArchiveError("the archive is dated ahead of now")
        signed = _is_signed(services, archive, now)
    except ProofError as error:
        raise ArchiveError(
            f"the archive was altered: its signature does not hold ({error.detail})"
        ) from error
    return Snapshot(archive, signed)


def judge_by_snapshot(services: Services, snapshot: Snapshot, text: bytes, now: datetime) -> AsOf | None:
    """Return the verdict on a credential as of when the archive was made; None if its word proves nothing.

    Raises as `check`.
    """
    offline = _Offline(services, snapshot)
    checked = check(offline.services, data=text, url=None, now=snapshot.archive.made_at)
    if checked.verdict is Verdict.NOT_CHECKED:
        return AsOf(checked, build_report(checked, now=now), None)
    if checked.kind is not Kind.CREDENTIAL:
        return None  # for Open Badges 2.0 the host's word is the proof, and the host is not asked
    as_of = _as_of(snapshot, checked, offline)
    if as_of is None:
        return None
    ends = checked.head.valid_until
    if ends is not None and ends <= now:  # expired since; that needs nobody's answer
        later = check(offline.services, data=text, url=None, now=now).result.check("validity")
        checks = [later if made.name == "validity" and later else made for made in checked.result.checks]
        checked = replace(checked, result=replace(checked.result, checks=tuple(checks)))
    return AsOf(checked, _told(checked, as_of), as_of)


def _is_signed(services: Services, archive: Archive, now: datetime) -> bool:
    try:
        resolve = services.resolvers.resolve_did
        verify_archive_token(archive.signature, archive.made_by, resolve_did=resolve, now=now)
    except UnavailableError:
        return False
    return True


def _as_of(snapshot: Snapshot, checked: Checked, offline: _Offline) -> datetime | None:
    """Return the instant; None if it would depend on the word of an unknown maker."""
    lists = (
        list_made_at(body) or answer_made_at(body) for body in offline.used
    )  # by authorities, for which no issuer speaks
    latest = min([snapshot.archive.made_at, *(date for date in lists if date is not None)])
    every = list(_every(checked))
    if all(snapshot.speaks_for(issuer_of(item.credential) or "") for item in every):
        return latest
    if any(map(_asks_an_unsigned_list, every)):
        return None
    dates = [_dated(body) for body in offline.used if not _proves_itself(body)]
    if None in dates:
        return None
    return min([latest, *(date for date in dates if date is not None)])


def _every(checked: Checked) -> Iterator[Checked]:
    """Yield a credential and all that is inside it, at every depth."""
    yield checked
    for item in checked.within:
        yield from _every(item)


def _asks_an_unsigned_list(checked: Checked) -> bool:
    """Return whether its status is in a list that is its issuer's only by its address."""
    status = checked.result.check("status")
    return status is not None and UNSIGNED_LIST in status.data.values()


def _proves_itself(body: bytes) -> bool:
    """Return whether a file does not depend on the maker's word.

    That holds for a picture (by its digest), a schema (which decides nothing), and a list of revoked
    certificates (whose date counts anyway).
    """
    text = body.lstrip()
    if _COMPACT.match(text):
        return False
    if not text.startswith(b"{"):
        return True
    try:
        document = parse_json_object(body)
        return "$schema" in document and "proof" not in document
    except InputError:
        return False


def _dated(body: bytes) -> datetime | None:
    """Return when a list was signed, by its own word; None if nobody signed it.

    Its signature was verified, or the verdict would be different.
    """
    try:
        if _COMPACT.match(body):
            claims = parse_json_object(decode_base64url(body.split(b".")[1].decode("ascii")))
            issued = claims.get("iat", claims.get("nbf"))
            return datetime.fromtimestamp(issued, tz=UTC) if isinstance(issued, int) else None
        document = parse_json_object(body)
        told = document.get("validFrom", document.get("issuanceDate"))
        is_signed = "credentialSubject" in document and "proof" in document
        return parse_instant(told) if is_signed and isinstance(told, str) else None
    except (CredservError, ValueError, OverflowError):
        return None


def _told(checked: Checked, as_of: datetime) -> JsonObject:
    """Return the report, never with the plain verdict: the instant comes first."""
    report = build_report(checked, now=as_of)
    if not checked.result.verified:
        return report
    headline = f"Good as of {minute(as_of)}. Its issuer was not asked since."
    return {
        **report,
        "label": "Good as of its archive",
        "headline": headline,
        "detail": report["sentence"],
        "sentence": f"{headline} {report['sentence']}",
        "tone": Tone.SIGNED.value,
        "icon": "clock",
        "next_step": "Ask its issuer, or whoever knows them, whether it still stands.",
    }


@dataclass
class _Offline:
    """Stands in for the outside world.

    Attributes:
        used: What a check asked for from the archive.
    """

    given: Services
    snapshot: Snapshot
    used: list[bytes] = field(default_factory=list)

    @cached_property
    def services(self) -> Services:
        lists = self.given.resolvers.certificate_lists
        resolvers = replace(
            self.given.resolvers,
            resolve_did=self.resolve_did,
            fetch=self,
            own_status_list=lambda _url: None,
            certificate_lists=lists and lists.apart(self.certificate_list),
        )
        # What an archive says is not remembered as if it had been found outside.
        return replace(self.given, resolvers=resolvers, fetcher=self, federations=FederationMemory())

    def certificate_list(self, url: str) -> bytes:
        return self.get(url, max_bytes=MAX_LIST_BYTES).body

    def resolve_did(self, did: str) -> JsonObject:
        if did.startswith(_SELF_CONTAINED):
            return self.given.resolvers.resolve_did(did)
        try:
            return self.given.resolvers.resolve_did(did)
        except UnavailableError as error:
            if did not in self.snapshot.archive.documents:
                raise
            raise UnavailableError(f"{error.detail}; {_KEYS_OF_THE_ARCHIVE}") from error

    def get(self, url: str, *, accept: str = "", max_bytes: int = MAX_BYTES) -> Fetched:  # noqa: ARG002 - it is as it is
        page = self.snapshot.archive.pages.get(url)
        if page is None or len(page.body) > max_bytes:
            raise UnavailableError(f"the archive does not hold {url[:200]}")
        self.used.append(page.body)
        return Fetched(url, page.body, page.media_type)
