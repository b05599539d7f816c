"""The verifying recipe: every check of a credential, in order, each with its result.

    parse -> structure -> schema -> subject -> proof (by a key that the issuer controls)
          -> refresh -> status -> validity -> endorsements -> resources -> the credentials inside

Suites and readers raise; only the checks collect. What is wrong is FAILED, what could not be established is
UNKNOWN, and neither is ever good. If the proof does not pass, everything after it is SKIPPED: unsigned
content says nothing about status or dates and names no address worth asking. `schema` and `endorsements` are
reported but do not change the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from credserv.ground.errors import CredservError, InputError, ProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import Period, check_validity
from credserv.ground.verification import Check, Fact, Outcome, VerificationResult, not_asked, unmet, unread
from credserv.openbadges.display import CredentialDisplay, read_display, read_sd_jwt_vc
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.structure import check_structure, issuer_of
from credserv.openbadges.subject import check_subject
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.proof_form import read_proofs
from credserv.proof.keys.certificates import Chain
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.token import NOT_LOOKED_UP, Binding, Circumstances, Kind
from credserv.verifying.checks.certificate_status import tell_revocation
from credserv.verifying.checks.document_memory import DocumentMemory, Form, Seen
from credserv.verifying.checks.endorsements import check_endorsements
from credserv.verifying.checks.nested import IN_RECORD, MAX_DEPTH, check_nested, nested_of, too_deep
from credserv.verifying.checks.operator_contexts import PinnedReading
from credserv.verifying.checks.proof import Proven, Secured, open_secured, prove
from credserv.verifying.checks.refresh import find_newer, not_refreshed, skip_refresh
from credserv.verifying.checks.resources import check_resources, names_any
from credserv.verifying.checks.sandbox import check_sandbox
from credserv.verifying.checks.schemas import OFFICIAL, SchemaChecker
from credserv.verifying.checks.sd_jwt_vc import check_sd_jwt_vc, is_sd_jwt_vc
from credserv.verifying.checks.status import StatusChecker
from credserv.verifying.checks.status_memory import HeldList, ListMemory
from credserv.verifying.surroundings import Resolvers, Surroundings, Verified

PARSED = Check(
    "parse", Outcome.PASSED, "It could be read in full, and nothing in it is ambiguous.", "RFC 8259, 4"
)


@dataclass(frozen=True)
class _Case:
    secured: Secured
    now: datetime
    around: Surroundings
    binding: Binding | None = None

    @property
    def document(self) -> JsonObject:
        return self.secured.document

    @property
    def resolvers(self) -> Resolvers:
        return self.around.resolvers

    def unrevoked(self, chain: Chain) -> Mapping[str, Fact]:
        """See `Circumstances`."""
        lists = self.resolvers.certificate_lists
        return NOT_LOOKED_UP if lists is None else lists.look_up(chain, self.now)


class Verifier:
    """Verifies credentials. Holds what never changes between verifications; safe to share between threads."""

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
        """Create a verifier. `opener` finds out how a document is secured; see `open_secured`."""
        self.suites = dict(suites)
        self._canonizer = canonizer
        self._schemas = schemas
        self._skew = clock_skew_seconds
        self._minimum_status_entries = minimum_status_entries
        self._pinned = PinnedReading(canonizer)
        self._lists = ListMemory()
        self._documents = DocumentMemory()
        self.open = opener

    def verify_credential(
        self, document: JsonObject, *, now: datetime, resolvers: Resolvers, proof_only: bool = False
    ) -> VerificationResult:
        """Run every check on one credential, already parsed strictly, with its proof inside or in an
        envelope.

        See `verify_secured`.
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
        """Run every check on one credential in any form: JWT, SD-JWT, enveloped, or with its proof inside.

        Never raises for what the credential says.

        Args:
            now: aware, UTC.
            proof_only: judge the proof and nothing else; the result then has that one check.
            binding: for whom the holder of an SD-JWT must have signed.

        Returns:
            The result and the document it is about: a newer version if the credential's refresh service gave
                one.
        """
        around = Surroundings(resolvers.bounded())
        return self.verify_within(secured, around, now=now, proof_only=proof_only, binding=binding)

    def verify_within(
        self,
        secured: object,
        around: Surroundings,
        *,
        now: datetime,
        proof_only: bool = False,
        binding: Binding | None = None,
    ) -> Verified:
        """Verify as `verify_secured`, for what stands inside something else."""
        try:
            if not isinstance(secured, (str, Mapping)):
                raise InputError("it is neither text nor an object, and so no credential")
            case = _Case(self._open(secured), now, around, binding)
        except (ProofError, InputError) as error:
            return Verified({}, unread(error))
        if proof_only:
            return Verified(case.document, VerificationResult((self._check_proof(case),)))
        return self._verify(case)

    def prove(self, secured: Secured, *, controller: str, circumstances: Circumstances) -> Proven:
        """Verify only the proof, by `controller`. Raises ProofError (and subclasses), UnavailableError."""
        return prove(secured, controller=controller, circumstances=circumstances, suites=self.suites)

    @property
    def clock_skew_seconds(self) -> int:
        return self._skew

    def _open(self, secured: str | JsonObject) -> Secured:
        return self.open(secured, Kind.CREDENTIAL)

    def _verify(self, case: _Case) -> Verified:
        document, proof = case.document, self._check_proof(case)
        proven = proof.outcome is Outcome.PASSED
        form = self._form(case, proven=proven)
        checks = (PARSED, *form.checks, proof)
        if not proven:
            unproven = VerificationResult((*checks, *not_asked("the proof did not pass")))
            return Verified(document, unproven, read=partial(self._display, case.secured))
        newer, refresh = self._refresh(case)
        if newer is not None:
            return newer
        within, nested = self._verify_nested(case)
        checks += (
            refresh,
            self._check_status(case),
            check_validity(document, now=case.now, clock_skew_seconds=self._skew),
            *check_endorsements(
                document,
                judge=lambda value: self._judge_endorsement(case, value),
                judge_entitlement=lambda value: self._judge_entitlement(case, value),
            ),
            *(self._check_resources(case) if form.names_resources else ()),
            *check_sandbox(document),
            *nested,
        )
        result = VerificationResult(checks)
        return Verified(document, result, within, read=partial(self._display, case.secured))

    def _form(self, case: _Case, *, proven: bool) -> Form:
        """Return the structure checks; remembered where they follow from the document alone."""
        document, seen = case.document, self._seen(case.secured)
        if seen is not None and seen.form is not None:
            return seen.form
        if is_sd_jwt_vc(case.secured):
            return Form(check_sd_jwt_vc(case.secured), names_resources=True)
        schemas = SchemaChecker(
            self._schemas,
            fetch=case.resolvers.fetch if proven else None,
            work_budget=case.around.work_budget,
            prove=lambda secured: self._prove(replace(case, secured=secured, binding=None)),
        )
        compared = schemas.check(document)
        checks = (
            check_structure(document, content_of=self._canonizer.contexts.content),
            *compared,
            check_subject(document, lambda: case.secured.plain),
        )
        form = Form(checks, names_resources=names_any(case.secured.plain))
        if seen is not None and len(compared) == 1 and compared[0].spec == OFFICIAL:
            seen.form = form  # bundled schemas give the same result each time
        return form

    def _display(self, secured: Secured) -> CredentialDisplay:
        seen = self._seen(secured)
        if seen is not None and seen.display is not None:
            return seen.display
        display = (read_sd_jwt_vc if is_sd_jwt_vc(secured) else read_display)(secured.plain)
        if seen is not None:
            seen.keep_display(display)
        return display

    def _check_resources(self, case: _Case) -> tuple[Check, ...]:
        content_of = self._canonizer.contexts.content
        return check_resources(case.secured.plain, fetch=case.resolvers.fetch, content_of=content_of)

    def _seen(self, secured: Secured) -> Seen | None:
        return None if secured.digest is None else self._documents.find(secured.digest)

    def _check_proof(self, case: _Case) -> Check:
        pinned = {} if case.secured.token else self._pinned.find(case.document, case.resolvers.pinned)
        try:
            proven = self._prove(case, self._pinned.suites(pinned) if pinned else None)
        except CredservError as error:
            return unmet("proof", error, case.secured.spec)
        reason = "Unchanged since it was signed with a key that its issuer controls: "
        methods = ", ".join(dict.fromkeys(proven.methods))
        facts = dict(proven.facts)
        if pinned:
            facts["contexts_pinned_by_operator"] = ", ".join(sorted(pinned))
            methods += ". A context that it names was pinned by the operator of this service"
        if "trustAnchor" in facts:
            methods += f". A certificate says so, by the trust anchor {facts['trustAnchor']}; "
            methods += tell_revocation(facts)
        return Check("proof", Outcome.PASSED, reason + methods, proven.spec, data=facts)

    def _prove(self, case: _Case, suites: Mapping[str, CryptoSuite] | None = None) -> Proven:
        issuer = issuer_of(case.document)
        if issuer is None:
            if case.secured.token is None:
                read_proofs(case.document)
            raise ProofError("It names no issuer, so no key can be the issuer's.")
        circumstances = Circumstances(
            resolve_did=case.resolvers.resolve_did,
            now=case.now,
            clock_skew_seconds=self._skew,
            binding=case.binding,
            anchors=case.resolvers.anchors(issuer),
            unrevoked=case.unrevoked,
        )
        if suites is None:
            seen = self._seen(case.secured)
            suites = self.suites if seen is None else seen.fitting.once(self.suites)
        with case.around.work_budget.proving():
            return prove(case.secured, controller=issuer, circumstances=circumstances, suites=suites)

    def _refresh(self, case: _Case) -> tuple[Verified | None, Check]:
        """Return the newer version with all its checks where there is one, and the check that reports it."""
        skipped = skip_refresh(case.document, allowed=case.around.may_refresh)
        if skipped is not None:
            return None, skipped
        reach = case.resolvers
        secured, check = find_newer(
            case.document, fetch=reach.fetch, own_newest=reach.own_newest, opener=self._open
        )
        if secured is None:
            return None, check
        newer = self.verify_within(secured, replace(case.around, may_refresh=False), now=case.now)
        made = newer.result.checks
        if not all(newer.result.passed(name) for name in ("structure", "proof")):
            return None, not_refreshed("what is offered as its newer version is not proven", check.data)
        if any(item.name == "validity" and item.code == Period.NOT_YET_VALID for item in made):
            return None, not_refreshed("its newer version is not in force yet", check.data)
        told = tuple(check if item.name == "refresh" else item for item in made)
        return replace(newer, result=VerificationResult(told)), check

    def _check_status(self, case: _Case) -> Check:
        checker = StatusChecker(
            verify_list=lambda held: self._prove_list(case, held),
            memory=self._lists,
            work_budget=case.around.work_budget,
            fetch=case.resolvers.fetch,
            own_status_list=case.resolvers.own_status_list,
            keeps_lists=case.resolvers.keeps_lists,
            resolve_did=case.resolvers.resolve_did,
            anchors=case.resolvers.anchors,
            unrevoked=case.unrevoked,
            now=case.now,
            clock_skew_seconds=self._skew,
            minimum_entries=self._minimum_status_entries,
        )
        return checker.check(case.document)

    def _prove_list(self, case: _Case, held: HeldList) -> None:
        """Prove a list as `_prove` does, unless it is known to be proven."""
        resolve_did = case.resolvers.resolve_did
        if held.is_proven(resolve_did, case.now, timedelta(seconds=self._skew)):
            return
        asked: list[JsonObject] = []

        def resolve(did: str) -> JsonObject:
            asked.append(resolve_did(did))
            return asked[-1]

        resolvers = replace(case.resolvers, resolve_did=resolve)
        around = replace(case.around, resolvers=resolvers)
        proven = self._prove(
            replace(case, secured=held.secured, around=around, binding=None), held.once(self.suites)
        )
        held.note_proven(proven.proofs, asked)

    def judge_entitlement(
        self, entitlement: Secured, *, now: datetime, resolvers: Resolvers
    ) -> tuple[Check, ...]:
        """Return the structure, proof and status checks of an entitlement.

        The caller judges its dates, which count as of another time.
        """
        return self._judge_entitlement(
            _Case(entitlement, now, Surroundings(resolvers.bounded())), entitlement
        )

    def _judge_endorsement(self, case: _Case, endorsement: Secured) -> tuple[Check, ...]:
        own = replace(case, secured=endorsement, binding=None)
        checks = (check_structure(own.document), self._check_proof(own))
        if checks[-1].outcome is not Outcome.PASSED:
            return checks
        validity = check_validity(own.document, now=case.now, clock_skew_seconds=self._skew)
        return (*checks, self._check_status(own), validity)

    def _judge_entitlement(self, case: _Case, entitlement: Secured) -> tuple[Check, ...]:
        own = replace(case, secured=entitlement, binding=None)
        checks = (check_structure(own.document), self._check_proof(own))
        return (*checks, self._check_status(own)) if checks[-1].outcome is Outcome.PASSED else checks

    def _verify_nested(self, case: _Case) -> tuple[tuple[Verified, ...], tuple[Check, ...]]:
        """Verify the credentials inside, with a check for each."""
        held = nested_of(case.document)
        if not held:
            return (), ()
        if case.around.depth >= MAX_DEPTH:
            return (), (too_deep(),)
        around = replace(case.around, depth=case.around.depth + 1, may_refresh=False)
        within = tuple(
            self.verify_within(value, around, now=case.now) for value in around.work_budget.take(held)
        )
        found = [(item.document, item.result) for item in within]
        return within, check_nested(found, len(held), spec=IN_RECORD)
