"""The JSON-LD contexts that credserv reads: bundled files checked against their digests, and nothing else.

What a signature covers depends on the contexts, so none is ever fetched (attack 10). A URL outside the
manifest is unknown, whoever names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pyld.documentloader.frozen import FrozenDocumentLoader

from credserv.ground.errors import SettingsError, UnknownContextError
from credserv.ground.json_types import JsonObject

MANIFEST = "MANIFEST.json"
CONTEXTS = "contexts/"


class PinnedContexts:
    """The contexts that documents may name, by URL.

    `of_others` are those that no badge standard names; `former` is what an address served before, by URL.
    """

    def __init__(
        self,
        documents: Mapping[str, JsonObject],
        files: Mapping[str, bytes] | None = None,
        of_others: Collection[str] = (),
        former: Mapping[str, JsonObject] | None = None,
    ) -> None:
        """Create from documents. `files` are the exact bytes behind them, where known."""
        self._documents = dict(documents)
        self._files = dict(files or {})
        self.urls = frozenset(documents)
        self.of_others = frozenset(of_others)
        self.former = dict(former or {})

    @classmethod
    def load(cls, schemas_dir: Path) -> PinnedContexts:
        """Read every context in the manifest and check its SHA-256.

        Raises SettingsError for a file that is missing, changed, or in contexts/ but not listed.
        """
        documents: dict[str, JsonObject] = {}
        files: dict[str, bytes] = {}
        former: dict[str, JsonObject] = {}
        listed, of_others = set(), set[str]()
        for entry in _read_manifest(schemas_dir):
            if entry["path"].startswith(CONTEXTS):
                listed.add(entry["path"])
                content = _read_checked(schemas_dir / entry["path"], entry["sha256"])
                documents |= dict.fromkeys(entry["urls"], json.loads(content))
                files |= dict.fromkeys(entry["urls"], content)
                of_others |= set(entry["urls"] if entry.get("of_others") else ())
                former |= dict.fromkeys(entry.get("formerly", ()), json.loads(content))
        found = {CONTEXTS + path.name for path in (schemas_dir / CONTEXTS).glob("*")}
        if found != listed or not listed:
            raise SettingsError(f"{schemas_dir / MANIFEST} does not list what {CONTEXTS} holds")
        return cls(documents, files, of_others, former)

    def extended(self, documents: Mapping[str, JsonObject]) -> PinnedContexts:
        """Return these contexts with `documents` added."""
        return PinnedContexts({**self._documents, **documents}, self._files, self.of_others, self.former)

    def as_formerly(self) -> PinnedContexts:
        """Return these contexts with what their addresses served before."""
        return PinnedContexts({**self._documents, **self.former}, of_others=self.of_others)

    def content(self, url: str) -> bytes | None:
        """Return the exact bytes of the context at `url`; None if it is not pinned."""
        return self._files.get(url)

    def document(self, url: str) -> JsonObject:
        """Return the context document at `url`. Raises UnknownContextError."""
        try:
            return self._documents[url]
        except KeyError:
            raise UnknownContextError(f"not a JSON-LD context this service knows: {url[:200]!r}") from None

    def loader(self) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
        """Return PyLD's frozen loader over the same documents; it opens no connection for any URL."""
        frozen = FrozenDocumentLoader({url: dict(document) for url, document in self._documents.items()})

        def load(url: str, options: dict[str, Any]) -> dict[str, Any]:
            return {**frozen(url, options), "tag": "static"}  # static: PyLD may cache what it derives from it

        return load


def _read_manifest(schemas_dir: Path) -> list[dict[str, Any]]:
    try:
        manifest: list[dict[str, Any]] = json.loads((schemas_dir / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {schemas_dir / MANIFEST}: {error}") from error
    return manifest


def _read_checked(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SettingsError(f"{path} is not the file that {MANIFEST} names: its SHA-256 differs")
    return content
