"""What something cost and brought in, in money, as somebody states it. Nothing counted here goes into it."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from credserv.ground.errors import Fault
from credserv.ground.json_types import JsonObject
from credserv.outcomes.figure import Figure, Row

MEMBERS = ("by", "cost", "benefit", "currency", "basis")
MAX_CHARS = 500
_AMOUNTS = ("cost", "benefit")
_MOST = 1e15
_CURRENCY = re.compile(r"[A-Z]{3}\Z")  # ISO 4217


def return_of(cost: float, benefit: float) -> Decimal:
    """Return 100 · (benefit - cost) / cost in per cent, to a tenth. `cost` is above 0."""
    spent = Decimal(str(cost))
    percent = 100 * (Decimal(str(benefit)) - spent) / spent
    return percent.quantize(Decimal("0.1"), ROUND_HALF_UP)


def check_stated(told: Any) -> list[Fault]:
    """Return the faults of a statement."""
    if not isinstance(told, dict) or not told.keys() <= set(MEMBERS):
        return [Fault("/stated", f"an object of {', '.join(MEMBERS)}")]
    faults = []
    for name in _AMOUNTS:
        value = told.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
            faults.append(Fault(f"/stated/{name}", "an amount, 0 or more"))
        elif name == "cost" and value == 0:
            faults.append(Fault("/stated/cost", "above 0: of nothing spent there is no return"))
    if not _is_said(told.get("by")):
        faults.append(Fault("/stated/by", "the name of who says so"))
    if not isinstance(told.get("currency"), str) or not _CURRENCY.match(told["currency"]):
        faults.append(Fault("/stated/currency", "three letters, as in EUR"))
    if "basis" in told and not _is_said(told["basis"]):
        faults.append(Fault("/stated/basis", f"a text of {MAX_CHARS} characters at most"))
    return faults


def stated_figures(key: str, name: str, stated: JsonObject) -> tuple[Figure, Figure]:
    """Return figures for the amounts and for the return on them; both say who stated them."""
    words = f"As stated by {stated['by']}: it is not computed from anything that is counted here."
    basis = stated.get("basis")
    cautions = (words, f"How they came to it: {basis}") if basis else (words,)
    cost, benefit = stated["cost"], stated["benefit"]
    amounts = (Row("Cost", "", _amount(cost)), Row("Benefit", "", _amount(benefit)))
    percent = Row("100 · (benefit - cost) / cost", "", str(return_of(cost, benefit)))
    return (
        Figure(key, name, str(stated["currency"]), amounts, cautions),
        Figure(f"{key}-return", f"{name}: return on what was spent", "per cent", (percent,), cautions),
    )


def _amount(value: float) -> str:
    return f"{Decimal(str(value)).quantize(Decimal('0.01'), ROUND_HALF_UP):f}".removesuffix(".00")


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= MAX_CHARS
