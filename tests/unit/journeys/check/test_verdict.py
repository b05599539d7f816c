"""The sentence of a page, and the verdict that machines get, never say different things."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.verification import Check, Outcome, Verdict, VerificationResult
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.reports.report import build_report, complete_report
from credserv.journeys.check.reports.statement import LOOKS, STANDINGS, TITLES, Statement, Tone
from credserv.journeys.check.reports.verdict import build_statement
from credserv.openbadges.display import build_display
from credserv.verifying.presentation import verify_presentation
from tests.testkit.proofs import NOW, V2, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, verifier

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
        ({"type": "VerifiablePresentation"}, Verdict.NOT_VERIFIED, Tone.BAD),
    ],
)
def test_sentence_and_verdict_agree(change: dict[str, Any], verdict: Verdict, tone: Tone) -> None:
    assert judged(ALICE.sign(badge(ALICE)) | change)[:2] == (verdict, tone)


def test_a_status_that_could_not_be_had_is_unknown_in_both() -> None:
    assert judged(ALICE.sign(badge(ALICE)), **{STATUS_URL: b""})[:2] == (Verdict.NOT_CHECKED, Tone.UNKNOWN)


@pytest.mark.parametrize(("challenge", "domain"), [("yours", None), (None, "https://you.example")])
def test_what_was_presented_to_somebody_else_is_said_to(challenge: str | None, domain: str | None) -> None:
    presentation: dict[str, Any] = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": ALICE.did,
        "verifiableCredential": [ALICE.sign(badge(ALICE))],
    }
    options = {"proofPurpose": "authentication", "challenge": "mine", "domain": "https://me.example"}
    presentation["proof"] = ALICE.prove(presentation, **options)
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    found = verify_presentation(
        verifier(), presentation, now=NOW, resolvers=hosts.resolvers, challenge=challenge, domain=domain
    )
    checked = Checked(
        found.document,
        b"",
        found.result,
        build_display(found.document),
        kind=Kind.PRESENTATION,
        holder=found.holder,
    )
    said = build_statement(checked)
    assert (checked.verdict, said.tone) == (Verdict.NOT_VERIFIED, Tone.BAD)
    assert said.headline == "It was presented to somebody else, or before."
    assert "present it to you anew" in said.next_step


def stated(*checks: Check) -> Statement:
    proof = Check("proof", Outcome.PASSED, "Signed.")
    result = VerificationResult((proof, *checks))
    return build_statement(Checked({}, b"", result, build_display(badge(ALICE)), issuer="Example Academy"))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN])
@pytest.mark.parametrize("name", [*TITLES, "a_check_of_tomorrow"])
def test_whatever_is_required_and_did_not_pass_is_said_and_never_good(name: str, outcome: Outcome) -> None:
    said = stated(Check(name, outcome, "It is so.", code="x-new"))
    assert said.tone is not Tone.GOOD
    assert said.tone is not Tone.SIGNED
    assert said.sentence
    assert said.next_step
    assert "{" not in said.next_step


def test_what_is_worse_is_told_before_what_is_less() -> None:
    expired = Check("validity", Outcome.FAILED, "It ended.", code="expired")
    revoked = Check("status", Outcome.FAILED, "It is.", code="revoked")
    other = Check("recipient", Outcome.FAILED, "It is not.", code="other-recipient")
    unknown = Check("resources", Outcome.UNKNOWN, "Who knows.", code="unavailable")
    assert "revoked" in stated(unknown, expired, other, revoked).sentence
    assert "not about the person" in stated(unknown, expired, other).sentence
    assert "expired on" in stated(unknown, expired).sentence
    assert stated(unknown).tone is Tone.UNKNOWN


def test_a_key_is_nobody_to_ask() -> None:
    status = Check("status", Outcome.UNKNOWN, "No answer.", code="unavailable")
    result = VerificationResult((Check("proof", Outcome.PASSED, ""), status))
    keyed = Checked({}, b"", result, build_display({}), issuer="the holder of the key z6Mk…")
    assert "ask its issuer" in build_statement(keyed).next_step
    assert "ask Example Academy" in stated(status).next_step


def test_a_context_that_changes_the_meaning_of_words_is_told_as_such() -> None:
    document = ALICE.sign(badge(ALICE))
    document["@context"].append({"name": "https://elsewhere.example/name"})
    verdict, tone, sentence = judged(document)
    assert (verdict, tone) == (Verdict.NOT_VERIFIED, Tone.BAD)
    assert "another meaning" in sentence


CODES = st.sampled_from(["", "revoked", "suspended", "expired", "not-yet-valid", "too-large", "x-new"])
CHECKS = st.lists(
    st.builds(
        Check,
        st.sampled_from([name for name in TITLES if name != "proof"]),
        st.sampled_from(Outcome),
        st.just("It is so."),
        required=st.booleans(),
        code=CODES,
    ),
    max_size=5,
)
PROOF = st.none() | st.builds(Check, st.just("proof"), st.sampled_from(Outcome), st.just("Signed."))


@given(checks=CHECKS, proof=PROOF, kind=st.sampled_from(Kind))
def test_the_look_in_a_report_is_that_of_its_verdict(
    checks: list[Check], proof: Check | None, kind: Kind
) -> None:
    if kind is Kind.PRESENTATION:  # which has no issuer
        checks = [check for check in checks if check.name != "issuer_trusted"]
    result = VerificationResult((*((proof,) if proof else ()), *checks))
    report = build_report(Checked({}, b"", result, build_display(badge(ALICE)), kind=kind), now=NOW)
    tone = LOOKS[Verdict(report["verdict"])][0]
    assert report["tone"] in ({"bad", "attention"} if tone is Tone.BAD else {tone})
    assert report["sentence"] == f"{report['headline']} {report['detail']}".strip()


# Every label, with what its headline has to say.
AGREES = {
    "Verified": "genuine and in force: issued by|presented by the holder",
    "Verified, issuer not known here": "who its issuer is was not established|presented by the holder",
    "Sandbox": "issued in a sandbox",
    "Suspended": "suspended by its issuer",
    "Revoked": "^genuine, but revoked by|^revoked:",
    "Expired": "expired on",
    "Not yet valid": "in force only from",
    "Not wholly verified": "not every.+verified",
    "Not this person’s": "not about the person",
    "Not presented by its holder": "not presented to you by its holder",
    "A file was changed": "a file .+ was changed",
    "Not to be relied on": "cannot be relied on",
    "Not in order": "does not hold",
    "Not in the standard’s form": "not in the form",
    "Not readable": "not a credential that can be read",
    "Could not be checked": "could not be|not everything.+could be",
    "Not verified": "^(?!genuine|presented by)(?!.*(expired|revoked|suspended))",
}
STATED = {
    "revoked": "Revoked",
    "suspended": "Suspended",
    "expired": "Expired",
    "not-yet-valid": "Not yet valid",
}


@given(checks=CHECKS, proof=PROOF, kind=st.sampled_from(Kind))
def test_a_label_says_what_its_headline_says(checks: list[Check], proof: Check | None, kind: Kind) -> None:
    if kind is Kind.PRESENTATION:
        checks = [check for check in checks if check.name != "issuer_trusted"]
    result = VerificationResult((*((proof,) if proof else ()), *checks))
    display = build_display(badge(ALICE) | {"validUntil": "2026-12-31T00:00:00Z"})
    report = build_report(Checked({}, b"", result, display, kind=kind, issuer="Acme"), now=NOW)
    assert re.search(AGREES[report["label"]], report["headline"], re.IGNORECASE), report["headline"]
    tone, icon = STANDINGS.get(report["label"].lower(), (report["tone"], report["icon"]))
    assert (report["tone"], report["icon"]) == (tone, icon)


@pytest.mark.parametrize("code", STATED)
def test_what_stands_otherwise_has_its_own_word_icon_and_tone(code: str) -> None:
    """Above *Genuine, expired on …* stood *Not verified*. Likewise where the report was kept before."""
    check = Check(
        "validity" if code in ("expired", "not-yet-valid") else "status", Outcome.FAILED, "So.", code=code
    )
    result = VerificationResult((Check("proof", Outcome.PASSED, "Signed."), check))
    display = build_display(badge(ALICE) | {"validUntil": "2026-12-31T00:00:00Z"})
    report = build_report(Checked({}, b"", result, display, issuer="Example Academy"), now=NOW)
    assert report["label"] == STATED[code]
    assert (report["tone"], report["icon"]) == STANDINGS[STATED[code].lower()]
    kept = complete_report({name: told for name, told in report.items() if name != "label"})
    assert kept["label"] == STATED[code]


def test_a_report_that_was_kept_before_it_had_a_look_is_shown_by_its_verdict() -> None:
    result = VerificationResult((Check("proof", Outcome.PASSED, "Signed."),))
    inner = Checked({}, b"", result, build_display(badge(ALICE)), issuer="Example Academy")
    report = build_report(replace(inner, within=(inner,)), now=NOW)
    assert complete_report(report) == report
    before = {name: told for name, told in report.items() if name not in ("tone", "icon", "detail", "label")}
    before["within"] = [{name: before[name] for name in before if name != "headline"} | {"within": []}]
    shown = complete_report(before)
    assert {name: shown[name] for name in report if name != "within"} | {"within": report["within"]} == report
    assert (shown["within"][0]["tone"], shown["within"][0]["headline"]) == ("signed", report["sentence"])
