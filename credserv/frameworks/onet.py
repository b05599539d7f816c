"""O*NET (USDOL/ETA): the tab-separated text files of its database, each recognised by its columns.

Elements (Content Model Reference), level anchors, scales, occupations, titles, tasks, work activities,
technology, and the ratings of elements by occupation. An importance of at least 3 (important, of 1 to 5) is
read as *needed*. O*NET 29.2 Data Dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Need
from credserv.frameworks.gathering import Draft, Gathered
from credserv.frameworks.texts import shorten
from credserv.ground.tables import Row, Table

FORMAT = "onet-text"
URI = "https://www.onetcenter.org/database.html"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_ELEMENT = "https://www.onetonline.org/find/descriptor/result/"
_OCCUPATION = "https://www.onetonline.org/link/summary/"
_SCALE = "https://www.onetonline.org/help/online/scales#"
_TECHNOLOGY = "https://www.onetonline.org/search/tech/example?e="
_TASK = f"{_OCCUPATION}{{}}#task-{{}}"
_IMPORTANT = 3.0

_Reader = Callable[[Gathered, Row], None]


def is_onet(table: Table) -> bool:
    return _reader_of(table) is not None


def read_onet(table: Table, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    gathered.language = (asked.language or "en").lower()  # it is published only in English
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
    """Recognise a file, most specific columns first: a file of ratings names elements too."""
    kinds: tuple[tuple[tuple[str, ...], _Reader], ...] = (
        (("onetsoccode", "elementid", "datavalue"), _read_rating),
        (("onetsoccode", "taskid", "task"), _read_task),
        (("onetsoccode", "alternatetitle"), _read_title),
        (("onetsoccode", "reportedjobtitle"), _read_title),
        (("onetsoccode", "example", "commoditycode"), _read_technology),
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
    if _require(gathered, row, "Element Name", "elementid", "elementname"):
        _name_element(gathered, row).define(row.get("description"), gathered.language)
        _place_below(gathered, row.get("elementid"))


def _name_element(gathered: Gathered, row: Row) -> Draft:
    return _name(
        gathered, _ELEMENT + row.get("elementid"), row.get("elementid"), "Element", row.get("elementname")
    )


def _name_occupation(gathered: Gathered, row: Row) -> Draft:
    code = row.get("onetsoccode")
    return _name(gathered, _OCCUPATION + code, code, "Occupation", row.get("title"))


def _name(gathered: Gathered, uri: str, code: str, type: str, label: str) -> Draft:
    draft = gathered.draft(uri)
    draft.label(label, gathered.language)
    draft.code, draft.type = code, type
    return draft


def _place_below(gathered: Gathered, code: str) -> None:
    """Codes form the tree: 1.A.1 is below 1.A."""
    above, _, last = code.rpartition(".")
    if last and above:
        gathered.draft(_ELEMENT + code).parents[_ELEMENT + above] = None


def _read_anchor(gathered: Gathered, row: Row) -> None:
    """Read what a level of an element means, by an example."""
    if not _require(gathered, row, "Anchor Description", "elementid", "anchorvalue", "anchordescription"):
        return
    code, scale, value = row.get("elementid"), row.get("scaleid"), row.get("anchorvalue")
    element = _name_element(gathered, row)
    _place_below(gathered, code)
    uri, label = f"{element.uri}#{scale}-{value}", f"{row.get('elementname')}, level {value}"
    draft = _name(gathered, uri, f"{code}/{scale}/{value}", "Level anchor", label)
    draft.define(row.get("anchordescription"), gathered.language)
    draft.level = value
    draft.parents[element.uri] = None


def _read_scale(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Scale Name", "scaleid", "scalename"):
        return
    code = row.get("scaleid")
    draft = _name(gathered, _SCALE + code, code, "Scale", row.get("scalename"))
    draft.define(f"From {row.get('minimum')} to {row.get('maximum')}", gathered.language)


def _read_occupation(gathered: Gathered, row: Row) -> None:
    if _require(gathered, row, "Title", "onetsoccode", "title"):
        _name_occupation(gathered, row).define(row.get("description"), gathered.language)


def _read_title(gathered: Gathered, row: Row) -> None:
    _name_occupation(gathered, row).add_alt_labels(
        [row.get("alternatetitle", "reportedjobtitle")], gathered.language
    )


def _read_technology(gathered: Gathered, row: Row) -> None:
    """Read software and tools used in an occupation; none is marked as essential."""
    if not _require(gathered, row, "Example", "onetsoccode", "example", "commoditycode"):
        return
    uri = _TECHNOLOGY + quote_plus(row.get("example"))
    technology = _name(gathered, uri, row.get("commoditycode"), "Technology", row.get("example"))
    if row.get("commoditytitle"):
        technology.keywords[row.get("commoditytitle")] = None
    _name_occupation(gathered, row).needs[Need(technology.uri, False)] = None


def _read_rating(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Element ID", "onetsoccode", "elementid"):
        return
    try:
        value = float(row.get("datavalue") or "nan")
    except ValueError:
        gathered.fault(f"line {row.line}: a number is expected", row.line, "Data Value")
        return
    draft, element = _name_occupation(gathered, row), _name_element(gathered, row)
    if row.get("scaleid") == "IM" and row.get("recommendsuppress") != "Y" and value >= _IMPORTANT:
        draft.needs[Need(element.uri, True)] = None


def _read_task(gathered: Gathered, row: Row) -> None:
    if not _require(gathered, row, "Task", "onetsoccode", "taskid", "task"):
        return
    occupation = _OCCUPATION + row.get("onetsoccode")
    uri = _TASK.format(row.get("onetsoccode"), row.get("taskid"))
    draft = _name(gathered, uri, row.get("taskid"), "Task", shorten(row.get("task")))
    draft.define(row.get("task"), gathered.language)
    draft.parents[occupation] = None


def _read_detailed_activity(gathered: Gathered, row: Row) -> None:
    _read_activity(gathered, row, "dwa", row.get("iwaid"))


def _read_intermediate_activity(gathered: Gathered, row: Row) -> None:
    _read_activity(gathered, row, "iwa", row.get("elementid"))


def _read_activity(gathered: Gathered, row: Row, kind: str, above: str) -> None:
    if not _require(gathered, row, f"{kind.upper()} Title", f"{kind}id", f"{kind}title"):
        return
    code = row.get(f"{kind}id")
    draft = _name(gathered, _ELEMENT + code, code, "Work activity", row.get(f"{kind}title"))
    if above:
        draft.parents[_ELEMENT + above] = None
