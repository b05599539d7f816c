"""Zip archives: read in memory, in bounds, and refused as a whole where they are made to do harm."""

from __future__ import annotations

import pytest

from credserv.carriers import zip_file
from credserv.carriers.zip_file import is_zip, read_zip, write_zip
from credserv.ground.errors import ArchiveError, TooLargeError
from tests.testkit.zips import link, renamed, zip_of

FILES = {"credentials/1.json": b"{}", "manifest.json": b"[]"}


def test_what_is_written_is_read_back_and_the_same_files_give_the_same_bytes() -> None:
    archive = write_zip(FILES)
    assert is_zip(archive)
    assert read_zip(archive) == FILES
    assert write_zip(dict(FILES)) == archive


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x", "C:\\x", "a//x", "a\nx", "./x"])
def test_attack_110_a_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(ArchiveError, match="leads out"):
        read_zip(zip_of(("fine.json", b"{}"), (name, b"{}")))


def test_attack_110_a_name_behind_a_nul_is_refused() -> None:
    with pytest.raises(ArchiveError):
        read_zip(renamed(zip_of(("a.jsonX../b", b"{}")), b"a.jsonX../b", b"a.json\0../b"))


def test_attack_110_a_link_is_not_followed() -> None:
    with pytest.raises(ArchiveError, match="link or device"):
        read_zip(zip_of((link("credentials/1.json"), b"/etc/passwd")))


def test_attack_110_a_bomb_is_bounded_by_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    big = b"\0" * (zip_file.MAX_FILE_BYTES + 1)
    bomb = zip_of(("bomb.json", big))
    assert len(bomb) < 40_000
    with pytest.raises(TooLargeError):
        read_zip(bomb)
    monkeypatch.setattr(zip_file, "MAX_BYTES", 1_000)
    with pytest.raises(TooLargeError, match="together"):
        read_zip(zip_of(("1", b"\0" * 600), ("2", b"\0" * 600)))
    monkeypatch.setattr(zip_file, "MAX_FILES", 2)
    with pytest.raises(TooLargeError, match="more than 2 files"):
        read_zip(zip_of(("1", b""), ("2", b""), ("3", b"")))


def test_attack_110_a_length_that_lies_does_not_count() -> None:
    """The directory says that the file is short."""
    honest = zip_of(("a", b"\0" * 5_000))
    size = (5_000).to_bytes(4, "little")
    with pytest.raises(ArchiveError):
        read_zip(honest.replace(size, (10).to_bytes(4, "little")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_attack_110_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(ArchiveError, match="two files"):
        read_zip(zip_of(("a", b"1"), ("a", b"2")))


@pytest.mark.parametrize(
    "archive",
    [b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 10, zip_of(("a", b"b"))[:-5]],
    ids=["a beginning", "an end", "cut off"],  # a file tells when it was made
)
def test_a_damaged_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_zip(archive)
