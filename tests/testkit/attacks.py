"""The page of attacks, and who cites them: `python -m tests.testkit.attacks [--write]`."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "attacks.md"
_EXAMPLES = ROOT / "tests" / "test_attacks.py"
_ROW = re.compile(r"^\| ([0-9]+|[A-Z][0-9]+[a-z]?) \| (.+?) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)
_NUMBER = r"(?:[0-9]{1,3}|W[0-9]{1,2})"
_SAID = re.compile(rf"\battacks?\s+({_NUMBER}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+|\s+to\s+){_NUMBER})*)")
_NAMED = re.compile(r"\bdef test_attack((?:_[wW]?[0-9]{1,3}(?=_))+)")
_FOUND = re.compile(r"\bdef test_(?:found_)?([fohbsudm][0-9]{1,2}[a-z]?(?:_[fohbsudm][0-9]{1,2}[a-z]?)*)_")


def _said(words: str) -> Iterator[str]:
    """`8 to 10 and 12` as 8, 9, 10, 12."""
    for piece in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", " ".join(words.split())):
        first, _, last = piece.partition(" to ")
        if last:
            yield from (str(number) for number in range(int(first), int(last) + 1))
        else:
            yield first


def numbers_in(text: str) -> set[str]:
    """Every attack that a file cites, in words or by the name of a test."""
    found = {number for words in _SAID.findall(text) for number in _said(words)}
    for named in _NAMED.findall(text):
        found |= {number.upper().lstrip("0") for number in named.strip("_").split("_")}
    for named in _FOUND.findall(text):
        found |= {row[0].upper() + row[1:] for row in named.split("_")}
    return found


def cited() -> dict[str, list[str]]:
    """Number to the files that cite it: the product's and the tests', by their path from the root."""
    files: dict[str, list[str]] = defaultdict(list)
    for folder in ("credserv", "tests"):
        for path in sorted({*(ROOT / folder).rglob("*.py")} - {_EXAMPLES}):
            for number in numbers_in(path.read_text()):
                files[number].append(str(path.relative_to(ROOT)))
    return files


def tested() -> dict[str, str]:
    """Number to the last column of its row."""
    return {
        number: ", ".join(f"`{file}`" for file in files if Path(file).name.startswith("test_"))
        for number, files in cited().items()
    }


def numbers() -> list[str]:
    """Of the rows, in their order."""
    return [number for number, *_ in _ROW.findall(PAGE.read_text())]


def rows() -> dict[str, str]:
    """Number to the last column, as the page has it now."""
    return {number: files for number, _, _, files in _ROW.findall(PAGE.read_text())}


def written() -> str:
    """The page with its last column as it has to be."""
    files = tested()
    return _ROW.sub(
        lambda row: f"| {row[1]} | {row[2]} | {row[3]} | {files.get(row[1], '')} |", PAGE.read_text()
    )


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(written())
    missing = sorted(set(cited()) - set(rows()))
    sys.stdout.write(f"{len(rows())} rows; cited without a row: {', '.join(missing) or 'none'}\n")
