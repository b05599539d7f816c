"""A pathway as form fields: routes, each with a list of steps. Choosing whose badges count needs JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.mastery.reading import MAX_STEPS

MAX_ROUTES = 6
FIELDS = ("achievement", "alignment", "level_at_least", "name", "milestone", "by")
_NAMING = ("achievement", "alignment")  # a step has one of these
StepRow = Mapping[str, str]  # by FIELDS, as typed


@dataclass(frozen=True)
class RouteForm:
    name: str = ""
    in_order: bool = True
    steps: tuple[StepRow, ...] = ()


@dataclass(frozen=True)
class PathwayForm:
    routes: tuple[RouteForm, ...] = ()


def build_pathway(form: PathwayForm) -> dict[str, Any]:
    """Build a rule; `parse_rule` reports its faults.

    Rows that name nothing and routes without steps are left out.
    """
    routes = [_build_route(route) for route in form.routes]
    return {"pathway": {"routes": [route for route in routes if route["steps"]]}}


def read_pathway_form(document: JsonObject) -> PathwayForm | None:
    """Return the form; None if this form does not produce the rule."""
    try:
        form = PathwayForm(tuple(_read_route(route) for route in document["pathway"]["routes"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    fits = len(form.routes) <= MAX_ROUTES and all(len(one.steps) <= MAX_STEPS for one in form.routes)
    return form if fits and build_pathway(form) == document else None


def _build_route(form: RouteForm) -> dict[str, Any]:
    steps = [
        {name: row[name].strip() for name in FIELDS if row.get(name, "").strip()}
        for row in form.steps
        if any(row.get(name, "").strip() for name in _NAMING)
    ]
    route: dict[str, Any] = {"name": form.name.strip()} if form.name.strip() else {}
    if form.in_order:
        route["in_order"] = True
    return {**route, "steps": steps}


def _read_route(route: Mapping[str, Any]) -> RouteForm:
    steps = tuple({name: str(step.get(name, "")) for name in FIELDS} for step in _steps(route["steps"]))
    return RouteForm(str(route.get("name", "")), bool(route.get("in_order", False)), steps)


def _steps(found: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    return [step for step in found if isinstance(step, Mapping)]
