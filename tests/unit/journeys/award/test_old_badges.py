"""Open Badges 2.0 in files: which of what is found is an award, which a badge, and which neither."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.journeys.award.in_bulk import old_badges
from credserv.journeys.award.in_bulk.former import Ours
from credserv.journeys.award.in_bulk.old_badges import old_things, open_archive, read_badges
from credserv.journeys.award.in_bulk.old_classes import OldClass, read_classes
from credserv.journeys.award.in_bulk.rows import DraftRow
from credserv.openbadges.baking import bake_svg

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
WHO = "pat@example.org"
HOST = "https://old.example"
PNG = b"\x89PNG is how such a file begins"
OURS = Ours({f"{HOST}/badges/1": "mentor"}, {"first aid": "first-aid"}, ("ann@example.org", WHO))


def assertion(**changed: Any) -> dict[str, Any]:
    made = {
        "type": "Assertion",
        "id": f"{HOST}/assertions/1",
        "badge": f"{HOST}/badges/1",
        "recipient": {"type": "email", "hashed": False, "identity": WHO, "name": "Pat Doe"},
        "issuedOn": "2020-01-02T10:00:00Z",
        "verification": {"type": "hosted"},
    }
    return {name: value for name, value in (made | changed).items() if value is not None}


def badge_class(**changed: Any) -> dict[str, Any]:
    made = {"type": "BadgeClass", "id": f"{HOST}/badges/2", "name": "Leads", "description": "Leads a team."}
    return {name: value for name, value in (made | changed).items() if value is not None}


def files(*values: Any) -> list[tuple[str, bytes]]:
    return [
        (f"a/{number}.json", one if isinstance(one, bytes) else json.dumps(one).encode())
        for number, one in enumerate(values, 1)
    ]


def rows(*values: Any, ours: Ours = OURS) -> list[DraftRow]:
    return list(read_badges(files(*values), ours, UTC, NOW))


def one(**changed: Any) -> DraftRow:
    (found,) = rows(assertion(**changed))
    return found


def test_an_assertion_becomes_a_row_with_the_old_badge_kept() -> None:
    made = one(narrative="Well done.")
    assert (made.line, made.key, made.faults) == (1, f"key:open-badges-2:{HOST}/assertions/1", ())
    assert made.order["achievement"] == "mentor"
    assert (made.order["email"], made.order["name"]) == (WHO, "Pat Doe")
    assert made.order["awarded_at"] == "2020-01-02T10:00:00Z"
    assert made.order["evidence_id"] == f"{HOST}/assertions/1"
    assert made.order["evidence_narrative"].endswith("takes its place. Well done.")
    assert json.loads(made.order["kept"]) == assertion(narrative="Well done.")


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"revoked": True}, ["it was revoked there"]),
        ({"revoked": False}, []),
        ({"expires": "2020-01-03T00:00:00Z"}, ["it ended there: 2020-01-03T00:00:00Z"]),
        ({"expires": 1_577_836_800}, ["it ended there: 2020-01-01T00:00:00Z"]),
        ({"recipient": "pat"}, ["email: the badge has a hash in its place, and none of"]),
        ({"issuedOn": None}, ["issued: '' is not a date"]),
        ({"issuedOn": True}, ["issued: '' is not a date"]),
        ({"issuedOn": 0}, ["issued: '' is not a date"]),
        ({"issuedOn": 1}, ["issued: '1970-01-01T00:00:01Z' is before the year 2000"]),
        ({"issuedOn": 2**33}, ["issued: '' is not a date"]),
        ({"issuedOn": 2**33 - 1}, ["issued: '2242-03-16T12:56:31Z' is in the future"]),
    ],
)  # fmt: skip
def test_what_keeps_an_old_badge_out_is_told(changed: dict[str, Any], faults: list[str]) -> None:
    found = one(**changed).faults
    assert len(found) == len(faults)
    assert all(told.startswith(wanted) for told, wanted in zip(found, faults, strict=True))


def test_seconds_since_1970_are_a_date_as_1_0_wrote_it() -> None:
    assert one(issuedOn=1_577_962_800).order["awarded_at"] == "2020-01-02T11:00:00Z"


def test_an_address_that_is_hashed_is_found_among_those_given() -> None:
    hashed = "sha256$" + hashlib.sha256(f"{WHO}salt".encode()).hexdigest()
    recipient = {"type": "email", "hashed": True, "identity": hashed, "salt": "salt"}
    made = one(recipient=recipient)
    assert (made.order["email"], made.faults) == (WHO, ())
    (nobody,) = rows(assertion(recipient=recipient), ours=Ours(OURS.keys, OURS.named, ("ann@example.org",)))
    assert "email" not in nobody.order
    assert nobody.faults == (
        "email: the badge has a hash in its place, and none of the addresses given fits it",
    )
    # What is not said to be plain is taken for a hash no sooner than it fits one.
    nameless = one(recipient={"type": "email", "identity": WHO, "name": None}).order
    assert (nameless["email"], nameless.get("name", "")) == (WHO, "")


def test_a_badge_that_an_assertion_names_is_looked_for_in_all_files() -> None:
    made = rows(assertion(badge=f"{HOST}/badges/3"), badge_class(id=f"{HOST}/badges/3", name="First Aid"))
    assert [(row.line, row.order["achievement"]) for row in made] == [(1, "first-aid")]
    (within,) = rows(assertion(badge=badge_class(id=None, name="First Aid")))
    assert within.order["achievement"] == "first-aid"
    (unknown,) = rows(assertion(badge=f"{HOST}/badges/4"), badge_class(id=None))
    assert unknown.faults == (
        f"achievement: '{HOST}/badges/4' stands for none of yours: name it in the map of badges",
    )


def test_a_file_that_cannot_be_read_is_told_unless_it_is_the_picture_of_a_badge() -> None:
    packed = [
        *files(assertion(), badge_class(image=f"{HOST}/media/leads.png")),
        *files(badge_class(id=f"{HOST}/badges/3", image={"id": "two.png"})),
        ("media/leads.png", PNG),
        ("media/other.png", PNG),
        ("two.png", PNG),
        ("notes.txt", b"\xff\xfe"),
        ("broken.json", b"{"),
    ]
    found = list(read_badges(packed, OURS, UTC, NOW))
    assert [row.line for row in found] == [1, 2, 3, 4]
    assert [row.key for row in found[1:]] == ["file:media/other.png", "file:notes.txt", "file:broken.json"]
    assert all(row.order == {} and len(row.faults) == 1 for row in found[1:])
    assert found[2].faults == ("notes.txt: is no text",)
    assert found[3].faults[0].startswith("broken.json: ")
    (long,) = read_badges([("n" * 300, b"{")], OURS, UTC, NOW)
    assert (len(long.key), long.faults[0][:102]) == (250, "n" * 100 + ": ")


def test_things_are_found_wherever_an_export_puts_them_to_a_depth() -> None:
    inner = assertion(badge=badge_class())
    assert list(old_things({"a": [{"b": inner}, badge_class(type=["BadgeClass"])], "c": 1})) == [
        inner,
        badge_class(type=["BadgeClass"]),
    ], "the outermost alone: its badge is within"

    def below(steps: int, wrap: Any) -> Any:
        value: Any = inner
        for _ in range(steps):
            value = wrap(value)
        return value

    for wrap in (lambda value: [value], lambda value: {"in": value}):
        assert [len(list(old_things(below(steps, wrap)))) for steps in (6, 7)] == [1, 0]
    assert list(old_things("Assertion")) == []


def archive(names: Sequence[str], size: int = 1) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.mkdir("folder")
        for name in names:
            made.writestr(name, b"0" * size)
    return packed.getvalue()


def test_an_archive_may_be_as_large_as_the_bound_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_badges, "MAX_FILES", 2)
    monkeypatch.setattr(old_badges, "MAX_BYTES", 20)
    assert list(open_archive(archive("ab", 10))) == [("a", b"0" * 10), ("b", b"0" * 10)]
    for names, size in (("abc", 1), ("ab", 11)):
        with pytest.raises(InputError, match="more than 2 files or 20 bytes"):
            list(open_archive(archive(names, size)))
    locked = bytearray(archive("a"))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1  # its flag: encrypted
    for data in (b"no zip", bytes(locked)):
        with pytest.raises(InputError, match="this is no ZIP that can be read"):
            list(open_archive(data))


def classes(*values: Any, pictures: Sequence[tuple[str, bytes]] = ()) -> tuple[OldClass, ...]:
    return read_classes([*files(*values), *pictures], OURS)


def test_a_badge_class_becomes_a_definition() -> None:
    told = {
        "criteria": {"narrative": "Show it."},
        "tags": ["team"],
        "alignment": [{"targetName": "Lead", "targetUrl": f"{HOST}/skills/1"}],
    }
    (made,) = classes(badge_class(issuer={"name": "They"}, **told))
    assert (made.id, made.name, made.picture) == (f"{HOST}/badges/2", "Leads", None)
    assert made.definition == {
        "kind": "competency-mastery",
        "achievement": {
            "name": "Leads",
            "description": "Leads a team.",
            "criteria": told["criteria"],
            "tag": ["team"],
            "alignment": [{"type": ["Alignment"], **told["alignment"][0]}],
        },
    }


def test_a_badge_class_is_found_once_by_itself_or_in_an_assertion_unless_it_is_ours() -> None:
    assert [one.name for one in classes(badge_class(), badge_class(name="Again"), assertion())] == ["Leads"]
    for whole in ((assertion(badge=badge_class()), b"{"), (b"{", badge_class())):
        assert [one.name for one in classes(*whole)] == ["Leads"]
    assert [one.id for one in classes(badge_class(id=None), badge_class(id=None, name="Other"))] == ["", ""]
    assert [one.id for one in classes(badge_class(id=None), badge_class(id=None))] == [""]
    assert (
        classes(badge_class(id=f"{HOST}/badges/1"), badge_class(name="FIRST AID"), badge_class(name=None))
        == ()
    )


@pytest.mark.parametrize(
    ("image", "shown", "picture"),
    [
        (f"{HOST}/media/leads.png", {"png": "picture", "caption": "The picture of the badge “Leads”."}, PNG),
        ({"id": "leads.png", "caption": "A team."}, {"png": "picture", "caption": "A team."}, PNG),
        ({"id": "leads.png"}, {"png": "picture", "caption": "The picture of the badge “Leads”."}, PNG),
        (
            {"id": "data:image/png;base64,AA==", "caption": "A team."},
            {"png": "data:image/png;base64,AA==", "caption": "A team."},
            None,
        ),
        ("notes.png", None, None),
        ("elsewhere.png", None, None),
        (7, None, None),
        (None, None, None),
    ],
)
def test_the_picture_of_a_badge_class_is_in_it_or_beside_it(
    image: Any, shown: dict[str, str] | None, picture: bytes | None
) -> None:
    beside = [("media/leads.png", PNG), ("notes.png", b"no picture")]
    (made,) = classes(badge_class(image=image), pictures=beside)
    assert (made.definition.get("image"), made.picture) == (shown, picture)


def test_a_badge_class_is_read_out_of_the_picture_that_holds_it() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    held = json.dumps(assertion(badge=badge_class())).encode()
    found = read_classes([("a.svg", bake_svg(svg, held)), ("b.svg", svg)], OURS)
    assert [made.name for made in found] == ["Leads"]
