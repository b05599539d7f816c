"""Achievements in further languages: given in console, file and API, and shown to who reads them, marked."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from credserv.ground.errors import NotFoundError, SchemaFaultsError
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.define.studies import set_studies
from credserv.journeys.define.translations import remove_translation, set_translation
from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.hold.shares import ShareWish, make_share
from credserv.journeys.translations import translations_of
from credserv.records.audit import Action
from credserv.records.letter_words import LetterWords
from credserv.records.letters import DueLetter, LetterRecord, Tells
from credserv.records.roles import Role
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import Service, make_service

PAT, KEY = "pat@example.org", "lifting"
DEFINITION: dict[str, Any] = {
    "key": KEY,
    "kind": "competency-mastery",
    "achievement": {
        "name": "Safe lifting",
        "description": "Moves loads without harm.",
        "criteria": {"narrative": "Three observed lifts."},
        "inLanguage": "en",
    },
    "translations": {
        "de": {
            "name": "Sicher heben",
            "description": "Bewegt Lasten ohne Schaden.",
            "criteria": {"narrative": "Drei beobachtete Hebungen."},
        },
        "it": {"name": "Sollevare", "description": "Sposta.", "criteria": {"narrative": "Tre."}},
    },
}
AT = f"/achievements/{KEY}/versions/1"
MARK = "In Übersetzung gezeigt; sie ist nicht signiert."
GIVEN = {"name": "Levage sûr", "description": "Sans dommage.", "criteria": "Trois."}


def load(service: Service, **changes: Any) -> tuple[int, bool]:
    given = {"read_image": no_image_files, "actor": "test", "now": service.clock.now}
    version, is_new = define(service.services, {**DEFINITION, **changes}, **given)
    return version.version, is_new


def languages(service: Service, number: int = 1) -> list[str]:
    version = service.services.store.achievements.get(KEY, number)
    assert version is not None
    return [one.language for one in translations_of(service.services, version)]


def test_they_are_kept_beside_each_version(service: Service) -> None:
    services, known = service.services, {"actor": "test", "now": service.clock.now}
    assert load(service) == (1, True)
    assert languages(service) == ["de", "it"]
    first = services.store.achievements.get(KEY, 1)
    # None is signed, so none makes a version.
    set_translation(services, KEY, 1, "fr", GIVEN, **known)
    set_translation(services, KEY, 1, "fr", {**GIVEN, "name": "Lever"}, **known)
    assert languages(service) == ["de", "fr", "it"]
    assert services.store.achievements.get(KEY, 1) == first
    without = {name: value for name, value in DEFINITION.items() if name != "translations"}
    assert define(services, without, read_image=no_image_files, **known)[1] is False
    assert languages(service) == ["de", "fr", "it"], "a definition that does not say leaves them"
    assert load(service) == (1, False)
    assert languages(service) == ["de", "it"], "one that does, says all"
    remove_translation(services, KEY, 1, "it", **known)
    with pytest.raises(NotFoundError):
        remove_translation(services, KEY, 1, "it", **known)
    with pytest.raises(SchemaFaultsError):
        set_translation(services, KEY, 1, "en", GIVEN, **known)
    with pytest.raises(NotFoundError):
        set_translation(services, KEY, 9, "fr", GIVEN, **known)
    # They go along with what changes nothing of the words, and with nothing else.
    assert set_studies(services, KEY, {"language": "en", "study_time": "3"}, **known).version == 2
    assert languages(service, 2) == ["de"]
    changed = {**DEFINITION["achievement"], "name": "Lifting"}
    assert define(services, {**without, "achievement": changed}, read_image=no_image_files, **known)[1]
    assert languages(service, 3) == []
    told = [
        (one.subject, sorted(one.detail))
        for one in services.store.audit.recent(20)
        if one.action == Action.ACHIEVEMENT_TRANSLATED
    ]
    assert told == [
        ("lifting/2", ["de"]),
        ("lifting/1", ["it"]),
        ("lifting/1", ["fr"]),
        ("lifting/1", ["fr"]),
        ("lifting/1", ["fr"]),
        ("lifting/1", ["de", "it"]),
    ]


@pytest.fixture(scope="module")
def awarded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, str]:
    """A badge of it, of somebody."""
    folder: Path = tmp_path_factory.mktemp("translations")
    service = Letters(make_service(f"sqlite:///{folder / 'c.sqlite'}", folder)).service
    load(service)
    headers = {**service.api_headers(), "Idempotency-Key": "lifting-1"}
    order = {"achievement": KEY, "recipient": {"email": PAT, "name": "Pat"}}
    answer = service.client().post("/api/v1/credentials", json=order, headers=headers)
    return service, str(answer.json["id"])


def reading(service: Service, tags: str) -> Person:
    person = Person(service)
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = tags
    return person


def test_pages_speak_the_readers_language_and_say_what_was_signed(awarded: tuple[Service, str]) -> None:
    service, credential_id = awarded
    german = reading(service, "de-AT,de;q=0.9,en;q=0.5").open_wallet(PAT)
    for path in (AT, f"/credentials/{credential_id}", f"/wallet/credentials/{credential_id}"):
        page = german.get(path)
        assert '<h1 id="name"><bdi' in page
        assert "Sicher heben</bdi></h1>" in page
        assert MARK in page
        assert 'Signiert auf Englisch: „<bdi lang="en">Safe lifting</bdi>“' in page
        assert "Drei beobachtete Hebungen." in page
        assert "Three observed lifts." in page, "one press away"
        assert "<title>Safe lifting" in page
    for path in ("/", "/wallet"):
        assert 'Signiert auf Englisch: „<bdi lang="en">Safe lifting</bdi>“' in german.get(path)
    english = reading(service, "en-GB,de;q=0.8")
    for path in (AT, f"/credentials/{credential_id}"):
        assert "Sicher heben</bdi></h1>" not in english.get(path)
        assert "translation, which" not in english.get(path)
    # A language that pages do not speak; and by a link, whatever the browser says.
    italian = reading(service, "it").get(AT)
    assert '<bdi itemprop="name" lang="it">Sollevare</bdi></h1>' in italian
    assert "Signed in English: “<bdi>Safe lifting</bdi>”" in italian
    assert "Sollevare</bdi></h1>" in english.get(f"{AT}?lang=it")
    assert f'hreflang="it" href="{service.settings.public_url}{AT}?lang=it"' in english.get(AT)


def test_programs_get_what_is_signed_and_each_edition(awarded: tuple[Service, str]) -> None:
    service, credential_id = awarded
    client, asked = service.client(), {"Accept": "application/json", "Accept-Language": "de"}
    whole = client.get(AT, headers=asked)
    assert whole.json["name"] == "Safe lifting"
    assert [(one["inLanguage"], one["id"].rpartition("?")[2]) for one in whole.json["related"]] == [
        ("de", "lang=de"),
        ("it", "lang=it"),
    ]
    assert "immutable" not in whole.headers["Cache-Control"]
    german = client.get(f"{AT}?lang=de", headers=asked).json
    assert (german["name"], german["inLanguage"], german["related"][0]["inLanguage"]) == (
        *("Sicher heben", "de"),
        "en",
    )
    assert (
        service.services.schemas.check_achievement(
            {name: value for name, value in german.items() if name != "@context"}
        )
        == ()
    ), "it is an achievement of Open Badges 3.0"
    assert client.get(f"{AT}?lang=en", headers=asked).json["name"] == "Safe lifting"
    assert client.get(f"{AT}?lang=xx", headers=asked).status_code == 404
    signed = client.get(f"/credentials/{credential_id}.json").json
    assert "related" not in signed["credentialSubject"]["achievement"]
    answer = client.get(f"/api/v1/achievements/{KEY}", headers=service.api_headers()).json
    assert answer["translations"] == DEFINITION["translations"]


def test_attack_160_a_translation_says_nothing_of_a_verified_badge_without_the_mark(
    awarded: tuple[Service, str],
) -> None:
    """What was not signed stands on no page without saying so; checks and previews have what was."""
    service, credential_id = awarded
    known = {"actor": "test", "now": service.clock.now}
    lie = {"name": "Chief surgeon", "description": "Operates.", "criteria": "Ten years."}
    set_translation(service.services, KEY, 1, "fr", lie, **known)
    person = reading(service, "fr").open_wallet(PAT)
    address = f"{service.settings.public_url}/credentials/{credential_id}"
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    wish = ShareWish((credential_id,))
    shared = make_share(service.services, record.person_id, wish, service.clock.now).rpartition("/")[2]
    marked = 0
    for path in (
        *("/", AT, "/wallet", f"/credentials/{credential_id}", f"/wallet/credentials/{credential_id}"),
        *(f"/shares/{shared}", "/wallet/shares", "/wallet/progress", "/wallet/cv"),
        f"/verify?url={address}",
    ):
        page = person.get(path)
        if "Chief surgeon" in page:
            assert "Signé en anglais : «" in page
            assert "Safe lifting" in page
            marked += 1
        head = page.partition("<body")[0]
        assert "Chief surgeon" not in head, "nor in titles and previews"
    assert marked == 6
    checked = person.client.post("/verify", data={"url": address}).text
    assert "Safe lifting" in checked
    assert "Chief surgeon" not in checked
    report = service.client().post("/api/v1/verify", json={"url": address}, headers={"Accept-Language": "fr"})
    assert "Chief surgeon" not in report.text
    # Only the words that were signed are ever replaced by a translation of these.
    remove_translation(service.services, KEY, 1, "fr", **known)


def test_the_certificate_speaks_it_too(awarded: tuple[Service, str]) -> None:
    service, credential_id = awarded
    pdf = (
        reading(service, "de")
        .open_wallet(PAT)
        .client.get(f"/wallet/credentials/{credential_id}/certificate.pdf")
    )
    text = " ".join(PdfReader(io.BytesIO(pdf.data)).pages[0].extract_text().split())
    for said in ("Sicher heben", MARK, "Safe lifting", "Verliehen an Pat", "Zertifikat"):
        assert said in text


def test_letters_speak_it_and_say_what_was_signed(awarded: tuple[Service, str]) -> None:
    service, credential_id = awarded
    services, now = service.services, service.clock.now
    due = DueLetter(LetterRecord(credential_id, now, None), "pat", PAT, "Pat", KEY, 1, now)
    for language, name in (("de", "Sicher heben"), ("en", "Safe lifting"), ("fr", "Safe lifting")):
        letter = badge_letter(services, replace(due, language=language))
        assert name in letter.subject
        assert (MARK in letter.text) == (language == "de")
    words = LetterWords(Tells.AWARD, "de", "Neu: {badge}", "Schön: {description}", "Los", "")
    services.store.letter_words.put(words, actor="test", now=now)
    letter = badge_letter(services, replace(due, language="de"))
    assert letter.subject == "Neu: Sicher heben"
    assert "Bewegt Lasten ohne Schaden." in letter.text
    assert "„Safe lifting“" in letter.text
    services.store.letter_words.remove(Tells.AWARD, "de")


def test_the_console_takes_them(awarded: tuple[Service, str]) -> None:
    service, _ = awarded
    person = Person(service).sign_in_to_console()
    at = f"/console/achievements/{KEY}/1/translations"
    assert at in person.get(f"/console/achievements/{KEY}")
    page = person.get(at)
    assert "German" in page
    assert "As it is signed, in English" in page
    wrong = person.submit(at, language="english", **GIVEN)
    assert wrong.status_code == 400
    assert "BCP 47" in wrong.text
    assert "Levage" in wrong.text, "nothing is lost"
    assert "Saved in Spanish" in person.follow(person.submit(at, language="es", **GIVEN))
    assert 'value="Levage sûr"' in person.get(f"{at}?language=es")
    gone = person.submit(f"{at}/remove", on=at, language="es")
    assert "was removed" in person.follow(gone)
    assert languages(service) == ["de", "it"]
    # A next version of other words has none, and offers what there was.
    load(service, achievement={**DEFINITION["achievement"], "name": "Lifting"}, translations=None)
    page = person.get(f"/console/achievements/{KEY}/2/translations")
    assert "None yet" in page
    assert "look each through" in page
    assert 'value="Sicher heben"' in person.get(f"/console/achievements/{KEY}/2/translations?language=de")
    reader = Person(service).sign_in_as(Role.AUDITOR)
    assert "Give a translation" not in reader.get(at)
    file = (io.BytesIO(json.dumps(DEFINITION).encode()), "lifting.json")
    loaded = person.submit("/console/achievements", on="/console/achievements/new", definition=file)
    assert "Version 3" in person.follow(loaded)
    assert languages(service, 3) == ["de", "it"]
    assert re.search(r"Sicher heben", reading(service, "de").get("/"))
