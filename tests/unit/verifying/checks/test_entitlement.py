"""Whether an endorsement inside a badge counts: by what it carries, as of its date, with no host asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.openbadges.endorsement import ACCREDITOR, carry
from tests.testkit.endorsing import carrying, entitlement
from tests.testkit.proofs import badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list, status_entry

ALICE, DAN = issuer(1), issuer(3)  # the accreditor, and whose badge it is
ANN, BEN, CYD = issuer(11), issuer(12), issuer(13)
BADGE = badge(ALICE)["id"]


def told(*endorsements: dict[str, Any], hosts: Hosts | None = None) -> list[Check]:
    """What is told of them inside a badge of ALICE about DAN; whose verdict they never change."""
    document = badge(ALICE, endorsement=list(endorsements))
    document.pop("credentialStatus", None)
    document["credentialSubject"] = document["credentialSubject"] | {"id": DAN.did}
    result = (hosts or Hosts()).verify(ALICE.sign(document))
    assert result.verified
    return [check for check in result.checks if check.name == "endorsements"]


def weights(*endorsements: dict[str, Any], hosts: Hosts | None = None) -> list[object]:
    checks = told(*endorsements, hosts=hosts)
    assert {check.outcome for check in checks} == {Outcome.PASSED}
    for check in checks:
        assert ("It counts" in check.reason) is (check.data["weight"] == "counts") is check.data["counts"]
    return [check.data["weight"] for check in checks]


def without_proof(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def by(endorser: Any, **changes: Any) -> dict[str, Any]:
    return carrying(endorser, BADGE, entitlement(ALICE, endorser.did), **changes)


def test_it_counts_by_what_it_carries_and_no_host_is_asked() -> None:
    hosts = Hosts()
    (check,) = told(by(ANN), hosts=hosts)
    assert check.data["counts"] is True
    assert (check.data["entitled_by"], check.data["competency"]) == (ALICE.did, "feedback")
    assert hosts.asked == []


def test_attack_23_praise_by_whoever_has_a_key_does_not_count() -> None:
    """Row 2 of what was wrong: a stranger, the issuer, the holder, the same twice, long before the badge."""
    old = by(CYD, id="urn:x:6", validFrom="2020-03-14T09:00:00Z")
    signed_then = CYD.sign(
        without_proof(old) | {"id": "urn:x:7"}, created=datetime(2020, 3, 14, 9, tzinfo=UTC)
    )
    found = weights(
        endorsement(BEN, BADGE),
        endorsement(ALICE, BADGE, id="urn:x:2"),
        by(DAN, id="urn:x:3"),
        by(ANN, id="urn:x:4"),
        by(ANN, id="urn:x:5"),
        old,
        signed_then,
    )
    assert found == ["not-accredited", "conflict", "self", "counts", "duplicate", "backdated", "backdated"]


@pytest.mark.parametrize(
    ("held", "weight"),
    [
        (lambda: entitlement(BEN, ANN.did), "not-accredited"),  # by somebody who accredits nobody
        (lambda: entitlement(ANN, ANN.did), "not-accredited"),  # by the endorser
        (lambda: entitlement(ALICE, BEN.did), "not-accredited"),  # of somebody else
        (lambda: entitlement(ALICE, ANN.did) | {"validUntil": "2030-01-01T00:00:00Z"}, "not-accredited"),
        (lambda: entitlement(ALICE, ANN.did, kind="Course"), "not-accredited"),  # another badge of theirs
        (lambda: entitlement(ALICE, ANN.did, validFrom="2026-03-15T00:00:00Z"), "not-accredited"),
        (lambda: entitlement(ALICE, ANN.did, validUntil="2026-03-14T09:00:00Z"), "lapsed"),
    ],
    ids=["stranger", "own", "another's", "changed", "another-badge", "not-yet", "lapsed"],
)
def test_attack_23_an_entitlement_that_is_none(held: Any, weight: str) -> None:
    assert weights(carrying(ANN, BADGE, held())) == [weight]


def test_attack_23_an_entitlement_for_something_else() -> None:
    held = entitlement(ALICE, ANN.did)
    assert weights(carrying(ANN, BADGE, held, competency="planning")) == ["out-of-scope"]


def test_revocation_is_told_as_of_now_and_its_list_out_of_reach_hides_nothing() -> None:
    held = entitlement(ALICE, ANN.did, credentialStatus=status_entry(3))
    given = carrying(ANN, BADGE, held)
    revoked = Hosts({STATUS_URL: signed_list(ALICE, 3)})
    assert weights(given, hosts=revoked) == ["revoked"]
    in_force = Hosts({STATUS_URL: signed_list(ALICE, 4)})
    (check,) = told(given, hosts=in_force)
    assert check.data["counts"] is True
    assert "revocation" not in check.data
    (check,) = told(given)
    assert (check.data["counts"], check.data["revocation"]) == (True, "could not be looked up")


def test_an_accreditor_of_an_accreditor_counts_three_deep_and_no_deeper() -> None:
    def chain(depth: int) -> dict[str, Any]:
        """ANN is entitled by BEN, who is by CYD and so on, the last by ALICE."""
        above, held = ALICE, None
        for one in [issuer(20 + number) for number in range(depth - 1)]:
            evidence = {} if held is None else {"evidence": [carry(held, "feedback", ACCREDITOR)]}
            held = entitlement(above, one.did, kind=ACCREDITOR, **evidence)
            above = one
        evidence = {} if held is None else {"evidence": [carry(held, "feedback", ACCREDITOR)]}
        return carrying(ANN, BADGE, entitlement(above, ANN.did, **evidence))

    assert [weights(chain(depth))[0] for depth in (1, 2, 3, 4)] == [*["counts"] * 3, "not-accredited"]


def test_attack_23_an_endorser_does_not_make_endorsers() -> None:
    own = entitlement(ALICE, BEN.did)  # entitles BEN to endorse, and not to entitle
    handed_on = entitlement(BEN, ANN.did, evidence=[carry(own, "feedback", ACCREDITOR)])
    assert weights(carrying(ANN, BADGE, handed_on)) == ["not-accredited"]


def test_nothing_is_fetched_for_the_word_of_a_stranger() -> None:
    stranger = entitlement(BEN, ANN.did, credentialStatus=status_entry(3, url="https://evil.example/list"))
    forged = entitlement(ALICE, ANN.did, credentialStatus=status_entry(3, url="https://evil.example/list"))
    forged["credentialSubject"] = forged["credentialSubject"] | {"role": "changed"}
    hosts = Hosts()
    assert weights(carrying(ANN, BADGE, stranger), carrying(CYD, BADGE, forged, id="urn:x:9"), hosts=hosts)
    assert hosts.asked == []


def test_bytes_that_are_no_entitlement_are_none() -> None:
    for text in ("!", "bm8=", "e30=", "W10="):
        evidence = [{**carry({}, "feedback"), "id": f"data:application/vc;base64,{text}"}]
        assert weights(endorsement(ANN, BADGE, evidence=evidence)) == ["not-accredited"]


def test_a_badge_whose_dates_cannot_be_read_is_judged_all_the_same() -> None:
    """Some issuers write a day where an instant is asked."""
    document = badge(ALICE, endorsement=[by(ANN)], awardedDate="2026-03-14")
    document.pop("credentialStatus", None)
    result = Hosts().verify(ALICE.sign(document))
    assert [check.data["weight"] for check in result.checks if check.name == "endorsements"] == ["counts"]
