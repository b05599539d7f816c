"""The words for people in a template that nobody can translate, since nothing asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

_WORD = re.compile(r"[A-Za-z]*[a-z]{2,}|\b[A-Z][a-z]\b")
_SENTENCE = re.compile(r"^[A-Z][a-z]|(?: [a-z]+){2}")
_ADDRESS = re.compile(r"\S*/\S*")
_SAID_BY = {"alt", "title", "placeholder", "aria-label"}
_DESCRIBES = {"description", "og:title", "og:description"}
_NO_WORDS = {"code", "script", "style", "svg"}
_NAMES = {"Open", "Badges"}  # that stay as they are in every language


def bare_words(source: str, environment: Environment) -> list[str]:
    """Words for people that a template says without asking for their translation."""
    tree = environment.parse(source)
    page = _Words()
    page.feed("".join(node.data if isinstance(node, nodes.TemplateData) else "Z" for node in _said_in(tree)))
    return [
        *page.found,
        *(text for text in _constants(tree) if _SENTENCE.search(text) and not _is_name(text)),
    ]


def _said_in(tree: nodes.Node) -> Iterable[nodes.Node]:
    for node in tree.iter_child_nodes():
        if isinstance(node, nodes.Output):
            yield from node.nodes
        elif not (isinstance(node, nodes.Block) and node.name == "width"):  # which is a class
            yield from _said_in(node)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Texts in expressions, but for those that are asked for in all languages, compared or looked up."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _ASKED:
        return
    if isinstance(node, nodes.Compare | nodes.Filter | nodes.Test | nodes.Getitem | nodes.Include):
        if isinstance(node, nodes.Filter) and node.node is not None:
            yield from _constants(node.node)
        return
    if isinstance(node, nodes.Import | nodes.FromImport | nodes.Extends):
        return
    if isinstance(node, nodes.Pair):
        yield from _constants(node.value)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for below in node.iter_child_nodes():
        yield from _constants(below)


_ASKED = {"_", "gettext", "ngettext", "pgettext"}


def _is_name(text: str) -> bool:
    return set(_WORD.findall(text)) <= _NAMES


class _Words(HTMLParser):
    """The words of a page between its tags, and those that its attributes say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _NO_WORDS:
            self._within.append(tag)
        for name, value in attributes:
            if name in _SAID_BY or (name == "content" and _DESCRIBES & set(dict(attributes).values())):
                self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            self._within.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._within:
            self._look(data)

    def _look(self, text: str) -> None:
        if _WORD.search(_ADDRESS.sub("", text)) and not _is_name(text):
            self.found.append(" ".join(text.split()))
