"""A pathway as the fields of a form: one route, its steps in a list. JSON says the rest: several routes,
steps by an alignment, issuers and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credserv.ground.json_types import JsonObject

MAX_STEPS = 30
FIELDS = ("achievement", "milestone", "by")
StepRow = Mapping[str, str]  # by FIELDS, as they were typed


@dataclass(frozen=True)
class PathwayForm:
    name: str = ""
    in_order: bool = True
    steps: tuple[StepRow, ...] = ()


def build_pathway(form: PathwayForm) -> dict[str, Any]:
    """A rule; `parse_rule` tells what is wrong with it. Rows without an achievement are left out."""
    steps = [
        {name: row[name].strip() for name in FIELDS if row.get(name, "").strip()}
        for row in form.steps
        if row.get("achievement", "").strip()
    ]
    route: dict[str, Any] = {"name": form.name.strip()} if form.name.strip() else {}
    if form.in_order:
        route["in_order"] = True
    return {"pathway": {"routes": [{**route, "steps": steps}]}}


def read_pathway_form(document: JsonObject) -> PathwayForm | None:
    """None for a rule that this form does not give."""
    try:
        (route,) = document["pathway"]["routes"]
        steps = tuple({name: str(step.get(name, "")) for name in FIELDS} for step in _steps(route["steps"]))
        form = PathwayForm(str(route.get("name", "")), bool(route.get("in_order", False)), steps)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return form if build_pathway(form) == document else None


def _steps(found: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    return [step for step in found if isinstance(step, Mapping)]
