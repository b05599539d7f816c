import copy
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ProofError
from credserv.ground.verification import Check, Outcome
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from tests.testkit.proofs import NOW, V2, badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list, status_entry
from tests.testkit.why import why

ALICE, MALLORY = issuer(1), issuer(2)
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
ORDER = ["parse", "structure", "schema", "subject", "proof", "refresh", "status", "validity", "endorsements"]


def plain(**changes: Any) -> dict[str, Any]:
    """A badge without status; None takes a member out."""
    document = badge(ALICE, credentialStatus=None, **changes)
    return {name: value for name, value in document.items() if value is not None}


def extended(**changes: Any) -> dict[str, Any]:
    document = plain(**changes)
    return {**document, "@context": [*document["@context"], OB_EXTENSIONS]}


def found(document: dict[str, Any], name: str, hosts: Hosts | None = None, **options: Any) -> Check:
    check = (hosts or Hosts()).verify(document, **options).check(name)
    assert check is not None
    return check


# --- the whole ------------------------------------------------------------------------------------


def test_a_good_credential_passes_every_check_in_order() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    result = hosts.verify(ALICE.sign(badge(ALICE)))
    assert [check.name for check in result.checks] == ORDER
    assert result.verified
    assert not result.unknown
    assert {c.name: c.outcome for c in result.checks if c.outcome is not Outcome.PASSED} == {
        "refresh": Outcome.SKIPPED,
        "endorsements": Outcome.SKIPPED,
    }
    assert hosts.asked == [STATUS_URL]


def test_empty_lists_as_serializers_write_them_say_nothing() -> None:
    empty: dict[str, Any] = {
        name: [] for name in ("evidence", "termsOfUse", "refreshService", "credentialSchema")
    }
    signed = ALICE.sign(plain(**empty))
    assert Hosts().verify(signed).verified
    assert found(signed, "refresh").outcome is Outcome.SKIPPED
    assert found({**signed, "termsOfUse": [{"type": "Policy"}]}, "proof").outcome is Outcome.FAILED
    assert not Hosts().verify({**signed, "credentialStatus": []}).verified


def test_a_changed_credential_is_not_asked_about_anything_after_its_proof() -> None:
    document = ALICE.sign(badge(ALICE))
    document["name"] = "Chief of everything"
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    result = hosts.verify(document)
    assert found(document, "proof").code == "invalid-signature"
    assert [c.outcome for c in result.checks[-4:]] == [Outcome.SKIPPED] * 4
    assert not result.verified
    assert not result.unknown
    assert hosts.asked == []


def test_the_proof_alone_is_judged_when_asked_for() -> None:
    document = ALICE.sign(badge(ALICE, validUntil="2026-03-14T09:10:00Z"))
    result = Hosts().verify(document, proof_only=True)
    assert [check.name for check in result.checks] == ["proof"]
    result.require()
    with pytest.raises(ProofError):
        Hosts().verify({**document, "name": "x"}, proof_only=True).require()


def test_a_schema_that_is_not_declared_is_not_told_as_declared() -> None:
    data = found(ALICE.sign(plain()), "schema").data
    assert data is not None
    assert data["declared"] is False


def test_since_when_a_status_list_counts_is_told() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    data = found(ALICE.sign(badge(ALICE)), "status", hosts).data
    assert data is not None
    assert "validFrom" in data


@pytest.mark.parametrize(("entries", "is_too_many"), [(8, False), (9, True)])
def test_so_many_status_entries_are_looked_up(entries: int, is_too_many: bool) -> None:
    signed = ALICE.sign(plain() | {"credentialStatus": [status_entry(number) for number in range(entries)]})
    told = found(signed, "status", Hosts({STATUS_URL: signed_list(ALICE)}))
    assert (told.code == "too-large") is is_too_many
    assert (told.outcome is Outcome.PASSED) is not is_too_many


def test_an_unsigned_document_is_not_verified() -> None:
    assert found(badge(ALICE), "proof").code == "missing-proof"
    assert found({**badge(ALICE), "issuer": {"name": "Nobody"}}, "proof").code == "missing-proof"
    assert found({**ALICE.sign(badge(ALICE)), "issuer": {"name": "Nobody"}}, "proof").code == "proof"
    assert not Hosts().verify(badge(ALICE)).verified


@pytest.mark.parametrize(
    "document",
    [
        {"type": ["VerifiablePresentation"]},
        {"@context": "https://w3id.org/openbadges/v2", "type": "Assertion"},
        {"type": "EnvelopedVerifiablePresentation"},
    ],
)
def test_other_kinds_of_document_are_no_credentials(document: dict[str, Any]) -> None:
    assert not Hosts().verify(document).verified
    assert why(Hosts().verify(document)) == {
        "proof: missing-proof",
        "structure: invalid-input",
        "subject: invalid-input",
    }
    claimed = {**ALICE.sign(badge(ALICE)), **document}
    assert not Hosts().verify(claimed).verified
    assert why(Hosts().verify(claimed)) >= {"structure: invalid-input"}


@pytest.mark.parametrize(
    "document", [{}, {"type": 7}, {"issuer": []}, {"proof": {}}, {"credentialStatus": 1}]
)
def test_any_object_gets_a_result(document: dict[str, Any]) -> None:
    assert not Hosts().verify(document).verified
    unsigned = "malformed-proof" if "proof" in document else "missing-proof"
    assert why(Hosts().verify(document)) == {
        f"proof: {unsigned}",
        "structure: invalid-input",
        "subject: invalid-input",
    }


# --- schema and subject: told apart from authenticity ---------------------------------------------


def test_a_break_of_the_official_schema_does_not_make_it_less_genuine() -> None:
    document = plain()
    document["credentialSubject"]["achievement"]["achievementType"] = "Wizardry"
    result = Hosts().verify(ALICE.sign(document))
    schema = result.check("schema")
    assert schema is not None
    assert (schema.outcome, schema.required) == (Outcome.FAILED, False)
    assert "achievementType" in schema.reason
    assert result.verified


def test_a_credential_about_nobody_is_said_to_be() -> None:
    document = plain()
    del document["credentialSubject"]["identifier"]
    result = Hosts().verify(ALICE.sign(document))
    assert result.check("subject") == found(ALICE.sign(document), "subject")
    assert result.checks[3].code == "no-recipient"
    assert result.verified


def test_several_subjects_of_a_badge_are_refused() -> None:
    document = plain()
    other = {**copy.deepcopy(document["credentialSubject"]), "id": "did:example:other"}
    document["credentialSubject"] = [document["credentialSubject"], other]
    result = Hosts().verify(ALICE.sign(document))
    assert found(ALICE.sign(document), "proof").outcome is Outcome.PASSED
    assert not result.verified


# --- proof ----------------------------------------------------------------------------------------


def test_a_proof_by_somebody_else_is_not_the_issuers() -> None:
    assert found(MALLORY.sign(plain()), "proof").code == "verification-method"


def test_an_unknown_kind_of_proof_is_unknown() -> None:
    document = ALICE.sign(plain())
    document["proof"]["cryptosuite"] = "quantum-2030"
    result = Hosts().verify(document)
    assert result.unknown
    assert found(document, "proof").code == "unsupported-proof"


def test_an_issuer_that_cannot_be_reached_is_unknown() -> None:
    document = ALICE.sign(plain())
    away = "did:web:away.example"
    document["issuer"]["id"] = away
    document["proof"]["verificationMethod"] = f"{away}#key"
    hosts = Hosts()
    check = found(document, "proof", hosts)
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, "unavailable")
    assert hosts.asked == ["https://away.example/.well-known/did.json"]


def test_a_context_that_is_not_known_leaves_everything_open() -> None:
    document = ALICE.sign(plain())
    document["@context"].append("https://stranger.example/context.json")
    check = found(document, "proof")
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, "unknown-context")


def test_an_undefined_term_fails() -> None:
    document = ALICE.sign(plain())
    document["clearance"] = "TOP"
    check = found(document, "proof")
    assert (check.outcome, check.code) == (Outcome.FAILED, "undefined-term")
    assert "clearance" in check.reason


def test_an_issuer_without_an_identifier_has_no_keys() -> None:
    document = ALICE.sign(plain())
    document["issuer"] = {"name": "Nobody"}
    assert found(document, "proof").outcome is Outcome.FAILED


# --- validity -------------------------------------------------------------------------------------


def test_dates_are_judged_by_one_rule_at_the_instant() -> None:
    document = ALICE.sign(plain(validFrom="2026-03-14T09:00:00Z", validUntil="2026-03-14T10:00:00Z"))
    end = NOW.replace(hour=10, minute=0, second=0)
    assert Hosts().verify(document, now=end - timedelta(microseconds=1)).verified
    assert found(document, "validity", now=end).code == "expired"
    assert not Hosts().verify(document, now=end).verified
    early = ALICE.sign(plain(validFrom="2026-03-14T09:28:00Z", validUntil=None))
    assert found(early, "validity", now=NOW).code == "not-yet-valid"
    assert Hosts().verify(early, now=NOW + timedelta(seconds=10)).verified


# --- status ---------------------------------------------------------------------------------------


def with_status(*entries: dict[str, Any]) -> dict[str, Any]:
    return ALICE.sign(badge(ALICE, credentialStatus=list(entries) if len(entries) != 1 else entries[0]))


def test_a_set_bit_is_revoked_and_another_one_is_not() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE, 94567)})
    assert found(with_status(status_entry()), "status", hosts).code == "revoked"
    assert not hosts.verify(with_status(status_entry())).verified
    assert hosts.verify(with_status(status_entry(94566))).verified


def test_a_credential_without_status_has_nothing_to_look_up() -> None:
    hosts = Hosts()
    assert found(ALICE.sign(plain()), "status", hosts).outcome is Outcome.SKIPPED
    assert hosts.verify(ALICE.sign(plain())).verified
    assert hosts.asked == []


def test_of_several_entries_the_worst_decides() -> None:
    other = "https://badges.example/status/2"
    both = with_status(status_entry(1), status_entry(2, url=other, purpose="suspension"))
    good, suspended = signed_list(ALICE), signed_list(ALICE, 2, url=other, statusPurpose="suspension")
    assert found(both, "status", Hosts({STATUS_URL: good, other: suspended})).code == "suspended"
    check = found(both, "status", Hosts({STATUS_URL: signed_list(ALICE, 1)}))
    assert (check.outcome, check.code) == (Outcome.FAILED, "revoked")
    assert "could not be established" in check.reason
    check = found(both, "status", Hosts({STATUS_URL: good}))
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, "unavailable")


def test_too_many_entries_are_not_looked_up() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    document = with_status(*[status_entry(number) for number in range(9)])
    assert found(document, "status", hosts).outcome is Outcome.UNKNOWN
    assert hosts.asked == []


def test_another_issuer_who_is_trusted_and_another_address_of_the_list_are_said() -> None:
    elsewhere = signed_list(MALLORY, url="https://elsewhere.example/list")
    hosts = Hosts({STATUS_URL: elsewhere}, keepers=frozenset({MALLORY.did}))
    check = found(with_status(status_entry()), "status", hosts)
    assert check.outcome is Outcome.PASSED
    assert "another issuer" in check.reason
    assert "another address" in check.reason


def test_our_own_list_is_read_without_asking_anyone_and_strictly() -> None:
    url = "https://ours.example/status/1"
    hosts = Hosts(own={url: signed_list(ALICE, 5, url=url)})
    assert found(with_status(status_entry(4, url=url)), "status", hosts).outcome is Outcome.PASSED
    assert found(with_status(status_entry(5, url=url)), "status", hosts).code == "revoked"
    strange = Hosts(own={url: signed_list(MALLORY, url=url)})
    assert found(with_status(status_entry(4, url=url)), "status", strange).code == "status-list"
    missing = found(with_status(status_entry(4, url="https://ours.example/status/9")), "status", hosts)
    assert missing.outcome is Outcome.FAILED
    assert hosts.asked == []


def test_purposes_other_than_taking_back_are_told() -> None:
    told = (
        ("refresh", (94567,), Outcome.PASSED, "Its issuer has a newer version."),
        ("refresh", (), Outcome.PASSED, "Its issuer knows of no newer version."),
        ("message", (94567,), Outcome.PASSED, "Its issuer's message on it: value 1."),
        ("suspension", (94567,), Outcome.FAILED, "Its issuer has suspended it."),
        ("suspension", (), Outcome.PASSED, "It is not suspended."),
        ("revocation", (94567,), Outcome.FAILED, "Its issuer has revoked it."),
        ("urn:example:paused", (94567,), Outcome.UNKNOWN, "not known here: urn:example:paused."),
        ("urn:example:paused", (), Outcome.PASSED, "The mark 'urn:example:paused' is not set."),
    )
    for purpose, indexes, outcome, words in told:
        listed = signed_list(ALICE, *indexes, statusPurpose=purpose)
        check = found(with_status(status_entry(purpose=purpose)), "status", Hosts({STATUS_URL: listed}))
        assert (check.outcome, check.data["value"]) == (outcome, len(indexes))
        assert check.reason.endswith(words)


# --- refresh and endorsements ---------------------------------------------------------------------


def test_a_refresh_service_is_told_and_decides_nothing() -> None:
    service = {"id": "https://badges.example/refresh", "type": "1EdTechCredentialRefresh"}
    result = Hosts().verify(ALICE.sign(extended(refreshService=service)))
    refresh = result.check("refresh")
    assert refresh is not None
    assert (refresh.outcome, refresh.required) == (Outcome.UNKNOWN, False)
    assert result.verified


def endorsements(document: dict[str, Any], hosts: Hosts | None = None) -> list[Check]:
    result = (hosts or Hosts()).verify(document)
    assert result.verified
    return [check for check in result.checks if check.name == "endorsements"]


def test_every_endorsement_is_verified_on_its_own() -> None:
    document = plain()
    achievement = document["credentialSubject"]["achievement"]
    document["endorsement"] = [endorsement(MALLORY, document["id"])]
    achievement["endorsement"] = [endorsement(MALLORY, achievement["id"])]
    document["issuer"]["endorsement"] = [endorsement(MALLORY, ALICE.did)]
    checks = endorsements(ALICE.sign(document))
    assert [check.outcome for check in checks] == [Outcome.PASSED] * 3
    assert all(MALLORY.did in check.reason for check in checks)


def test_a_bad_endorsement_is_told_and_takes_nothing_from_the_credential() -> None:
    own_id = badge(ALICE)["id"]
    changed = endorsement(MALLORY, own_id) | {"name": "Changed"}
    expired = endorsement(MALLORY, own_id, validUntil="2026-03-14T09:10:00Z")
    of_other = endorsement(MALLORY, "https://other.example/1")
    for bad, code in ((changed, "invalid-signature"), (expired, "expired"), (of_other, "endorses-other")):
        (check,) = endorsements(ALICE.sign(plain(endorsement=[bad])))
        assert (check.outcome, check.code, check.required) == (Outcome.FAILED, code, False)


def endorsement_jwt(**changes: Any) -> str:
    document = endorsement(MALLORY, badge(ALICE)["id"], **changes)
    del document["proof"]
    return sign_vc_jwt(document, signer=MALLORY.signer, verification_method=MALLORY.method)


def test_an_endorsement_as_jwt_is_verified_like_any_other() -> None:
    good, expired = endorsement_jwt(), endorsement_jwt(validUntil="2026-03-14T09:10:00Z")
    forged = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB")
    document = plain(endorsementJwt=[good, expired, forged, "a.b.c"], endorsement=[envelope(good)])
    checks = endorsements(ALICE.sign(document))
    assert [check.code for check in checks] == ["", "", "expired", "invalid-signature", "malformed-proof"]
    assert MALLORY.did in checks[0].reason


def test_only_so_many_endorsements_are_looked_at() -> None:
    *looked_at, last = endorsements(ALICE.sign(plain(endorsementJwt=[f"a.b.{n}" for n in range(20)])))
    assert len(looked_at) == 16
    assert last.code == "too-large"


def test_a_related_resource_has_the_digest_of_the_pinned_context_that_it_names() -> None:
    for sri, outcome in (
        ("sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU", Outcome.PASSED),
        ("sha384-" + "A" * 64, Outcome.FAILED),
    ):
        document = ALICE.sign(plain(relatedResource={"id": V2, "digestSRI": sri}))
        assert found(document, "structure").outcome is outcome
        assert found(document, "proof").outcome is Outcome.PASSED


# --- the facts that the checks rest on ------------------------------------------------------------


def test_every_check_tells_its_facts() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    result = hosts.verify(ALICE.sign(badge(ALICE)))
    facts = {check.name: dict(check.data) for check in result.checks if check.data}
    assert facts.pop("status")["list"] == STATUS_URL
    assert facts == {
        "structure": {"model": "2.0", "faults": 0},
        "schema": {
            "schema": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
            "ob_v3p0_achievementcredential_schema.json",
            "declared": False,
        },
        "subject": {"subjects": 1, "id": None, "identifiers": 1},
        "proof": {
            "verificationMethod": ALICE.method,
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-03-14T09:00:00Z",
            "proofs": 1,
        },
        "validity": {
            "at": "2026-03-14T09:26:53Z",
            "validFrom": "2026-03-14T09:00:00Z",
            "validUntil": "2028-03-14T09:00:00Z",
        },
    }


def test_a_failed_check_tells_its_facts_too() -> None:
    status = found(ALICE.sign(badge(ALICE)), "status")
    assert status.outcome is Outcome.UNKNOWN
    assert (status.data["list"], status.data["index"]) == (STATUS_URL, 94567)
    assert "value" not in status.data
    assert found(plain(validFrom="yesterday"), "structure").data["faults"] == 1
