"""What people learned and what their work shows, of those who may be counted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from tests.testkit.firm.credential import Event, instant
from tests.testkit.firm.measured import Z, gain, rate_ratio, survival, welch
from tests.testkit.firm.moved import Staff

TAU = 120


class Learned:
    """Of who may be counted: employed at the firm at some time, and consenting at the cut."""

    def __init__(self, events: list[Event], staff: Staff, cut: datetime) -> None:
        self.staff, self.cut = staff, cut
        agreed: dict[str, bool] = {}
        self.started: dict[str, dict[str, Event]] = defaultdict(dict)
        self.mastered: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.tests: dict[str, list[Event]] = defaultdict(list)
        self.signals: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            kind, who = event["type"], event.get("person", "")
            if kind.startswith("consent.") and event["purpose"] == "outcomes":
                agreed[who] = kind == "consent.given"
            elif kind == "pathway.started":
                self.started[event["pathway"]].setdefault(who, event)
            elif kind == "credential.mastered":
                self.mastered[event["pathway"]].setdefault(who, instant(event["at"]))
            elif kind in ("assessment.pre", "assessment.post"):
                self.tests[who].append(event)
            elif kind == "signal.posted":
                self.signals[who].append(event)
        self.counted = {who for who in staff.everybody() if agreed.get(who)}

    def people(self) -> dict[str, int]:
        ever = len(self.staff.everybody())
        return {"ever_at_firm": ever, "counted": len(self.counted), "not_counted": ever - len(self.counted)}

    def mastery_gain(self) -> dict[str, Any]:
        pairs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        alone, maximum = 0, 100.0
        for who, start in self.started["onboarding"].items():
            if who not in self.counted:
                continue
            pre = [one for one in self._tests(who, "pre") if instant(one["at"]) <= instant(start["at"])]
            done = self.mastered["onboarding"].get(who)
            post = [one for one in self._tests(who, "post") if done and instant(one["at"]) >= done]
            if pre and post and done and instant(post[0]["at"]) - done <= timedelta(days=90):
                maximum = pre[-1]["maximum"]
                pairs[start["mentored"]].append((pre[-1]["score"], post[0]["score"]))
            elif pre:
                alone += 1
        both = [*pairs[True], *pairs[False]]
        gains = {flag: [post - pre for pre, post in of] for flag, of in pairs.items()}
        return {
            "all": gain(both, maximum),
            "mentored": gain(pairs[True], maximum),
            "not_mentored": gain(pairs[False], maximum),
            "difference": welch(gains[True], gains[False]),
            "pre_without_post": alone,
        }

    def _tests(self, who: str, which: str) -> list[Event]:
        return [one for one in self.tests[who] if one["type"] == f"assessment.{which}"]

    def time_to_competency(self) -> dict[str, Any]:
        rows: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
        for who, start in self.started["onboarding"].items():
            if who in self.counted:
                begun, done = instant(start["at"]), self.mastered["onboarding"].get(who)
                seen = self.staff.seen_until(who, begun)
                came = done is not None and done <= seen
                until = done if done is not None and came else seen
                rows[start["mentored"]].append(((until - begun).total_seconds() / 86_400, came))
        both = [*rows[True], *rows[False]]
        done_in = [days for days, came in both if came]
        groups = {flag: survival(of, TAU) for flag, of in rows.items()}
        days = groups[True]["rmst"] - groups[False]["rmst"]
        half = Z * math.hypot(groups[True]["rmst_se"], groups[False]["rmst_se"])
        return {
            "all": survival(both, TAU),
            "mentored": groups[True],
            "not_mentored": groups[False],
            "naive_mean_of_completers": sum(done_in) / len(done_in),
            "rmst_difference": {"days": days, "low": days - half, "high": days + half},
        }

    def errors(self) -> dict[str, Any]:
        people = []
        for who, start in self.started["quality"].items():
            if who not in self.counted:
                continue
            begun = instant(start["at"])
            before = [one for one in self.signals[who] if instant(one["at"]) < begun]
            after = [one for one in self.signals[who] if instant(one["at"]) >= begun]
            if before and after:
                people.append((*_sums(before), *_sums(after)))
        return rate_ratio(people)

    def published(self) -> dict[str, Any]:
        facts = self.staff.facts
        groups, cells = defaultdict(list), defaultdict(Counter)
        for who in self.counted:
            groups[facts[who]["group"]].append(any(who in of for of in self.started.values()))
            cells[facts[who]["site"]][facts[who]["language"]] += 1
        plain = {
            name: {"n": len(of), "took_part": sum(of), "rate": sum(of) / len(of)}
            for name, of in groups.items()
        }
        hidden = len(self.staff.everybody()) - len(self.counted)
        table = {site: dict(of) for site, of in cells.items()}
        return {
            "published": {
                "group": {name: _rounded(of) for name, of in plain.items()},
                "site_by_language": {
                    site: {name: shown(count) for name, count in of.items()} for site, of in table.items()
                },
                "not_counted": shown(hidden),
            },
            "unsuppressed": {"group": plain, "site_by_language": table, "not_counted": hidden},
        }


def _sums(events: list[Event]) -> tuple[int, int]:
    return sum(one["count"] for one in events), sum(one["exposure"] for one in events)


def shown(count: int) -> str:
    """0, fewer than 5, or to the nearest 5, halves up."""
    if 0 < count < 5:
        return "fewer than 5"
    return str(5 * ((2 * count + 5) // 10))


def _rounded(of: dict[str, Any]) -> dict[str, Any]:
    """A rate is left out that fits one number of people alone, where fewer than five did it, or did not."""
    n, count = of["n"], of["took_part"]
    told = (shown(n), shown(count), _percent(count, n))
    if n >= 20 and min(count, n - count) < 5:
        near = [(all_, some) for all_ in range(n - 4, n + 5) for some in range(max(count - 4, 0), count + 5)]
        fitting = [
            (all_, some)
            for all_, some in near
            if some <= all_ and told == (shown(all_), shown(some), _percent(some, all_))
        ]
        if len({all_ for all_, _ in fitting}) == 1 or (count and len({some for _, some in fitting}) == 1):
            told = (told[0], told[1], None)
    return dict(zip(("n", "took_part", "rate"), told, strict=True))


def _percent(count: int, of: int) -> str | None:
    if of < 20:
        return None
    percent = 100 * count / of
    if percent < 5 or percent > 95:
        return "fewer than 5 %" if percent < 5 else "more than 95 %"
    return f"{math.floor(percent + 0.5)} %"
