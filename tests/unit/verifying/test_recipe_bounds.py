"""What the recipe does where its caller names nothing beside what it must."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.openbadges.display import read_display
from credserv.openbadges.subject import check_subject
from credserv.verifying import recipe
from credserv.verifying.checks.nested import MAX_DEPTH
from credserv.verifying.checks.proof import open_secured, prove
from credserv.verifying.surroundings import Resolvers, Surroundings
from tests.testkit.endorsing import entitlement
from tests.testkit.proofs import NOW, OB3, V2, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry, verifier
from tests.unit.verifying.checks.test_nested import CLR, plain, record, told, verify
from tests.unit.verifying.checks.test_refresh import OB_EXTENSIONS, SERVICE

ALICE, MALLORY = issuer(1), issuer(2)


def reach(hosts: Hosts) -> Resolvers:
    whole = hosts.resolvers
    return Resolvers(whole.resolve_did, whole.fetch, whole.own_status_list)


def test_without_more_nobody_keeps_lists_for_others_and_nothing_is_pinned() -> None:
    hosts = Hosts({STATUS_URL: signed_list(MALLORY)})
    result = verifier().verify_credential(ALICE.sign(badge(ALICE)), now=NOW, resolvers=reach(hosts))
    status = result.check("status")
    assert status is not None
    assert (status.outcome, status.code) == (Outcome.UNKNOWN, "status-list-by-another")
    signed = ALICE.sign(badge(ALICE))
    strange = signed | {"@context": [*signed["@context"], "https://school.example/context.json"]}
    proof = verifier().verify_credential(strange, now=NOW, resolvers=reach(hosts)).check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (Outcome.UNKNOWN, "unknown-context")


@pytest.mark.parametrize("given", [7, None, [], b"{}"])
def test_what_is_neither_text_nor_object_is_no_credential(given: Any) -> None:
    verified = verifier().verify_secured(given, now=NOW, resolvers=reach(Hosts()))
    assert (verified.document, verified.result.verified) == ({}, False)
    assert verified.result.checks[0].code == "invalid-input"


def entitled(hosts: Hosts, **changes: Any) -> dict[str, Check]:
    held = entitlement(ALICE, MALLORY.did, credentialStatus=status_entry(3)) | changes
    found = verifier().judge_entitlement(open_secured(held), now=NOW, resolvers=reach(hosts))
    return {check.name: check for check in found}


def test_what_entitles_an_endorser_is_judged_by_form_proof_and_status() -> None:
    good = entitled(Hosts({STATUS_URL: signed_list(ALICE)}))
    assert {name: check.outcome for name, check in good.items()} == dict.fromkeys(
        ("structure", "proof", "status"), Outcome.PASSED
    )
    assert entitled(Hosts({STATUS_URL: signed_list(ALICE, 3)}))["status"].code == "revoked"
    forged = entitled(Hosts(), name="Changed")
    assert (list(forged), forged["proof"].outcome) == (["structure", "proof"], Outcome.FAILED)


def test_a_list_is_proven_once_as_long_as_nothing_about_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    proven: list[Any] = []

    def counted(secured: Any, **around: Any) -> Any:
        proven.append(secured.document["id"])
        return prove(secured, **around)

    monkeypatch.setattr(recipe, "prove", counted)
    url = "https://badges.example/status/once"
    document = ALICE.sign(badge(ALICE, credentialStatus=status_entry(url=url)))
    hosts = Hosts({url: signed_list(ALICE, url=url)})
    for _ in range(2):
        assert hosts.verify(document).verified
    assert proven == [document["id"], url, document["id"]]


def test_what_is_not_in_force_inside_a_newer_version_does_not_keep_it_back() -> None:
    """It is judged for worse, too."""
    service = {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    named = {"refreshService": service, "@context": [V2, CLR, OB3, OB_EXTENSIONS]}
    early = plain(MALLORY, validFrom="2026-04-01T00:00:00Z", validUntil=None)
    later = record(early, validFrom="2026-03-14T09:10:00Z", **named)
    verified = verify(record(plain(MALLORY), **named), Hosts({SERVICE: later}))
    assert verified.document["validFrom"] == "2026-03-14T09:10:00Z"
    assert told(verified)[0].code == "not-yet-valid"


def test_what_follows_from_a_document_alone_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says, for those who show it and nobody else; what its schema says of it, unless that is
    fetched."""
    done: list[tuple[str, Any]] = []

    def counting(name: str, function: Any) -> None:
        def counted(document: Any, *more: Any) -> Any:
            done.append((name, document["id"]))
            return function(document, *more)

        monkeypatch.setattr(recipe, name, counted)

    counting("read_display", read_display)
    counting("check_subject", check_subject)
    document = plain(ALICE, id="https://badges.example/credentials/once")
    foreign = plain(
        ALICE,
        id="https://badges.example/credentials/foreign",
        credentialSchema={"id": "https://schemas.example/1", "type": "JsonSchema"},
        **{"@context": [V2, OB3, OB_EXTENSIONS]},
    )
    hosts = Hosts()
    found = [
        verifier().verify_secured(one, now=NOW, resolvers=hosts.resolvers)
        for one in (document, document, foreign, foreign)
    ]
    assert all(one.result.verified for one in found)
    first, other = document["id"], foreign["id"]
    assert done == [("check_subject", one) for one in (first, other, other)]
    done.clear()
    assert [one.display and one.display.name for one in found] == ["Mentor"] * 4
    assert done == [("read_display", first), ("read_display", other)]


def test_what_holds_no_other_credential_is_never_too_deep() -> None:
    hosts, signed = Hosts({STATUS_URL: signed_list(ALICE)}), ALICE.sign(badge(ALICE))
    found = [
        verifier().verify_within(signed, Surroundings(hosts.resolvers.bounded(), depth=depth), now=NOW)
        for depth in (0, MAX_DEPTH)
    ]
    assert all(one.result.verified for one in found)
    assert found[0].result.checks == found[1].result.checks
