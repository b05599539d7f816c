"""A journal of published status lists, outside the database (found.md F4).

A database restored from an older copy does not know what was revoked since, and its next list would undo
those revocations everywhere. So a file beside it records each published revision of a list, each change of a
credential's state and, now and then, how far the audit trail reaches; every line is forced to disk. The
database is compared with it at each start, and the two are merged at each signature of a list.

The file has one JSON object a line and is only appended to, except when it is rewritten, shorter, after it
has grown. All processes of a machine share it; each reads what the others added before it relies on its
contents.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from credserv.ground.errors import UnavailableError
from credserv.ground.own_files import hand_over, make_folder, replace_file
from credserv.records.credentials import StatusListRecord

GROWS_TO_BYTES = 4 * 1_048_576  # then it is rewritten, unless its contents already need half of that
_BEGUN, _LIST, _STATE, _MARK = "begun", "list", "state", "mark"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnownState:
    """The state of one credential: `active`, `suspended` or `revoked`."""

    index: int
    state: str


@dataclass
class KnownList:
    """All that is known of one list. `revision` is the database's, which shows that a database is older."""

    organisation: str = ""
    purpose: str = ""
    length: int = 0
    revision: int = 0
    indexes: set[int] = field(default_factory=set)
    states: dict[str, KnownState] = field(default_factory=dict)

    @property
    def set_indexes(self) -> set[int]:
        """The bits that are 1: as last published, with later changes."""
        changed = {known.index: known.state != "active" for known in self.states.values()}
        return {index for index in self.indexes if changed.get(index, True)} | {
            index for index, is_set in changed.items() if is_set
        }

    @property
    def revoked(self) -> set[int]:
        return {known.index for known in self.states.values() if known.state == "revoked"}


@dataclass
class Known:
    """All that the journal says.

    Attributes:
        is_whole: whether it has everything from before it was begun.
        line: how far the audit trail reached.
    """

    is_whole: bool = False
    line: int = 0
    lists: dict[str, KnownList] = field(default_factory=dict)
    damaged: int = 0


class StatusJournal:
    """The journal. Safe to share between threads and processes.

    Every method raises UnavailableError where the file cannot be read or written.
    """

    def __init__(self, path: Path, *, grows_to: int = GROWS_TO_BYTES) -> None:
        self.path = path
        self._grows_to = grows_to
        self._lock = threading.RLock()
        self._known = Known()
        self._read_to: tuple[int, int] = (0, 0)  # inode, offset

    def exists(self) -> bool:
        return self.path.exists()

    def known(self) -> Known:
        """Return the current contents, which the caller must not change."""
        with self._lock, _translated(self.path):
            self._catch_up()
            return self._known

    def begin(self, *, is_whole: bool) -> None:
        """Create the file unless it exists. `is_whole`: whether nothing was published before."""
        with self._writing():
            if not self.path.exists():
                self._write_anew([{"kind": _BEGUN, "whole": is_whole}])

    def begin_anew(self, lists: Mapping[str, KnownList], *, line: int) -> None:
        """Replace the contents with this, as the whole of what was published."""
        with self._writing():
            known = Known(is_whole=True, line=line, lists=dict(lists))
            self._write_anew(_lines(known))

    def note_published(self, organisation: str, record: StatusListRecord, set_indexes: Iterable[int]) -> None:
        """Record a list before it is given to anybody. `record` must be read before its bits."""
        with self._writing():
            known, indexes = self._known.lists.get(record.id), set(set_indexes)
            if known is not None and known.revision >= record.revision and indexes == known.set_indexes:
                return
            before = known.set_indexes if known is not None else set()
            self._append(
                {
                    "kind": _LIST,
                    "list": record.id,
                    "organisation": organisation,
                    "purpose": record.purpose,
                    "length": record.length,
                    "revision": record.revision,
                    "set": sorted(indexes - before),
                    "clear": sorted(before - indexes),
                }
            )

    @contextmanager
    def noting(self) -> Iterator[StatusJournal]:
        """Let one process at a time record, so that what it reads of the database is not older than
        another's record."""
        with self._writing():
            yield self

    def note_state(
        self, organisation: str, record: StatusListRecord, credential_id: str, index: int, state: str
    ) -> None:
        """Record a state after its commit, as the database then has it, within `noting`.

        `record` is of its list.
        """
        self._append(
            {
                "kind": _STATE,
                "list": record.id,
                "organisation": organisation,
                "purpose": record.purpose,
                "length": record.length,
                "credential": credential_id,
                "index": index,
                "state": state,
                "revision": record.revision,
            }
        )

    def note_line(self, line: int) -> None:
        """Record how far the audit trail reaches."""
        with self._writing():
            if line > self._known.line:
                self._append({"kind": _MARK, "line": line})

    # --- the file ---------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, _translated(self.path):
            make_folder(self.path.parent)
            lock = self.path.with_name(f"{self.path.name}.lock")
            is_new = not lock.exists()
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
            if is_new:
                hand_over(lock)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._catch_up()
                yield
            finally:
                os.close(descriptor)

    def _catch_up(self) -> None:
        """Read what was added, or everything if the file is a different one."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            self._known, self._read_to = Known(), (0, 0)
            return
        inode, offset = self._read_to
        if state.st_ino != inode or state.st_size < offset:
            self._known, offset = Known(), 0
        if state.st_size == offset:
            self._read_to = (state.st_ino, offset)
            return
        with self.path.open("rb") as file:
            file.seek(offset)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]  # ignore a line torn by a power cut
        for line in whole.splitlines():
            _apply(self._known, line)
        self._read_to = (state.st_ino, offset + len(whole))

    def _append(self, line: Mapping[str, Any]) -> None:
        if not self.path.exists():
            self._write_anew([{"kind": _BEGUN, "whole": False}])
        text = _dump(line)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = b"\n" + text
            os.write(descriptor, text)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._catch_up()
        if size + len(text) > self._grows_to:
            self._shorten(size + len(text))

    def _shorten(self, size: int) -> None:
        lines = [_dump(line) for line in _lines(self._known)]
        if sum(map(len, lines)) * 2 < size:
            self._write_anew(_lines(self._known))

    def _write_anew(self, lines: Iterable[Mapping[str, Any]]) -> None:
        replace_file(self.path, b"".join(map(_dump, lines)))
        self._read_to = (0, 0)  # the next reader reads everything


def _dump(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _lines(known: Known) -> Iterator[Mapping[str, Any]]:
    """Return the fewest lines that say the same; active credentials need none."""
    yield {"kind": _BEGUN, "whole": known.is_whole}
    yield {"kind": _MARK, "line": known.line}
    for list_id, one in known.lists.items():
        yield {
            "kind": _LIST,
            "list": list_id,
            "organisation": one.organisation,
            "purpose": one.purpose,
            "length": one.length,
            "revision": one.revision,
            "set": sorted(one.set_indexes),
            "clear": [],
        }
        for credential_id, state in one.states.items():
            if state.state != "active":
                yield {
                    "kind": _STATE,
                    "list": list_id,
                    "organisation": one.organisation,
                    "purpose": one.purpose,
                    "length": one.length,
                    "credential": credential_id,
                    "index": state.index,
                    "state": state.state,
                    "revision": one.revision,
                }


def _apply(known: Known, line: bytes) -> None:
    """Apply one line. A malformed one is counted and skipped, because every other line still holds."""
    try:
        said = json.loads(line)
        kind = said["kind"]
        if kind == _BEGUN:
            known.is_whole = bool(said["whole"])
        elif kind == _MARK:
            known.line = max(known.line, int(said["line"]))
        elif kind == _LIST:
            _apply_list(known, said)
        elif kind == _STATE:
            one = _list_of(known, said)
            one.states[str(said["credential"])] = KnownState(int(said["index"]), str(said["state"]))
    except (ValueError, KeyError, TypeError):
        known.damaged += 1


def _list_of(known: Known, said: Mapping[str, Any]) -> KnownList:
    """Return the list that a line is about; raises for an incomplete line before anything is changed."""
    about = str(said["organisation"]), str(said["purpose"]), int(said["length"]), int(said["revision"])
    one = known.lists.setdefault(str(said["list"]), KnownList())
    one.organisation, one.purpose, one.length = about[:3]
    one.revision = max(one.revision, about[3])
    return one


def _apply_list(known: Known, said: Mapping[str, Any]) -> None:
    one = _list_of(known, said)
    added, cleared = {int(index) for index in said["set"]}, {int(index) for index in said["clear"]}
    one.indexes = (one.set_indexes | added) - cleared
    shown = {"revoked", "suspended"}
    one.states = {
        credential: state
        for credential, state in one.states.items()
        if (state.index in one.indexes) == (state.state in shown)
    }


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"the journal of status lists {path} cannot be used: {error.strerror}"
        ) from error
