"""The journal file: what it says after crashes, by several writers, and once it was written anew, shorter."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import UnavailableError
from credserv.records.credentials import StatusListRecord
from credserv.status.journal import Known, KnownList, KnownState, StatusJournal

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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_of_it_belongs_to_the_account_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    note(StatusJournal(tmp_path / "below" / "j"), "c1", 1, "revoked")
    assert {(made.stat().st_uid, made.stat().st_gid) for made in tmp_path.rglob("*")} == {(12345, 12346)}
    assert {made.name for made in tmp_path.rglob("*")} == {"below", "j", "j.lock"}


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


def test_a_file_that_is_not_there_says_nothing_and_not_that_this_is_the_whole(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    assert not journal.exists()
    assert journal.known() == Known(is_whole=False, line=0, lists={}, damaged=0)


def test_its_folder_and_its_lock_are_its_owners_alone(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "deep" / "folder" / "j")
    journal.note_line(1)
    assert journal.exists()
    assert (tmp_path / "deep" / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "deep" / "folder" / "j.lock").stat().st_mode & 0o777 == 0o600


def test_who_notes_keeps_every_other_process_waiting(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    with journal.noting(), (tmp_path / "j.lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "j.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_it_says_already_is_not_said_again(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = StatusJournal(path)
    journal.note_line(4)
    journal.note_published("main", LIST, [3])
    said = path.read_bytes()
    journal.note_line(4)
    journal.note_line(3)
    journal.note_published("main", LIST, [3])
    journal.begin(is_whole=True)
    assert path.read_bytes() == said
    journal.note_published("main", LIST, [3, 4])  # of the same revision, by who had not seen it
    assert StatusJournal(path).known().lists["list-1"].set_indexes == {3, 4}
    journal.note_published("main", replace(LIST, revision=2), [3, 4])
    assert StatusJournal(path).known().lists["list-1"].revision == 2


def test_a_list_of_no_revision_yet_is_of_none(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    journal.note_published("main", replace(LIST, revision=0), [3])
    known = StatusJournal(tmp_path / "j").known().lists["list-1"]
    assert (known.organisation, known.purpose, known.length, known.revision) == (
        "main",
        "revocation",
        131_072,
        0,
    )


def test_a_reader_that_stays_reads_each_line_once_and_the_whole_of_a_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = StatusJournal(path)
    note(journal, "c1", 1, "revoked")
    with path.open("ab") as file:
        file.write(b"rubbish\n")
    assert [journal.known().damaged for _ in range(2)] == [1, 1]
    note(StatusJournal(path), "c2", 2, "revoked")
    assert journal.known().damaged == 1, "what was read is not read again"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    assert journal.known().lists["list-1"].revoked == {1}
    path.write_bytes(b"".join(lines[:2]) + lines[-1][:10])
    assert journal.known().damaged == 0, "a torn line is waited for"
    path.unlink()
    assert journal.known() == Known()


def test_a_short_file_is_only_added_to_and_none_stays_open(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j", grows_to=1_000_000)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(9):
        note(journal, "c1", 1, "revoked")
    journal.begin_anew(journal.known().lists, line=0)
    for _ in range(9):
        note(journal, "c1", 1, "revoked")
    assert len((tmp_path / "j").read_bytes().splitlines()) == 4 + 9
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_a_file_without_a_line_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "j").touch()
    StatusJournal(tmp_path / "j").note_line(3)
    assert (tmp_path / "j").read_bytes() == b'{"kind":"mark","line":3}\n'


def test_found_f4_each_line_is_on_the_disk_before_anybody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, int]] = []
    real = os.fsync

    def note_it(file: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(file).st_mode), os.fstat(file).st_size))
        real(file)

    monkeypatch.setattr(os, "fsync", note_it)
    journal = StatusJournal(tmp_path / "j")
    journal.begin(is_whole=False)
    assert [is_folder for is_folder, _ in synced] == [False, True], "the folder names the file then"
    journal.note_line(1)
    assert synced[-1] == (False, (tmp_path / "j").stat().st_size)


def test_it_is_written_anew_when_half_of_it_says_nothing_any_more(tmp_path: Path) -> None:
    path = tmp_path / "j"
    note(StatusJournal(path), "c1", 1, "revoked")
    one = len(path.read_bytes().splitlines(keepends=True)[-1])
    for grows_to, lines in ((6 * one, 5), (9 * one, 8)):
        path.unlink()
        journal = StatusJournal(path, grows_to=grows_to)
        for _ in range(lines):
            note(journal, "c1", 1, "revoked")
        before = path.stat().st_ino
        while path.stat().st_size <= grows_to and path.stat().st_ino == before:
            note(journal, "c1", 1, "revoked")
        assert path.stat().st_ino != before
        assert path.stat().st_size < 3 * one


def test_what_was_shortened_keeps_who_is_suspended_and_who_is_revoked(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = StatusJournal(path, grows_to=1)
    for state in ("revoked", "active", "suspended"):
        note(journal, "c1", 1, state)
        note(journal, "c2", 2, "revoked")
    for _ in range(6):
        note(journal, "c3", 3, "active")
    known = StatusJournal(path).known().lists["list-1"]
    assert (known.set_indexes, known.revoked) == ({1, 2}, {2})
    assert known.states["c1"] == KnownState(1, "suspended")


def test_a_published_list_corrects_what_was_said_of_credentials(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    note(journal, "c1", 1, "revoked")
    note(journal, "c2", 2, "active")
    note(journal, "c3", 3, "suspended")
    journal.note_published("main", replace(LIST, revision=2), [2, 3])
    known = StatusJournal(tmp_path / "j").known().lists["list-1"]
    assert known.set_indexes == {2, 3}
    assert known.states == {"c3": KnownState(3, "suspended")}


def test_what_is_written_anew_says_nothing_of_what_is_active(tmp_path: Path) -> None:
    journal = StatusJournal(tmp_path / "j")
    note(journal, "c1", 1, "active")
    note(journal, "c2", 2, "suspended")
    journal.begin_anew(journal.known().lists, line=0)
    assert set(StatusJournal(tmp_path / "j").known().lists["list-1"].states) == {"c2"}


def test_a_line_of_another_kind_says_nothing_and_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "j"
    note(StatusJournal(path), "c1", 1, "revoked")
    path.write_bytes(path.read_bytes().replace(b'"kind":"state"', b'"kind":"later"'))
    assert StatusJournal(path).known() == Known()


def test_a_file_of_which_all_still_holds_is_only_added_to(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = StatusJournal(path, grows_to=1)
    for index in range(6):
        note(journal, f"c{index}", index, "revoked")
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line.get("credential") for line in lines] == [None, *(f"c{index}" for index in range(6))]


def test_what_a_power_cut_left_of_a_new_file_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / "j.new").write_bytes(b"half a li")
    StatusJournal(tmp_path / "j").begin(is_whole=True)
    assert StatusJournal(tmp_path / "j").known() == Known(is_whole=True)
