"""A folder into which others put files: only what is plainly a file of it is read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from credserv.fetch import folder
from credserv.fetch.folder import FileSeen, list_files, read_seen
from credserv.ground.errors import TooLargeError, UnavailableError


def test_whole_files_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden", "~lock.csv", "c.csv.part", "d.TMP"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub").mkdir()
    assert [one.name for one in list_files(tmp_path)] == ["a.csv", "b.csv"]
    assert list_files(tmp_path / "none") == ()
    with pytest.raises(UnavailableError):
        list_files(tmp_path / "a.csv")


def test_a_link_in_a_watched_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "link.csv").symlink_to(tmp_path / "secret")
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "a.csv").write_text("a")
    (seen,) = list_files(inbox)
    assert read_seen(inbox, seen) == b"a"
    (inbox / "a.csv").unlink()
    (inbox / "a.csv").symlink_to(tmp_path / "secret")  # between the look and the reading
    with pytest.raises(UnavailableError):
        read_seen(inbox, seen)


def test_a_file_that_changes_or_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("a")
    (seen,) = list_files(tmp_path)
    with pytest.raises(UnavailableError, match="written"):
        read_seen(tmp_path, replace(seen, time=seen.time - 1))
    monkeypatch.setattr(folder, "MAX_FILE_BYTES", 0)
    with pytest.raises(TooLargeError):
        read_seen(tmp_path, FileSeen("a.csv", 1, seen.time))
