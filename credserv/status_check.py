"""The status check of a verification: each entry's list is had, verified, and read.

Bitstring Status List 1.0, section 3.2. A list that cannot be had or whose proof is of an unknown kind
leaves the status UNKNOWN; a list that is wrong is FAILED. The standard lets a list have another issuer
than the credential, and another id than its URL: both are said. Our own lists are never like that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.errors import (
    CredservError,
    InputError,
    MalformedProofError,
    ProofError,
    StatusListError,
    StatusListLengthError,
    TooComplexError,
    UnavailableError,
    UnknownContextError,
    UnsupportedProofError,
)
from credserv.fetch import Fetcher
from credserv.list_memory import HeldList, ListMemory
from credserv.openbadges.structure import issuer_of, types_of
from credserv.proof_check import Secured, open_secured
from credserv.status_list import ENTRY_TYPE, StatusEntry, parse_entry, read_status
from credserv.strict_json import parse_json_object
from credserv.verification import Check, Outcome

JsonObject = Mapping[str, Any]

_SPEC = "Bitstring Status List 1.0, 3.2"
_ACCEPT = "application/vc, application/vc+ld+json, application/ld+json, application/json"
_MAX_ENTRIES = 8
_WORST_FIRST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED)
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
_NOT_ESTABLISHED = (
    UnavailableError,
    UnsupportedProofError,
    UnknownContextError,
    TooComplexError,
    StatusListLengthError,
)


@dataclass(frozen=True)
class _Finding:
    outcome: Outcome
    reason: str
    code: str = ""


@dataclass(frozen=True)
class StatusChecker:
    """verify_list: verifies the proofs of a list by its own issuer; raises as `verify_proofs`.

    memory: outlives the checker.
    """

    verify_list: Callable[[HeldList], object]
    memory: ListMemory
    fetch: Fetcher
    own_status_list: Callable[[str], bytes | None]
    now: datetime
    clock_skew_seconds: int
    minimum_entries: int = 0

    def check(self, document: JsonObject) -> Check:
        """One check for all entries of `credentialStatus`: the worst of them, and every reason."""
        value = document.get("credentialStatus")
        entries = value if isinstance(value, list) else [] if value is None else [value]
        if not entries:
            reason = "Its issuer gave no way to take it back, so there was nothing to look up."
            return Check("status", Outcome.SKIPPED, reason, _SPEC)
        if len(entries) > _MAX_ENTRIES:
            reason = f"It has {len(entries)} status entries; at most {_MAX_ENTRIES} are looked up."
            return Check("status", Outcome.UNKNOWN, reason, _SPEC, code="too-large")
        findings = [self._find(document, entry) for entry in entries]
        worst = min(findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
        reasons = " ".join(dict.fromkeys(finding.reason for finding in (worst, *findings)))
        return Check("status", worst.outcome, reasons, _SPEC, code=worst.code)

    def _find(self, document: JsonObject, value: object) -> _Finding:
        if not isinstance(value, Mapping) or ENTRY_TYPE not in types_of(value):
            kind = ", ".join(sorted(types_of(value))) if isinstance(value, Mapping) else "unknown"
            reason = f"Its status is of a kind that is not looked up here: {kind or 'unknown'}."
            return _Finding(Outcome.UNKNOWN, reason, "unsupported-status")
        try:
            entry = parse_entry(value)
            held, remark = self._list(document, entry)
            number = read_status(
                entry,
                held.secured.document,
                now=self.now,
                clock_skew_seconds=self.clock_skew_seconds,
                minimum_entries=self.minimum_entries,
                decode=held.decode,
            )
        except CredservError as error:
            outcome = Outcome.UNKNOWN if isinstance(error, _NOT_ESTABLISHED) else Outcome.FAILED
            return _Finding(outcome, f"Its status could not be established: {error.detail}.", error.code)
        return _judge(entry, number, remark)

    def _list(self, document: JsonObject, entry: StatusEntry) -> tuple[HeldList, str]:
        """The verified list, and a remark on what the standard allows but a reader should know."""
        own = self.own_status_list(entry.list_url)
        raw = self.fetch.get(entry.list_url, accept=_ACCEPT).body if own is None else own
        held = self.memory.open(raw, _parse_list)
        list_document = held.secured.document
        try:
            self.verify_list(held)
        except (UnsupportedProofError, UnavailableError) as error:
            raise type(error)(f"the status list's own proof: {error.detail}") from error
        except ProofError as error:
            raise StatusListError(f"the status list's own proof does not hold: {error.detail}") from error
        remarks = []
        if list_document.get("id") not in (entry.list_url, None):
            remarks.append("The list calls itself by another address than it was found at.")
        if issuer_of(list_document) != issuer_of(document):
            remarks.append("The list is signed by another issuer than the credential.")
        if own is not None and remarks:
            raise StatusListError("a list of this service is only for what this service issued")
        return held, " ".join(remarks)


def _parse_list(raw: bytes) -> Secured:
    """What a host serves in a list's place tells nothing about the credential: UNKNOWN, never wrong."""
    try:
        if _COMPACT.fullmatch(raw.strip()):
            return open_secured(raw.strip().decode("ascii"))
        return open_secured(parse_json_object(raw))
    except (InputError, MalformedProofError) as error:
        raise UnavailableError(
            f"what the host serves as status list is unreadable: {error.detail}"
        ) from error


def _judge(entry: StatusEntry, number: int, remark: str) -> _Finding:
    """What the value of an entry means, by its purpose (section 4.1)."""
    tail = f" {remark}" if remark else ""
    if entry.purpose in ("revocation", "suspension"):
        word = "revoked" if entry.purpose == "revocation" else "suspended"
        if number:
            return _Finding(Outcome.FAILED, f"Its issuer has {word} it.{tail}", word)
        return _Finding(Outcome.PASSED, f"It is not {word}.{tail}")
    if entry.purpose == "refresh":
        said = "Its issuer has a newer version." if number else "Its issuer knows of no newer version."
        return _Finding(Outcome.PASSED, said + tail)
    if entry.purpose == "message":
        message = entry.message(number) or f"value {number}"
        return _Finding(Outcome.PASSED, f"Its issuer's message on it: {message}.{tail}")
    if number:
        reason = f"Its issuer has set a mark of a meaning that is not known here: {entry.purpose}.{tail}"
        return _Finding(Outcome.UNKNOWN, reason, "unsupported-status")
    return _Finding(Outcome.PASSED, f"The mark {entry.purpose!r} is not set.{tail}")
