"""Row F5 of found.md: shown is what was signed, for every leaf and every change that keeps the signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any
from zlib import crc32

import pytest

from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError
from credserv.ground.verification import Outcome
from credserv.openbadges.display import build_display
from credserv.openbadges.structure import issuer_of
from credserv.verifying.checks.recipient import check_recipient
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import NOW, badge, issuer, replaced
from tests.testkit.proofs import verify as verify_proofs
from tests.testkit.spellings import Respelt, at, respellings
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list, verifier

ALICE, BOB = issuer(1), issuer(2)
BASE = "https://badges.example"
SCORE = f"{BASE}/achievements/mentor/versions/1#score"


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    document = badge(ALICE)
    change(document)
    return document


def achievement(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["credentialSubject"]["achievement"]
    return found


def about_a_did(document: dict[str, Any]) -> None:
    document["credentialSubject"] |= {"id": "did:example:holder"}
    document["awardedDate"] = "2026-03-13T00:00:00Z"


def with_levels(document: dict[str, Any]) -> None:
    """A rubric whose levels are named from a result and from the description itself."""
    achievement(document)["resultDescription"] = [
        {
            "id": SCORE,
            "type": ["ResultDescription"],
            "name": "Mastery",
            "resultType": "RubricCriterionLevel",
            "requiredLevel": f"{SCORE}-2",
            "rubricCriterionLevel": [
                {
                    "id": f"{SCORE}-{number}",
                    "type": ["RubricCriterionLevel"],
                    "name": name,
                    "level": str(number),
                }
                for number, name in enumerate(("Seen", "Able"), 1)
            ],
        }
    ]
    document["credentialSubject"]["result"] = [
        {
            "type": ["Result"],
            "resultDescription": SCORE,
            "achievedLevel": f"{SCORE}-2",
            "status": "Completed",
        }
    ]


def with_evidence(document: dict[str, Any]) -> None:
    document["evidence"] = [
        {"id": f"{BASE}/evidence/1", "type": ["Evidence"], "name": "Recording", "narrative": "An hour."}
    ]
    document["image"] = {"id": f"{BASE}/images/2.png", "type": "Image"}
    document["description"] = "For mentors."


def by_its_creator(document: dict[str, Any]) -> None:
    """Issuer and creator are one node, in two places."""
    achievement(document)["creator"] = {"id": ALICE.did, "type": ["Profile"], "name": "Example Academy"}


def by_its_subject(document: dict[str, Any]) -> None:
    document["credentialSubject"] |= {"id": ALICE.did}


def named_issuer(document: dict[str, Any]) -> None:
    document["issuer"] = ALICE.did
    achievement(document)["creator"] = {"id": ALICE.did, "type": ["Profile"], "name": "Example Academy"}


def in_languages(document: dict[str, Any]) -> None:
    document["name"] = [{"@value": "Mentor", "@language": "en"}, {"@value": "Mentorin", "@language": "de"}]


def endorsed(document: dict[str, Any]) -> None:
    document["endorsement"] = [endorsement(BOB, achievement(document)["id"])]
    document["@context"] = [*document["@context"]]


def old_model(document: dict[str, Any]) -> None:
    document["@context"] = ["https://www.w3.org/2018/credentials/v1", document["@context"][1]]
    document["issuanceDate"] = document.pop("validFrom")
    document["expirationDate"] = document.pop("validUntil")
    document["@context"].append("https://w3id.org/security/data-integrity/v2")
    del document["credentialStatus"]


def a_file_by_digest(document: dict[str, Any]) -> None:
    document["relatedResource"] = [{"id": f"{BASE}/file", "digestSRI": "sha256-" + "A" * 43 + "="}]


SHAPES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "usual": lambda document: None,
    "about a DID": about_a_did,
    "levels": with_levels,
    "evidence": with_evidence,
    "its creator": by_its_creator,
    "its subject": by_its_subject,
    "named issuer": named_issuer,
    "languages": in_languages,
    "endorsed": endorsed,
    "data model 1.1": old_model,
    "resource": a_file_by_digest,
    "one tag": lambda document: achievement(document).update(tag=["mentoring"]),
}


def verify(document: Any) -> Verified:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    return verifier().verify_secured(document, now=NOW, resolvers=hosts.resolvers)


def shown(verified: Verified) -> dict[str, Any]:
    """Everything that pages, reports, letters and tables take from a document, and what is decided by it."""
    document = verified.document
    display = build_display(document)
    known = ("holder@example.org", "did:example:holder", ALICE.did)
    decided = {"status", "validity", "subject", "recipient", "structure", "resources"}
    return {
        "display": display,
        "issuer": issuer_of(document),
        "from": format_instant(display.valid_from) if display.valid_from else "",
        "recipient": [check_recipient(document, who).outcome for who in known],
        "checks": [
            (made.name, made.outcome, made.code) for made in verified.result.checks if made.name in decided
        ],
        "endorsed": [made.outcome for made in verified.result.checks if made.name == "endorsements"],
    }


def changes(shape: str, signed: dict[str, Any]) -> Iterator[Respelt]:
    """Each that the shape alone has; of those that all have, each in the usual one and a third in others."""
    usual = {one.name for one in respellings(changed(SHAPES["usual"]))} if shape != "usual" else set()
    for one in respellings(signed):
        if one.name not in usual or crc32(f"{shape} {one.name}".encode()) % 3 == 0:
            yield one


@pytest.mark.parametrize("shape", SHAPES)
def test_found_f5_what_keeps_the_signature_shows_the_same(shape: str) -> None:
    signed = ALICE.sign(changed(SHAPES[shape]))
    verified = verify(signed)
    assert verified.result.passed("proof"), verified.result.checks
    expected = shown(verified)
    kept, wrong = 0, []
    for respelt in changes(shape, signed):
        try:
            verify_proofs(respelt.document, controller=ALICE.did)
        except CredservError:
            continue
        found = verify(respelt.document)
        made = {check.name: check.outcome for check in found.result.checks}
        if made.get("proof") is not Outcome.PASSED or made.get("structure") is Outcome.FAILED:
            assert not found.result.verified
            continue
        kept += 1
        now = shown(found)
        # An endorsement is a credential of its own: one that was changed is told as one that does not hold.
        if all(outcome is not Outcome.PASSED for outcome in now["endorsed"]):
            now["endorsed"] = expected["endorsed"]
        if now != expected and found.result.verified:
            wrong.append(respelt.name)
    assert not wrong
    assert kept > 10  # the generator finds changes that are none to a signature


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("credentialSubject", "result", 0, "value"), ["12"]),
        (("credentialSubject", "result", 0, "status"), ["Failed"]),
    ],
    ids=["value", "status"],
)
def test_found_f5_as_it_was_found(steps: tuple[Any, ...], value: list[str]) -> None:
    document = badge(ALICE)
    result = document["credentialSubject"]["result"][0]
    result[steps[-1]] = value[0]
    signed = ALICE.sign(document)
    expected = build_display(signed)
    place = signed["credentialSubject"]["result"][0]
    place[steps[-1]] = value
    assert verify(signed).result.passed("proof")
    assert build_display(signed) == expected
    assert expected.results[0].value == "12" or expected.results[0].status == "Failed"


def two_levels(document: dict[str, Any]) -> None:
    with_levels(document)
    (result,) = document["credentialSubject"]["result"]
    document["credentialSubject"]["result"] = [result, {**result, "achievedLevel": f"{SCORE}-1"}]


def two_of_each(document: dict[str, Any]) -> None:
    """Where one is shown, and nothing says which."""
    achievement(document).update(
        criteria=[{"narrative": "Hard."}, {"narrative": "Easy."}],
        image=[{"id": f"{BASE}/images/{number}.png", "type": "Image"} for number in (1, 2)],
        name=[{"@value": "Mentorin", "@language": "de"}, {"@value": "Mentor", "@language": "en-GB"}],
        achievementType=["Certification", "Badge"],
    )
    document["issuer"]["url"] = [BASE, f"{BASE}/about"]
    document["evidence"] = [{"type": ["Evidence"], "narrative": text} for text in ("An hour.", "A day.")]
    identifier = document["credentialSubject"]["identifier"]
    document["credentialSubject"]["identifier"] = [
        *identifier,
        {**identifier[0], "identityHash": "sha256$00"},
    ]


def arrays(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every array that has an order, proofs and contexts left out."""
    if isinstance(value, list) and len(value) > 1:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in items:
        if step not in ("proof", "@context"):
            yield from arrays(member, (*path, step))


def unordered(value: Any) -> Any:
    """What is shown, with every list as a set: which, and not in which order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: unordered(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {name: unordered(member) for name, member in value.items()}
    return sorted(map(unordered, value), key=repr) if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize(
    "shape", [*SHAPES.values(), two_levels, two_of_each], ids=lambda shape: shape.__name__
)
def test_found_f5_the_order_of_an_array_is_not_signed_and_decides_nothing(
    shape: Callable[[dict[str, Any]], Any],
) -> None:
    signed = ALICE.sign(changed(shape))
    expected = unordered(shown(verify(signed)))
    for path in arrays({name: member for name, member in signed.items() if name != "endorsement"}):
        turned = replaced(signed, path, list(reversed(at(signed, path))))
        found = verify(turned)
        assert found.result.passed("proof"), path
        assert unordered(shown(found)) == expected, path


def test_found_f5_two_levels_of_one_skill_are_both_told() -> None:
    (claim,) = build_display(changed(two_levels)).claims
    assert claim.level == "Able, Seen"
    assert build_display(changed(two_of_each)).name == "Mentor"
