"""The official schemas: what is published passes, and what is wrong is told in plain words."""

import copy
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import Fault, SettingsError
from credserv.openbadges.json_schema import (
    ACHIEVEMENT_CREDENTIAL,
    ACHIEVEMENT_CREDENTIAL_1,
    CLR_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL_1,
    CredentialSchemas,
)
from credserv.openbadges.schema_faults import MAX_FAULTS
from tests.testkit.shared import shared_path

EXAMPLES = sorted(shared_path("vectors/open-badges-spec").glob("*.json"))
FULL = "unsigned-fullOpenBadge-0.json"
ACHIEVEMENT = "/credentialSubject/achievement"


@pytest.fixture(scope="module")
def schemas() -> CredentialSchemas:
    return CredentialSchemas.load(default_schemas_dir())


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def full() -> dict[str, Any]:
    return read(shared_path("vectors/open-badges-spec") / FULL)


def put(document: Any, pointer: str, value: Any) -> None:
    *path, last = [int(key) if key.isdecimal() else key for key in pointer.split("/")[1:]]
    for key in path:
        document = document[key]
    if value is ...:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_published_example_passes(schemas: CredentialSchemas, path: Path) -> None:
    assert schemas.check_credential(read(path)) == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_required_member_is_missed(schemas: CredentialSchemas, path: Path) -> None:
    for name in ("@context", "id", "credentialSubject", "issuer", "validFrom"):
        document = read(path)
        del document[name]
        assert Fault(f"/{name}", "is required") in schemas.check_credential(document)


def test_endorsements_over_both_data_models_and_other_types(schemas: CredentialSchemas) -> None:
    two = ["https://www.w3.org/ns/credentials/v2"]
    one = ["https://www.w3.org/2018/credentials/v1"]
    for contexts, types, url in (
        (two, ["VerifiableCredential", "OpenBadgeCredential"], ACHIEVEMENT_CREDENTIAL),
        (two, ["VerifiableCredential", "AchievementCredential"], ACHIEVEMENT_CREDENTIAL),
        (one, ["VerifiableCredential", "OpenBadgeCredential"], ACHIEVEMENT_CREDENTIAL_1),
        (two, ["VerifiableCredential", "EndorsementCredential"], ENDORSEMENT_CREDENTIAL),
        (one, ["VerifiableCredential", "EndorsementCredential"], ENDORSEMENT_CREDENTIAL_1),
        (two, ["VerifiableCredential", "ClrCredential"], CLR_CREDENTIAL),
        (two, "OpenBadgeCredential", ACHIEVEMENT_CREDENTIAL),
        (two, ["VerifiableCredential"], None),
        (two, [["OpenBadgeCredential"], 7, None], None),
        (two, None, None),
        (None, ["OpenBadgeCredential"], ACHIEVEMENT_CREDENTIAL),
    ):
        assert schemas.schema_of({"@context": contexts, "type": types}) == url


def test_what_no_schema_is_for_is_not_passed_as_if_it_were_checked(schemas: CredentialSchemas) -> None:
    (fault,) = schemas.check_credential({"type": ["VerifiableCredential"]})
    assert fault.place == "/type"


def test_signed_samples_of_others_over_both_data_models(schemas: CredentialSchemas) -> None:
    """Some of them break the schema: told at the place, which people can look up."""
    folder = shared_path("samples/dcc")
    good = "v2__dataIntegrityProof__didKey__legacyRegistry-noStatus-notExpired-withSchema.json"
    assert schemas.check_credential(read(folder / good)) == ()
    older = "v1__dataIntegrityProof__didKey__legacyRegistry-noStatus-noExpiry-OBSpecExample.json"
    assert schemas.check_credential(read(folder / older)) == ()
    named = "v1__dataIntegrityProof__didWeb__oidf-validStatus-noExpiry.json"
    assert schemas.check_credential(read(folder / named)) == (
        Fault("/credentialSubject/name", "is not allowed here"),
    )


@pytest.mark.parametrize(
    ("pointer", "value", "place", "words"),
    [
        ("/@context/0", "https://x.example", "/@context/0", "must be https://www.w3.org/ns/credentials/v2"),
        ("/type", ["VerifiableCredential", "OpenBadgeCredential", 3], "/type/2", "text or an object"),
        ("/issuer", 3, "/issuer", "is expected"),
        ("/validFrom", "yesterday", "/validFrom", "is not a date-time"),
        ("/validFrom", "2026-02-30T00:00:00Z", "/validFrom", "is not a date-time"),
        ("/credentialStatus", [{"type": "x"}], "/credentialStatus", "an object is expected"),
        ("/credentialSubject", ..., "/credentialSubject", "is required"),
        (f"{ACHIEVEMENT}/name", 5, f"{ACHIEVEMENT}/name", "text or an object is expected"),
        (f"{ACHIEVEMENT}/name", ..., f"{ACHIEVEMENT}/name", "is required"),
        (f"{ACHIEVEMENT}/tag", [1], f"{ACHIEVEMENT}/tag/0", "text or an object is expected"),
        (f"{ACHIEVEMENT}/criteria", "do it", f"{ACHIEVEMENT}/criteria", "an object is expected"),
        (f"{ACHIEVEMENT}/achievementType", "Foo", f"{ACHIEVEMENT}/achievementType", "begins with ext:"),
        (f"{ACHIEVEMENT}/image/colour", "red", f"{ACHIEVEMENT}/image/colour", "is not allowed here"),
        (f"{ACHIEVEMENT}/inLanguage", "english", f"{ACHIEVEMENT}/inLanguage", "must match the pattern"),
        (
            f"{ACHIEVEMENT}/alignment/0/targetName",
            ...,
            f"{ACHIEVEMENT}/alignment/0/targetName",
            "is required",
        ),
        (f"{ACHIEVEMENT}/alignment/1/targetType", "x", f"{ACHIEVEMENT}/alignment/1/targetType", "CFItem"),
        (
            f"{ACHIEVEMENT}/resultDescription/0/resultType",
            "X",
            f"{ACHIEVEMENT}/resultDescription/0/resultType",
            "must be one of GradePointAverage, LetterGrade",
        ),
        (
            f"{ACHIEVEMENT}/creator/endorsement/0/validFrom",
            "x",
            f"{ACHIEVEMENT}/creator/endorsement/0/validFrom",
            "is not a date-time",
        ),
    ],
)
def test_one_change_is_one_fault_at_its_place(
    schemas: CredentialSchemas, pointer: str, value: Any, place: str, words: str
) -> None:
    document = full()
    put(document, pointer, value)
    (fault,) = schemas.check_credential(document)
    assert fault.place == place
    assert words in fault.message


def test_several_faults_are_told_together(schemas: CredentialSchemas) -> None:
    document = full()
    changes = {
        "/issuer": ...,
        "/validFrom": 7,
        f"{ACHIEVEMENT}/name": [],
        f"{ACHIEVEMENT}/alignment/0/type": ...,
    }
    for pointer, value in changes.items():
        put(document, pointer, value)
    assert {fault.place for fault in schemas.check_credential(document)} == set(changes)


def test_a_single_object_in_place_of_a_list_is_looked_into(schemas: CredentialSchemas) -> None:
    document = full()
    put(document, f"{ACHIEVEMENT}/alignment", {"type": ["Alignment"], "targetUrl": "https://x.example"})
    assert schemas.check_credential(document) == (
        Fault(f"{ACHIEVEMENT}/alignment/targetName", "is required"),
    )


def test_messages_repeat_no_values(schemas: CredentialSchemas) -> None:
    document = full()
    for pointer in (
        "/id",
        "/issuer",
        "/validFrom",
        f"{ACHIEVEMENT}/achievementType",
        f"{ACHIEVEMENT}/inLanguage",
    ):
        put(document, pointer, ["pat@example.org"] if pointer == "/id" else "pat@example.org")
    assert "pat@" not in str(schemas.check_credential(document))


def test_a_flood_of_faults_is_cut(schemas: CredentialSchemas) -> None:
    document = full()
    put(document, f"{ACHIEVEMENT}/tag", list(range(5_000)))
    assert len(schemas.check_credential(document)) == MAX_FAULTS


def test_an_achievement_alone(schemas: CredentialSchemas) -> None:
    achievement = copy.deepcopy(full()["credentialSubject"]["achievement"])
    assert schemas.check_achievement(achievement) == ()
    del achievement["criteria"]
    assert schemas.check_achievement(achievement) == (Fault("/criteria", "is required"),)


def test_by_the_url_in_credential_schema(schemas: CredentialSchemas) -> None:
    assert ACHIEVEMENT_CREDENTIAL in schemas.urls
    assert schemas.check_against(ACHIEVEMENT_CREDENTIAL, full()) == ()
    with pytest.raises(KeyError):
        schemas.check_against("https://elsewhere.example/schema.json", full())


# --- the carried files --------------------------------------------------------------------------


def test_the_carried_schemas_are_the_published_ones() -> None:
    for name, folder in (("ob", "json-schema-ob"), ("clr", "json-schema-clr")):
        published = shared_path(f"standards/{folder}")
        for path in (default_schemas_dir() / "json-schema").glob(f"{name}_*.json"):
            assert path.read_bytes() == (published / path.name).read_bytes()


def test_a_changed_schema_file_refuses_to_start(tmp_path: Path) -> None:
    folder = shutil.copytree(default_schemas_dir(), tmp_path / "schemas")
    path = folder / "json-schema" / "ob_v3p0_achievementcredential_schema.json"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SettingsError, match="ob_v3p0_achievementcredential_schema"):
        CredentialSchemas.load(folder)


@pytest.mark.parametrize("change", ["missing file", "missing manifest", "no entries", "no list"])
def test_schemas_that_are_not_there_refuse_to_start(tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(default_schemas_dir(), tmp_path / "schemas")
    if change == "missing file":
        (folder / "json-schema" / "clr_v2p0_clrcredential_schema.json").unlink()
    elif change == "missing manifest":
        (folder / "MANIFEST.json").unlink()
    else:
        (folder / "MANIFEST.json").write_text("[]" if change == "no entries" else "7")
    with pytest.raises(SettingsError):
        CredentialSchemas.load(folder)


def test_attack_46_a_remote_reference_is_refused_and_no_socket_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    folder = default_schemas_dir() / "json-schema"
    documents: dict[str, Any] = {doc["$id"]: doc for doc in map(read, folder.glob("*.json"))}
    assert CredentialSchemas(documents).check_credential(full()) == ()
    documents[ACHIEVEMENT_CREDENTIAL]["$defs"]["Image"] = {"$ref": "https://elsewhere.example/image.json"}
    with pytest.raises(Exception, match=r"elsewhere\.example"):
        CredentialSchemas(documents)
    assert opened == []
