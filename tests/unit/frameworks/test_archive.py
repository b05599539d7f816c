"""A ZIP of a framework's files: read within bounds, whatever it says of itself."""

from __future__ import annotations

import io
import zipfile

import pytest

from credserv.frameworks import archive
from credserv.ground.errors import InputError, TooLargeError


def zipped(*files: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files:
            made.writestr(name, content)
    return held.getvalue()


def test_its_files_come_by_name_and_collections_last() -> None:
    made = zipped(
        ("ESCO/greenSkillsCollection_en.csv", b"1"),
        ("ESCO/skills_en.csv", b"2"),
        ("ESCO/", b""),
        ("ESCO/Read me.txt", b"3"),
        ("ESCO/dictionary_en.csv", b"4"),
        ("__MACOSX/ESCO/._skills_en.csv", b"5"),
        ("../../etc/occupations_en.csv", b"6"),
        ("ESCO/logo.png", b"7"),
    )
    assert archive.is_archive(made)
    assert list(archive.unpack(made)) == [
        ("occupations_en.csv", b"6"),
        ("skills_en.csv", b"2"),
        ("greenSkillsCollection_en.csv", b"1"),
    ]


def test_an_archive_that_unpacks_to_more_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 3_000_000)
    bomb = zipped(("a.csv", bytes(2_000_000)), ("b.csv", bytes(2_000_000)))
    assert len(bomb) < 10_000
    with pytest.raises(TooLargeError):
        list(archive.unpack(bomb))
    monkeypatch.setattr(archive, "MAX_FILES", 1)
    with pytest.raises(TooLargeError):
        list(archive.unpack(zipped(("a.csv", b""), ("b.csv", b""))))


def test_a_broken_archive_is_told() -> None:
    made = zipped(("a.csv", b"a,b\n" * 100))
    for broken in (made[:40], made[:-30], made[:60].ljust(len(made), b"x")):
        with pytest.raises(InputError):
            list(archive.unpack(broken))
