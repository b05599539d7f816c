"""A badge as the EU's learning credential: who gets it, what it says, and what nobody is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from credserv.exchange.oid4vci import issuer_metadata
from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, NotFoundError, SchemaFaultsError
from credserv.ground.verification import Verdict
from credserv.journeys.admit.claims import keep
from credserv.journeys.check.check import check
from credserv.journeys.claim.copies import forms
from credserv.journeys.claim.offers import issuer_of
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.define.alignments import align_freely
from credserv.journeys.learning import Name, Naming, divide_name, divisions, naming_of
from credserv.openbadges.learning_credential import CLAIMS, VCT, WITHHOLDABLE, eqf_level
from credserv.openbadges.studies import is_duration
from credserv.proof.tokens.jws import payload_of
from credserv.proof.tokens.sd_disclosures import parse_disclosure
from credserv.proof.tokens.sd_jwt import split_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import present_sd_jwt, sign_sd_jwt_vc
from credserv.records.copies import CopyForm
from credserv.records.people import MemberFacts
from tests.hostile.test_http import form_token, signed_in_administrator
from tests.testkit.browsing import Person
from tests.testkit.holding import WalletApp, wallet_did
from tests.testkit.holding import award as award_of
from tests.testkit.learning import (
    DEFINITION,
    EMAIL,
    KEY,
    learning_award,
    learning_copy,
    learning_service,
)
from tests.testkit.service import Service
from tests.testkit.tokens import token_issuer

_UNKNOWN = "unknown_credential_configuration"
_CONFIGURATION = "learning-credential-dc+sd-jwt"


@pytest.fixture
def learning(service: Service) -> Iterator[Service]:
    made = learning_service(service)
    yield made
    made.services.close()


def claims_of(signed: bytes | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What always shows, and what its holder may withhold."""
    issued, disclosures, _ = split_sd_jwt((signed or b"").decode())
    told = [parse_disclosure(one) for one in disclosures]
    return json.loads(payload_of(issued)), {str(one.name): one.value for one in told}


def test_it_says_what_the_badge_and_its_definition_say(learning: Service) -> None:
    award = learning_award(learning)
    always, withheld = claims_of(learning_copy(learning, award).signed)
    services = learning.services
    assert {name: always[name] for name in CLAIMS if name in always} == {
        "issuing_authority": services.issuer.name,
        "issuing_country": "AT",
        "date_of_issuance": "2026-03-14",
        "date_of_expiry": "2028-03-01",
        "achievement_title": "Safe lifting",
        "achievement_description": "Moves loads without harm.",
        "language_of_classes": ["de-AT"],
    }
    assert withheld == {
        "family_name": "Doe",
        "given_name": "Pat Jo",
        "learning_outcomes": ["lift heavy weights"],
        "learner_identification": EMAIL,
        "expected_study_time": "PT30H",
        "level_of_learning_experience": 4,
        "types_of_quality_assurance": ["Reviewed each year"],
        "prerequisites_to_enroll": ["Fit for work"],
        "integration_stackability_options": True,
    }
    assert set(withheld) <= set(WITHHOLDABLE)
    assert (always["vct"], always["iss"], always["sub"]) == (VCT, services.issuer.did, wallet_did())
    assert set(always["status"]) == {"status_list"}


def test_all_that_it_needs_has_to_be_said(learning: Service) -> None:
    """By the definition, the organisation and the employer's own words for the person."""
    services, now = learning.services, learning.clock.now
    unnamed = learning_award(learning, email="nobody@example.org", name=None, family=None)
    assert naming_of(services, unnamed) is None
    undivided = learning_award(learning, family=None)
    naming = naming_of(services, undivided)
    assert naming is not None
    assert naming.name is None
    assert naming.choices == divisions("Pat Jo Doe")
    for award in (unnamed, undivided):
        assert CopyForm.LEARNING not in forms(services, award.id)
        with pytest.raises(InputError, match="eu-learning"):
            learning_copy(learning, award)
    with pytest.raises(InputError, match="which part"):
        divide_name(services, undivided.person_id, undivided.id, "Merkel", now)
    with pytest.raises(NotFoundError):
        divide_name(services, "somebody else", undivided.id, "Doe", now)
    with pytest.raises(NotFoundError):
        divide_name(services, unnamed.person_id, unnamed.id, "Doe", now)
    divide_name(services, undivided.person_id, undivided.id, "Jo Doe", now)
    assert naming_of(services, undivided) == Naming(Name("Jo Doe", "Pat"), naming.choices)
    assert CopyForm.LEARNING in forms(services, undivided.id)
    other = award_of(learning, email=EMAIL)  # of an achievement that says nothing of all this
    assert naming_of(services, other) is None


def test_a_name_is_divided_at_its_end_or_beginning_and_is_never_another() -> None:
    assert divisions("Pat Jo Doe") == (
        Name("Doe", "Pat Jo"),
        Name("Jo Doe", "Pat"),
        Name("Pat", "Jo Doe"),
        Name("Pat Jo", "Doe"),
        Name("Pat Jo Doe", ""),
    )
    assert divisions("Sukarno") == (Name("Sukarno", ""),)
    assert divisions(" ") == ()
    assert divisions("a b c d e f g h i") == ()


def test_who_was_renamed_is_asked_again(learning: Service) -> None:
    award = learning_award(learning)
    store = learning.services.store
    member = store.members.of_person(award.person_id)
    assert member is not None
    store.roster.change_facts(member.id, MemberFacts(name="Pat Roe"))
    naming = naming_of(learning.services, award)
    assert naming is not None
    assert naming.name is None
    assert CopyForm.LEARNING not in forms(learning.services, award.id)


def test_the_directory_has_the_names_apart(learning: Service) -> None:
    award = learning_award(learning, family=None)
    told = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": EMAIL,
        "name": {"familyName": "Doe-Roe", "givenName": "Patricia"},
        "emails": [{"value": EMAIL, "primary": True}],
    }
    headers = learning.api_headers("directory:write")
    answer = learning.client().post("/scim/v2/Users", json=told, headers=headers)
    assert answer.status_code == 201, answer.text
    assert naming_of(learning.services, award) == Naming(Name("Doe-Roe", "Patricia"))
    _, withheld = claims_of(learning_copy(learning, award).signed)
    assert (withheld["family_name"], withheld["given_name"]) == ("Doe-Roe", "Patricia")
    with pytest.raises(NotFoundError, match="division"):
        divide_name(learning.services, award.person_id, award.id, "Doe", learning.clock.now)


def test_what_went_to_somebody_else_names_nobody(learning: Service) -> None:
    """A badge that another kept by a claim link is not told in the name of whom it was ordered for."""
    headers = {**learning.api_headers(), "Idempotency-Key": "for-pat-alone"}
    order = {"achievement": KEY, "recipient": {"email": "new@example.org", "name": "New Pat"}}
    made = learning.client().post("/api/v1/credentials", json=order, headers=headers).json["id"]
    other = learning_award(learning, email="eve@example.org", name="Eve Roe", family="Roe")
    keep(learning.services, made, other.person_id, learning.clock.now)
    kept = learning.services.store.credentials.get(made)
    assert kept is not None
    assert kept.person_id == other.person_id
    assert naming_of(learning.services, kept) is None


def test_an_app_is_offered_it_and_takes_it(learning: Service) -> None:
    award, other = learning_award(learning), award_of(learning, email=EMAIL)
    app = WalletApp(learning)
    made = app.offered(award)
    assert _CONFIGURATION in app.fetch(made).json["credential_configuration_ids"]
    app.redeem(made)
    wanted = {"credential_configuration_id": _CONFIGURATION}
    (taken,) = app.ask("", app.proof(app.nonce()), **wanted).json["credentials"]
    always, withheld = claims_of(taken["credential"].encode())
    assert (always["vct"], withheld["family_name"]) == (VCT, "Doe")
    plain = app.offered(other)
    assert _CONFIGURATION not in app.fetch(plain).json["credential_configuration_ids"]
    app.redeem(plain)
    assert app.ask("", app.proof(app.nonce()), **wanted).json["error"] == _UNKNOWN


def test_the_issuer_tells_its_claims(learning: Service) -> None:
    told = learning.client().get("/.well-known/openid-credential-issuer").json
    configuration = told["credential_configurations_supported"][_CONFIGURATION]
    assert (configuration["format"], configuration["vct"]) == ("dc+sd-jwt", VCT)
    claims = configuration["credential_metadata"]["claims"]
    assert [one["path"] for one in claims] == [[name] for name in CLAIMS]
    assert {one["path"][0] for one in claims if not one["mandatory"]} == {
        "date_of_expiry",
        "given_name",
        "achievement_description",
        "learning_outcomes",
        "assessment_grade",
        "prerequisites_to_enroll",
        "integration_stackability_options",
    }


def test_an_issuer_without_a_country_offers_none(sqlite_service: Service) -> None:
    told = issuer_metadata(issuer_of(sqlite_service.services))
    assert _CONFIGURATION not in told["credential_configurations_supported"]


def test_its_address_tells_the_world_no_name(learning: Service) -> None:
    """Whoever is shown a part of it knows its id, and finds no more there."""
    copy = learning_copy(learning, learning_award(learning))
    for asked in ("application/dc+sd-jwt", "text/html", "application/jwt"):
        found = learning.client().get(f"/credentials/{copy.id}", headers={"Accept": asked})
        assert found.status_code == 200, asked
        assert not any(word in found.text for word in ("Doe", EMAIL))
    files = learning.client().get(f"/credentials/{copy.id}.jwt")
    always, withheld = claims_of(files.data)
    assert (always["achievement_title"], withheld) == ("Safe lifting", {})
    checked = check(learning.services, data=files.data, url=None, now=learning.clock.now)
    assert checked.verdict is Verdict.VERIFIED


def test_the_page_for_checking_shows_what_was_signed_and_shown(learning: Service) -> None:
    copy = learning_copy(learning, learning_award(learning))
    signed = (copy.signed or b"").decode()
    page = learning.client().post("/verify", data={"text": signed}).text
    for text in ("Safe lifting", "Family name", "Doe", "Level (EQF)", "PT30H", "Reviewed each year", EMAIL):
        assert text in page
    less = present_sd_jwt(signed, withhold=["family_name", "learner_identification"])
    answer = learning.client().post("/api/v1/verify", json={"credential": less}).json
    assert answer["verdict"] == "verified"
    assert answer["credential"]["name"] == "Safe lifting"
    claims = {one["name"]: one["text"] for one in answer["content"]["claims"]}
    assert "family_name" not in claims
    assert claims["level_of_learning_experience"] == "4"
    assert claims["language_of_classes"] == "de-AT"
    assert claims["integration_stackability_options"] == "true"
    assert [name for name in CLAIMS if name in claims] == list(claims)


def test_it_is_told_whether_it_is_about_a_certain_person(learning: Service) -> None:
    """By their address, their key, or not at all where the address is withheld: never *somebody else*."""
    signed = (learning_copy(learning, learning_award(learning)).signed or b"").decode()
    unnamed = present_sd_jwt(signed, withhold=["learner_identification"])

    def about(token: str, recipient: str) -> str:
        asked = {"credential": token, "recipient": recipient}
        answer = learning.client().post("/api/v1/verify", json=asked).json
        (found,) = [one["outcome"] for one in answer["policy"] if one["name"] == "recipient"]
        return str(found)

    assert [about(signed, one) for one in (EMAIL, EMAIL.upper(), wallet_did())] == ["passed"] * 3
    assert about(signed, "eve@example.org") == "failed"
    assert (about(unnamed, EMAIL), about(unnamed, wallet_did())) == ("unknown", "passed")


def test_a_credential_of_an_unknown_kind_is_told_as_one(learning: Service) -> None:
    issuer, holder = token_issuer(KeyType.P256), token_issuer(KeyType.P256, seed=5)
    claims = {
        "iss": issuer.did,
        "vct": "https://kinds.example/1",
        "colour": "blue",
        "sizes": [1, {"a": None}],
    }
    made: dict[str, Any] = {"signer": issuer.signer, "verification_method": issuer.method}
    token = sign_sd_jwt_vc(claims, disclosable=[], holder_jwk=holder.jwk, **made)
    page = learning.client().post("/verify", data={"text": token}).text
    assert "This service does not know credentials of this kind." in page
    for text in ("colour", "blue", "sizes", "https://kinds.example/1"):
        assert text in page


def test_a_definition_says_what_it_is_worth_as_learning(learning: Service) -> None:
    services, now = learning.services, learning.clock.now
    wrong = {
        "study_time": "30 hours",
        "quality_assurance": ["", 3],
        "prerequisites": "none",
        "stackable": "yes",
        "level": 4,
    }
    with pytest.raises(SchemaFaultsError) as told:
        define(services, DEFINITION | {"learning": wrong}, read_image=no_image_files, actor="t", now=now)
    assert {fault.place for fault in told.value.faults} == {
        "/learning/study_time",
        "/learning/quality_assurance/0",
        "/learning/quality_assurance/1",
        "/learning/prerequisites",
        "/learning/stackable",
        "/learning/level",
    }
    for time in ("PT30H", "P6W", "P1Y2M3DT4H5M", "PT90M"):
        assert is_duration(time), time
    for time in ("P", "PT", "PT0H", "P1W2D", "30", "PT1.5H", "-PT1H", "P1H", "PT30H "):
        assert not is_duration(time), time
    known = learning.client().get(f"/api/v1/achievements/{KEY}", headers=learning.api_headers()).json
    assert known["learning"] == DEFINITION["learning"]
    again, created = define(services, DEFINITION, read_image=no_image_files, actor="t", now=now)
    assert (again.version, created) == (1, False)
    next_one = align_freely(
        services, KEY, name="x", url="https://x.example", framework="", actor="t", now=now
    )
    assert (next_one.version, next_one.learning) == (2, DEFINITION["learning"])


def test_an_administrator_says_it_in_a_form_and_is_told_what_is_missing(service: Service) -> None:
    administrator = signed_in_administrator(service)
    address = "/console/achievements/active-listening/learning"
    page = administrator.get(address).text
    for missing in ("the study time", "a level of the EQF", "quality assurance (", "the country"):
        assert missing in page
    fields = {
        "csrf_token": form_token(page),
        "study_time": "30",
        "level": "5",
        "language": "en",
        "quality_assurance": "Reviewed each year\n\n ISO 21001 ",
        "prerequisites": "",
        "stackable": "no",
    }
    assert administrator.post(address, data=fields).status_code == 303
    made = service.services.store.achievements.newest("active-listening")
    assert made is not None
    assert made.learning == {
        "study_time": "PT30H",
        "quality_assurance": ["Reviewed each year", "ISO 21001"],
        "stackable": False,
    }
    assert made.achievement["inLanguage"] == "en"
    assert eqf_level(made.achievement) == 5
    page = administrator.get(address).text
    assert 'value="30"' in page
    assert "the country" in page
    token = {"csrf_token": fields["csrf_token"]}
    country = {"name": "Example Academy", "url": "https://a.example", "email": "", "country": "zz"}
    told = administrator.post("/console/organisation/name", data=country | token)
    assert told.status_code == 400
    assert "two letters" in told.text
    country["country"] = "at"
    administrator.post("/console/organisation/name", data=country | token)
    assert "are offered as it" in administrator.get(address).text
    wrong = administrator.post(address, data=fields | {"study_time": "long"})
    assert wrong.status_code == 400
    assert 'value="long"' in wrong.text
    fewer = fields | {"level": "", "language": "", "quality_assurance": "", "study_time": "", "stackable": ""}
    administrator.post(address, data=fewer)
    last = service.services.store.achievements.newest("active-listening")
    assert last is not None
    assert last.learning is None
    assert eqf_level(last.achievement) is None


def test_a_person_says_which_part_of_their_name_is_which(learning: Service) -> None:
    award = learning_award(learning, family=None)
    person = Person(learning).open_wallet(EMAIL)
    address = f"/wallet/credentials/{award.id}"
    page = person.get(address)
    assert "Which part of your name is the family name?" in page
    assert "Choose which part" in person.follow(
        person.submit(f"{address}/family-name", on=address, family_name="Merkel")
    )
    person.submit(f"{address}/family-name", on=address, family_name="Doe")
    assert "The app is offered this badge as the EU" in person.get(address)
    assert CopyForm.LEARNING in forms(learning.services, award.id)
