"""The verifying recipe: every question that is asked of a credential, in order, each with its answer.

    parse -> structure -> schema -> subject -> proof (by a key that the issuer controls)
          -> refresh -> status -> validity -> endorsements

Suites and readers raise; only this file collects. What is wrong is FAILED, what could not be established
is UNKNOWN, and neither is ever good. A proof that did not pass makes everything after it SKIPPED: what was
not signed says nothing about status or dates. `schema` and `endorsements` are told but decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.endorsement_check import check_endorsements
from credserv.errors import (
    CredservError,
    InputError,
    ProofError,
    TooComplexError,
    UnavailableError,
    UnknownContextError,
    UnsupportedProofError,
)
from credserv.fetch import Fetcher
from credserv.list_memory import ListMemory
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.structure import check_structure, check_subject, issuer_of, told, types_of
from credserv.proof.canonize import Canonizer
from credserv.proof.cryptosuite import CryptoSuite
from credserv.proof.token import Binding, Circumstances, Kind
from credserv.proof_check import Proven, Secured, open_secured, prove
from credserv.status_check import StatusChecker
from credserv.validity import Period, parse_validity
from credserv.verification import Check, Outcome, VerificationResult

JsonObject = Mapping[str, Any]

# Nothing is established about what these say, rather than something wrong: see `_outcome`.
_NOT_ESTABLISHED = (UnavailableError, UnsupportedProofError, UnknownContextError, TooComplexError)
_LATER = ("refresh", "status", "validity", "endorsements")
_OTHER_KINDS = {
    "VerifiablePresentation": "a presentation",
    "EnvelopedVerifiablePresentation": "an enveloped presentation",
    "Assertion": "an Open Badges 2.0 assertion",
}


@dataclass(frozen=True)
class Resolvers:
    """How a verification reaches what lies outside the document.

    resolve_did: the DID document; raises UnavailableError, or ProofError for an unusable one.
    own_status_list: the signed bytes of a list of ours, None for lists of others; raises NotFoundError.
    """

    resolve_did: Callable[[str], JsonObject]
    fetch: Fetcher
    own_status_list: Callable[[str], bytes | None]


@dataclass(frozen=True)
class Verified:
    """document: what the checks are about, out of token or envelope; `{}` where that could not be read.

    within: the credentials that it holds, in their order, each with all its own checks. holder: who signed
    a presentation, "" unless that proof passed.
    """

    document: JsonObject
    result: VerificationResult
    within: tuple[Verified, ...] = ()
    holder: str = ""


@dataclass(frozen=True)
class _Case:
    secured: Secured
    now: datetime
    resolvers: Resolvers
    binding: Binding | None = None

    @property
    def document(self) -> JsonObject:
        return self.secured.document


class Verifier:
    """Holds what never changes between verifications; safe to share between threads."""

    def __init__(
        self,
        *,
        suites: Mapping[str, CryptoSuite],
        canonizer: Canonizer,
        schemas: CredentialSchemas,
        clock_skew_seconds: int = 60,
        minimum_status_entries: int = 0,
        opener: Callable[[str | JsonObject, Kind], Secured] = open_secured,
    ) -> None:
        """opener: tells how a document is secured; as `open_secured`."""
        self._suites = dict(suites)
        self._canonizer = canonizer
        self._schemas = schemas
        self._skew = clock_skew_seconds
        self._minimum_status_entries = minimum_status_entries
        self._lists = ListMemory()
        self.open = opener

    def verify_credential(
        self, document: JsonObject, *, now: datetime, resolvers: Resolvers, proof_only: bool = False
    ) -> VerificationResult:
        """All checks of one credential, already parsed strictly, with its proof inside or in an envelope.

        As `verify_secured`.
        """
        return self.verify_secured(document, now=now, resolvers=resolvers, proof_only=proof_only).result

    def verify_secured(
        self,
        secured: str | JsonObject,
        *,
        now: datetime,
        resolvers: Resolvers,
        proof_only: bool = False,
        binding: Binding | None = None,
    ) -> Verified:
        """All checks of one credential in any form: JWT, SD-JWT, enveloped, or with its proof inside.

        Never raises for what it says. now: aware UTC. proof_only: judge the proof and nothing else; the
        result then holds that one check. binding: for whom the holder of an SD-JWT must have signed.
        """
        try:
            case = _Case(self.open(secured, Kind.CREDENTIAL), now, resolvers, binding)
        except (ProofError, InputError) as error:
            return Verified({}, unread(error))
        kind = _other_kind(case.document) if case.secured.token is None else None
        if kind is not None:
            result = unsupported(f"this is {kind}, which is not among what is verified here yet")
        elif proof_only:
            result = VerificationResult((self._check_proof(case),))
        else:
            result = self._verify(case)
        return Verified(case.document, result)

    def prove(self, secured: Secured, *, controller: str, circumstances: Circumstances) -> Proven:
        """The proof alone, by `controller`. Raises ProofError and its kin, UnavailableError."""
        return prove(secured, controller=controller, circumstances=circumstances, suites=self._suites)

    @property
    def clock_skew_seconds(self) -> int:
        return self._skew

    def _verify(self, case: _Case) -> VerificationResult:
        document = case.document
        checks = [
            Check("parse", Outcome.PASSED, "It is JSON that can be read in one way only.", "RFC 8259, 4"),
            check_structure(document, content_of=self._canonizer.contexts.content),
            self._check_schema(document),
            check_subject(document),
            self._check_proof(case),
        ]
        if checks[-1].outcome is not Outcome.PASSED:
            return VerificationResult((*checks, *_skipped("the proof did not pass", _LATER)))
        checks += [
            _check_refresh(document),
            self._check_status(case),
            self._check_validity(case),
            *check_endorsements(document, judge=lambda value: self._judge_endorsement(case, value)),
        ]
        return VerificationResult(tuple(checks))

    def _check_schema(self, document: JsonObject) -> Check:
        """The official JSON Schema for the document's types, apart from authenticity."""
        spec = "Open Badges 3.0, Appendix F"
        if self._schemas.schema_of(document) is None:
            reason = "There is no official schema for a credential of this type."
            return Check("schema", Outcome.SKIPPED, reason, spec, required=False)
        faults = self._schemas.check_credential(document)
        if not faults:
            return Check("schema", Outcome.PASSED, "It follows the official schema.", spec, required=False)
        reason = f"It breaks the official schema: {told(faults)}."
        return Check("schema", Outcome.FAILED, reason, spec, required=False, code="schema-faults")

    def _check_proof(self, case: _Case) -> Check:
        try:
            proven = self._prove(case)
        except CredservError as error:
            return unmet("proof", error, case.secured.spec)
        reason = "Unchanged since it was signed with a key that its issuer controls: "
        return Check("proof", Outcome.PASSED, reason + ", ".join(proven.methods), proven.spec)

    def _prove(self, case: _Case, suites: Mapping[str, CryptoSuite] | None = None) -> Proven:
        issuer = issuer_of(case.document)
        if issuer is None:
            raise ProofError("It names no issuer, so no key can be the issuer's.")
        circumstances = Circumstances(
            resolve_did=case.resolvers.resolve_did,
            now=case.now,
            clock_skew_seconds=self._skew,
            binding=case.binding,
        )
        return prove(
            case.secured, controller=issuer, circumstances=circumstances, suites=suites or self._suites
        )

    def _check_status(self, case: _Case) -> Check:
        checker = StatusChecker(
            verify_list=lambda held: self._prove(
                replace(case, secured=held.secured, binding=None), held.once(self._suites)
            ),
            memory=self._lists,
            fetch=case.resolvers.fetch,
            own_status_list=case.resolvers.own_status_list,
            now=case.now,
            clock_skew_seconds=self._skew,
            minimum_entries=self._minimum_status_entries,
        )
        return checker.check(case.document)

    def _check_validity(self, case: _Case) -> Check:
        """One rule: validFrom - skew <= now < validUntil (see validity.py)."""
        spec = "VC Data Model 2.0, 4.9"
        try:
            validity = parse_validity(case.document)
        except InputError as error:
            return Check("validity", Outcome.FAILED, _sentence(error.detail), spec, code=error.code)
        period = validity.period(case.now, clock_skew_seconds=self._skew)
        if period is Period.VALID:
            until = f" until {validity.ends:%Y-%m-%d %H:%M} UTC" if validity.ends else ", without an end"
            return Check("validity", Outcome.PASSED, f"It is in force{until}.", spec)
        said, when = (
            ("expired on", validity.ends) if period is Period.EXPIRED else ("begins on", validity.begins)
        )
        return Check(
            "validity",
            Outcome.FAILED,
            f"Its validity {said} {when:%Y-%m-%d %H:%M} UTC.",
            spec,
            code=period.value,
        )

    def _judge_endorsement(self, case: _Case, endorsement: Secured) -> tuple[Check, ...]:
        own = replace(case, secured=endorsement, binding=None)
        checks = (check_structure(own.document), self._check_proof(own))
        if checks[-1].outcome is not Outcome.PASSED:
            return checks
        return (*checks, self._check_status(own), self._check_validity(own))


def unsupported(reason: str) -> VerificationResult:
    """The result for what is secured in a way that is not known here: nothing is established."""
    check = Check("proof", Outcome.UNKNOWN, _sentence(reason), code=UnsupportedProofError.code)
    return VerificationResult((check, *_skipped("the proof could not be judged", _LATER)))


# --- checks that need nothing from outside --------------------------------------------------------


def _check_refresh(document: JsonObject) -> Check:
    if "refreshService" not in document:
        return Check("refresh", Outcome.SKIPPED, "It names no place for a newer version.", required=False)
    reason = "Its issuer may have a newer version; it was checked as it is."
    return Check(
        "refresh", Outcome.UNKNOWN, reason, "VC Data Model 2.0, 5.4", required=False, code="not-refreshed"
    )


def _other_kind(document: JsonObject) -> str | None:
    types = types_of(document)
    if "VerifiableCredential" in types:
        return None
    return next((name for kind, name in _OTHER_KINDS.items() if kind in types), None)


def unread(error: ProofError | InputError) -> VerificationResult:
    """The result for a token or envelope that cannot be read, so that nothing of it can be told."""
    if isinstance(error, UnsupportedProofError):
        return unsupported(error.detail)
    name = "proof" if isinstance(error, ProofError) else "parse"
    check = Check(name, Outcome.FAILED, _sentence(error.detail), code=error.code)
    return VerificationResult((check, *_skipped("it could not be read", _LATER)))


# --- words ----------------------------------------------------------------------------------------


def _skipped(why: str, names: Iterable[str], *, required: bool = True) -> tuple[Check, ...]:
    return tuple(
        Check(name, Outcome.SKIPPED, f"Not checked: {why}.", required=required and name != "endorsements")
        for name in names
    )


def unmet(name: str, error: CredservError, spec: str) -> Check:
    """The check that an error answers: *it is wrong* and *we could not find out* are never the same."""
    outcome = Outcome.UNKNOWN if isinstance(error, _NOT_ESTABLISHED) else Outcome.FAILED
    return Check(name, outcome, _sentence(error.detail), spec, code=error.code)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
