"""Declared schemas: told apart from authenticity, whatever they say."""

from __future__ import annotations

import hashlib
import json
import subprocess
from base64 import b64encode
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.openbadges.foreign_schema import DRAFT_2019_09, UnsupportedSchemaError, foreign_faults
from credserv.openbadges.json_schema import (
    ACHIEVEMENT_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL,
    CredentialSchemas,
)
from credserv.verifying.checks.schemas import OFFICIAL, SchemaChecker
from credserv.verifying.work_budget import WorkBudget
from tests.testkit.proofs import SCHEMAS, V2, issuer
from tests.testkit.verifying import Hosts
from tests.unit.verifying.checks.test_nested import plain

ALICE, MALLORY = issuer(1), issuer(2)
URL = "https://schemas.example/mentor.json"
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
WANTS_NAME = {"$schema": "https://json-schema.org/draft/2020-12/schema", "required": ["name"]}
WANTS_MORE = {"type": "object", "required": ["clearance"]}


def sri(content: bytes) -> str:
    return "sha384-" + b64encode(hashlib.sha384(content).digest()).decode()


def declared(*entries: Any, hosts: Hosts | None = None, **changes: Any) -> list[Check]:
    """The schema checks of a genuine badge that declares schemas; it is verified whatever they say."""
    extended = ["https://www.w3.org/ns/credentials/v2", OB_CONTEXT, OB_EXTENSIONS]
    document = plain(ALICE, credentialSchema=list(entries), **{"@context": extended} | changes)
    result = (hosts or Hosts()).verify(document)
    assert result.verified, result.checks
    checks = [check for check in result.checks if check.name == "schema"]
    assert not any(check.required for check in checks)
    return checks


OB_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


def entry(url: str = URL, kind: str = "JsonSchema", **changes: Any) -> dict[str, Any]:
    return {"id": url, "type": kind} | changes


@pytest.mark.parametrize("kind", ["1EdTechJsonSchemaValidator2019", "JsonSchema"])
def test_the_official_schema_is_answered_from_the_carried_one(kind: str) -> None:
    hosts = Hosts()
    (check,) = declared(entry(ACHIEVEMENT_CREDENTIAL, kind), hosts=hosts)
    assert check.outcome is Outcome.PASSED
    assert check.data == {"schema": ACHIEVEMENT_CREDENTIAL, "declared": True}
    assert hosts.asked == []


def test_another_carried_schema_is_compared_and_not_fetched() -> None:
    hosts = Hosts()
    official, other = declared(entry(ENDORSEMENT_CREDENTIAL), hosts=hosts)
    assert (official.outcome, official.data["declared"]) == (Outcome.PASSED, False)
    assert (other.outcome, other.code) == (Outcome.FAILED, "schema-faults")
    assert hosts.asked == []


@pytest.mark.parametrize("kind", ["1EdTechJsonSchemaValidator2019", "JsonSchema"])
def test_a_schema_of_others_is_fetched_and_run(kind: str) -> None:
    good, bad = Hosts({URL: WANTS_NAME}), Hosts({URL: WANTS_MORE})
    assert declared(entry(kind=kind), hosts=good)[1].outcome is Outcome.PASSED
    check = declared(entry(kind=kind), hosts=bad)[1]
    assert (check.outcome, check.code, check.data["faults"]) == (Outcome.FAILED, "schema-faults", 1)
    assert "/clearance is required" in check.reason


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"<html>", "malformed-json"),
        (b"[]", "invalid-input"),
        ({"$schema": "https://json-schema.org/draft/3000/schema"}, "invalid-input"),
        ({"type": 7}, "invalid-input"),
    ],
)
def test_what_is_no_schema_says_nothing(page: Any, code: str) -> None:
    check = declared(entry(), hosts=Hosts({URL: page}))[1]
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, code)


def test_one_that_cannot_be_had_or_is_of_no_known_kind_says_nothing() -> None:
    hosts = Hosts()
    _, unreachable, strange = declared(entry(), entry(URL + "2", "1EdTechCredentialRefresh"), hosts=hosts)
    assert (unreachable.outcome, unreachable.code) == (Outcome.UNKNOWN, "unavailable")
    assert (strange.outcome, strange.code) == (Outcome.UNKNOWN, "unsupported-schema")
    assert hosts.asked == [URL]


def test_the_digest_of_a_schema() -> None:
    raw = json.dumps(WANTS_NAME).encode()
    hosts = Hosts({URL: raw})
    assert declared(entry(digestSRI=sri(raw)), hosts=hosts)[1].outcome is Outcome.PASSED
    check = declared(entry(digestSRI=sri(b"other")), hosts=hosts)[1]
    assert (check.outcome, check.code) == (Outcome.FAILED, "digest-mismatch")


def test_the_digest_of_a_carried_schema_tells_which_edition_is_meant() -> None:
    name = "ob_v3p0_achievementcredential_schema.json"
    carried = (SCHEMAS / "json-schema" / name).read_bytes()
    (check,) = declared(entry(ACHIEVEMENT_CREDENTIAL, digestSRI=sri(carried)))
    assert check.data["declared"] is True
    hosts = Hosts()
    official, other = declared(entry(ACHIEVEMENT_CREDENTIAL, digestSRI=sri(b"other")), hosts=hosts)
    assert (official.outcome, other.outcome) == (Outcome.PASSED, Outcome.UNKNOWN)
    assert hosts.asked == [ACHIEVEMENT_CREDENTIAL]


def schema_credential(by: Any = ALICE, **changes: Any) -> dict[str, Any]:
    document = {
        "@context": [V2],
        "id": URL,
        "type": ["VerifiableCredential", "JsonSchemaCredential"],
        "issuer": by.did,
        "validFrom": "2026-03-14T09:00:00Z",
        "credentialSubject": {
            "id": "https://schemas.example/1",
            "type": "JsonSchema",
            "jsonSchema": WANTS_NAME,
        },
    }
    return by.sign(document | changes)  # type: ignore[no-any-return]


def test_a_schema_inside_a_credential() -> None:
    one = entry(kind="JsonSchemaCredential")
    assert declared(one, hosts=Hosts({URL: schema_credential(MALLORY)}))[1].outcome is Outcome.PASSED
    for page, code in (
        (schema_credential() | {"name": "Changed"}, "invalid-signature"),
        (schema_credential(type=["VerifiableCredential"]), "invalid-input"),
        (schema_credential(credentialSubject={"id": "urn:x:1"}), "invalid-input"),
    ):
        check = declared(one, hosts=Hosts({URL: page}))[1]
        assert (check.outcome, check.code) == (Outcome.UNKNOWN, code)


def test_nothing_is_fetched_for_what_is_not_proven() -> None:
    hosts = Hosts({URL: WANTS_NAME})
    document = plain(ALICE, credentialSchema=[entry(), entry(ACHIEVEMENT_CREDENTIAL)]) | {"name": "Changed"}
    checks = [check for check in hosts.verify(document).checks if check.name == "schema"]
    assert [check.outcome for check in checks] == [Outcome.PASSED, Outcome.SKIPPED]
    assert hosts.asked == []


def test_only_so_many_are_looked_at() -> None:
    hosts = Hosts()
    checks = declared(*[entry(f"{URL}?{number}") for number in range(9)], hosts=hosts)
    assert len(hosts.asked) == 4
    assert checks[-1].code == "too-large"


def test_drafts() -> None:
    tuple_of_two = {"items": [{"type": "string"}, {"type": "number"}]}
    assert foreign_faults([1], tuple_of_two, DRAFT_2019_09) != []  # type: ignore[arg-type]
    assert foreign_faults({}, {"$schema": "http://json-schema.org/draft-07/schema#"}, DRAFT_2019_09) == []
    with pytest.raises(UnsupportedSchemaError):
        foreign_faults({}, {"$schema": 7}, DRAFT_2019_09)


def checked(hosts: Hosts, *entries: Any, **changes: Any) -> list[Check]:
    """Of what is not signed, so that it may say anything."""
    document = plain(ALICE) | {"credentialSchema": list(entries)} | changes
    schemas = CredentialSchemas.load(SCHEMAS)
    return list(SchemaChecker(schemas, hosts, WorkBudget(), lambda secured: None).check(document))


def test_a_kind_of_schema_is_told_by_its_name() -> None:
    kinds: tuple[Any, ...] = (["JsonSchema", "Other"], ["B", "A"])
    _, several, strange, nowhere = checked(
        Hosts({URL: b"<html>"}), *[entry(kind=kind) for kind in kinds], {"type": "JsonSchema"}
    )
    assert (several.code, several.data["kind"]) == ("malformed-json", "JsonSchema")
    assert (strange.code, strange.data["kind"], strange.data["schema"]) == ("unsupported-schema", "A, B", URL)
    assert (nowhere.code, nowhere.data["schema"]) == ("unsupported-schema", None)


def test_the_official_schema_under_another_kind_is_not_what_is_carried() -> None:
    official, other = checked(Hosts(), entry(ACHIEVEMENT_CREDENTIAL, "Other"))
    assert (official.data["declared"], other.code) == (False, "unsupported-schema")


def test_a_credential_of_no_known_type_has_the_schemas_that_it_declares() -> None:
    kind = {"type": ["VerifiableCredential"]}
    unsupported = "unsupported-schema"
    for one, code in ((entry(), "unavailable"), ({"type": "JsonSchema"}, unsupported), ({}, unsupported)):
        (own,) = checked(Hosts(), one, **kind)
        assert own.code == code
    (nothing,) = checked(Hosts(), **kind)
    assert (nothing.outcome, nothing.spec) == (Outcome.SKIPPED, OFFICIAL)


def test_four_schemas_are_looked_at_and_no_fifth() -> None:
    for count, last in ((4, []), (5, ["too-large"])):
        found = checked(Hosts(), *[entry(f"{URL}?{number}", "Other") for number in range(count)])
        assert [check.code for check in found[1:]] == [*["unsupported-schema"] * 4, *last]


def test_a_credential_holds_one_schema() -> None:
    subject = schema_credential()["credentialSubject"]
    for subjects in ([subject, subject], [subject | {"jsonSchema": "text"}], []):
        page = schema_credential() | {"credentialSubject": subjects}
        check = checked(Hosts({URL: page}), entry(kind="JsonSchemaCredential"))[1]
        assert (check.outcome, check.code) == (Outcome.UNKNOWN, "invalid-input")


def test_a_schema_that_takes_too_long_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("schema", 1)

    monkeypatch.setattr(subprocess, "run", too_long)
    (_, check) = checked(Hosts({URL: WANTS_NAME}), entry())
    assert (check.outcome, check.code) == (Outcome.UNKNOWN, "too-complex")
