"""docs/journeys.md tells what people read: each page is opened as its person, and the words stand on it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest

from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.deliver.outbox import queue_letters
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import Service, make_service

PAGE = Path(__file__).parents[2] / "docs" / "journeys.md"
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_SAID = re.compile(r"\*([^*]+)\*")
_TAGS = re.compile(r"<[^>]+>")


def told() -> list[tuple[str, list[str]]]:
    """Where, and each text in italics there: what is read, and the buttons that are pressed."""
    rows = [row for row in _ROW.findall(PAGE.read_text("utf-8")) if row[0] not in ("where", "---")]
    return [(where, _SAID.findall(f"{read} {done}")) for where, read, done in rows]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("told")
    return Letters(make_service(f"sqlite:///{folder / 'told.db'}", folder)).service


def plain(page: str) -> str:
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())


def letter(service: Service) -> str:
    """Both forms of the one that tells of the badge."""
    services, now = service.services, service.clock.now
    queue_letters(services, since=now - timedelta(days=1), actor="test", now=now)
    (due,) = services.store.letters.take(now, until=now, limit=9)
    made = badge_letter(services, due)
    return plain(f"{made.text} {made.html}")


def test_people_read_what_the_page_of_the_ways_says(service: Service) -> None:
    badge = service.issue(email="pat@example.org")
    pat, opened, missing = Person(service).open_wallet("pat@example.org"), 0, []
    for where, words in told():
        if where == "the letter":
            text = letter(service)
        else:
            path = where.split("`")[1].replace("BADGE", badge)
            who = Person(service) if "signed out" in where else pat
            text, opened = plain(who.get(path)), opened + 1
        missing += [(where, one) for one in words if one not in text]
    assert not missing
    assert opened >= 15
