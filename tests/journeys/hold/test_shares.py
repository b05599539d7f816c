"""Journey 4, show: sets of badges under a link or on a page of one's own, and public pages that are off."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image
from pypdf import PdfReader
from werkzeug.test import TestResponse

from credserv.carriers.pdf import read_pdf
from credserv.ground.encoding import hash_token
from credserv.ground.errors import ConflictError, GoneError, InputError, NotFoundError
from credserv.journeys.hold import shares
from credserv.journeys.hold.passcodes import is_passcode, keep_passcode
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.hold.showing import show
from credserv.journeys.publish.publish import set_status, status_list
from credserv.openbadges.baking import unbake
from credserv.records.credentials import CredentialState
from credserv.records.people import Visitor
from tests.testkit.browsing import Person, secrets_of
from tests.testkit.microdata import microdata
from tests.testkit.service import Service, make_service

PAT, SAM = "pat@example.org", "sam@example.org"
BROWSER = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0"}
PREVIEWS = (
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("shares")
    service = make_service(f"sqlite:///{folder / 'shares.db'}", folder)
    rates = service.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    return service


@pytest.fixture
def pat(service: Service) -> tuple[Person, str]:
    """Signed in, with their id."""
    service.issue(email=PAT)
    person = Person(service).open_wallet(PAT)
    found = service.services.store.members.find_by_email(PAT)
    assert found is not None
    return person, found.person_id


def make(service: Service, person_id: str, *ids: str, **wish: object) -> str:
    wanted = ShareWish(ids, **wish)  # type: ignore[arg-type]
    return shares.make_share(service.services, person_id, wanted, service.clock.now)


def look(service: Service, url: str, agent: str = BROWSER["User-Agent"], **more: object) -> TestResponse:
    path = url.removeprefix(service.settings.public_url)
    return service.client().open(path, headers={"Accept": "*/*", "User-Agent": agent}, **more)


def openings(service: Service, url: str) -> list[Visitor]:
    token = hash_token(url.rpartition("/")[2])
    return [one.visitor for one in service.services.store.shares.openings([token]).get(token, ())]


def test_a_set_is_chosen_shown_logged_and_ended(service: Service, pat: tuple[Person, str]) -> None:
    person = pat[0]
    first, second = service.issue(email=PAT), service.issue(email=PAT)
    made = person.submit(
        "/wallet/shares", credential=[first, second], name="yes", address=PAT, days="7", label="Library"
    )
    (url,) = secrets_of(made.text)
    shown = look(service, url).text
    assert "2 credentials" in shown
    for told in ("Pat Doe", PAT):
        assert told in shown
    for private in ("Library", first, second):
        assert private not in shown
    one = look(service, f"{url}/2")
    assert "Awarded to <strong><bdi>Pat Doe</bdi></strong>" in one.text
    assert look(service, f"{url}/2.png").mimetype == "image/png"
    for absent in ("0", "3", "0.png", "3.png"):
        assert look(service, f"{url}/{absent}").status_code == 404
    verified = service.client().post("/verify", data={"url": f"{url}/2"})
    assert "Genuine and in force" in verified.text
    assert "link shows several" in service.client().post("/verify", data={"url": url}).text
    mine = person.get("/wallet/shares")
    assert "Opened 1 times" in mine
    assert url not in mine, "the address is shown once"
    share_id = hash_token(url.rpartition("/")[2])
    ended = person.submit(f"/wallet/shares/{share_id}/end", on="/wallet/shares")
    assert "You ended the link" in person.follow(ended)
    for path in (url, f"{url}/1"):
        assert look(service, path).status_code == 410


def test_found_f13_a_share_that_is_verified_by_its_url_tells_no_other_address(
    service: Service, pat: tuple[Person, str]
) -> None:
    """But the id that is signed; once it has ended, nothing of it is told."""
    known = service.issue(email=PAT)
    url = make(service, pat[1], known)
    permanent = f"{service.settings.public_url}/credentials/{known}"
    told = service.client().post("/api/v1/verify", json={"url": url}).json
    outside = {
        name: value for name, value in told.items() if name not in ("content", "display", "credential")
    }
    assert f"{permanent}." not in json.dumps(outside), "neither its files nor its page"
    own = service.services.store.shares.of_person(pat[1])
    (live,) = [one for one in own if one.credential_ids == (known,)]
    shares.end_share(service.services, pat[1], live.token_sha256, service.clock.now)
    service.clock.advance(minutes=2)
    after = service.client().post("/api/v1/verify", json={"url": url}).json
    assert after["verdict"] != "verified"
    assert known not in json.dumps(after)


def test_it_ends_by_itself(service: Service, pat: tuple[Person, str]) -> None:
    now = service.clock.now
    url = make(service, pat[1], service.issue(email=PAT), ends_at=now + timedelta(days=7))
    assert look(service, url).status_code == 200
    try:
        service.clock.advance(days=7)
        assert look(service, url).status_code == 410
    finally:
        service.clock.now = now


def test_what_was_revoked_says_so_and_still_opens(service: Service, pat: tuple[Person, str]) -> None:
    known = service.issue(email=PAT)
    url = make(service, pat[1], known)
    now = service.clock.now
    set_status(service.services, known, CredentialState.REVOKED, reason="a secret", actor="test", now=now)
    shown = look(service, url)
    assert shown.status_code == 200
    assert "Revoked" in shown.text
    assert "a secret" not in shown.text
    assert "Revoked" in look(service, url, PREVIEWS[0]).text


@pytest.mark.parametrize("agent", PREVIEWS)
def test_attack_w9_previews_use_nothing_up_and_learn_nothing_of_the_person(
    service: Service, pat: tuple[Person, str], agent: str
) -> None:
    known = service.issue(email=PAT)
    url = make(service, pat[1], known, max_openings=1, shows_name=True, address=PAT)
    for _ in range(3):
        preview = look(service, url, agent)
        assert preview.status_code == 200
        assert 'og:title" content="Mentor Accreditation: Foundation"' in preview.text
        for private in ("Pat Doe", PAT, known, "Verify now", "See every check"):
            assert private not in preview.text
    look(service, url, method="HEAD")
    look(service, url)  # as a scanner does that calls itself a browser
    assert openings(service, url) == [Visitor.PREVIEW] * 3
    (record,) = [
        one for one in service.services.store.shares.of_person(pat[1]) if one.credential_ids == (known,)
    ]
    assert record.openings == 0
    page = look(service, f"/credentials/{known}", agent)
    assert page.mimetype == "text/html", "a preview is of the page"
    assert 'og:title"' in page.text


def test_a_maximum_is_counted_by_the_button_alone(service: Service, pat: tuple[Person, str]) -> None:
    url = make(service, pat[1], service.issue(email=PAT), max_openings=2, shows_name=True)
    path = url.removeprefix(service.settings.public_url)
    for _ in range(2):
        client = service.client()
        assert "Pat Doe" not in client.get(path, headers=BROWSER).text
        assert client.post(path, headers=BROWSER).status_code == 303
        for _ in range(2):  # a look at it again is no opening
            assert "Pat Doe" in client.get(path, headers=BROWSER).text
    assert "as often as its holder allowed" in look(service, url, method="POST").text
    assert "asks something first" in service.client().post("/verify", data={"url": url}).text
    shown = client.get(path, headers=BROWSER).text
    (text,) = re.findall(r'name="text" value="([^"]+)"', shown)
    assert "Genuine and in force" in service.client().post("/verify", data={"text": text_of(text)}).text
    service.clock.advance(minutes=15)
    assert "Pat Doe" not in client.get(path, headers=BROWSER).text


def text_of(markup: str) -> str:
    return html.unescape(markup)


def test_a_passcode_opens_and_guessing_closes(service: Service, pat: tuple[Person, str]) -> None:
    known = service.issue(email=PAT)
    url, other = (make(service, pat[1], known, passcode="kraut und rüben") for _ in range(2))
    path = url.removeprefix(service.settings.public_url)
    client = service.client()
    wrong = client.post(path, data={"passcode": "kraut"}, headers=BROWSER)
    assert (wrong.status_code, "See every check" in wrong.text) == (403, False)
    assert client.post(path, data={"passcode": "kraut und rüben"}, headers=BROWSER).status_code == 303
    assert "See every check" in client.get(path, headers=BROWSER).text
    # What one link lets in, no other does.
    there = other.removeprefix(service.settings.public_url)
    cookie = client.get_cookie("credserv_share", path=path)
    assert cookie is not None
    client.set_cookie("credserv_share", cookie.value, path=there)
    assert "See every check" not in client.get(there, headers=BROWSER).text
    for _ in range(10):
        client.post(path, data={"passcode": "guess"}, headers=BROWSER)
    right = client.post(path, data={"passcode": "kraut und rüben"}, headers=BROWSER)
    assert right.status_code == 410
    assert "too many wrong passcodes" in right.text.lower()


def test_a_passcode_is_not_kept_in_clear() -> None:
    kept = keep_passcode("open sesame")
    assert "open" not in kept
    assert kept != keep_passcode("open sesame")
    assert is_passcode("open sesame", kept)
    assert not is_passcode("open sesame ", kept)
    assert not is_passcode("", kept)
    with pytest.raises(InputError):
        keep_passcode("short")


@pytest.mark.parametrize(
    "wish",
    [
        {"label": "x" * 81},
        {"max_openings": 0},
        {"max_openings": 1_001},
        {"address": "boss@example.org"},
        {"passcode": "short"},
        {"slug": "Pat Doe"},
        {"slug": "../x"},
        {"slug": "pat-doe", "passcode": "open sesame"},
    ],
)
def test_what_cannot_be_shown_is_said(
    service: Service, pat: tuple[Person, str], wish: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        make(service, pat[1], service.issue(email=PAT), **wish)


def test_nobody_shows_what_another_holds(service: Service, pat: tuple[Person, str]) -> None:
    """attack 113"""
    of_sam, own = service.issue(email=SAM), service.issue(email=PAT)
    for ids in ((of_sam,), (own, of_sam), ("A" * 22,)):
        with pytest.raises(NotFoundError):
            make(service, pat[1], *ids)
    with pytest.raises(InputError):
        make(service, pat[1])
    sam = Person(service).open_wallet(SAM)
    url = make(service, pat[1], own)
    share_id = hash_token(url.rpartition("/")[2])
    assert sam.submit(f"/wallet/shares/{share_id}/end", on="/wallet/shares").status_code == 404
    assert look(service, url).status_code == 200


def test_a_page_of_ones_own_is_there_until_it_is_ended(service: Service, pat: tuple[Person, str]) -> None:
    known = service.issue(email=PAT)
    url = make(service, pat[1], known, slug="pat-doe", shows_name=True)
    assert url.endswith("/people/pat-doe")
    shown = look(service, url)
    assert "Pat Doe" in shown.text
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert "Pat Doe" not in look(service, url, PREVIEWS[0]).text
    sam = service.services.store.members.find_by_email(SAM)
    assert sam is not None
    with pytest.raises(ConflictError, match="somebody else"):
        make(service, sam.person_id, service.issue(email=SAM), slug="pat-doe")
    make(service, pat[1], known, service.issue(email=PAT), slug="pat-doe")
    shown = look(service, url)
    assert "2 credentials" in shown.text
    assert "Pat Doe" not in shown.text, "the newest counts"
    (live,) = [one for one in service.services.store.shares.of_person(pat[1]) if one.slug]
    shares.end_share(service.services, pat[1], live.token_sha256, service.clock.now)
    assert look(service, url).status_code == 404
    with pytest.raises(ConflictError):
        make(service, sam.person_id, service.issue(email=SAM), slug="pat-doe")


def test_a_page_tells_machines_what_it_shows_and_nothing_of_the_person(
    service: Service, pat: tuple[Person, str]
) -> None:
    known = service.issue(email=PAT)
    shared = make(service, pat[1], known, shows_name=True)
    for url in (shared, f"{service.settings.public_url}/credentials/{known}"):
        path = url.removeprefix(service.settings.public_url)
        page = service.client().get(path, headers=BROWSER).text
        (item,) = microdata(page)
        words = text_of(re.sub(r"<[^>]+>", "", page))
        for name in ("name", "credentialCategory", "creativeWorkStatus"):
            assert item[name] in words
        assert item["description"] in " ".join(words.split())
        assert item["publisher"]["name"] in words
        assert f'src="{item["image"]}"' in page
        assert f'datetime="{item["dateCreated"]}"' in page
        shown = {"name", "credentialCategory", "creativeWorkStatus", "description", "image", "dateCreated"}
        assert set(item) - {"expires"} == {"@type", "publisher", *shown}
        assert item["@type"] == "https://schema.org/EducationalOccupationalCredential"
        assert set(item["publisher"]) == {"@type", "name", "url"}
        assert "Pat" not in str(item)
    assert "Pat Doe" in look(service, shared).text


def test_attack_114_an_address_is_not_guessed_for_many_badges_at_once(service: Service) -> None:
    """Each badge has 128 bits of salt of its own, and names no address in clear."""
    bodies = [service.client().get(f"/credentials/{service.issue(email=PAT)}.json") for _ in range(2)]
    identities = [one.json["credentialSubject"]["identifier"][0] for one in bodies]  # type: ignore[index]
    assert all(one["hashed"] is True and len(bytes.fromhex(one["salt"])) == 16 for one in identities)
    for member in ("salt", "identityHash"):
        assert len({one[member] for one in identities}) == 2
    assert all(PAT.encode() not in one.data for one in bodies)


def test_attack_116_a_page_that_is_off_answers_as_an_id_that_never_was(
    service: Service, pat: tuple[Person, str]
) -> None:
    person, person_id = pat
    known = service.issue(email=PAT)
    url, path = make(service, person_id, known), f"/wallet/credentials/{known}"
    signed = service.client().get(f"/credentials/{known}.json").data
    assert "The public page is off" in person.follow(person.submit(f"{path}/page", on=path, shown="no"))
    for rest in ("", ".json", ".png", ".svg", "/verification.svg"):
        names = (known, "A" * 22)
        answers = [service.client().get(f"/credentials/{name}{rest}", headers=BROWSER) for name in names]
        told = [
            (answer.status_code, re.sub(rf"urn:uuid:[0-9a-f-]+|{name}", "", answer.text))
            for answer, name in zip(answers, names, strict=True)
        ]
        assert told[0] == told[1]
        assert told[0][0] == 404
    signed_out = service.client().get(path, headers=BROWSER)
    assert signed_out.status_code == 404
    link = f"{service.settings.public_url}/credentials/{known}"
    assert "no credential at this address" in service.client().post("/verify", data={"url": link}).text
    # Its own verification goes on, the list is served, and the holder's link shows it.
    assert "Genuine and in force" in service.client().post("/verify", data={"text": signed.decode()}).text
    record = service.services.store.credentials.get(known)
    assert record is not None
    assert status_list(service.services, record.status_list_id, now=service.clock.now).body
    assert look(service, url).status_code == 200
    assert "The public page is on" in person.follow(person.submit(f"{path}/page", on=path, shown="yes"))
    assert service.client().get(f"/credentials/{known}.json").data == signed
    sam = Person(service).open_wallet(SAM)
    assert sam.submit(f"{path}/page", on="/wallet/shares", shown="no").status_code == 404


def test_a_link_shows_what_its_holder_holds_now(service: Service, pat: tuple[Person, str]) -> None:
    """What became somebody else's is not shown by the first one's link."""
    known = service.issue(email="moves@example.org")
    record = service.services.store.credentials.get(known)
    assert record is not None
    url = make(service, record.person_id, known, slug="moves")
    later = service.clock.now + timedelta(days=1)
    service.services.store.members.end_identifier(
        record.identifier_id, service.clock.now - timedelta(days=1), later
    )
    assert look(service, url).status_code in (404, 410)
    found = service.services.store.shares.at_slug("moves")
    assert found is not None
    with pytest.raises(GoneError):
        show(service.services, found, later)


def test_a_certificate_carries_the_signed_bytes(service: Service, pat: tuple[Person, str]) -> None:
    person, person_id = pat
    known = service.issue(email=PAT, name='Pat #read("/etc/passwd") Doe')
    record = service.services.store.credentials.get(known)
    assert record is not None
    answer = person.client.get(f"/wallet/credentials/{known}/certificate.pdf")
    assert answer.mimetype == "application/pdf"
    content = read_pdf(answer.data)
    assert [data for _, data in content.attachments] == [record.signed]
    assert content.links == (f"{service.settings.public_url}/credentials/{known}",)
    shown = PdfReader(io.BytesIO(answer.data))
    assert '#read("/etc/passwd")' in shown.pages[0].extract_text(), "names are text"
    assert b"<pdfaid:part>3</pdfaid:part>" in answer.data
    checked = service.client().post("/verify", data={"file": (io.BytesIO(answer.data), "certificate.pdf")})
    assert "Genuine and in force" in checked.text
    # Of a link: with a name only where it shows one; none while the link asks something first.
    url = make(service, person_id, known)
    shared = look(service, f"{url}/1.pdf")
    assert read_pdf(shared.data).links == (url,)
    assert "Pat" not in PdfReader(io.BytesIO(shared.data)).pages[0].extract_text()
    gated = make(service, person_id, known, max_openings=1)
    for path in (f"{gated}/1.pdf", f"{gated}/1.png", f"{url}/2.pdf"):
        assert look(service, path).status_code == 404
    # A name for which no font has the letters.
    strange = service.issue(email=PAT, name="\U00013080\U000131cb")
    pdf = person.client.get(f"/wallet/credentials/{strange}/certificate.pdf").data
    assert len(read_pdf(pdf).attachments) == 1


def test_attack_116_a_card_is_gone_with_what_it_is_of(service: Service, pat: tuple[Person, str]) -> None:
    person, person_id = pat
    known = service.issue(email=PAT)
    url = make(service, person_id, known, passcode="open sesame", shows_name=True)
    card = look(service, f"{url}/card.png")
    assert Image.open(io.BytesIO(card.data)).size == (1200, 630)
    assert card.headers["Cache-Control"] == "public, no-cache"
    assert f"{url}/card.png" in look(service, url, PREVIEWS[0]).text
    assert look(service, f"/credentials/{known}/card.png").data == card.data, "the same content"
    path = f"/wallet/credentials/{known}"
    person.submit(f"{path}/page", on=path, shown="no")
    assert look(service, f"/credentials/{known}/card.png").status_code == 404
    token_sha256 = hash_token(url.rpartition("/")[2])
    shares.end_share(service.services, person_id, token_sha256, service.clock.now)
    assert look(service, f"{url}/card.png").status_code == 410


def test_linkedin_is_offered_for_a_page_that_is_on(service: Service, pat: tuple[Person, str]) -> None:
    person = pat[0]
    known = service.issue(email=PAT)
    path = f"/wallet/credentials/{known}"
    (link,) = re.findall(r'href="(https://www.linkedin.com/[^"]+)"', person.get(path))
    told = dict(parse_qsl(urlsplit(text_of(link)).query))
    assert told == {
        "startTask": "CERTIFICATION_NAME",
        "name": "Mentor Accreditation: Foundation",
        "organizationName": "Example Academy",
        "issueYear": "2026",
        "issueMonth": "3",
        "expirationYear": told["expirationYear"],
        "expirationMonth": told["expirationMonth"],
        "certUrl": f"{service.settings.public_url}/credentials/{known}",
        "certId": known,
    }
    person.submit(f"{path}/page", on=path, shown="no")
    page = person.get(path)
    assert "https://www.linkedin.com" not in page
    assert "switch it on first" in page
    # The badge itself is the holder's, page or no page.
    record = service.services.store.credentials.get(known)
    assert record is not None
    assert person.client.get(f"{path}/badge.json").data == record.signed
    assert unbake(person.client.get(f"{path}/badge.png").data) == record.signed
    assert unbake(person.client.get(f"{path}/badge.svg").data) == record.signed
