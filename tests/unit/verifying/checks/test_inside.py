"""How a credential inside another is told, and what becomes of that when more is known of it."""

from __future__ import annotations

from credserv.ground.verification import Check, Outcome, VerificationResult
from credserv.openbadges.sandbox import mark_profile
from credserv.verifying.checks.nested import check_nested, renew_nested
from credserv.verifying.checks.sandbox import NAME, check_sandbox, from_sandbox
from tests.unit.verifying.checks.test_nested import ALICE, plain, record, told, verify

PROVEN = Check("proof", Outcome.PASSED, "Proven.")
SCHEMA = Check("schema", Outcome.FAILED, "Breaks the schema.", required=False, code="schema-faults")
UNSURE = Check("schema", Outcome.UNKNOWN, "No schema.", required=False, code="unavailable")
ENDED = Check("validity", Outcome.FAILED, "It has expired.", code="expired")
OPEN = Check("status", Outcome.UNKNOWN, "No answer.", code="unreached")
DOCUMENT = {"id": "urn:1", "issuer": "did:example:1"}


def told_of(*checks: Check, **document: object) -> Check:
    (check,) = check_nested([(DOCUMENT | document, VerificationResult(checks))], 1, spec="s")
    assert (check.name, check.spec) == ("credential", "s")
    return check


def test_it_is_told_by_the_first_thing_that_decides() -> None:
    check = told_of(SCHEMA, PROVEN, ENDED, OPEN)
    assert (check.outcome, check.code) == (Outcome.FAILED, "expired")
    assert check.reason == "Credential 1 does not hold: It has expired."
    check = told_of(UNSURE, PROVEN, OPEN)
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, "unreached")
    assert check.reason == "Credential 1 could not be checked: No answer."
    assert told_of(UNSURE, PROVEN).outcome is Outcome.PASSED
    assert told_of(SCHEMA).reason == "Credential 1 does not hold: It carries no proof that was verified."


def test_what_it_is_called() -> None:
    assert told_of(PROVEN).data == {"number": 1, "id": "urn:1", "issuer": "did:example:1"}
    assert told_of(PROVEN, id=7, issuer=7).data == {"number": 1, "id": None, "issuer": None}


def test_what_was_not_looked_at_is_told() -> None:
    found = [(DOCUMENT, VerificationResult((PROVEN,)))]
    assert len(check_nested(found, 1, spec="s")) == 1
    last = check_nested(found, 2, spec="s")[-1]
    assert (last.outcome, last.code) == (Outcome.UNKNOWN, "too-large")
    assert last.reason == "Only the first 1 credentials were looked at."


def test_what_was_taken_back_since_is_told_anew_and_all_else_stays() -> None:
    good, bad = VerificationResult((PROVEN,)), VerificationResult((PROVEN, ENDED))
    before = [
        PROVEN,
        *check_nested([(DOCUMENT, good), (DOCUMENT, good), (DOCUMENT, bad)], 4, spec="s"),
        Check("credential", Outcome.PASSED, "Without a number."),
        Check("other", Outcome.PASSED, "", data={"number": 1}),
    ]
    after = renew_nested(before, [(DOCUMENT, good), (DOCUMENT, bad), (DOCUMENT, good)])
    assert [check.outcome for check in after] == [
        Outcome.PASSED, Outcome.PASSED, Outcome.FAILED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED,
        Outcome.PASSED,
    ]  # fmt: skip
    assert (after[2].code, after[2].spec, after[2].data["number"]) == ("expired", "s", 2)
    assert [*after[:2], *after[3:]] == [*before[:2], *before[3:]]


def test_records_are_looked_into_three_deep() -> None:
    held = plain(ALICE)
    for depth in range(3):
        held = record(held, id=f"urn:uuid:{depth}")
    whole = verify(held)
    assert whole.result.verified, whole.result.checks
    deeper = verify(record(held, id="urn:uuid:3"))
    assert deeper.result.unknown
    for _ in range(3):
        (deeper,) = deeper.within
    assert (deeper.within, told(deeper)[0].code) == ((), "too-large")
    assert told(deeper)[0].outcome is Outcome.UNKNOWN


def test_what_a_sandbox_issued_proves_nothing() -> None:
    made = from_sandbox()
    assert (made.name, made.outcome, made.code, made.required) == (NAME, Outcome.FAILED, "sandbox", True)
    assert check_sandbox(DOCUMENT) == ()
    marked = DOCUMENT | {"issuer": mark_profile({"id": "did:example:1", "name": "School"})}
    assert check_sandbox(marked) == (made,)
