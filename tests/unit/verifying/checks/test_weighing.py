"""What an endorsement weighs, at each bound, and what is told of one that does not hold: nothing is signed
here, since who judges proofs is a part of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from credserv.accreditation.endorsing import RECEIVED_WITHIN, Weight
from credserv.ground.encoding import format_instant
from credserv.ground.errors import UnavailableError
from credserv.ground.verification import Check, Outcome
from credserv.openbadges.endorsement import ACCREDITOR, CARRIED, ENDORSER, build_entitlement, carry
from credserv.verifying.checks.endorsements import check_endorsements
from credserv.verifying.checks.entitlement import BEFORE_THE_BADGE, weigh, weigh_carried
from tests.testkit.proofs import NOW

OURS, DAN, ANN, BEN = "did:web:ours.example", "did:key:dan", "did:key:ann", "did:key:ben"
MOMENT = timedelta(seconds=1)
BADGE: dict[str, Any] = {
    "id": "urn:badge",
    "issuer": OURS,
    "validFrom": format_instant(NOW),
    "credentialSubject": {"id": DAN, "achievement": {"id": "urn:achievement"}},
}
GOOD = [Check("structure", Outcome.PASSED, ""), Check("proof", Outcome.PASSED, "")]
UNREACHED = Check("status", Outcome.UNKNOWN, "no answer", code="unavailable")


def entitlement(by: str = OURS, holder: str = ANN, kind: str = ENDORSER, **changes: Any) -> dict[str, Any]:
    made = build_entitlement(
        identifier="urn:entitlement",
        issuer=by,
        holder=holder,
        programme="https://ours.example/mentor",
        competencies=["feedback"],
        valid_from=NOW - timedelta(days=500),
        valid_until=NOW + timedelta(days=500),
        status=None,
        kind=kind,
    )
    return made | changes


def praise(*held: Any, by: str = ANN, of: str = "urn:badge", at: datetime | None = NOW) -> dict[str, Any]:
    """held: items of evidence; of none, an entitlement by the badge's issuer."""
    evidence = list(held) or [carry(entitlement(holder=by), "feedback")]
    return {
        "id": "urn:praise",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": by,
        "credentialSubject": {"id": of},
        "evidence": evidence,
        **({"validFrom": format_instant(at)} if at else {}),
    }


def weight(
    endorsement: dict[str, Any],
    *,
    badge: dict[str, Any] = BADGE,
    signed_at: object = None,
    counted: frozenset[str] = frozenset(),
    checks: Sequence[Check] = GOOD,
) -> tuple[Weight, str]:
    made = weigh(badge, endorsement, signed_at=signed_at, counted=counted, judge=lambda _: checks)
    assert made.counts is made.facts["counts"] is (made.weight is Weight.COUNTS)
    assert made.facts["stated"] == endorsement.get("validFrom")
    return made.weight, made.said


@pytest.mark.parametrize(
    ("endorsement", "weighed"),
    [
        (praise(), Weight.COUNTS),
        (praise(by=DAN), Weight.SELF),
        (praise(by=OURS), Weight.CONFLICT),
        (praise(of="urn:achievement"), Weight.OUT_OF_SCOPE),
        (praise(at=None), Weight.BACKDATED),
        (praise(at=NOW - BEFORE_THE_BADGE), Weight.COUNTS),
        (praise(at=NOW - BEFORE_THE_BADGE - MOMENT), Weight.BACKDATED),
    ],
)
def test_by_whom_of_what_and_when_it_is(endorsement: dict[str, Any], weighed: Weight) -> None:
    assert weight(endorsement)[0] is weighed


def test_a_badge_counts_from_when_it_was_awarded() -> None:
    awarded = BADGE | {"awardedDate": format_instant(NOW + 2 * BEFORE_THE_BADGE)}
    assert weight(praise(), badge=awarded) == (Weight.BACKDATED, "dated it long before the badge")
    undated = {name: value for name, value in BADGE.items() if name != "validFrom"}
    assert weight(praise(at=NOW - timedelta(days=400)), badge=undated)[0] is Weight.COUNTS


@pytest.mark.parametrize("sign", [1, -1])
def test_its_own_date_is_that_of_its_signature_within_a_day(sign: int) -> None:
    for apart, weighed in ((RECEIVED_WITHIN, Weight.COUNTS), (RECEIVED_WITHIN + MOMENT, Weight.BACKDATED)):
        assert weight(praise(), signed_at=format_instant(NOW + sign * apart))[0] is weighed
    assert weight(praise(), signed_at=7)[0] is Weight.COUNTS


def test_one_more_of_somebody_is_told_as_what_is_wrong_with_it_else() -> None:
    counted = frozenset({ANN})
    assert weight(praise(), counted=counted)[0] is Weight.DUPLICATE
    assert weight(praise("none"), counted=counted)[0] is Weight.NOT_ACCREDITED
    assert weight(praise(by=BEN), counted=counted)[0] is Weight.COUNTS


@pytest.mark.parametrize(
    ("check", "weighed", "said"),
    [
        (Check("status", Outcome.FAILED, "", code="suspended"), Weight.SUSPENDED, "suspended since"),
        (Check("status", Outcome.FAILED, "", code="revoked"), Weight.REVOKED, "revoked since"),
        (Check("status", Outcome.FAILED, ""), Weight.REVOKED, "revoked since"),
        (Check("status", Outcome.SKIPPED, ""), Weight.COUNTS, ""),
        (UNREACHED, Weight.COUNTS, ""),
        (Check("proof", Outcome.FAILED, "Forged."), Weight.NOT_ACCREDITED, "does not hold: Forged."),
        (Check("proof", Outcome.UNKNOWN, "Away."), Weight.NOT_ACCREDITED, "does not hold: Away."),
        (Check("proof", Outcome.SKIPPED, ""), Weight.COUNTS, ""),
    ],
)
def test_what_entitles_is_judged_itself(check: Check, weighed: Weight, said: str) -> None:
    found, told = weight(praise(), checks=[*GOOD, check])
    assert found is weighed
    assert said in told


@pytest.mark.parametrize(
    ("dates", "weighed"),
    [
        ({"validFrom": format_instant(NOW)}, Weight.COUNTS),
        ({"validFrom": format_instant(NOW + MOMENT)}, Weight.NOT_ACCREDITED),
        ({"validFrom": None}, Weight.NOT_ACCREDITED),
        ({"validUntil": format_instant(NOW)}, Weight.LAPSED),
        ({"validUntil": format_instant(NOW + MOMENT)}, Weight.COUNTS),
        ({"validUntil": None}, Weight.COUNTS),
    ],
)
def test_it_entitled_on_the_day(dates: dict[str, str | None], weighed: Weight) -> None:
    held = {name: value for name, value in (entitlement() | dates).items() if value is not None}
    assert weight(praise(carry(held, "feedback")))[0] is weighed


SUBJECT = entitlement()["credentialSubject"]
FITTING = carry(entitlement(), "feedback")


@pytest.mark.parametrize(
    ("held", "weighed"),
    [
        ([FITTING | {"genre": "Essay"}], Weight.NOT_ACCREDITED),
        ([FITTING | {"id": 7}], Weight.NOT_ACCREDITED),
        ([FITTING | {"id": "https://ours.example/1"}], Weight.NOT_ACCREDITED),
        ([FITTING | {"id": FITTING["id"].removeprefix(CARRIED)}], Weight.NOT_ACCREDITED),
        ([FITTING | {"name": 7}], Weight.OUT_OF_SCOPE),
        ([FITTING | {"name": "planning"}], Weight.OUT_OF_SCOPE),
        (["text", 7, FITTING], Weight.COUNTS),
        (["text", 7, {}, FITTING], Weight.NOT_ACCREDITED),  # three are looked at
        ([FITTING | {"genre": "Essay"}, FITTING], Weight.COUNTS),
        ([carry(entitlement(BEN), "feedback"), FITTING], Weight.COUNTS),
        ([carry(entitlement(credentialSubject=[SUBJECT, SUBJECT]), "feedback")], Weight.NOT_ACCREDITED),
        ([carry(entitlement(credentialSubject=SUBJECT | {"id": BEN}), "feedback")], Weight.NOT_ACCREDITED),
        ([carry(entitlement(kind=ACCREDITOR), "feedback")], Weight.NOT_ACCREDITED),
        ([carry(entitlement(credentialSubject={"id": ANN}), "feedback")], Weight.NOT_ACCREDITED),
    ],
)
def test_what_is_looked_at_of_what_it_carries(held: list[Any], weighed: Weight) -> None:
    assert weight(praise(*held))[0] is weighed


def carried(*held: Any, checks: Sequence[Check] = GOOD, by: str = ANN) -> tuple[Weight, str]:
    return weigh_carried(
        praise(*held, by=by), trusts=lambda issuer, _: issuer == OURS, stated=NOW, judge=lambda _: checks
    )


def test_what_is_sent_in_counts_for_the_competency_that_it_is_carried_for() -> None:
    assert carried() == (Weight.COUNTS, "feedback")
    assert carried("none") == (Weight.NOT_ACCREDITED, "")
    with pytest.raises(UnavailableError, match="could not be looked up"):
        carried(checks=[*GOOD, UNREACHED])
    ended = carry(entitlement(validUntil=format_instant(NOW)), "feedback")
    assert carried(ended, checks=[*GOOD, UNREACHED]) == (Weight.LAPSED, "feedback")


def test_an_accreditor_carries_who_let_them_and_nobody_entitles_themselves() -> None:
    above = carry(entitlement(holder=BEN, kind=ACCREDITOR), "feedback", ACCREDITOR)
    assert carried(carry(entitlement(BEN, evidence=[above]), "feedback"))[0] is Weight.COUNTS
    assert carried(carry(entitlement(BEN), "feedback"))[0] is Weight.NOT_ACCREDITED
    assert carried(carry(entitlement(ANN), "feedback"))[0] is Weight.NOT_ACCREDITED
    assert weigh_carried(
        praise(carry(entitlement(ANN), "feedback")), trusts=lambda *_: True, stated=NOW, judge=lambda _: GOOD
    ) == (Weight.NOT_ACCREDITED, "")


# --- as checks ------------------------------------------------------------------------------------


def told(*endorsements: Any, checks: Sequence[Check] = GOOD) -> list[Check]:
    found = check_endorsements(
        BADGE | {"endorsement": list(endorsements)},
        judge=lambda _: checks,
        judge_entitlement=lambda _: GOOD,
    )
    assert not any(check.required for check in found)
    return list(found)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(Outcome.FAILED, "does not hold: Wrong."), (Outcome.UNKNOWN, "could not be checked: Wrong.")],
)
def test_an_endorsement_that_fell_through_is_told_from_one_that_was_not_judged(
    outcome: Outcome, said: str
) -> None:
    (check,) = told(praise(), checks=[*GOOD, Check("status", outcome, "Wrong.", code="why")])
    assert (check.outcome, check.code) == (outcome, "why")
    assert check.reason == f"The endorsement by {ANN} {said}"
    assert (check.data["id"], check.data["issuer"]) == ("urn:praise", ANN)


def test_when_it_was_signed_is_what_its_proof_says() -> None:
    then = format_instant(NOW + timedelta(days=3))
    proof, other = (Check(name, Outcome.PASSED, "", data={"created": then}) for name in ("proof", "status"))
    assert told(praise(), checks=[proof])[0].data["weight"] == "backdated"
    assert told(praise(), checks=[other])[0].data["weight"] == "counts"


@pytest.mark.parametrize(
    ("endorsement", "outcome", "code"),
    [
        (praise() | {"type": ["VerifiableCredential"]}, Outcome.FAILED, "invalid-input"),
        (praise(of="urn:elsewhere"), Outcome.FAILED, "endorses-other"),
        (praise(of=OURS), Outcome.PASSED, ""),
        (praise(of=DAN), Outcome.PASSED, ""),
        (praise(of="urn:achievement"), Outcome.PASSED, ""),
        (praise() | {"id": 7}, Outcome.PASSED, ""),
        ("a.b.c", Outcome.FAILED, "malformed-proof"),
    ],
)
def test_what_stands_where_an_endorsement_is(endorsement: Any, outcome: Outcome, code: str) -> None:
    (check,) = told(endorsement)
    assert (check.outcome, check.code) == (outcome, code)
    if outcome is Outcome.PASSED:
        named = endorsement["id"]
        assert check.data["id"] == (named if isinstance(named, str) else None)


def test_only_so_many_endorsements_are_looked_at() -> None:
    found = told(*[praise(by=f"did:key:{number}") for number in range(17)])
    assert len(found) == 17
    assert (found[-1].outcome, found[-1].code) == (Outcome.UNKNOWN, "too-large")
    assert len(told(*[praise(by=f"did:key:{number}") for number in range(16)])) == 16
    first, second = told(praise(), praise())
    assert (first.data["weight"], second.data["weight"]) == ("counts", "duplicate")
