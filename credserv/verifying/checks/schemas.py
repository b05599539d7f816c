"""Check a credential against the official JSON Schema of its kind and every schema it declares.

Open Badges 3.0, Appendix F; VC Data Model 2.0, section 4.11; VC JSON Schema 1.0; 1EdTech JSON Schema
Validator 2019. Reported apart from authenticity, and nothing depends on it: half of the genuine credentials
break the official schema. A bundled schema is read from its file; others are fetched only for a document that
was proven, and run in a process of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import (
    CredservError,
    Fault,
    InputError,
    TooComplexError,
    TooLargeError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.ground.verification import NO_FACTS, Check, Fact, Outcome, sentence
from credserv.openbadges.data_model import fits_digest, listed, subjects_of, types_of
from credserv.openbadges.foreign_schema import CPU_SECONDS, DRAFT_2019_09, DRAFT_2020_12
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.structure import join_faults
from credserv.verifying.checks.proof import Secured, open_secured
from credserv.verifying.work_budget import MAX_SCHEMAS, WorkBudget

OFFICIAL = "Open Badges 3.0, Appendix F"
DECLARED = "VC Data Model 2.0, 4.11"
MAX_SCHEMA_BYTES = 262_144
_DEADLINE_SECONDS = 10.0  # wall clock, for a busy machine; the process itself has CPU_SECONDS
_MAX_DEPTH = 64
_DRAFTS = {
    "1EdTechJsonSchemaValidator2019": DRAFT_2019_09,
    "JsonSchema": DRAFT_2020_12,
    "JsonSchemaCredential": DRAFT_2020_12,
}
_DIGESTS = ("digestSRI", "digestMultibase")
_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class SchemaChecker:
    """Checks documents against schemas.

    Attributes:
        fetch: None for a document that was not proven, so that its addresses are not fetched.
        work_budget: of the whole verification.
        prove: verifies the proof of a credential by its own issuer; raises as `verify_proofs`.
    """

    schemas: CredentialSchemas
    fetch: Fetcher | None
    work_budget: WorkBudget
    prove: Callable[[Secured], object]

    def check(self, document: JsonObject) -> tuple[Check, ...]:
        """Return one check for the official schema and one for each other schema declared."""
        official = self.schemas.schema_of(document)
        if "credentialSchema" not in document:
            return (self._check_official(document, official, declared=False),)
        entries = [item for item in listed(document["credentialSchema"]) if isinstance(item, Mapping)]
        others = [item for item in entries if not self._is_carried(item, official)]
        checks = [self._check_declared(document, item) for item in others[:MAX_SCHEMAS]]
        if official is not None or not checks:
            declared = len(others) < len(entries)
            checks.insert(0, self._check_official(document, official, declared=declared))
        if len(others) > MAX_SCHEMAS:
            reason = f"Only the first {MAX_SCHEMAS} schemas that it declares were looked at."
            checks.append(_told(Outcome.UNKNOWN, reason, TooLargeError.code))
        return tuple(checks)

    def _check_official(self, document: JsonObject, url: str | None, *, declared: bool) -> Check:
        if url is None:
            reason = "There is no official schema for a credential of this type."
            return _told(Outcome.SKIPPED, reason, spec=OFFICIAL)
        facts: dict[str, Fact] = {"schema": url, "declared": declared}
        faults = self.schemas.check_against(url, document)
        return _of_faults(faults, "the official schema", facts, OFFICIAL)

    def _check_declared(self, document: JsonObject, entry: JsonObject) -> Check:
        url, kind = entry.get("id"), next((name for name in _DRAFTS if name in types_of(entry)), None)
        facts: dict[str, Fact] = {
            "schema": url if isinstance(url, str) else None,
            "kind": kind or ", ".join(sorted(types_of(entry))),
            "declared": True,
        }
        if kind is None or not isinstance(url, str):
            reason = "It declares a schema of a kind that is not known here."
            return _told(Outcome.UNKNOWN, reason, "unsupported-schema", facts)
        if self._is_carried(entry, url):
            return _of_faults(self.schemas.check_against(url, document), "a schema that it declares", facts)
        if self.fetch is None:
            return _told(Outcome.SKIPPED, "Not checked: the proof did not pass.", data=facts)
        try:
            self.work_budget.take_schema()
            raw = self.fetch.get(url, accept="application/json, */*", max_bytes=MAX_SCHEMA_BYTES).body
            if not _fits(entry, raw):
                reason = "A schema that it declares is not the one that its issuer meant, by its digest."
                return _told(Outcome.FAILED, reason, "digest-mismatch", facts)
            schema = self._open_credential(raw) if kind == "JsonSchemaCredential" else _parse(raw)
            faults = run_foreign(document, schema, _DRAFTS[kind])
        except CredservError as error:
            reason = f"It could not be compared with a schema that it declares: {error.detail}"
            return _told(Outcome.UNKNOWN, sentence(reason), error.code, facts)
        return _of_faults(faults, "a schema that it declares", facts)

    def _is_carried(self, entry: JsonObject, url: str | None) -> bool:
        """Return whether an entry declares the schema at `url` and that schema is bundled in the declared
        draft."""
        if url is None or entry.get("id") != url or not types_of(entry) & _DRAFTS.keys():
            return False
        content = self.schemas.content(url)
        return content is not None and _fits(entry, content)

    def _open_credential(self, raw: bytes) -> JsonObject:
        """Return the schema in a `JsonSchemaCredential` (VC JSON Schema 1.0), a schema signed by its
        issuer as a credential."""
        text = raw.strip()
        value = text.decode("ascii", "replace") if text[:1] != b"{" else _parse(raw)
        secured = open_secured(value)
        if "JsonSchemaCredential" not in types_of(secured.document):
            raise InputError("what stands there is not a JsonSchemaCredential")
        self.prove(secured)
        found = [subject.get("jsonSchema") for subject in subjects_of(secured.document)]
        if len(found) != 1 or not isinstance(found[0], Mapping):
            raise InputError("the credential there does not hold one schema")
        return found[0]


def run_foreign(document: JsonObject, schema: JsonObject, draft: str) -> tuple[Fault, ...]:
    """Return what somebody else's schema finds wrong.

    Raises:
        InputError: the schema cannot be used.
        TooComplexError: it exceeds its limits.
        UnavailableError: too many schemas are running.
    """
    asked = json.dumps({"document": document, "schema": schema, "draft": draft}).encode()
    if not _AT_ONCE.acquire(timeout=CPU_SECONDS):
        raise UnavailableError("too many schemas are being run just now")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "credserv.openbadges.foreign_schema"],
            input=asked,
            capture_output=True,
            timeout=_DEADLINE_SECONDS,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise TooComplexError("running the schema takes too long, or too much memory") from error
    finally:
        _AT_ONCE.release()
    if "unusable" in answer:
        raise InputError(answer["unusable"])
    return tuple(Fault(place, message) for place, message in answer["faults"])


def _parse(raw: bytes) -> JsonObject:
    value = parse_json(raw, max_bytes=MAX_SCHEMA_BYTES, max_depth=_MAX_DEPTH)
    if not isinstance(value, Mapping):
        raise InputError("what stands there is no JSON Schema")
    return value


def _fits(entry: JsonObject, content: bytes) -> bool:
    return all(fits_digest(entry[name], content) for name in _DIGESTS if name in entry)


def _of_faults(
    faults: tuple[Fault, ...], what: str, facts: Mapping[str, Fact], spec: str = DECLARED
) -> Check:
    if not faults:
        return _told(Outcome.PASSED, f"It follows {what}.", data=facts, spec=spec)
    facts = {**facts, "faults": len(faults)}
    return _told(Outcome.FAILED, f"It breaks {what}: {join_faults(faults)}.", "schema-faults", facts, spec)


def _told(
    outcome: Outcome, reason: str, code: str = "", data: Mapping[str, Fact] = NO_FACTS, spec: str = DECLARED
) -> Check:
    return Check("schema", outcome, reason, spec, required=False, code=code, data=data)
