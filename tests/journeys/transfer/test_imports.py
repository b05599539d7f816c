"""A person brings along what others issued: verified, kept as it came, shown with its verdict and age."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.carriers.zip_file import write_zip
from credserv.ground.encoding import decode_multikey, format_instant
from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.check.check import check
from credserv.journeys.check.many import each
from credserv.journeys.hold import shares, showing
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.operate.overview import overview
from credserv.journeys.transfer import imports as importing
from credserv.journeys.transfer import passing_on, watch
from credserv.journeys.transfer.brought import brought_along, count_brought
from credserv.journeys.transfer.imports import Kept, KeptAs, keep_import, keep_imports
from credserv.journeys.transfer.named_for import NamedFor
from credserv.journeys.transfer.watch import watch_due
from credserv.openbadges.baking import bake_png
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.tokens.sd_jwt_issue import sign_sd_jwt
from credserv.records.people import ProvedKind
from credserv.web.holder import imports
from credserv.web.holder import shares as holder_shares
from tests.testkit.browsing import Person, secrets_of
from tests.testkit.carriers import pdf, qr_code
from tests.testkit.defects import ALICE, defects, good, hosts_of
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.verifying import STATUS_URL, signed_list

PAT, SAM = "pat@example.org", "sam@example.org"
DEFECTS = {defect.name: defect for defect in defects(NOW)}
LINK = "https://badges.example/credentials/1"


def named(address: str, **changes: Any) -> bytes:
    """A badge of ALICE's, for whoever has this address."""
    document = good(NOW, **changes)
    subject = dict(document["credentialSubject"])
    digest = hashlib.sha256(f"{address}salt".encode()).hexdigest()
    identity = {"type": "IdentityObject", "hashed": True, "identityType": "emailAddress", "salt": "salt"}
    subject["identifier"] = [{**identity, "identityHash": f"sha256${digest}"}]
    return json.dumps(ALICE.sign({**document, "credentialSubject": subject})).encode()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("imports")
    hosts = hosts_of(NOW)
    hosts.pages[LINK] = named(PAT)
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=hosts)


@pytest.fixture
def pat(here: Service) -> str:
    """A new person, with an address that each test has anew."""
    person_id = here.services.store.people.add("Pat", NOW)
    known = here.services.store.people.find_proved(ProvedKind.EMAIL, PAT)
    if known is not None:
        here.services.store.people.end_proved(known.person_id, known.id, NOW)
    here.services.store.people.prove(person_id, ProvedKind.EMAIL, PAT, added_by="a test", now=NOW)
    return person_id


def keep(here: Service, person_id: str, data: bytes, name: str = "") -> tuple[Kept, ...]:
    return keep_import(here.services, person_id, data, here.clock.now, added_by="a test", name=name)


def outcomes(kept: tuple[Kept, ...]) -> list[KeptAs]:
    return [one.outcome for one in kept]


def test_every_form_is_verified_and_kept_as_it_came(here: Service, pat: str) -> None:
    badge = named(PAT)
    picture = bake_png(_png(here), badge)
    certificate = pdf(attachments={"badge.json": named(PAT, name="In a PDF")})
    forms = [badge, picture, certificate, LINK.encode(), DEFECTS["assertion"].data or b""]
    kept = [keep(here, pat, data)[0] for data in forms]
    # The link leads to what was handed in first.
    assert outcomes(tuple(kept)) == [KeptAs.NEW, KeptAs.NEW, KeptAs.NEW, KeptAs.HELD, KeptAs.NEW]
    store = here.services.store.imports
    contents = [store.content(pat, one.import_id) for one in kept]
    assert contents == [badge, picture, certificate, badge, forms[-1]]
    found = brought_along(here.services, pat, NOW)
    assert {item.record.verdict for item in found} == {"verified_issuer_unknown"}
    assert {item.record.checked_at for item in found} == {NOW}
    again = [keep(here, pat, data)[0] for data in forms]
    assert outcomes(tuple(again)) == [KeptAs.HELD] * 5


def test_what_is_false_is_refused_and_what_is_not_known_is_kept_and_says_so(here: Service, pat: str) -> None:
    said = {name: keep(here, pat, defect.data or b"", name)[0] for name, defect in DEFECTS.items()}
    refused = {name for name, one in said.items() if one.outcome is KeptAs.REFUSED}
    # A forged presentation holds a badge that nobody forged.
    assert refused == {"tampered", "wrong-key", "no-signature", "unreadable", "assertion-revoked"} | {
        "link-unreachable"
    }
    assert all(said[name].reason for name in refused)
    verdicts = {item.record.facts["headline"] for item in brought_along(here.services, pat, NOW)}
    assert any("revoked by its issuer" in words for words in verdicts)
    assert any("could not be checked" in words for words in verdicts)


def test_an_archive_and_a_record_are_taken_apart(here: Service, pat: str) -> None:
    record = DEFECTS["record"].data or b""
    kept = keep(here, pat, write_zip({"a.json": named(PAT), "b.json": record, "readme.txt": b"Dear Sir"}))
    assert outcomes(kept) == [*[KeptAs.NEW] * 4, KeptAs.REFUSED]
    assert kept[-1].name == "readme.txt"


def test_one_that_this_service_issued_is_in_the_wallet_already(here: Service, pat: str) -> None:
    url = f"{here.settings.public_url}/credentials/{here.issue(email=PAT)}"
    here.services.store.people.prove(pat, ProvedKind.EMAIL, PAT, added_by="a test", now=NOW)
    assert outcomes(keep(here, pat, url.encode())) == [KeptAs.OWN]
    sam = here.services.store.people.add("Sam", NOW)
    assert outcomes(keep(here, sam, url.encode())) == [KeptAs.NEW], "as anybody may keep what he was shown"
    (item,) = brought_along(here.services, sam, NOW)
    assert item.named_for is NamedFor.ELSE


def test_attack_w12_one_that_names_somebody_else_says_so_until_the_address_is_proved(
    here: Service, pat: str
) -> None:
    new = "pat.private@example.net"
    keep(here, pat, named(SAM))
    keep(here, pat, named(new, name="For the private address"))
    assert [item.named_for for item in brought_along(here.services, pat, NOW)] == [NamedFor.ELSE] * 2
    here.services.store.people.prove(pat, ProvedKind.EMAIL, new, added_by="a test", now=NOW)
    found = {item.named_for for item in brought_along(here.services, pat, NOW)}
    assert found == {NamedFor.ELSE, NamedFor.YOU}


def test_a_note_is_told_before_the_end_and_after_it(here: Service, pat: str) -> None:
    keep(here, pat, named(PAT, validUntil="2026-05-01T00:00:00Z"))

    def told(day: int, month: int) -> tuple[str, bool]:
        (item,) = brought_along(here.services, pat, NOW.replace(month=month, day=day))
        return item.note, item.lapsed

    assert told(20, 3) == ("", False)
    assert "within 30 days" in told(5, 4)[0]
    assert "within 7 days" in told(28, 4)[0]
    assert told(2, 5) == ("It expired on 1 May 2026 UTC.", True)


def test_the_pages(tmp_path: Path) -> None:
    here = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts_of(NOW))
    here.issue(email=PAT)
    person = Person(here).open_wallet(PAT)
    assert "Badges from elsewhere" in person.get("/wallet")
    files = [
        (io.BytesIO(named(PAT)), "mine.json"),
        (io.BytesIO(named(SAM)), "other.json"),
        (io.BytesIO(b"x"), "x.txt"),
    ]
    told = person.submit("/wallet/imports", file=files, url="https://silent.example/1").text
    assert (told.count("Added</span>"), told.count("Not added</span>")) == (2, 2)
    assert told.count("Named for somebody else") == 1
    assert "From elsewhere" in person.get("/wallet")
    pages = set(re.findall(r"/wallet/imports/([\w-]{10,})", told))
    assert len(pages) == 2
    shown = {import_id: person.get(f"/wallet/imports/{import_id}") for import_id in pages}
    assert sorted("Named for somebody else" in text for text in shown.values()) == [False, True]
    assert all("Checked <time" in text and "What was checked" in text for text in shown.values())
    one = next(iter(pages))
    got = person.client.get(f"/wallet/imports/{one}/file")
    assert got.headers["Content-Disposition"] == 'attachment; filename="credential.json"'
    stranger = Person(here)
    here.issue(email=SAM)
    stranger.open_wallet(SAM)
    for path in (one, f"{one}/file"):
        stranger.get(f"/wallet/imports/{path}", status=404)
    assert stranger.submit(f"/wallet/imports/{one}/remove", on="/wallet/imports").status_code == 404
    removed = person.submit(f"/wallet/imports/{one}/remove", on=f"/wallet/imports/{one}")
    assert "removed from your wallet" in person.follow(removed)
    person.get(f"/wallet/imports/{one}", status=404)
    assert "There was nothing to add" in person.submit("/wallet/imports").text


def test_many_are_shown_page_by_page(here: Service, pat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        keep(here, pat, named(PAT, id=f"https://badges.example/credentials/{number + 10}"))
    assert count_brought(here.services, pat) == 3
    every = brought_along(here.services, pat, NOW)
    shown = [
        item for offset in (0, 2) for item in brought_along(here.services, pat, NOW, limit=2, offset=offset)
    ]
    assert shown == list(every)
    monkeypatch.setattr(imports, "_PAGE_ROWS", 2)
    person = Person(here).open_wallet(PAT)
    assert "Page 1 of 2" in person.get("/wallet/imports")
    for odd in ("2", "99", "1" * 50, "x", "-1", "0"):
        person.get(f"/wallet/imports?page={odd}")
    assert "Page 2 of 2" in person.get("/wallet/imports?page=99")


def test_no_organisation_sees_what_a_person_brought(here: Service, pat: str) -> None:
    before = here.services.store.audit.recent(100)
    keep(here, pat, named(PAT, name="Seen by nobody"))
    assert here.services.store.audit.recent(100) == before
    assert "Seen by nobody" not in str(overview(here.services, NOW))


def test_however_many_files_share_the_time_of_one_batch(
    here: Service, pat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with a time of its own, silent hosts would hold one request for hours."""
    begun: list[int] = []

    def counted(items: Any, look: Any, **more: Any) -> Any:
        begun.append(len(items))
        return each(items, look, **more)

    monkeypatch.setattr(importing, "each", counted)
    files = [(f"{number}.json", named(f"{number}@example.org")) for number in range(12)]
    assert outcomes(keep_imports(here.services, pat, files, NOW, added_by="a test")) == [KeptAs.NEW] * 12
    assert begun == [12, 12]


def _png(here: Service) -> bytes:
    version = here.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    image = here.services.store.achievements.image(version.png_sha256)
    assert image is not None
    return image.content


def test_a_photo_of_a_qr_code_keeps_what_the_code_leads_to(here: Service, pat: str) -> None:
    (kept,) = keep(here, pat, qr_code(LINK))
    assert here.services.store.imports.content(pat, kept.import_id) == named(PAT)


def test_what_was_brought_is_shared_with_its_verdict_of_now_and_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = hosts_of(NOW)
    here = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)
    own = here.issue(email=PAT)
    person = Person(here).open_wallet(PAT)
    person_id = here.services.store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    came = bake_png(_png(here), named(PAT, name="From elsewhere"))
    import_id = keep(here, person_id, came)[0].import_id
    assert f"/wallet/shares?import={import_id}" in person.get(f"/wallet/imports/{import_id}")
    with monkeypatch.context() as others:
        others.setattr(holder_shares, "_MAX_OFFERED", 0)  # many are newer
        form = person.get(f"/wallet/shares?credential={own}&import={import_id}")
        assert len(re.findall(rf'value="(?:{own}|{import_id})" checked', form)) == 2
        assert "not listed" not in form
        assert f'value="{import_id}"' not in person.get("/wallet/shares")
    made = person.submit("/wallet/shares", credential=[own], **{"import": [import_id]})
    path = secrets_of(made.text)[0].removeprefix(here.settings.public_url)
    look = here.client().get
    listed = look(path).text
    assert "2 credentials" in listed
    assert "Issued elsewhere" in listed
    one = f"{path}/brought/1"
    assert "Checked as this page was opened" in look(one).text
    assert look(f"{one}/file").data == came
    assert look(f"{path}/card.png").mimetype == "image/png"
    absent = [f"{path}/brought/{place}{rest}" for place in (0, 2) for rest in ("", "/file")]
    assert {look(place).status_code for place in absent} == {404}
    by_link = here.client().post("/api/v1/verify", json={"url": here.settings.public_url + one}).json
    assert by_link["verdict"] == "verified_issuer_unknown"
    # Nobody answers: what was known then is told as of then, and nothing against it.
    here.clock.advance(days=3)
    hosts.pages.pop(STATUS_URL)
    away = look(one).text
    assert "What has become of it since is not known" in away
    dates = {"validFrom": format_instant(NOW), "validUntil": format_instant(NOW + timedelta(days=9))}
    hosts.pages[STATUS_URL] = signed_list(ALICE, 94_567, **dates)
    here.clock.advance(minutes=10)
    assert "revoked by its issuer" in look(one).text, "asked anew, not a day later"
    importing.remove_import(here.services, person_id, import_id)
    assert look(one).status_code == 404
    assert "Issued elsewhere" not in look(path).text


def test_one_alone_is_shared_and_a_preview_has_no_check_made(here: Service, pat: str) -> None:
    import_id = keep(here, pat, named(PAT, name="Alone"))[0].import_id
    wish = ShareWish((), import_ids=(import_id,), slug="pat-elsewhere")
    passing_on.make_share(here.services, pat, wish, NOW)
    url = passing_on.make_share(here.services, pat, replace(wish, slug=""), NOW)
    path, look = url.removeprefix(here.settings.public_url), here.client().get
    for base in (path, "/people/pat-elsewhere"):
        assert "One credential" in look(base).text
        assert "Checked as this page was opened" in look(f"{base}/brought/1").text
        assert look(f"{base}/brought/1/file").data == named(PAT, name="Alone")
        preview = look(f"{base}/brought/1", headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
        assert preview.status_code == 303
        assert 'og:title"' in look(base, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"}).text
    assert [one.names for one in shares.own_shares(here.services, pat, NOW)] == [("Mentor",), ("Mentor",)]
    asked = here.client().post("/api/v1/verify", json={"url": url}).json
    assert asked["verdict"] == "verified_issuer_unknown"
    assert look(f"{path}/card.png").mimetype == "image/png"
    # Whose wallets were joined, and who both had the same bytes, shows the one that is theirs.
    other = here.services.store.people.add("Pat again", NOW)
    same = keep(here, other, named(PAT, name="Alone"))[0].import_id
    assert [one.id for one in here.services.store.imports.among(pat, (same,))] == [import_id]


def test_what_is_wrong_with_what_was_brought_stands_on_the_card_of_its_link(here: Service, pat: str) -> None:
    ends = NOW + timedelta(days=2)
    data = named(PAT, name="For two days", validUntil=format_instant(ends))
    url = _share(here, pat, keep(here, pat, data)[0].import_id)
    shown = showing.show(here.services, showing.find_share(here.services, url.rpartition("/")[2], NOW), NOW)
    wrong = tuple(replace(one, verdict="not_verified") for one in shown.brought)
    told = {"": shown, "expired": replace(shown, at=ends), "not verified": replace(shown, brought=wrong)}
    for word, seen in told.items():
        (face,) = seen.faces
        assert (face.word, face.is_down) == (word or "checked when it is opened", bool(word))


def test_attack_w12_nobody_shows_as_theirs_what_names_another_or_is_anothers(here: Service, pat: str) -> None:
    """And what counts only by its key is not passed on without it: it says why."""
    theirs = keep(here, pat, named(SAM))[0].import_id
    with pytest.raises(InputError, match="names somebody else"):
        _share(here, pat, theirs)
    sam = here.services.store.people.add("Sam", NOW)
    of_sam = keep(here, sam, named(SAM, name="Of Sam alone"))[0].import_id
    with pytest.raises(NotFoundError):
        _share(here, pat, of_sam)
    with pytest.raises(NotFoundError):
        shares.make_share(here.services, pat, ShareWish((), import_ids=(of_sam,)), NOW)
    document = json.loads(named(PAT))
    del document["proof"]
    key = build_jwk(*decode_multikey(ALICE.signer.public_key_multibase))
    bound = sign_sd_jwt(
        document, signer=ALICE.signer, verification_method=ALICE.method, holder_jwk=key
    ).encode()
    free = sign_sd_jwt(document, signer=ALICE.signer, verification_method=ALICE.method).encode()
    known = {one.import_id for one in keep(here, pat, bound)}
    with pytest.raises(InputError, match="bound to a key"):
        _share(here, pat, *known)
    assert "/shares/" in _share(here, pat, keep(here, pat, free)[0].import_id)
    told = passing_on.offered_along(here.services, pat, NOW, limit=9)
    assert sorted(bool(one.kept_back) for one in told) == [False, True, True]
    page = Person(here).open_wallet(PAT).get("/wallet/shares")
    assert "2 that you brought along cannot be shared" in page


def _share(here: Service, person_id: str, *import_ids: str) -> str:
    return passing_on.make_share(here.services, person_id, ShareWish((), import_ids=import_ids), NOW)


def test_watched_over_a_revocation_is_noticed_and_silence_is_none(tmp_path: Path) -> None:
    hosts = hosts_of(NOW)
    here = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)
    person_id = here.services.store.people.add("Pat", NOW)
    keep(here, person_id, named(PAT))
    (before,) = brought_along(here.services, person_id, NOW)
    hour, day, two = (NOW + timedelta(**span) for span in ({"hours": 1}, {"days": 1}, {"days": 2}))
    assert watch_due(here.services, hour) == 0, "it is looked at once a day"
    hosts.pages.pop(STATUS_URL)
    assert watch_due(here.services, day) == 1
    (silent,) = brought_along(here.services, person_id, day)
    assert silent.record.facts == before.record.facts
    assert (silent.record.checked_at, silent.record.watched_at, silent.unreached) == (NOW, day, True)
    assert "says nothing against it" in silent.note
    dates = {"validFrom": format_instant(two), "validUntil": format_instant(two + timedelta(days=1))}
    hosts.pages[STATUS_URL] = signed_list(ALICE, 94_567, **dates)
    assert watch_due(here.services, two) == 1
    (gone,) = brought_along(here.services, person_id, two)
    assert gone.note == "Its issuer has revoked it."
    assert (gone.record.checked_at, gone.unreached) == (two, False)
    assert watch_due(here.services, two) == 0


def test_who_brought_it_hears_of_its_end_once_and_not_at_work(tmp_path: Path) -> None:
    """Its end is near: one letter thirty days before, and one seven. Revoked: one more."""
    hosts = hosts_of(NOW)
    here = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)
    services, people = replace(here.services, mail_enabled=True), here.services.store.people
    here.issue(email="pat@work.example")
    person_id = people.find_unclaimed("pat@work.example")
    assert person_id is not None
    for email in (PAT, "pat@work.example"):
        people.prove(person_id, ProvedKind.EMAIL, email, added_by="test", now=NOW)
    keep(here, person_id, named(PAT, validUntil=format_instant(NOW + timedelta(days=20))))

    def letters(day: int, *revoked: int, away: bool = False) -> list[str]:
        """What waits to be sent, once it was looked at on that day. away: its issuer is."""
        at = NOW + timedelta(days=day)
        dates = {"validFrom": format_instant(at), "validUntil": format_instant(at + timedelta(days=1))}
        hosts.pages[STATUS_URL] = signed_list(ALICE, *revoked, **dates)
        if away:
            hosts.pages.pop(STATUS_URL)
        assert watch_due(services, at) == 1
        due = services.store.link_letters.take(at, until=at, limit=99)
        told = [one.wanted for one in due if one.wanted is not None]
        assert {one.subject for one in told} == {PAT}, "never at work"
        return sorted(json.loads(one.claim or "")[0] for one in told)

    assert letters(1) == letters(2) == ["import-ends"]
    assert letters(14, away=True) == ["import-ends", "import-ends"], "its end is known all the same"
    assert letters(15, 94_567) == letters(16, 94_567) == ["import-ends", "import-ends", "import-revoked"]


def test_one_over_which_a_check_stumbles_keeps_no_other_from_being_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts_of(NOW))
    person_id = here.services.store.people.add("Pat", NOW)
    for address in (PAT, "sam@example.org"):
        keep(here, person_id, named(address))
    first, _ = here.services.store.imports.of_person(person_id)
    bad = here.services.store.imports.content(person_id, first.id)

    def stumble(services: Any, *, data: bytes, **more: Any) -> Any:
        if data == bad:
            raise ZeroDivisionError
        return check(services, data=data, **more)

    monkeypatch.setattr(watch, "check", stumble)
    day = NOW + timedelta(days=1)
    assert watch_due(here.services, day) == 2
    assert watch_due(here.services, day) == 0
    assert sorted(one.unreached for one in brought_along(here.services, person_id, day)) == [False, True]
