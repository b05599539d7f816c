"""Texts of JSON-LD in every spelling: plain, with a language, or as a language map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from credserv.openbadges.lenient import read_list


def read_texts(value: object, language: str) -> Iterator[tuple[str, str]]:
    """Yield each text with its language, by default `language` (JSON-LD 1.1, section 4.2.4)."""
    for entry in read_list(value):
        if isinstance(entry, str) and entry.strip():
            yield language, entry
        elif isinstance(entry, Mapping) and "@value" in entry:
            yield from read_texts(entry["@value"], str(entry.get("@language") or language).lower())
        elif isinstance(entry, Mapping):
            for name, texts in entry.items():
                yield from read_texts(texts, language if name == "@none" else name.lower())


def first_text(value: object) -> str:
    return next((text.strip() for _, text in read_texts(value, "")), "")


def read_ids(value: object) -> list[str]:
    """Return the nodes named by a text or an object with an id."""
    found = []
    for entry in read_list(value):
        named = entry.get("@id", entry.get("id")) if isinstance(entry, Mapping) else entry
        if isinstance(named, str) and named.strip():
            found.append(named.strip())
    return found
