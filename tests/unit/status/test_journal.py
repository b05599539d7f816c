"""The journal file: what it says after crashes, by several writers, and once it was written anew, shorter."""

from __future__ import annotations

import json
import multiprocessing
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import UnavailableError
from credserv.records.credentials import StatusListRecord
from credserv.status.journal import KnownList, StatusJournal

AT = datetime(2026, 3, 14, tzinfo=UTC)
LIST = StatusListRecord("list-1", "revocation", 131_072, AT, revision=1)


def note(journal: StatusJournal, credential: str, index: int, state: str, revision: int = 1) -> None:
    with journal.noting():
        journal.note_state("main", replace(LIST, revision=revision), credential, index, state)


def test_it_says_what_was_noted_to_whoever_reads_it(tmp_path: Path) -> None:
    journal, other = StatusJournal(tmp_path / "j"), StatusJournal(tmp_path / "j")
    journal.begin(is_whole=True)
    assert other.known().is_whole
    journal.note_published("main", LIST, [3, 5])
    note(other, "c7", 7, "revoked", 4)
    journal.note_line(9)
    known = other.known()
    assert known.lists["list-1"].set_indexes == {3, 5, 7}
    assert known.lists["list-1"].revoked == {7}
    assert (known.lists["list-1"].revision, known.line) == (4, 9)
    assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600


def test_found_f4_a_line_torn_by_a_power_cut_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = StatusJournal(path)
    note(journal, "c1", 1, "revoked")
    note(journal, "c2", 2, "revoked")
    path.write_bytes(path.read_bytes()[:-20])
    again = StatusJournal(path)
    assert again.known().lists["list-1"].revoked == {1}
    note(again, "c3", 3, "revoked")
    assert StatusJournal(path).known().lists["list-1"].revoked == {1, 3}
    assert StatusJournal(path).known().damaged == 1


@pytest.mark.parametrize(
    "rubbish", [b"null\n", b"{}\n", b'{"kind":"list"}\n', b"\xff\xfe\n", b'{"kind":"state","list":"x"}\n']
)
def test_found_f4_a_damaged_line_is_counted_and_the_others_hold(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "j"
    note(StatusJournal(path), "c1", 1, "revoked")
    with path.open("ab") as file:
        file.write(rubbish)
    note(StatusJournal(path), "c2", 2, "revoked")
    known = StatusJournal(path).known()
    assert known.lists["list-1"].revoked == {1, 2}
    assert known.damaged == 1


def _write(path: Path, first: int) -> None:
    journal = StatusJournal(path, grows_to=2_000)
    for index in range(first, first + 40):
        note(journal, f"c{index}", index, "revoked", index)


def test_found_f4_several_processes_write_and_nothing_is_lost(tmp_path: Path) -> None:
    """Also while one of them writes the file anew."""
    path = tmp_path / "j"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, first)) for first in (0, 100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    wanted = {first + index for first in (0, 100, 200) for index in range(40)}
    assert StatusJournal(path).known().lists["list-1"].revoked == wanted


def test_found_f4_it_does_not_grow_without_bound(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j", grows_to=5_000)
    for number in range(400):
        journal.note_line(number)
        note(journal, "c1", 1, "suspended" if number % 2 else "active", number)
    assert (tmp_path / "j").stat().st_size < 6_000
    known = StatusJournal(tmp_path / "j").known()
    assert (known.line, known.lists["list-1"].set_indexes) == (399, {1})
    assert not list(tmp_path.glob("*.new"))


_CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["active", "suspended", "revoked"]), st.booleans()),
    max_size=30,
)


@given(_CHANGES)
def test_found_f4_it_says_the_last_state_of_each_however_often_it_was_written_anew(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str, bool]]
) -> None:
    path = tmp_path_factory.mktemp("j") / "j"
    journal = StatusJournal(path, grows_to=300)
    states: dict[int, str] = {}
    for revision, (index, state, published) in enumerate(changes, 1):
        states[index] = state
        note(journal, f"c{index}", index, state, revision)
        wanted = {one for one, said in states.items() if said != "active"}
        if published:
            journal.note_published("main", replace(LIST, revision=revision), wanted)
        assert StatusJournal(path).known().lists["list-1"].set_indexes == wanted
    if states:
        known = StatusJournal(path).known().lists["list-1"]
        assert known.revoked == {index for index, state in states.items() if state == "revoked"}
        assert known.revision == len(changes)


def test_a_file_that_cannot_be_had_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = StatusJournal(tmp_path / "file" / "j")
    for use in (lambda: journal.note_line(3), lambda: journal.begin(is_whole=True), journal.known):
        with pytest.raises(UnavailableError, match="journal"):
            use()


def test_it_is_begun_anew_as_the_whole(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    note(journal, "c1", 1, "revoked")
    assert not journal.known().is_whole
    journal.begin_anew({"list-2": KnownList("main", "revocation", 10, 3, {4})}, line=12)
    known = StatusJournal(tmp_path / "j").known()
    assert (known.is_whole, known.line, list(known.lists)) == (True, 12, ["list-2"])
    assert all(json.loads(line) for line in (tmp_path / "j").read_text().splitlines())


def test_found_f4_each_writer_reads_what_the_others_wrote_before(tmp_path: Path) -> None:
    """Even one that has not been asked yet: what it publishes is told against what stands there."""
    one, other = StatusJournal(tmp_path / "j"), StatusJournal(tmp_path / "j")
    one.note_published("main", LIST, [3, 5])
    other.note_published("main", replace(LIST, revision=2), [5, 8])
    assert StatusJournal(tmp_path / "j").known().lists["list-1"].set_indexes == {5, 8}


def test_found_f4_a_file_that_took_the_place_of_another_is_read_from_its_beginning(tmp_path: Path) -> None:
    one, other = StatusJournal(tmp_path / "j"), StatusJournal(tmp_path / "j")
    note(one, "c1", 1, "revoked")
    other.begin_anew(
        {name: KnownList("main", "revocation", 131_072, 1, {7}) for name in ("a", "b", "c", "d")}, line=4
    )
    assert set(one.known().lists) == {"a", "b", "c", "d"}


def test_a_shortened_file_says_nothing_of_what_is_active(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j", grows_to=100)
    for _ in range(8):
        note(journal, "c1", 1, "revoked")
        note(journal, "c1", 1, "active")
    note(journal, "c2", 2, "revoked")
    lines = [json.loads(line) for line in (tmp_path / "j").read_bytes().splitlines()]
    assert sum("c1" in line.values() for line in lines) < 4, "it was written anew, without c1"


def test_found_f4_what_is_written_anew_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file).st_size), real(file)))
    StatusJournal(tmp_path / "j").begin(is_whole=True)
    assert synced[0] == (tmp_path / "j").stat().st_size
