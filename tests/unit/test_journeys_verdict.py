"""The sentence of a page, and the verdict that machines get, never say different things."""

import json
from typing import Any

import pytest

from credserv.journeys.check import Checked
from credserv.journeys.verdict import Tone, build_statement
from credserv.openbadges.display import build_display
from credserv.verification import Verdict
from tests.support.proofs import badge, issuer
from tests.support.verifying import STATUS_URL, Hosts, signed_list

ALICE = issuer(1)


def unlikely() -> dict[str, Any]:
    """A badge that breaks the official schema, as half of those in the field do."""
    document = badge(ALICE)
    document["credentialSubject"]["achievement"]["achievementType"] = "Wizardry"
    return document


def judged(document: dict[str, Any], **pages: Any) -> tuple[Verdict, Tone, str]:
    result = Hosts({STATUS_URL: signed_list(ALICE)} | pages).verify(document)
    checked = Checked(document, json.dumps(document).encode(), result, build_display(document))
    said = build_statement(checked)
    return checked.verdict, said.tone, said.sentence


def test_a_broken_schema_is_never_the_reason_that_is_told() -> None:
    assert judged(ALICE.sign(unlikely()))[:2] == (Verdict.ISSUER_UNKNOWN, Tone.SIGNED)
    changed = ALICE.sign(unlikely()) | {"name": "Changed"}
    verdict, tone, sentence = judged(changed)
    assert (verdict, tone) == (Verdict.NOT_VERIFIED, Tone.BAD)
    assert "signature does not hold" in sentence


@pytest.mark.parametrize(
    ("change", "verdict", "tone"),
    [
        (
            {"proof": {**ALICE.sign(badge(ALICE))["proof"], "cryptosuite": "x-2030"}},
            Verdict.NOT_CHECKED,
            Tone.UNKNOWN,
        ),
        (
            {"proof": {**ALICE.sign(badge(ALICE))["proof"], "cryptosuite": "x-2030"}, "type": ["Thing"]},
            Verdict.NOT_VERIFIED,
            Tone.BAD,
        ),
        ({"proof": None}, Verdict.NOT_VERIFIED, Tone.BAD),
        ({"type": "VerifiablePresentation"}, Verdict.NOT_CHECKED, Tone.UNKNOWN),
    ],
)
def test_sentence_and_verdict_agree(change: dict[str, Any], verdict: Verdict, tone: Tone) -> None:
    assert judged(ALICE.sign(badge(ALICE)) | change)[:2] == (verdict, tone)


def test_a_status_that_could_not_be_had_is_unknown_in_both() -> None:
    assert judged(ALICE.sign(badge(ALICE)), **{STATUS_URL: b""})[:2] == (Verdict.NOT_CHECKED, Tone.UNKNOWN)
