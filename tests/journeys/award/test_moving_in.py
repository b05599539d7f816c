"""Moving in: awards of other systems become ours, with the old badge as evidence; what cannot is told."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import InputError
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.former import FormerSystem
from credserv.journeys.award.in_bulk.old_badges import open_archive
from credserv.openbadges.badge_image import clean_png
from credserv.openbadges.baking import bake_png
from credserv.records.bulk import RowRecord, RowState, RunRecord
from tests.testkit import badges2
from tests.testkit.moving import command
from tests.testkit.service import Service
from tests.unit.openbadges.test_baking import png

BADGES = {"cfaf2910-ea5f-46f1-89a5-db525dad6e58": "ict-troubleshooting", badges2.BADGE: "ict-troubleshooting"}
CREDLY = (
    "Badge Template ID,Recipient Email,First Name,Last Name,Issued at,State,Badge URL\n"
    "cfaf2910-ea5f-46f1-89a5-db525dad6e58,pat@example.org,Pat,Doe,2014-04-01 09:41:00 -0500,accepted,https://www.credly.com/badges/1\n"
    "cfaf2910-ea5f-46f1-89a5-db525dad6e58,kim@example.org,Kim,Roe,04/02/14,pending,https://www.credly.com/badges/2\n"
    "cfaf2910-ea5f-46f1-89a5-db525dad6e58,lee@example.org,Lee,Poe,04/02/14,revoked,https://www.credly.com/badges/3\n"
    "0000,ada@example.org,Ada,Poe,04/02/14,accepted,https://www.credly.com/badges/4\n"
)


def moved(service: Service, files: Any, system: FormerSystem, **options: Any) -> RunRecord:
    return prepare.prepare_moving_in(
        service.services,
        "export",
        files,
        system,
        badges=options.pop("badges", BADGES),
        actor="console",
        now=service.clock.now,
        **options,
    )


def rows(service: Service, run: RunRecord, *states: RowState) -> list[RowRecord]:
    return list(bulk.rows_of(service.services, run.id, states=states, limit=99))


def issue(service: Service, run: RunRecord) -> dict[str, Any]:
    """The first credential of the run."""
    bulk.begin(service.services, run.id, actor="console", now=service.clock.now)
    bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
    record = service.services.store.credentials.get(
        rows(service, run, RowState.ISSUED)[0].credential_id or ""
    )
    assert record is not None
    assert record.signed is not None
    found: dict[str, Any] = json.loads(record.signed)
    return found


def test_awards_of_credly_come_along_with_their_dates_and_the_old_badge(sqlite_service: Service) -> None:
    run = moved(sqlite_service, [("export.csv", CREDLY.encode())], FormerSystem.CREDLY)
    assert run.counts == {RowState.READY: 2, RowState.FAULTY: 2}
    pat, kim = rows(sqlite_service, run, RowState.READY)
    assert pat.order["awarded_at"] == "2014-04-01T14:41:00Z"
    assert kim.order["awarded_at"] == "2014-04-02T00:00:00Z"
    revoked, unknown = rows(sqlite_service, run, RowState.FAULTY)
    assert revoked.note == "it was revoked there"
    assert "'0000' stands for none of yours" in unknown.note

    credential = issue(sqlite_service, run)
    (evidence,) = credential["evidence"]
    assert evidence["id"] == "https://www.credly.com/badges/1"
    assert credential["awardedDate"] == "2014-04-01T14:41:00Z"

    again = moved(sqlite_service, [("export.csv", CREDLY.encode())], FormerSystem.CREDLY)
    assert again.counts == {RowState.KNOWN: 2, RowState.FAULTY: 2}


def test_awards_of_badgr_are_known_by_the_name_of_ours(sqlite_service: Service) -> None:
    name = sqlite_service.services.store.achievements.newest("ict-troubleshooting").achievement["name"]  # type: ignore[union-attr]
    text = (
        "Badge Class ID,Badge Class Name,Identifier,First Name,Last Name,Narrative,Issue Date,Award URL\n"
        f"65f8,{name.upper()},mailto:pat@example.org,Pat,Doe,Well done,2020-01-02T03:04:05Z,https://api.badgr.io/public/assertions/1\n"
        f"65f8,{name},+43 1 234,Kim,Roe,,2020-01-02,\n"
    )
    run = moved(sqlite_service, [("awards.csv", text.encode())], FormerSystem.BADGR, badges={})
    (ready,) = rows(sqlite_service, run, RowState.READY)
    assert ready.order["achievement"] == "ict-troubleshooting"
    assert "Well done" in ready.order["evidence_narrative"]
    (phone,) = rows(sqlite_service, run, RowState.FAULTY)
    assert "is not one plain e-mail address" in phone.note


def test_what_has_ended_there_is_not_good_again_here(sqlite_service: Service) -> None:
    head = "Badge Template ID,Recipient Email,Issued at,Expires At,Badge URL\n"
    ends = ("01/02/2020", "2020-01-02 09:41:00 -0500", "soon", "01/02/2090", "9999-12-31", "never", "")
    told = [
        f"{next(iter(BADGES))},pat@example.org,04/01/14,{end},https://www.credly.com/badges/{number}\n"
        for number, end in enumerate(ends)
    ]
    run = moved(sqlite_service, [("export.csv", (head + "".join(told)).encode())], FormerSystem.CREDLY)
    assert run.counts == {RowState.READY: 4, RowState.FAULTY: 3}
    notes = [row.note for row in rows(sqlite_service, run, RowState.FAULTY)]
    ended = [f"it ended there: {end}" for end in ends[:2]]
    assert notes == [*ended, "ends: 'soon' is no date that can be read"]


def test_awards_as_the_apis_answer_them_come_along(sqlite_service: Service) -> None:
    credly = {
        "id": "1",
        "recipient_email": "pat@example.org",
        "issued_to_first_name": "Pat",
        "issued_at": "2014-04-01 09:41:00 -0500",
        "expires_at": None,
        "state": "accepted",
        "badge_url": "https://www.credly.com/badges/1",
        "badge_template": {"id": next(iter(BADGES)), "name": "Theirs"},
    }
    badgr = {
        "entityId": "x",
        "openBadgeId": "https://api.badgr.io/public/assertions/x",
        "badgeclass": next(iter(BADGES)),
        "recipient": {"identity": "sha256$abc", "hashed": True, "plaintextIdentity": "kim@example.org"},
        "issuedOn": "2020-01-02T03:04:05Z",
        "revoked": False,
        "evidence": [{"url": "https://evidence.example/1"}],
    }
    for system, value, email, old in (
        (FormerSystem.CREDLY, {"data": [credly], "metadata": {}}, "pat@example.org", credly["badge_url"]),
        (FormerSystem.BADGR, {"result": [badgr], "status": {}}, "kim@example.org", badgr["openBadgeId"]),
    ):
        run = moved(sqlite_service, [("answer.json", json.dumps(value).encode("utf-8-sig"))], system)
        (ready,) = rows(sqlite_service, run, RowState.READY)
        assert (ready.order["email"], ready.order["evidence_id"]) == (email, old)
    with pytest.raises(InputError, match="a list of awards"):
        moved(sqlite_service, [("answer.json", b'{"errors": []}')], FormerSystem.CREDLY)


def old_badges(**changes: Any) -> list[tuple[str, bytes]]:
    picture = png()
    hosted = badges2.assertion(**changes)
    baked = badges2.assertion(
        id=f"{badges2.HOST}/assertions/2",
        recipient={"type": "email", "hashed": False, "identity": "kim@example.org"},
    )
    return [
        ("1.json", json.dumps(hosted).encode()),
        ("2.png", bake_png(picture, json.dumps(baked).encode())),
        ("badge.json", json.dumps(badges2.pages()[badges2.BADGE]).encode()),
        ("notes.json", b"{"),
    ]


def test_a_folder_of_open_badges_2_comes_along_hashed_addresses_too(sqlite_service: Service) -> None:
    run = moved(sqlite_service, old_badges(), FormerSystem.OPEN_BADGES_2, addresses=[badges2.EMAIL])
    assert run.counts == {RowState.READY: 2, RowState.FAULTY: 1}
    hosted, baked = rows(sqlite_service, run, RowState.READY)
    assert hosted.order["email"] == badges2.EMAIL
    assert json.loads(hosted.order["kept"])["id"] == badges2.HOSTED
    assert baked.order["email"] == "kim@example.org"
    assert datetime.fromisoformat(hosted.order["awarded_at"]) == datetime(2026, 3, 1, 10, tzinfo=UTC)
    credential = issue(sqlite_service, run)
    assert credential["evidence"][0]["id"] == badges2.HOSTED


def test_a_hash_that_nobody_fits_and_a_revoked_badge_are_told(sqlite_service: Service) -> None:
    run = moved(
        sqlite_service, old_badges(revoked=True), FormerSystem.OPEN_BADGES_2, addresses=["other@example.org"]
    )
    note = rows(sqlite_service, run, RowState.FAULTY)[0].note
    assert "none of the addresses given fits it" in note
    assert "revoked there" in note


def test_an_archive_is_read_within_bounds() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.json", b"{}")
    assert list(open_archive(packed.getvalue())) == [("a/1.json", b"{}")]
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.json", b"0" * (65 * 1_048_576))
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(InputError, match="more than"):
        list(open_archive(bomb.getvalue()))
    with pytest.raises(InputError, match="no ZIP"):
        list(open_archive(b"PK" + hashlib.sha256(b"x").digest()))


@pytest.mark.parametrize("text", [b"name\nPat\n", b"", b"\x00\x01"])
def test_what_is_no_export_says_so(sqlite_service: Service, text: bytes) -> None:
    with pytest.raises(InputError):
        moved(sqlite_service, [("x.csv", text)], FormerSystem.CREDLY)


def test_badge_classes_become_achievements_where_they_stand_for_none_of_ours(
    sqlite_service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def badge_class(number: int, **changed: Any) -> dict[str, Any]:
        return {
            "@context": "https://w3id.org/openbadges/v2",
            "type": "BadgeClass",
            "id": f"https://old.example/badges/{number}",
            "name": f"Badge {number}",
            "description": "Knows it.",
            "criteria": {"narrative": "Show it."},
            "image": f"https://old.example/media/badge{number}.png",
            "issuer": "https://old.example/issuer",
            **changed,
        }

    folder = tmp_path / "old"
    folder.mkdir()
    skill = {"targetName": "Leads", "targetUrl": "https://frameworks.example/1"}
    made = badge_class(1, tags=["old"], alignment=[skill])
    broken = badge_class(2, description=None)
    known = badge_class(3, name="ICT Troubleshooting")
    for name, value in (("1", made), ("2", broken), ("3", known)):
        (folder / f"class{name}.json").write_text(json.dumps(value))
    picture = (default_schemas_dir() / "images" / "active-listening.png").read_bytes()
    (folder / "badge1.png").write_bytes(picture)
    (folder / "badge4.png").write_bytes(png())  # too small to be shown
    (folder / "class4.json").write_text(json.dumps(badge_class(4)))
    for number, of in enumerate((made, broken)):
        assertion = {
            "@context": "https://w3id.org/openbadges/v2",
            "type": "Assertion",
            "id": f"https://old.example/assertions/{number}",
            "badge": of["id"],
            "recipient": {"type": "email", "hashed": False, "identity": f"p{number}@example.org"},
            "issuedOn": "2020-05-01T10:00:00Z",
            "verification": {"type": "hosted"},
        }
        (folder / f"assertion{number}.json").write_text(json.dumps(assertion))

    def move() -> tuple[int, dict[str, Any], str]:
        options = ("--from", "open-badges-2", "--make-achievements", "--json")
        code = command(sqlite_service.settings, monkeypatch.setenv, "bulk", "move-in", folder, *options)
        said = capsys.readouterr()
        return code, json.loads(said.out), said.err

    code, told, said = move()
    assert (code, told["counts"]) == (1, {"ready": 1, "faulty": 1}), (told, said)
    assert "is now the achievement badge-1" in said
    assert "Badge 2: " in said
    store = sqlite_service.services.store.achievements
    version = store.newest("badge-1")
    assert version is not None
    assert version.achievement["alignment"][0]["targetUrl"] == skill["targetUrl"]
    assert (version.achievement["tag"], "issuer" in version.achievement) == (["old"], False)
    assert version.png_sha256 == hashlib.sha256(clean_png(picture)).hexdigest()
    assert [store.newest(key) for key in ("badge-2", "badge-3")] == [None, None]
    assert store.newest("badge-4") is not None
    assert "Badge 4: picture left out" in said
    _, told, said = move()
    assert "now the achievement badge-1" not in said  # it is known by its name
    assert store.newest("badge-1-2") is None
