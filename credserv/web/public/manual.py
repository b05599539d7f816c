"""The manual at /docs: the documents of `docs/` of this release."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import nh3
from flask import Blueprint, Response
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from credserv.ground.errors import NotFoundError
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page, root

blueprint = Blueprint("manual", __name__, url_prefix="/docs")
blueprint.record_once(install)

FIRST = ("administrator", "lms", "operator", "verifier", "wallet")  # the manual's audiences first
_PACKAGED = Path(__file__).resolve().parents[2] / "_docs"
FOLDER = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "docs"
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image").enable("table")
_TAGS = {
    *("h1", "h2", "h3", "h4", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em"),
    *("a", "table", "thead", "tbody", "tr", "th", "td"),
}
_HEADINGS = {"h2": {"id"}, "h3": {"id"}, "h4": {"id"}}
_LINK = re.compile(r"([A-Za-z0-9./-]+)\.md(#.*)?")


@dataclass(frozen=True)
class Chapter:
    """One document. `name` is its address below /docs; `summary` its first paragraph, as text."""

    name: str
    title: str
    summary: str
    body: Markup


@blueprint.get("/")
@door(cache="no-cache")
def contents() -> Response:
    """List the documents."""
    chapters = [_read(name, root()) for name in _names()]
    return page("public/manual.html", chapters=chapters)


@blueprint.get("/<path:name>")
@door(cache="no-cache", shown=("name",))
def chapter(name: str) -> Response:
    """Show one document. Raises NotFoundError."""
    if name not in _names() and name not in _decisions():
        raise NotFoundError("the manual has no such page: /docs lists what there is")
    return page("public/chapter.html", chapter=_read(name, root()))


@cache
def _names() -> tuple[str, ...]:
    found = sorted(path.stem for path in FOLDER.glob("*.md"))
    return tuple(sorted(found, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)))


@cache
def _decisions() -> tuple[str, ...]:
    return tuple(sorted(f"adr/{path.stem}" for path in FOLDER.glob("adr/*.md")))


@lru_cache(maxsize=256)
def _read(name: str, root: str) -> Chapter:
    """Read a document. `root`: where the addresses begin of the organisation it is read at."""
    tokens = _MARKDOWN.parse((FOLDER / f"{name}.md").read_text())
    title = _text_after(tokens, "heading_open")
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            before.attrSet("id", anchor(_text(token)))
        for inner in token.children or ():
            if inner.type == "link_open":
                address = _address(str(inner.attrGet("href")), posixpath.dirname(name))
                inner.attrSet("href", root + address if address.startswith("/") else address)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    cleaned = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}, **_HEADINGS}, link_rel=None)
    return Chapter(name, title, _text_after(tokens, "paragraph_open"), Markup(cleaned))  # noqa: S704  nh3 has just cleaned it


def anchor(heading: str) -> str:
    """Return a heading's anchor as GitHub names it, so that links between documents also work here."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _address(href: str, folder: str) -> str:
    """Return a document's address in this manual; other links unchanged.

    `folder` is that of the linking document.
    """
    own = _LINK.fullmatch(href)
    if own is None:
        return href
    name = own[1].removeprefix("../docs/").removeprefix("docs/")
    beside = posixpath.normpath(posixpath.join(folder, name))
    found = beside if (FOLDER / f"{beside}.md").is_file() else name
    return f"/docs/{found}{own[2] or ''}" if (FOLDER / f"{found}.md").is_file() else href


def _text_after(tokens: Sequence[Token], kind: str) -> str:
    return next((_text(after) for token, after in pairwise(tokens) if token.type == kind), "")


def _text(token: Token) -> str:
    return "".join(_texts(token))


def _texts(token: Token) -> Iterator[str]:
    for inner in token.children or ():
        yield " " if inner.type == "softbreak" else inner.content
