"""Check the status of a credential: fetch each entry's list, verify it, read it.

Bitstring Status List 1.0, section 3.2; Status List 2021; 1EdTech Revocation List Status Method 1.0. A list
that is unavailable, out of date or unreadable, or whose proof is of an unknown kind, leaves the status
UNKNOWN; one that was changed, or is not the list that the entry requires, is FAILED.
The standards allow a list to have another issuer than the credential and another id than its URL. The result
mentions another id. A list by another issuer decides only if the reader trusts that issuer to keep lists: a
stranger's list, put in place of the right one, would undo a revocation. Our own lists always have the same
issuer and the right id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import (
    CredservError,
    InputError,
    MalformedProofError,
    MissingProofError,
    ProofError,
    ProofTimeError,
    StatusListError,
    StatusListUnusableError,
    UnavailableError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import NOT_ESTABLISHED, Check, Fact, Outcome
from credserv.openbadges.structure import issuer_of, types_of
from credserv.proof.keys.certificates import Anchor, Chain
from credserv.proof.tokens.token import Circumstances
from credserv.status.bitstring import BITSTRING, StatusEntry, parse_entry, read_opened
from credserv.status.revocation_list import ENTRY_TYPE as REVOCATION_LIST
from credserv.status.revocation_list import SPEC as REVOCATION_LIST_SPEC
from credserv.status.revocation_list import is_revoked, parse_list_url
from credserv.status.status_list_2021 import STATUS_LIST_2021, parse_entry_2021
from credserv.status.token_status_list import ENTRY_TYPE as TOKEN_LIST
from credserv.status.token_status_list import SPEC as TOKEN_LIST_SPEC
from credserv.status.token_status_list import Reference, parse_reference
from credserv.verifying.checks.proof import Secured, open_secured
from credserv.verifying.checks.status_memory import HeldList, ListMemory
from credserv.verifying.checks.token_status import fetch_token, judge_value, verify_token
from credserv.verifying.work_budget import WorkBudget

_ACCEPT = "application/vc, application/vc+ld+json, application/ld+json, application/json"
_MAX_ENTRIES = 8
_WORST_FIRST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED)
_NO_STATUS = Check(
    "status",
    Outcome.SKIPPED,
    "Its issuer gave no way to take it back, so there was nothing to look up.",
    BITSTRING.spec,
)
_OTHER_ISSUER = " The list is by another issuer than the credential, whom the reader trusts to keep it."
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
_PARSERS: Mapping[str, Callable[[JsonObject], StatusEntry]] = {
    BITSTRING.entry: parse_entry,
    STATUS_LIST_2021.entry: parse_entry_2021,
}


Judged = tuple[Outcome, str, str]  # outcome, reason, code
_SPECS = {REVOCATION_LIST: REVOCATION_LIST_SPEC, TOKEN_LIST: TOKEN_LIST_SPEC}
_OLDER: Judged = (
    Outcome.UNKNOWN,
    "Its status list is older than one that stood there before.",
    "status-list-older",
)


@dataclass(frozen=True)
class _Finding:
    """The finding for one entry. `facts` are those of `_facts_of`."""

    outcome: Outcome
    reason: str
    code: str
    spec: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class StatusChecker:
    """Reads status entries and their lists.

    Attributes:
        verify_list: verifies the proofs of a list by its own issuer; raises as `verify_proofs`.
        memory: outlives the checker.
        work_budget: of the whole verification.
        keeps_lists, anchors: see `Resolvers`.
        unrevoked: see `Circumstances`.
    """

    verify_list: Callable[[HeldList], object]
    memory: ListMemory
    work_budget: WorkBudget
    fetch: Fetcher
    own_status_list: Callable[[str], bytes | None]
    now: datetime
    clock_skew_seconds: int
    keeps_lists: Callable[[str], bool]
    resolve_did: Callable[[str], JsonObject]
    anchors: Callable[[str], Sequence[Anchor]]
    unrevoked: Callable[[Chain], Mapping[str, Fact]]
    minimum_entries: int = 0

    def check(self, document: JsonObject) -> Check:
        """Return one check for all entries of `credentialStatus`: the worst outcome, with every reason
        against it.

        The check's facts are those of the entry; with several entries, each name is prefixed with the entry's
        number.
        """
        value = document.get("credentialStatus")
        entries = value if isinstance(value, list) else [] if value is None else [value]
        if not entries:
            return _NO_STATUS
        if len(entries) > _MAX_ENTRIES:
            reason = f"It has {len(entries)} status entries; at most {_MAX_ENTRIES} are looked up."
            return Check("status", Outcome.UNKNOWN, reason, BITSTRING.spec, code="too-large")
        findings = [self._find(document, entry) for entry in entries]
        if len(findings) == 1:
            one = findings[0]
            return Check("status", one.outcome, one.reason, one.spec, code=one.code, data=one.facts)
        worst = min(findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
        told = [
            item for item in findings if worst.outcome is Outcome.PASSED or item.outcome is not Outcome.PASSED
        ]
        reasons = " ".join(dict.fromkeys(finding.reason for finding in (worst, *told)))
        data = _joined(findings)
        return Check("status", worst.outcome, reasons, worst.spec, code=worst.code, data=data)

    def _find(self, document: JsonObject, value: object) -> _Finding:
        kinds = types_of(value) if isinstance(value, Mapping) else frozenset()
        kind = next((name for name in (*_PARSERS, REVOCATION_LIST, TOKEN_LIST) if name in kinds), None)
        if kind is None or not isinstance(value, Mapping):
            told = ", ".join(sorted(kinds)) or "unknown"
            reason = f"Its status is of a kind that is not looked up here: {told}."
            return _Finding(Outcome.UNKNOWN, reason, "unsupported-status", BITSTRING.spec, {"kind": told})
        facts: dict[str, Fact] = {"kind": kind}
        spec = _SPECS.get(kind, BITSTRING.spec)
        try:
            if kind == TOKEN_LIST:
                judged = self._find_number(document, parse_reference(value), facts)
            elif kind == REVOCATION_LIST:
                judged = self._find_named(document, value, facts)
            else:
                entry = _PARSERS[kind](value)
                spec = entry.kind.spec
                judged = self._find_bit(document, entry, facts)
        except CredservError as error:
            outcome = Outcome.UNKNOWN if isinstance(error, NOT_ESTABLISHED) else Outcome.FAILED
            reason = f"Its status could not be established: {error.detail}."
            judged = outcome, reason, error.code
        return _Finding(*judged, spec, facts)

    def _find_bit(self, document: JsonObject, entry: StatusEntry, facts: dict[str, Fact]) -> Judged:
        facts |= {"list": entry.list_url, "index": entry.index, "purpose": entry.purpose}
        held, own = self._open(entry)
        facts |= _facts_of(held, self.now)
        if not own and not self._may_decide(document, held.issuer):
            return _by_stranger(held.issuer)
        remark = self._verify(document, entry, held, own=own)
        number = read_opened(
            entry,
            held.opened(entry.kind),
            now=self.now,
            clock_skew_seconds=self.clock_skew_seconds,
            minimum_entries=self.minimum_entries,
            decode=lambda text: self.work_budget.read_list(lambda: held.decode(text)),
        )
        latest = self.now + timedelta(seconds=self.clock_skew_seconds)
        newest = self.memory.newest(entry.list_url, held.issuer, held.validity.begins, latest=latest)
        if newest is not None:
            reason = f"Its status list is older than the one that stood there before, of {newest}."
            return Outcome.UNKNOWN, reason, "status-list-older"
        facts["value"] = number
        return _judge(entry, number, remark)

    def _find_number(self, document: JsonObject, reference: Reference, facts: dict[str, Fact]) -> Judged:
        facts |= {"list": reference.list_url, "index": reference.index}
        token = fetch_token(reference, self.fetch, self.own_status_list(reference.list_url))
        controller = token.issuer(issuer_of(document) or "")
        facts["listIssuer"] = controller
        if not self._may_decide(document, controller):
            return _by_stranger(controller)
        around = Circumstances(
            self.resolve_did,
            self.now,
            self.clock_skew_seconds,
            anchors=self.anchors(controller),
            unrevoked=self.unrevoked,
        )
        verify_token(token, controller, around)
        if self._is_older(reference.list_url, controller, token.issued_at):
            return _OLDER
        return judge_value(token, reference.index, facts, self.work_budget.read_list)

    def _is_older(self, url: str, issuer: str, made: datetime) -> bool:
        latest = self.now + timedelta(seconds=self.clock_skew_seconds)
        return self.memory.newest(url, issuer, made, latest=latest) is not None

    def _find_named(self, document: JsonObject, value: JsonObject, facts: dict[str, Fact]) -> Judged:
        url = parse_list_url(value)
        facts |= {"list": url, "purpose": "revocation"}
        listed = _parse_object(self.fetch.get(url, accept="application/json").body)
        facts["listIssuer"] = issuer_of(listed)
        named = issuer_of(listed)
        revoked = is_revoked(document, listed, url=url)
        if named is not None and not self._may_decide(document, named):
            return _by_stranger(named)
        facts["value"] = int(revoked)
        tail = "" if named in (issuer_of(document), None) else _OTHER_ISSUER
        if revoked:
            return Outcome.FAILED, f"Its issuer has revoked it.{tail}", "revoked"
        return Outcome.PASSED, f"It is not among what its issuer revoked.{tail}", ""

    def _may_decide(self, document: JsonObject, list_issuer: str | None) -> bool:
        return list_issuer is not None and (
            list_issuer == issuer_of(document) or self.keeps_lists(list_issuer)
        )

    def _open(self, entry: StatusEntry) -> tuple[HeldList, bool]:
        """Return the list as it reads, and whether it is ours."""
        own = self.own_status_list(entry.list_url)
        raw = self.fetch.get(entry.list_url, accept=_ACCEPT).body if own is None else own
        return self.memory.open(raw, _parse_list), own is not None

    def _verify(self, document: JsonObject, entry: StatusEntry, held: HeldList, *, own: bool) -> str:
        """Verify a list's proof.

        Returns a remark on what the standard allows but the reader should know, or "".
        """
        list_document = held.secured.document
        try:
            self.verify_list(held)
        except (UnsupportedProofError, UnavailableError) as error:
            raise type(error)(f"the status list's own proof: {error.detail}") from error
        except (MalformedProofError, MissingProofError) as error:  # its signature was not even looked at
            raise UnavailableError(f"the status list's own proof: {error.detail}") from error
        except ProofTimeError as error:
            raise StatusListUnusableError(f"the status list's own proof: {error.detail}") from error
        except ProofError as error:
            raise StatusListError(f"the status list's own proof does not hold: {error.detail}") from error
        remarks = []
        if list_document.get("id") not in (entry.list_url, None):
            remarks.append("The list calls itself by another address than it was found at.")
        if held.issuer != issuer_of(document):
            remarks.append(_OTHER_ISSUER.strip())
        if own and remarks:
            raise StatusListError("a list of this service is only for what this service issued")
        return " ".join(remarks)


def _by_stranger(issuer: str | None) -> Judged:
    who = f"by {issuer[:200]}, who" if issuer else "by nobody that it names, which"
    reason = (
        f"Its status list is {who} is neither the credential's issuer nor trusted to keep lists for it: "
        "that decides nothing."
    )
    return Outcome.UNKNOWN, reason, "status-list-by-another"


def _joined(findings: list[_Finding]) -> dict[str, Fact]:
    numbered = {
        f"{number}.{name}": fact
        for number, finding in enumerate(findings, 1)
        for name, fact in finding.facts.items()
    }
    return {"entries": len(findings), **numbered}


def _facts_of(held: HeldList, now: datetime) -> dict[str, Fact]:
    """Return the facts to show about a list, with its age in seconds at the time of the verification."""
    begins = held.validity.begins
    if begins is None:
        return dict(held.facts)
    return {**held.facts, "ageSeconds": int((now - begins).total_seconds())}


def _parse_object(raw: bytes) -> JsonObject:
    try:
        return parse_json_object(raw)
    except InputError as error:
        raise UnavailableError(
            f"what the host serves as revocation list is unreadable: {error.detail}"
        ) from error


def _parse_list(raw: bytes) -> Secured:
    """Parse a list. Anything else served at its address says nothing about the credential: UNKNOWN, never
    FAILED."""
    try:
        if _COMPACT.fullmatch(raw.strip()):
            return open_secured(raw.strip().decode("ascii"))
        return open_secured(parse_json_object(raw))
    except (InputError, MalformedProofError) as error:
        raise UnavailableError(
            f"what the host serves as status list is unreadable: {error.detail}"
        ) from error


def _judge(entry: StatusEntry, number: int, remark: str) -> Judged:
    """Return what the value of an entry means for its purpose (section 4.1)."""
    tail = f" {remark}" if remark else ""
    if entry.purpose in ("revocation", "suspension"):
        word = "revoked" if entry.purpose == "revocation" else "suspended"
        if number:
            return Outcome.FAILED, f"Its issuer has {word} it.{tail}", word
        return Outcome.PASSED, f"It is not {word}.{tail}", ""
    if entry.purpose == "refresh":
        said = "Its issuer has a newer version." if number else "Its issuer knows of no newer version."
        return Outcome.PASSED, said + tail, ""
    if entry.purpose == "message":
        message = entry.message(number) or f"value {number}"
        return Outcome.PASSED, f"Its issuer's message on it: {message}.{tail}", ""
    if number:
        reason = f"Its issuer has set a mark of a meaning that is not known here: {entry.purpose}.{tail}"
        return Outcome.UNKNOWN, reason, "unsupported-status"
    return Outcome.PASSED, f"The mark {entry.purpose!r} is not set.{tail}", ""
