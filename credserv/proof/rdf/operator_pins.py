"""Contexts that the operator pinned in addition to the bundled ones, for issuers they name.

What a signature covers depends on contexts, so a pinned one follows the same rules as a bundled one: it is a
file, never fetched, and identified by its SHA-256. It replaces no bundled context, gives nothing that decides
a second name or another meaning (`second_names`), and imports no context that is not bundled. Credentials
that this installation issues are never read with it (attacks 7 to 10).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from credserv.ground.addresses import require_https
from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError, FetchRefusedError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.own_files import make_folder, replace_file
from credserv.ground.strict_json import parse_json_object
from credserv.ground.watched_file import WatchedFile
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.second_names import decisive_vocabularies, redefined_names, second_names
from credserv.proof.rdf.strict_jsonld import BASE_CONTEXTS

INDEX = "pins.json"
MAX_BYTES = 1_048_576
MAX_PINS = 64
_KEYWORDS = frozenset({"@version", "@protected", "@vocab", "@context"})


@dataclass(frozen=True)
class Pin:
    """A pinned context.

    Attributes:
        issuers: whose credentials may name it; () for anyone's.
        pinned_at: in the format of instants.
    """

    url: str
    sha256: str
    issuers: tuple[str, ...]
    pinned_at: str

    def is_for(self, issuer: str) -> bool:
        return not self.issuers or issuer in self.issuers


class OperatorPins:
    """The pins of one installation in a folder: an index, and a file for each.

    Reloaded when the folder changes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: WatchedFile[tuple[Pin, ...]] = WatchedFile(
            folder / INDEX, lambda: tuple(self._read()), absent=()
        )

    def all(self) -> tuple[Pin, ...]:
        """Return all pins; () if the index is absent or unreadable."""
        return self._kept.get()

    def documents_for(self, issuer: str, urls: Collection[str]) -> dict[str, JsonObject]:
        """Return the contexts among `urls` pinned for this issuer, except those whose file was changed."""
        found: dict[str, JsonObject] = {}
        for pin in self.all():
            if pin.url in urls and pin.is_for(issuer):
                content = self._content(pin)
                if content is not None:
                    found[pin.url] = parse_json_object(content)
        return found

    def refused(self, contexts: PinnedContexts) -> Iterator[tuple[Pin, str]]:
        """Yield each pin of an earlier release that would be refused today, with the reason."""
        for pin in self.all():
            content = self._content(pin)
            if content is None:
                yield pin, "its file is missing or was changed"
                continue
            try:
                require_context(content, pin.url, contexts)
            except InputError as error:
                yield pin, error.detail

    def pin(
        self, content: bytes, url: str, issuers: Collection[str], *, contexts: PinnedContexts, now: datetime
    ) -> Pin:
        """Pin a context, replacing an earlier one for the address.

        Raises InputError for a context that is refused.
        """
        require_context(content, url, contexts)
        pin = Pin(url, hashlib.sha256(content).hexdigest(), tuple(sorted(set(issuers))), format_instant(now))
        others = [known for known in self.all() if known.url != url]
        if len(others) >= MAX_PINS:
            raise InputError(f"at most {MAX_PINS} contexts are pinned")
        make_folder(self._folder)
        replace_file(self._folder / f"{pin.sha256}.json", content)
        self._write_index([*others, pin])
        return pin

    def remove(self, url: str) -> None:
        """Remove a pin. Raises NotFoundError."""
        kept = [pin for pin in self.all() if pin.url != url]
        gone = [pin for pin in self.all() if pin.url == url]
        if not gone:
            raise NotFoundError(f"no context is pinned for {url[:200]}: `credserv contexts list` shows them")
        self._write_index(kept)
        if gone[0].sha256 not in {pin.sha256 for pin in kept}:
            (self._folder / f"{gone[0].sha256}.json").unlink(missing_ok=True)

    def _read(self) -> Iterator[Pin]:
        try:
            rows = json.loads((self._folder / INDEX).read_bytes())
            for row in rows:
                yield Pin(row["url"], row["sha256"], tuple(row["issuers"]), row["pinned_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return

    def _content(self, pin: Pin) -> bytes | None:
        try:
            content = (self._folder / f"{pin.sha256}.json").read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == pin.sha256 else None

    def _write_index(self, pins: list[Pin]) -> None:
        rows: list[Mapping[str, Any]] = [asdict(pin) for pin in sorted(pins, key=lambda pin: pin.url)]
        replace_file(self._folder / INDEX, json.dumps(rows, indent=2).encode())


def require_context(content: bytes, url: str, contexts: PinnedContexts) -> JsonObject:
    """Check that a context may be pinned. Raises InputError with the reason if it may not."""
    try:
        require_https(url)
    except FetchRefusedError as error:
        raise InputError("a context is pinned for an https address") from error
    if url in contexts.urls:
        raise InputError("that context is carried here, and what is carried is never replaced")
    document = parse_json_object(content, max_bytes=MAX_BYTES)
    if "@context" not in document:
        raise InputError("the file is no JSON-LD context: it has no @context")
    for name in _keywords(document["@context"], contexts):
        raise InputError(f"a context with {name[:200]!r} is not pinned")
    for vocabulary in decisive_vocabularies(document):
        raise InputError(
            f"its @vocab {vocabulary[:200]!r} could give what decides a second name: "
            "members could be hidden by it"
        )
    others = [contexts.document(other) for other in contexts.of_others]
    taken = second_names(document, map(contexts.document, contexts.urls - contexts.of_others), beside=others)
    if taken:
        name, iri = next(iter(sorted(taken.items())))
        raise InputError(f"it gives {iri} a second name, {name[:80]!r}: members could be hidden by it")
    changed = redefined_names(document, map(contexts.document, BASE_CONTEXTS))
    if changed:
        raise InputError(f"it gives {min(changed)[:80]!r} another meaning than the data model")
    scoped = ScopedContexts(contexts.extended({url: document}))
    misfits = [misfit for base in sorted(BASE_CONTEXTS) if (misfit := _misfit(scoped, base, url))]
    if len(misfits) == len(BASE_CONTEXTS):
        raise InputError(misfits[-1])
    return document


def _misfit(scoped: ScopedContexts, base: str, url: str) -> str:
    """Return why the context does not fit a version of the data model; "" if it fits."""
    try:
        scoped.root((base, url))
    except CredservError as error:
        return f"beside {base}: {error.detail}"
    return ""


def _keywords(context: Any, contexts: PinnedContexts) -> Iterator[str]:
    """Yield what changes how other contexts are read, or imports one that is not bundled."""
    if isinstance(context, str):
        if context not in contexts.urls:
            yield context
    elif isinstance(context, list):
        for item in context:
            yield from _keywords(item, contexts)
    elif isinstance(context, Mapping):
        for name, definition in context.items():
            if name.startswith("@"):
                yield from () if name in _KEYWORDS else (name,)
            elif isinstance(definition, Mapping) and "@context" in definition:
                yield from _keywords(definition["@context"], contexts)
    else:
        yield str(context)
