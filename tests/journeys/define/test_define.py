"""Define: from an administrator's file to an immutable version, on both databases."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import ConflictError, InputError, SchemaFaultsError, SettingsError
from credserv.journeys.define.achievements import (
    check_definition,
    define,
    image_files,
    load_default_image,
    load_starters,
    no_image_files,
    starter_files,
)
from credserv.records.achievements import AchievementVersion
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service, make_service

SCHEMAS_DIR = default_schemas_dir()
READ = image_files(SCHEMAS_DIR / "achievements", within=SCHEMAS_DIR)


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """As the shared one, with no achievement in it yet."""
    made = make_service(database_url, tmp_path, starters=False)
    yield made
    made.services.close()


def document() -> dict[str, Any]:
    path = SCHEMAS_DIR / "achievements" / "mentor-foundation.json"
    read: dict[str, Any] = json.loads(path.read_bytes())
    return read


def defined(service: Service, definition: dict[str, Any]) -> tuple[AchievementVersion, bool]:
    return define(service.services, definition, read_image=READ, actor="console", now=NOW)


def test_the_first_version(service: Service) -> None:
    version, created = defined(service, document())
    assert created
    assert (version.key, version.version, version.kind) == ("mentor-foundation", 1, "mentor-accreditation")
    assert version.validity_days == 730
    url = f"{service.services.public_url}/achievements/mentor-foundation/versions/1"
    assert version.achievement["id"] == url
    assert version.achievement["resultDescription"][0]["id"] == f"{url}#mastery"
    assert service.services.store.achievements.newest("mentor-foundation") == version


def test_its_pictures_are_kept_and_named_by_content(service: Service) -> None:
    version, _ = defined(service, document())
    for extension, sum_ in (("png", version.png_sha256), ("svg", version.svg_sha256)):
        assert sum_ is not None
        image = service.services.store.achievements.image(sum_)
        assert image is not None
        assert image.content == (SCHEMAS_DIR / "images" / f"mentor-foundation.{extension}").read_bytes()
        assert hashlib.sha256(image.content).hexdigest() == sum_
    assert version.achievement["image"]["id"].endswith(f"/images/{version.png_sha256}.png")


def test_the_same_again_makes_no_version_and_a_change_makes_the_next(service: Service) -> None:
    first, _ = defined(service, document())
    assert defined(service, document()) == (first, False)
    changed = document()
    changed["achievement"]["description"] = "Changed."
    second, created = defined(service, changed)
    assert created
    assert second.version == 2
    assert second.achievement["id"].endswith("/versions/2")
    assert defined(service, changed) == (second, False)
    back, created = defined(service, document())
    assert (back.version, created) == (3, True)
    store = service.services.store.achievements
    assert store.get("mentor-foundation", 1) == first
    assert [version.version for version in store.versions("mentor-foundation")] == [3, 2, 1]


def test_each_new_version_leaves_a_line_in_the_audit_trail(service: Service) -> None:
    defined(service, document())
    defined(service, document())
    lines = service.services.store.audit.of_subject("mentor-foundation/1")
    assert [(line.actor, line.action) for line in lines] == [("console", "achievement.define")]


def test_without_a_picture_it_gets_the_default_one(service: Service) -> None:
    plain = document()
    del plain["image"]
    version, _ = defined(service, plain)
    assert version.png_sha256 == hashlib.sha256(load_default_image(SCHEMAS_DIR).png).hexdigest()


def test_a_wrong_file_leaves_nothing_behind(service: Service) -> None:
    wrong = document()
    wrong["achievement"]["name"] = {"en": "Mentor"}
    wrong["achievement"]["criteria"] = {}
    with pytest.raises(SchemaFaultsError) as caught:
        defined(service, wrong)
    places = [fault.place for fault in caught.value.faults]
    assert places == ["/achievement/name", "/achievement/criteria"]
    assert service.services.store.achievements.list_newest() == ()
    assert service.services.store.audit.recent(10) == ()


def test_what_could_never_be_signed_is_refused_here(service: Service) -> None:
    """The official schema passes these; only canonicalization sees that they would be lost."""
    for creator, told in (
        ({"id": "https://a.example/", "type": ["Profile"], "clearance": "TOP"}, "clearance"),
        ({"id": "somewhere", "type": ["Profile"]}, "somewhere"),
        ({"id": "https://a.example/", "type": ["Profile", "Sovereign"]}, "Sovereign"),
    ):
        wrong = document()
        wrong["achievement"]["creator"] = creator
        with pytest.raises(SchemaFaultsError) as caught:
            defined(service, wrong)
        (fault,) = caught.value.faults
        assert fault.place.startswith("/achievement")
        assert told in fault.message
    assert service.services.store.achievements.list_newest() == ()


def test_checking_says_what_defining_would_say_and_needs_no_store(service: Service) -> None:
    def checked(definition: Any) -> list[str]:
        found = check_definition(
            definition,
            read_image=READ,
            schemas=service.services.schemas,
            canonizer=service.services.canonizer,
            default_image=service.services.default_image,
        )
        return [fault.place for fault in found]

    assert checked(document()) == []
    for pointer, value in (("kind", "x"), ("validity_days", 0), ("achievement", {}), ("image", 3)):
        wrong = {**document(), pointer: value}
        with pytest.raises(SchemaFaultsError) as caught:
            defined(service, wrong)
        assert checked(wrong) == [fault.place for fault in caught.value.faults] != []


def test_an_old_credential_keeps_naming_its_version(service: Service) -> None:
    defined(service, document())
    first = service.issue(email="pat@example.org")
    changed = document()
    changed["achievement"]["description"] = "Changed."
    defined(service, changed)
    second = service.issue(email="kim@example.org")
    for credential_id, number in ((first, 1), (second, 2)):
        record = service.services.store.credentials.get(credential_id)
        assert record is not None
        assert record.signed is not None
        achievement = json.loads(record.signed)["credentialSubject"]["achievement"]
        assert achievement["id"].endswith(f"/achievements/mentor-foundation/versions/{number}")
        assert (achievement["description"] == "Changed.") == (number == 2)


def test_many_at_once_make_one_version_each_and_no_gap(service: Service) -> None:
    """Eight threads define four different contents, each twice."""
    outcomes: list[tuple[int, bool]] = []
    failures: list[BaseException] = []

    def work(number: int) -> None:
        definition = document()
        definition["achievement"]["description"] = f"Content {number % 4}."
        try:
            version, created = defined(service, definition)
            outcomes.append((version.version, created))
        except ConflictError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = sorted(version for version, created in outcomes if created)
    assert failures == []
    assert made == list(range(1, len(made) + 1))
    stored = service.services.store.achievements.versions("mentor-foundation")
    assert sorted(version.version for version in stored) == made


# --- starters -----------------------------------------------------------------------------------


def test_all_starters_are_loaded_once(service: Service) -> None:
    first = load_starters(service.services, SCHEMAS_DIR, NOW)
    assert [version.key for version in first] == [path.stem for path in starter_files(SCHEMAS_DIR)]
    assert load_starters(service.services, SCHEMAS_DIR, NOW) == ()


def test_a_starter_that_an_administrator_has_changed_stays_so(service: Service) -> None:
    own = document()
    own["achievement"]["description"] = "Ours."
    defined(service, own)
    assert "mentor-foundation" not in [v.key for v in load_starters(service.services, SCHEMAS_DIR, NOW)]
    newest = service.services.store.achievements.newest("mentor-foundation")
    assert newest is not None
    assert newest.achievement["description"] == "Ours."


def test_a_broken_starter_file_is_named(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "schemas" / "achievements"
    folder.mkdir(parents=True)
    for text in ("{", '{"key":"a","key":"b"}', "[]"):
        (folder / "broken.json").write_text(text)
        with pytest.raises(SettingsError, match=r"broken\.json"):
            load_starters(service.services, tmp_path / "schemas", NOW)


def test_a_default_picture_that_is_missing_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="default picture"):
        load_default_image(tmp_path)
    shutil.copytree(SCHEMAS_DIR / "images", tmp_path / "images")
    (tmp_path / "images" / "default.png").write_bytes(b"no picture")
    with pytest.raises(SettingsError, match="default picture"):
        load_default_image(tmp_path)


# --- pictures beside a file ---------------------------------------------------------------------


def test_pictures_are_read_relative_to_the_file() -> None:
    assert READ("../images/default.png") == (SCHEMAS_DIR / "images" / "default.png").read_bytes()


@pytest.mark.parametrize(
    "name",
    ["missing.png", "", ".", "..", "\x00", "a" * 5_000, "../../../../../../../../etc/passwd", "/etc/passwd"],
)
def test_pictures_that_are_not_there_or_outside(name: str) -> None:
    with pytest.raises(InputError):
        READ(name)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="outside"):
        image_files(folder, within=folder)("link.png")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(InputError, match="larger"):
        image_files(tmp_path)("large.png")


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_read_or_refused(name: str) -> None:
    for read in (READ, no_image_files):
        try:
            assert isinstance(read(name), bytes)
        except InputError as error:
            refused = error.detail
            assert refused


def test_doors_without_files_want_data_uris() -> None:
    with pytest.raises(InputError, match="data:image/png"):
        no_image_files("../images/default.png")


def test_an_achievement_is_made_by_form_and_a_second_of_its_name_is_another(sqlite_service: Service) -> None:
    owner, page = Person(sqlite_service).sign_in_to_console(), "/console/achievements/new"
    form = {"name": "First Aid!", "description": "Helps.", "criteria": "Show it.", "validity_months": "24"}
    for key in ("first-aid", "first-aid-2"):
        shown = owner.follow(owner.submit("/console/achievements/by-form", on=page, **form))
        assert "Next, say what it takes" in shown
        made = sqlite_service.services.store.achievements.newest(key)
        assert made is not None
        assert (made.achievement["name"], made.validity_months) == ("First Aid!", 24)
    for wrong in ({"name": " "}, {"validity_months": "two"}, {"description": ""}, {"criteria": ""}):
        answer = owner.submit("/console/achievements/by-form", on=page, **form | wrong)
        assert answer.status_code == 400
        assert "First Aid!" in answer.text or "name" in wrong  # what was typed is still there
    assert sqlite_service.services.store.achievements.newest("first-aid-3") is None
