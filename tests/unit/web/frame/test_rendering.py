"""The few ways by which text becomes markup or a link."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from credserv.journeys.check.reports.statement import dated
from credserv.web.frame.languages import day, minute
from credserv.web.frame.rendering import host, markdown, web_link


def test_markdown_is_rendered() -> None:
    html = markdown("# Head\n\nSome **bold** and [a link](https://a.example/?a=1&b=2).\n\n1. one\n2. two")
    assert html == (
        '<h3>Head</h3>\n<p>Some <strong>bold</strong> and <a href="https://a.example/?a=1&amp;b=2" '
        'rel="noopener nofollow">a link</a>.</p>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://a.example/pixel.png)",
        "[x](https://a.example 'onmouseover=alert(1)')",
        '<https://a.example/"onclick=alert(1)>',
        "<style>body{display:none}</style>",
        "[ref]\n\n[ref]: javascript:alert(1)",
    ],
)
def test_attack_60_markdown_makes_no_scripts_pictures_or_handlers(text: str) -> None:
    html = markdown(text)
    for bad in ("<script", "<img", "<style", 'javascript:alert(1)"', 'href="data', "<svg"):
        assert bad not in html.lower()
    tags = re.findall(r"<[^>]*>", html)
    harmless = re.compile(r'</?[a-z0-9]+>|<a( href="https?:[^"]*")? rel="noopener nofollow">')
    assert [tag for tag in tags if not harmless.fullmatch(tag)] == []


def test_headings_never_rise_above_their_section() -> None:
    assert "<h1" not in markdown("# one\n\n## two")
    assert markdown("Title\n=====") == "<h3>Title</h3>\n"


def test_a_very_long_text_is_cut() -> None:
    assert len(markdown("x " * 100_000)) < 60_000


@pytest.mark.parametrize("url", ["https://a.example", "http://a.example:8080/x?y=1#z", "https://ä.example/ö"])
def test_web_addresses_may_be_linked(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        " https://a.example",
        "https://a.example/\nx",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "//a.example",
        "/path",
        "https://",
        "https://user@a.example",
        "https://user:pass@a.example",
        "https://[::1",
        "https://a.example/" + "x" * 2_048,
    ],
)
def test_nothing_else_may_be_linked(url: str) -> None:
    assert web_link(url) == ""
    assert host(url) == ""


def test_found_b12_a_day_names_its_zone() -> None:
    """Completed on 3 March at 20:30 -08:00."""
    late = datetime(2026, 3, 3, 20, 30, tzinfo=timezone(timedelta(hours=-8)))
    assert (dated(late), minute(late)) == ("4 March 2026 UTC", "4 March 2026, 04:30 UTC")


def test_dates_are_told_in_utc() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert (day(late), minute(late)) == ("4 March 2026 UTC", "4 March 2026, 01:30 UTC")
    assert day(datetime(2026, 12, 31, tzinfo=UTC)) == "31 December 2026 UTC"
