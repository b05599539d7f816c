"""What a page says as data (HTML Living Standard, 5.2.5), as our pages use it: no property twice."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_BY_ATTRIBUTE = {"meta": "content", "img": "src", "a": "href", "link": "href", "time": "datetime"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []
        self.loose: dict[str, tuple[str, list[str]]] = {}  # by id: what stands outside of all items
        self._open: list[tuple[str, dict[str, Any] | None, list[str] | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        holder = next((item for _, item, _ in reversed(self._open) if item is not None), None)
        item: dict[str, Any] | None = {"@type": known["itemtype"]} if "itemscope" in known else None
        text: list[str] | None = None
        if item is not None and "itemref" in known:
            item["@ref"] = (known["itemref"] or "").split()
        name = known.get("itemprop")
        if item is not None and not name:
            self.items.append(item)
        if name:
            value = item if item is not None else known.get(_BY_ATTRIBUTE.get(tag, ""))
            if value is None:
                text = []
            if holder is None:
                assert text is not None, f"{name} is of no item"
                self.loose[known["id"] or ""] = (name, text)
            else:
                assert name not in holder, f"{name} stands twice"
                holder[name] = value if text is None else text
        if tag not in _VOID:
            self._open.append((tag, item, text))

    def handle_endtag(self, tag: str) -> None:
        while tag not in _VOID and self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, _, text in self._open:
            if text is not None:
                text.append(data)


def microdata(page: str) -> list[dict[str, Any]]:
    """Its items: `@type`, and each property with its text, its address, its instant, or its item."""
    reader = _Reader()
    reader.feed(page)
    for item in reader.items:
        for place in item.pop("@ref", ()):
            name, text = reader.loose.pop(place)
            item[name] = text
    assert not reader.loose, "these are of no item"
    return [_plain(item) for item in reader.items]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value)
        if isinstance(value, dict)
        else " ".join("".join(value).split())
        if isinstance(value, list)
        else value
        for name, value in item.items()
    }
