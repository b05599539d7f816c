"""Markdown of strangers, and HTML in its place."""

from __future__ import annotations

import pytest

from credserv.web.frame.rendering import markdown


def test_b9_html_of_a_learning_system_is_shown_as_its_text() -> None:
    shown = markdown("<p>Bake <b>three</b> loaves &amp; more</p><ul><li>rye</li><li x='y'>oats</li></ul>")
    assert "<p>Bake three loaves &amp; more</p>" in shown
    assert "<li>rye</li>" in shown
    assert "<li>oats</li>" in shown
    assert "&lt;" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>x",
        "<img src=x onerror=alert(1)>",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        "<li><svg/onload=alert(1)>",
        "<p>[x](javascript:alert(1))</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<scr<b>ipt>alert(1)</script>",
    ],
)
def test_b9_nothing_of_it_runs(text: str) -> None:
    shown = markdown(text).lower()
    assert not any(word in shown for word in ("<script", "<img", "<svg", 'href="java', "<a href='"))


def test_markdown_stays_what_it_is() -> None:
    shown = markdown("Two **observed**; 1 < 2 and see <https://a.example/>")
    assert "<strong>observed</strong>; 1 &lt; 2" in shown
    assert 'href="https://a.example/"' in shown
