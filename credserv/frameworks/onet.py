"""O*NET (USDOL/ETA): the tab-separated text files of its database, each told by its columns.

Elements (Content Model Reference), level anchors, scales, occupations, alternate titles, tasks, work
activities, and the ratings of elements by occupation, of which an importance of 3 (important, of 1 to 5) or
more is read as *needed*. O*NET 29.2 Data Dictionary.
"""

from __future__ import annotations

from collections.abc import Callable

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Need
from credserv.frameworks.gathering import Gathered
from credserv.frameworks.texts import shorten
from credserv.ground.tables import Row, Table

FORMAT = "onet-text"
URI = "https://www.onetcenter.org/database.html"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_ELEMENT = "https://www.onetonline.org/find/descriptor/result/"
_OCCUPATION = "https://www.onetonline.org/link/summary/"
_SCALE = "https://www.onetonline.org/help/online/scales#"
_TASK = f"{_OCCUPATION}{{}}#task-{{}}"
_IMPORTANT = 3.0

_Reader = Callable[[Gathered, Row], None]


def is_onet(table: Table) -> bool:
    return _reader_of(table) is not None


def read_onet(table: Table, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    gathered.language = (asked.language or "en").lower()  # it is published in no other
    read = _reader_of(table) or _read_element
    for row in table.rows:
        read(gathered, row)
    return gathered.framework(
        FORMAT,
        uri=URI,
        name="O*NET",
        publisher="U.S. Department of Labor, Employment and Training Administration",
        licence=_LICENCE,
        language="en",
    )


def _reader_of(table: Table) -> _Reader | None:
    """The most telling columns first: a file of ratings names elements, too."""
    kinds: tuple[tuple[tuple[str, ...], _Reader], ...] = (
        (("onetsoccode", "elementid", "datavalue"), _read_rating),
        (("onetsoccode", "taskid", "task"), _read_task),
        (("onetsoccode", "alternatetitle"), _read_title),
        (("onetsoccode", "title", "description"), _read_occupation),
        (("elementid", "scaleid", "anchorvalue"), _read_anchor),
        (("dwaid", "dwatitle"), _read_detailed_activity),
        (("iwaid", "iwatitle"), _read_intermediate_activity),
        (("elementid", "elementname"), _read_element),
        (("scaleid", "scalename", "minimum"), _read_scale),
    )
    return next((read for columns, read in kinds if set(columns) <= set(table.columns)), None)


def _require(gathered: Gathered, row: Row, column: str, *names: str) -> bool:
    if all(row.get(name) for name in names):
        return True
    gathered.fault(f"line {row.line}: {column} is empty", row.line, column)
    return False


def _read_element(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Element Name", "elementid", "elementname"):
        return
    code = row.get("elementid")
    draft = gathered.draft(_ELEMENT + code)
    draft.label(row.get("elementname"), gathered.language)
    draft.define(row.get("description"), gathered.language)
    draft.code, draft.type = code, "Element"
    _place_below(gathered, code)


def _place_below(gathered: Gathered, code: str) -> None:
    """Codes tell the tree: 1.A.1 lies below 1.A."""
    above, _, last = code.rpartition(".")
    if last and above:
        gathered.draft(_ELEMENT + code).parents[_ELEMENT + above] = None


def _read_anchor(gathered: Gathered, row: Row) -> None:
    """What a level of an element means, by an example of it."""
    if not _require(gathered, row, "Anchor Description", "elementid", "anchorvalue", "anchordescription"):
        return
    code, scale, value = row.get("elementid"), row.get("scaleid"), row.get("anchorvalue")
    element = gathered.draft(_ELEMENT + code)
    element.label(row.get("elementname"), gathered.language)
    element.code, element.type = code, "Element"
    _place_below(gathered, code)
    draft = gathered.draft(f"{_ELEMENT}{code}#{scale}-{value}")
    draft.label(f"{row.get('elementname')}, level {value}", gathered.language)
    draft.define(row.get("anchordescription"), gathered.language)
    draft.code, draft.type, draft.level = f"{code}/{scale}/{value}", "Level anchor", value
    draft.parents[element.uri] = None


def _read_scale(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Scale Name", "scaleid", "scalename"):
        return
    draft = gathered.draft(_SCALE + row.get("scaleid"))
    draft.label(row.get("scalename"), gathered.language)
    draft.define(f"From {row.get('minimum')} to {row.get('maximum')}", gathered.language)
    draft.code, draft.type = row.get("scaleid"), "Scale"


def _read_occupation(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Title", "onetsoccode", "title"):
        return
    code = row.get("onetsoccode")
    draft = gathered.draft(_OCCUPATION + code)
    draft.label(row.get("title"), gathered.language)
    draft.define(row.get("description"), gathered.language)
    draft.code, draft.type = code, "Occupation"


def _read_title(gathered: Gathered, row: Row) -> None:
    draft = gathered.draft(_OCCUPATION + row.get("onetsoccode"))
    draft.label(row.get("title"), gathered.language)
    draft.also([row.get("alternatetitle")], gathered.language)
    draft.code, draft.type = row.get("onetsoccode"), "Occupation"


def _read_rating(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Element ID", "onetsoccode", "elementid"):
        return
    try:
        value = float(row.get("datavalue") or "nan")
    except ValueError:
        gathered.fault(f"line {row.line}: a number is expected", row.line, "Data Value")
        return
    draft = gathered.draft(_OCCUPATION + row.get("onetsoccode"))
    draft.label(row.get("title"), gathered.language)
    draft.code, draft.type = row.get("onetsoccode"), "Occupation"
    element = gathered.draft(_ELEMENT + row.get("elementid"))
    element.label(row.get("elementname"), gathered.language)
    element.code, element.type = row.get("elementid"), "Element"
    if row.get("scaleid") == "IM" and row.get("recommendsuppress") != "Y" and value >= _IMPORTANT:
        draft.needs[Need(element.uri, True)] = None


def _read_task(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Task", "onetsoccode", "taskid", "task"):
        return
    occupation = _OCCUPATION + row.get("onetsoccode")
    draft = gathered.draft(_TASK.format(row.get("onetsoccode"), row.get("taskid")))
    draft.label(shorten(row.get("task")), gathered.language)
    draft.define(row.get("task"), gathered.language)
    draft.code, draft.type = row.get("taskid"), "Task"
    draft.parents[occupation] = None


def _read_detailed_activity(gathered: Gathered, row: Row) -> None:
    _read_activity(gathered, row, "dwa", row.get("iwaid"))


def _read_intermediate_activity(gathered: Gathered, row: Row) -> None:
    _read_activity(gathered, row, "iwa", row.get("elementid"))


def _read_activity(gathered: Gathered, row: Row, kind: str, above: str) -> None:
    if not _require(gathered, row, f"{kind.upper()} Title", f"{kind}id", f"{kind}title"):
        return
    draft = gathered.draft(_ELEMENT + row.get(f"{kind}id"))
    draft.label(row.get(f"{kind}title"), gathered.language)
    draft.code, draft.type = row.get(f"{kind}id"), "Work activity"
    if above:
        draft.parents[_ELEMENT + above] = None
