"""A rule as form fields: conditions in one list, as in most rules. Anything else needs JSON.

A document has a form if the form produces that very document; nested rules have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.ground.json_types import JsonObject

Row = Mapping[str, str]  # `type`, and its fields as typed

# What can be added, with its name and fields.
TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "done": ("Something was completed, passed or mastered", ("kind", "activity", "name", "source", "days")),
    "score": (
        "A score was reached",
        ("activity", "name", "source", "percent", "above", "description"),
    ),
    "gain": ("A score rose from before to after", ("pre", "post", "percent", "description")),
    "word": ("Somebody observed it", ("role", "level", "days")),
    "peers": ("Several people endorse it", ("count", "role")),
    "contexts": (
        "Somebody observed it in several contexts",
        ("contexts", "covered", "role", "level", "days"),
    ),
    "held": ("A credential is held", ("achievement",)),
}
WANTED = ("all", "any", "n_of")
MAX_ROWS = 30


@dataclass(frozen=True)
class Band:
    """A level of the rubric: from which percentage, and what systems call it (words separated by commas)."""

    level: str
    percent: str = ""
    words: str = ""


@dataclass(frozen=True)
class RuleForm:
    """A rule's form.

    Attributes:
        wanted: One of WANTED.
        n: For n_of.
        description: The rubric of the bands; "" for none.
    """

    rows: tuple[Row, ...] = ()
    wanted: str = "all"
    n: str = ""
    description: str = ""
    bands: tuple[Band, ...] = field(default=())


def build_document(form: RuleForm) -> dict[str, Any]:
    """Build the rule's JSON; `parse_rule` reports everything but bad numbers.

    Raises:
        SchemaFaultsError: A number is not valid.
    """
    faults: list[Fault] = []
    made = [_build(row, at, faults) for at, row in enumerate(form.rows)]
    document: dict[str, Any] = {}
    levels = [_build_band(band, faults) for band in form.bands]
    needs_scale = any(len(level) > 1 for level in levels) or any(row.get("level") for row in form.rows)
    if form.description and needs_scale:
        document["scales"] = [{"description": form.description, "levels": levels}]
    if form.wanted == "n_of":
        n = _number(form.n, "/n", faults)
        document["when"] = {"n_of": {"n": None if n is None else int(n), "of": made}}
    else:
        document["when"] = {form.wanted if form.wanted in WANTED else "all": made}
    if faults:
        raise SchemaFaultsError("the rule is not complete", faults=faults)
    return document


def read_form(document: JsonObject, description: str, levels: Sequence[str]) -> RuleForm | None:
    """Return the form of a rule; None if no form produces it.

    Args:
        description: The achievement's rubric.
        levels: Its levels.
    """
    try:
        form = _read(document, description, levels)
        return form if build_document(form) == document else None
    except (KeyError, TypeError, ValueError, AttributeError, SchemaFaultsError):
        return None


# --- from the form ------------------------------------------------------------------------------


def _build(row: Row, at: int, faults: list[Fault]) -> dict[str, Any]:
    def number(name: str) -> Decimal | None:
        return _number(row.get(name, ""), f"/rows/{at}/{name}", faults)

    build = _BUILDERS.get(row.get("type", ""))
    return {} if build is None else build(row, number)


_Read = Callable[[str], Decimal | None]


def _done(row: Row, number: _Read) -> dict[str, Any]:
    found = {"kind": row.get("kind") or "completed", "activity": _activity(row)}
    return {"observed": _with(found, within_days=_whole(number("days")))}


def _score(row: Row, number: _Read) -> dict[str, Any]:
    found = {"activity": _activity(row), "of": "scaled", "at_least": _share(number("percent"))}
    above = True if row.get("above") else None
    return {"result": _with(found, above_maximum_counts=above, description=row.get("description"))}


def _gain(row: Row, number: _Read) -> dict[str, Any]:
    found = {"pre": row.get("pre"), "post": row.get("post"), "at_least": _share(number("percent"))}
    return {"gain": _with(found, same_description=row.get("description"))}


def _word(row: Row, number: _Read) -> dict[str, Any]:
    found = {"kind": "observed", "by_role": row.get("role")}
    return {"observed": _with(found, level_at_least=row.get("level"), within_days=_whole(number("days")))}


def _peers(row: Row, number: _Read) -> dict[str, Any]:
    return {"endorsements": _with({"count": _whole(number("count"))}, by=row.get("role"))}


def _contexts(row: Row, number: _Read) -> dict[str, Any]:
    named = [word.strip() for word in row.get("contexts", "").split(",") if word.strip()]
    found = {"contexts": named, "count": _whole(number("covered")), "by": row.get("role")}
    more = {"level_at_least": row.get("level"), "within_days": _whole(number("days"))}
    return {"coverage": _with(_with({}, **found), **more)}


def _held(row: Row, _number_of: _Read) -> dict[str, Any]:
    return {"credential": {"achievement": row.get("achievement")}}


_BUILDERS: Mapping[str, Callable[[Row, _Read], dict[str, Any]]] = {
    "done": _done,
    "score": _score,
    "gain": _gain,
    "word": _word,
    "peers": _peers,
    "contexts": _contexts,
    "held": _held,
}


def _activity(row: Row) -> Any:
    """Return the plain identifier if nothing else was given."""
    value = row.get("activity", "").strip()
    more = {name: row[name].strip() for name in ("source", "name") if row.get(name, "").strip()}
    return {"value": value, **more} if more else value


def _build_band(band: Band, faults: list[Fault]) -> dict[str, Any]:
    words = [word.strip() for word in band.words.split(",") if word.strip()]
    start = _share(_number(band.percent, f"/levels/{band.level}", faults))
    return {"level": band.level, **_with({}, **{"from": start, "words": words or None})}


def _with(found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return found | {name: value for name, value in more.items() if value not in (None, "")}


def _number(text: str, place: str, faults: list[Fault]) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip().replace(",", ".").removesuffix("%").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > 1_000_000:
        faults.append(Fault(place, "a number is expected"))
        return None
    return number


def _share(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent / 100)


def _whole(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


# --- from the document --------------------------------------------------------------------------


def _read(document: JsonObject, description: str, levels: Sequence[str]) -> RuleForm:
    ((wanted, inner),) = document["when"].items()
    n, listed = "", inner
    if wanted == "n_of":
        n, listed = str(inner["n"]), inner["of"]
    (scale,) = document.get("scales") or ({"levels": ()},)
    known = {one["level"]: one for one in scale["levels"]}
    bands = tuple(_read_band(level, known.get(level, {})) for level in levels)
    rows = tuple(_read_row(*next(iter(one.items()))) for one in listed)
    return RuleForm(rows, wanted, n, description, bands)


def _read_band(level: str, found: JsonObject) -> Band:
    return Band(level, _percent(found.get("from")), ", ".join(found.get("words", ())))


def _read_row(name: str, leaf: JsonObject) -> Row:
    activity = leaf.get("activity")
    about = activity if isinstance(activity, Mapping) else {"value": activity or ""}
    texts = {
        "activity": about["value"],
        "source": about.get("source", ""),
        "name": about.get("name", ""),
        "days": _text(leaf.get("within_days")),
        "description": leaf.get("description") or leaf.get("same_description") or "",
        "percent": _percent(leaf.get("at_least")) if name in ("result", "gain") else "",
        "above": "yes" if leaf.get("above_maximum_counts") else "",
        "role": leaf.get("by_role") or leaf.get("by") or "",
        "level": leaf.get("level_at_least") or "",
        "count": _text(leaf.get("count")),
        "covered": _text(leaf.get("count")),
        "contexts": ", ".join(leaf.get("contexts", ())),
        **{one: leaf.get(one) or "" for one in ("kind", "pre", "post", "achievement")},
    }
    kind = {"result": "score", "gain": "gain", "credential": "held", "endorsements": "peers"}.get(name)
    kind = "contexts" if name == "coverage" else kind
    kind = kind or ("word" if leaf["kind"] == "observed" else "done")
    return {"type": kind, **{one: str(texts[one]) for one in TYPES[kind][1]}}


def _text(number: object) -> str:
    return "" if number is None else str(number)


def _percent(share: object) -> str:
    if share is None:
        return ""
    return f"{(Decimal(repr(share)) * 100).normalize():f}"
