"""The picture of an achievement: designed on a page, or uploaded; badges that were issued keep theirs."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest

from credserv.journeys.define.alignments import align_freely
from credserv.journeys.define.pictures import design_of, set_design
from credserv.openbadges.badge_design import Design, design_in
from credserv.openbadges.baking import unbake
from tests.testkit.browsing import Person
from tests.testkit.service import ACHIEVEMENT, NOW, Service, make_service

AT = f"/console/achievements/{ACHIEVEMENT}/picture"
CHOSEN = {"shape": "shield", "icon": "compass", "ground": "#f4c430", "ink": "", "text": "II"}
DESIGN = Design("shield", "compass", "#f4c430", "#000000", "II")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("designer")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


def test_a_design_is_looked_at_then_used_and_issued_badges_keep_their_picture(service: Service) -> None:
    store, person = service.services.store, Person(service).sign_in_to_console()
    align_freely(
        service.services,
        ACHIEVEMENT,
        name="Mentoring",
        url="https://skills.example/mentoring",
        framework="",
        actor="test",
        now=NOW,
    )
    issued, client = service.issue(email="before@example.org"), service.client()
    before, png = store.achievements.newest(ACHIEVEMENT), client.get(f"/credentials/{issued}.png").data
    assert before is not None
    looked = person.submit(AT, do="look", **CHOSEN).text
    assert "Easy to see" in looked
    (shown,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', looked)
    assert design_in(base64.b64decode(shown)) == DESIGN
    assert store.achievements.newest(ACHIEVEMENT) == before
    person.submit(AT, do="save", **CHOSEN)
    after = store.achievements.newest(ACHIEVEMENT)
    assert after is not None
    assert after.version == before.version + 1
    kept = {
        name: value for name, value in after.achievement.items() if name not in ("id", "image", "version")
    }
    assert set(kept) == set(before.achievement) - {"id", "image", "version"}
    assert kept["alignment"] == before.achievement["alignment"]
    assert after.achievement["image"]["caption"] == DESIGN.caption
    assert design_of(service.services, after) == DESIGN
    assert design_of(service.services, before) is None
    filled = person.get(AT)
    assert re.search(r'name="icon" value="compass" checked', filled)
    assert client.get(f"/credentials/{issued}.png").data == png
    later = service.issue(email="after@example.org")
    signed, svg, png = (client.get(f"/credentials/{later}.{kind}").data for kind in ("json", "svg", "png"))
    assert unbake(svg) == unbake(png) == signed
    assert design_in(svg) == DESIGN
    again = set_design(service.services, ACHIEVEMENT, DESIGN, actor="test", now=NOW)
    assert again.version == after.version  # the same picture is no new version


def test_what_cannot_be_seen_well_is_said(service: Service) -> None:
    person = Person(service).sign_in_to_console()
    pale = CHOSEN | {"ground": "other", "other_ground": "#ffffff", "ink": "#eeeeee", "text": ""}
    assert "Hard to see: the contrast is 1.2 to 1" in person.submit(AT, do="look", **pale).text
    middling = pale | {"ink": "#888888"}
    assert "It can be seen: the contrast is 3.5" in person.submit(AT, do="look", **middling).text
    assert "The letters are hard to read" in person.submit(AT, do="look", **middling | {"text": "A"}).text


def test_attack_60_an_upload_is_a_plain_picture_or_nothing(service: Service) -> None:
    store, person = service.services.store, Person(service).sign_in_to_console()
    before = store.achievements.newest(ACHIEVEMENT)
    assert before is not None
    png = store.achievements.image(before.png_sha256)
    assert png is not None
    evil = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

    def upload(**parts: object) -> int:
        told = {"caption": "A star", "png": (io.BytesIO(png.content), "a.png"), **parts}
        return person.submit(f"{AT}/upload", on=AT, **told).status_code

    assert upload(svg=(io.BytesIO(evil), "a.svg")) == 400
    assert upload(png=(io.BytesIO(b"GIF89a"), "a.png")) == 400
    assert upload(png=(io.BytesIO(b""), "a.png")) == 400
    assert upload(caption=" ") == 400
    wrong = person.submit(AT, do="save", **CHOSEN | {"ink": "#fff;}*{", "icon": "../x"})
    assert wrong.status_code == 400
    assert 'id="ink-fault"' in wrong.text
    assert store.achievements.newest(ACHIEVEMENT) == before
    assert upload() == 303
    after = store.achievements.newest(ACHIEVEMENT)
    assert after is not None
    assert after.achievement["image"]["caption"] == "A star"
    assert after.svg_sha256 is None
