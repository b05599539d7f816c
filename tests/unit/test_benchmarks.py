"""The benchmarks measure what they say: the made credential, and how figures become a verdict."""

from __future__ import annotations

import math

import pytest

from benchmarks import reference
from benchmarks.contest import DIGITALBAZAAR, FLOOR, JOSE, OURS, OXIGRAPH, Contest
from benchmarks.reference import build_reference, canonical_form
from benchmarks.report import TARGETS, figures, ratios, render
from credserv.openbadges.json_schema import CredentialSchemas
from tests.support.proofs import SCHEMAS

OPERATIONS = {
    OURS: "sign verify verify_proof template_issue template_checked sign_jcs verify_proof_jcs "
    "sign_jwt verify_jwt",
    FLOOR: "sign verify",
    DIGITALBAZAAR: "sign verify sign_jcs verify_jcs",
    JOSE: "sign_jwt verify_jwt",
    OXIGRAPH: "sign verify",
}


def contest(**ours: float) -> Contest:
    """All take two milliseconds, but for what is said of ours."""
    times = {(name, one): 2.0 for name, listed in OPERATIONS.items() for one in listed.split()}
    times |= {(OURS, operation): value for operation, value in ours.items()}
    return Contest(times, {OURS: 50.0}, [])


def test_without_the_shared_credential_one_of_its_shape_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "REFERENCE", SCHEMAS / "not-there.json")
    made = build_reference()
    quads = canonical_form(made).splitlines()
    assert 120 <= len(quads) <= 170
    assert len({quad.split()[0] for quad in quads if quad.startswith("_:")}) >= 10
    assert CredentialSchemas.load(SCHEMAS).check_credential(made.document) == ()


def test_ratios_are_the_peers_time_over_ours() -> None:
    found = ratios(contest(sign=0.1, verify=0.2, sign_jwt=1.0, verify_jwt=4.0))
    assert math.isclose(found["sign_ratio"], 20)
    assert math.isclose(found["oxigraph_ratio"], 20)
    assert math.isclose(found["verify_floor_ratio"], 0.1)
    assert math.isclose(found["jwt_ratio"], 0.5)


def test_every_target_is_among_the_figures_and_told_as_met_or_missed() -> None:
    printed = render(contest(sign=0.1), None, None)
    assert "MISSED" in printed
    written = figures(contest(), None, None)
    over_http = {"batch_per_second", "batch_ratio"}
    assert {target.key for target in TARGETS} - over_http <= written.keys()


@pytest.mark.parametrize(("value", "met"), [(1.9, True), (2.0, True), (2.1, False)])
def test_a_floor_is_met_from_below(value: float, met: bool) -> None:
    target = next(target for target in TARGETS if target.key == "template_floor_ratio")
    assert target.is_met(value) is met
