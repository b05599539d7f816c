"""Who worked where and when, and what moves there were, from the log alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.testkit.firm.credential import FOREVER, Event, instant

Spell = tuple[datetime, datetime]
COUNTED = ("promotion", "lateral")


class Staff:
    def __init__(self, events: list[Event], cut: datetime) -> None:
        self.cut = cut
        joined = [event for event in events if event["type"] == "person.joined"]
        self.firm = joined[0]["employer"]
        self.spells: dict[str, list[list[datetime]]] = defaultdict(list)
        self.elsewhere: dict[str, list[list[datetime]]] = defaultdict(list)
        self.facts: dict[str, Event] = {}
        self.moves: list[tuple[str, datetime, datetime, str]] = []
        self.others = 0
        rows = []
        for event in events:
            at = instant(event["at"])
            if event["type"] in ("person.joined", "person.left"):
                of = self.spells if event["employer"] == self.firm else self.elsewhere
                if event["type"] == "person.left":
                    of[event["person"]][-1][1] = at
                else:
                    of[event["person"]].append([instant(event["started"]), FOREVER])
                    if of is self.spells:
                        self.facts[event["person"]] = event
            elif event["type"] == "role.changed":
                rows.append((at, event))
        for at, event in rows:
            self._read(event, at)

    def _read(self, event: Event, at: datetime) -> None:
        effective, kind = instant(event["effective"]), kind_of(event["before"], event["after"])
        if event.get("correction") or not kind:
            return
        if _is_there(self.spells[event["person"]], effective):
            self.moves.append((event["person"], effective, at, kind))
        elif _is_there(self.elsewhere[event["person"]], effective):
            self.others += 1

    def everybody(self) -> set[str]:
        return {one for one, spells in self.spells.items() if spells}

    def seen_until(self, person: str, since: datetime) -> datetime:
        """Until they left, or the cut."""
        return min([self.cut, *(left for _, left in self.spells[person] if left > since)])

    def figures(self, mastered: dict[str, datetime]) -> dict[str, Any]:
        """Of the last whole year before the cut, where there is one."""
        year = self.cut.year - 1
        begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        told: dict[str, Any] = {"moves_at_other_employers": self.others}
        if min(one[0][0] for one in self.spells.values() if one) < begin:
            within = [move for move in self.moves if begin <= move[1] < end]
            days = [begin + timedelta(days=day) for day in range((end - begin).days)]
            present = sum(_is_there(spells, day) for spells in self.spells.values() for day in days)
            headcount = present / len(days)
            told |= {
                f"moves_{year}": dict(Counter(kind for *_, kind in within)),
                f"movers_{year}": len({move[0] for move in within}),
                f"average_headcount_{year}": round(headcount, 2),
                "rate_per_100": 100 * len(within) / headcount if headcount else None,
                "recorded_after_year_end": sum(known >= end for _, _, known, _ in within),
            }
        told["credential_and_moves"] = self._after(mastered)
        return told

    def _after(self, mastered: dict[str, datetime]) -> dict[str, Any]:
        years, moves = {"before_or_without": 0.0, "after": 0.0}, {"before_or_without": 0, "after": 0}
        moved = {person for person, _, _, kind in self.moves if kind in COUNTED}
        for person in self.everybody():
            has = mastered.get(person, FOREVER)
            for begin, left in self.spells[person]:
                end = min(left, self.cut)
                years["before_or_without"] += max(0.0, _years(min(has, end) - begin))
                years["after"] += max(0.0, _years(end - max(has, begin)))
        for person, effective, _, kind in self.moves:
            if kind in COUNTED:
                moves["after" if effective >= mastered.get(person, FOREVER) else "before_or_without"] += 1
        holders = self.everybody() & mastered.keys()
        others = self.everybody() - holders
        return {
            "person_years": years,
            "moves": moves,
            "per_100_person_years": {name: 100 * moves[name] / years[name] for name in years if years[name]},
            "naive_share_ever_moved": {
                "holders": len(moved & holders) / len(holders),
                "others": len(moved & others) / len(others),
            },
        }


def kind_of(before: dict[str, Any], after: dict[str, Any]) -> str:
    if after["level"] != before["level"]:
        return "promotion" if after["level"] > before["level"] else "demotion"
    changed = any(before[what] != after[what] for what in ("role", "department"))
    return "lateral" if changed else ""


def _is_there(spells: list[list[datetime]], at: datetime) -> bool:
    return any(begin <= at < end for begin, end in spells)


def _years(span: timedelta) -> float:
    return span.total_seconds() / 86_400 / 365.25
