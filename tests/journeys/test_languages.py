"""Pages in the reader's language: who chooses it, what keeps it, and for whom an answer is."""

from __future__ import annotations

from pathlib import Path

import pytest

from credserv.journeys.operate.organisation import change_calendar
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service, make_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("languages")
    return make_service(f"sqlite:///{folder / 'c.sqlite'}", folder)


@pytest.mark.parametrize(
    ("cookie", "query", "accepted", "expected"),
    [
        ("", "", "", "en"),
        ("", "", "de-AT, en;q=0.5", "de"),
        ("", "", "ja, *;q=0.1", "en"),
        ("", "?lang=fr", "de", "fr"),
        ("", "?lang=xx", "de", "de"),
        ("es", "?lang=fr", "de", "es"),
        ("../../etc", "", "de", "de"),
    ],
)
def test_the_choice_of_a_person_counts_before_a_link_and_their_browser(
    service: Service, cookie: str, query: str, accepted: str, expected: str
) -> None:
    client = service.client()
    if cookie:
        client.set_cookie("credserv_language", cookie)
    answer = client.get(f"/verify{query}", headers={"Accept-Language": accepted, "Accept": "text/html"})
    assert f'<html lang="{expected}" dir="ltr">' in answer.text
    assert answer.headers["Content-Language"] == expected


def test_no_cache_gives_one_readers_language_to_another(service: Service) -> None:
    for address in ("/", "/issuer", "/verify", "/nowhere"):
        answer = service.client().get(address, headers={"Accept": "text/html"})
        assert {"Accept-Language", "Cookie"} <= set(", ".join(answer.headers.getlist("Vary")).split(", "))


def test_what_programs_read_is_in_english_and_kept_for_all(service: Service) -> None:
    client = service.client()
    client.set_cookie("credserv_language", "de")
    issuer = client.get("/issuer", headers={"Accept": "application/json", "Accept-Language": "de"})
    assert "Cookie" not in issuer.headers["Vary"]
    assert "Content-Language" not in issuer.headers
    missing = client.get("/api/v1/nowhere", headers={"Accept": "text/html", "Accept-Language": "de"})
    assert missing.json["title"] == "Not Found"


def test_a_room_that_no_other_language_says_is_in_english_as_a_whole(service: Service) -> None:
    page = service.client().get("/api/v1/docs", headers={"Accept": "text/html", "Accept-Language": "de"}).text
    assert '<html lang="en"' in page
    assert 'value="de"' not in page


def test_the_switch_keeps_the_page_and_the_choice(service: Service) -> None:
    client = service.client()
    page = client.get("/verify?url=https://a.example/b?c%3Dd", headers={"Accept": "text/html"})
    back = page.text.partition('name="back" value="')[2].partition('"')[0]
    assert back == "/verify?url=https://a.example/b?c%3Dd"
    answer = client.post("/language", data={"back": back, "language": "de"})
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "Zum Inhalt springen" in client.get(back).text


def test_after_a_form_the_switch_leads_to_where_it_was(service: Service) -> None:
    page = service.client().post("/verify", data={"text": "{}"}, headers={"Accept": "text/html"})
    assert 'name="back" value="/verify"' in page.text


def test_a_language_that_there_is_not_is_not_kept(service: Service) -> None:
    answer = service.client().post("/language", data={"back": "/verify", "language": "xx"})
    assert answer.headers["Location"] == "/verify"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\n//evil.example",
        "evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_the_switch_of_languages_leads_nowhere_else(service: Service, back: str) -> None:
    answer = service.client().post("/language", data={"back": back, "language": "de"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_the_console_tells_times_by_the_clocks_of_its_organisation(sqlite_service: Service) -> None:
    """And everybody else in UTC: who reads a public page may be anywhere."""
    badge = sqlite_service.issue()
    change_calendar(sqlite_service.services.store, "Asia/Kolkata", 0, actor="test", now=NOW)
    page = Person(sqlite_service).sign_in_to_console().get(f"/console/credentials/{badge}")
    assert '<time datetime="2026-03-14T09:26:53Z" class="exact">14 March 2026, 14:56 UTC+5:30</time>' in page
    answer = sqlite_service.client().post(
        "/verify", data={"url": f"http://localhost:8080/credentials/{badge}"}
    )
    assert "14 March 2026, 09:26 UTC" in answer.text
