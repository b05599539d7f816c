"""Markdown of strangers, and HTML in its place."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credserv.ground.addresses import is_web_page
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


DRAWN = ("p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "a", "h3")


class _Drawn(HTMLParser):
    """What a browser makes of markup: its elements, their attributes, and the text that is read."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


_TAGS = st.sampled_from(["p", "b", "li", "ul", "td", "h1", "span", "a", "img", "svg", "font", "x-y", "P"])
_INSIDE = st.sampled_from(
    [
        "",
        " class='x'",
        " onclick=alert(1)",
        " href='javascript:alert(1)'",
        " style=x",
        "/",
        " src=//x.example",
    ]
)
_ELEMENTS = st.builds("<{}{}{}>".format, st.sampled_from(["", "/"]), _TAGS, _INSIDE)
_PIECES = st.sampled_from(
    [
        *(
            "<b",
            "</",
            "&lt;b&gt;",
            "&#60;i&#62;",
            "\n\n",
            "\n- ",
            "\n# ",
            "\n> ",
            "**",
            "_",
            "`",
            "\n```\n",
            "]",
            "[",
        ),
        *(
            "[x](javascript:alert(1))",
            "[x](https://a.example/)",
            "![x](https://a.example/x.png)",
            "(",
            "1 < 2",
        ),
        *(
            "<https://a.example/>",
            "<javascript:alert(1)>",
            "\n    ",
            "|",
            "\\",
            "&",
            "\n[x]: data:text/html,x\n",
        ),
    ]
)
_SWALLOWS = st.sampled_from(["<script>", "<style>", "<!--", "<!doctype x", "<script src=x", "</script>"])


@given(st.lists(_ELEMENTS | _PIECES, max_size=12), _SWALLOWS | st.just(""))
@example(["<td/src='"], "<script>")
def test_found_b9_whatever_is_written_only_texts_and_links_come_of_it(pieces: list[str], last: str) -> None:
    words = [f"word{number}" for number in range(len(pieces))]
    written = "".join(f"{piece} {word} " for piece, word in zip(pieces, words, strict=True))
    drawn = _Drawn(markdown(f"{written}{last}alert(1)"))
    for tag, attributes in drawn.elements:
        assert tag in DRAWN
        assert attributes.keys() <= ({"href", "rel"} if tag == "a" else set())
        assert is_web_page(attributes.get("href") or "https://a.example/")
    if not any(piece in ("<b", "</") or "'" in piece for piece in pieces):
        assert all(word in drawn.text for word in words), "a text is never lost for its tags"
