"""The table of settings in docs/operator.md, made from the code.

`python -m tests.testkit.settings_table --write` puts it there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from credserv.app.described import table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operator.md"
_TABLE = re.compile(r"^\| variable \| default \| what \|\n(?:\|.*\n)+", re.MULTILINE)


def written(page: str) -> str:
    """The page, with the table that belongs into it."""
    made, count = _TABLE.subn(lambda _: "\n".join(table()) + "\n", page)
    assert count == 1, f"{PAGE.name} has {count} tables of settings"
    return made


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(written(PAGE.read_text()))
    elif written(PAGE.read_text()) != PAGE.read_text():
        sys.exit("the table is another one: run it with --write")
