"""How credentials stand and who was entitled, by the rules, from the log alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.testkit.firm.credential import FOREVER, Credential, Event, instant
from tests.testkit.firm.world import months_after


@dataclass
class Case:
    """An application. scores: (known, score); endorsed: events; observed: (known, level, assessor)."""

    id: str
    person: str
    competencies: list[str]
    scores: list[tuple[datetime, float]] = field(default_factory=list)
    endorsed: list[Event] = field(default_factory=list)
    observed: list[tuple[datetime, Event]] = field(default_factory=list)
    credential: Credential | None = None
    claimed: list[str] = field(default_factory=list)
    decided: datetime | None = None


class Register:
    """All that the log says of accreditation, played in its order: what the rules forbid is left out."""

    def __init__(self, events: list[Event], rule: dict[str, Any]) -> None:
        self.rule = rule
        self.cases: dict[str, Case] = {}
        self.credentials: dict[str, Credential] = {}
        self.by_person: dict[str, list[Credential]] = defaultdict(list)
        self.founders: dict[str, list[tuple[datetime, datetime, list[str]]]] = defaultdict(list)
        self.held: dict[str, Event] = {}
        self.confirmed: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.met: dict[tuple[str, str], datetime] = {}
        self.practice: list[tuple[datetime, Event]] = []
        self.refused: list[Event] = []
        self.played: dict[str, int] = defaultdict(int)
        for event in events:
            known = instant(event["at"])
            play = getattr(self, "_" + event["type"].replace(".", "_"), None)
            if play and play(event, known) is False:
                self.refused.append(event)

    def _founder_appointed(self, event: Event, known: datetime) -> None:
        self.founders[event["person"]].append((known, instant(event["until"]), event["competencies"]))

    def _mentor_applied(self, event: Event, known: datetime) -> None:
        case = Case(event["application"], event["person"], event["competencies"])
        self.cases[case.id] = case

    def _assessment_passed(self, event: Event, known: datetime) -> None:
        self.cases[event["application"]].scores.append((known, event["score"]))

    _assessment_failed = _assessment_passed

    def _endorsement_made(self, event: Event, known: datetime) -> None:
        self.cases[event["application"]].endorsed.append(event)

    def _session_observed(self, event: Event, known: datetime) -> bool:
        """The small form of a programme does not say who may assess; nobody does who has another part."""
        case, assessor = self.cases[event["application"]], event["assessor"]
        apart = assessor != case.person and assessor not in {one["by"] for one in case.endorsed}
        if not apart:
            return False
        case.observed.append((known, event))
        return True

    def _accreditation_granted(self, event: Event, known: datetime) -> bool:
        case = self.cases[event["application"]]
        case.claimed.append(event["credential"])
        if self.verdict(case, known) != "grantable" or case.credential:
            return False
        made = Credential(event["credential"], case.person, case.id, case.competencies, self.rule)
        made.terms.append((known, *self._ends(months_after(known, self.rule["term_months"]))))
        case.credential, case.decided = made, known
        self.credentials[made.id] = made
        self.by_person[made.person].append(made)
        return True

    def _ends(self, term_end: datetime) -> tuple[datetime, datetime]:
        return term_end, term_end + timedelta(days=self.rule["grace_days"])

    def _accreditation_renewed(self, event: Event, known: datetime) -> bool:
        one = self.credentials.get(event["credential"])
        if one is None:
            return False
        begun, term_end, grace_end = one.terms[-1]
        opens = term_end - timedelta(days=self.rule["notice_days"])
        closes = grace_end + timedelta(days=self.rule["late_days"])
        if one.revoked or one.state(known, known)[0] == "suspended" or not opens <= known < closes:
            return False
        if not self._has_done_enough(one, begun, known):
            return False
        one.terms.append((known, *self._ends(months_after(term_end, self.rule["term_months"]))))
        return True

    def _has_done_enough(self, one: Credential, since: datetime, known: datetime) -> bool:
        wanted = self.rule["renewal"]
        sessions = [
            session
            for session, event in self.held.items()
            if event["mentor"] == one.person
            and self.is_confirmed(session, known)
            and since <= instant(event["at"])
            and one.is_in_force(instant(event["at"]), instant(event["at"]))
        ]
        logged = [event for at, event in self.practice if event["person"] == one.person and at >= since]
        hours = sum(event["hours"] for event in logged if event["type"] == "cpd.logged")
        supervised = sum(event["type"] == "supervision.logged" for event in logged)
        return (
            len(sessions) >= wanted["sessions"]
            and hours >= wanted["cpd_hours"]
            and supervised >= wanted["supervision"]
        )

    def _accreditation_suspended(self, event: Event, known: datetime) -> bool:
        one = self.credentials.get(event["credential"])
        if one is None or not one.is_in_force(known, known):
            return False
        one.holds.append([known, FOREVER])
        return True

    def _accreditation_restored(self, event: Event, known: datetime) -> bool:
        one = self.credentials.get(event["credential"])
        if one is None or one.state(known, known)[0] != "suspended":
            return False
        one.holds[-1][1] = known
        return True

    def _accreditation_revoked(self, event: Event, known: datetime) -> bool:
        one = self.credentials.get(event["credential"])
        if one is None or one.revoked:
            return False
        one.revoked = (instant(event["effective_from"]), known)
        return True

    def _session_held(self, event: Event, known: datetime) -> None:
        self.held[event["session"]] = event

    def _session_confirmed(self, event: Event, known: datetime) -> None:
        self.confirmed[event["session"]].setdefault(event["by"], known)
        of = self.held[event["session"]]
        if self.is_confirmed(event["session"], known):
            self.met.setdefault((of["mentor"], of["mentee"]), known)

    def _cpd_logged(self, event: Event, known: datetime) -> None:
        self.practice.append((known, event))

    _supervision_logged = _cpd_logged

    # --- what follows -------------------------------------------------------------------------------

    def is_confirmed(self, session: str, known: datetime) -> bool:
        of, by = self.held[session], self.confirmed[session]
        return all(who in by and by[who] <= known for who in (of["mentor"], of["mentee"]))

    def entitlement(self, person: str, competency: str, at: datetime, known: datetime) -> str:
        """ "" for somebody entitled, else the code."""
        fields = [of for begun, until, of in self.founders[person] if begun <= at < until and begun <= known]
        if any(competency in of for of in fields):
            return ""
        reasons = ["out-of-scope"] * bool(fields)
        for one in self.by_person[person]:
            reason = self._by_credential(one, competency, at, known)
            if not reason:
                return ""
            reasons.append(reason)
        return reasons[-1] if reasons else "not-accredited"

    def _by_credential(self, one: Credential, competency: str, at: datetime, known: datetime) -> str:
        state, _ = one.state(at, known)
        if at < one.terms[0][0] or known < one.terms[0][0]:
            return "not-accredited"
        if competency not in one.competencies:
            return "out-of-scope"
        if state == "revoked" and one.revoked and one.revoked[1] > at:
            return "revoked-from-before"
        return "" if state in self.rule["in_force_counts"] else state

    def judge(self, case: Case, known: datetime | None) -> dict[str, str]:
        """Each endorsement of a case, by id. known: None for as it was received."""
        found: dict[str, str] = {}
        counted: set[str] = set()
        for event in case.endorsed:
            received, stated = instant(event["at"]), instant(event["stated_at"])
            if known and received > known:
                continue
            code = self._judge(case, event, received, stated, known or received)
            if not code and event["by"] in counted:
                code = "duplicate"
            if not code:
                counted.add(event["by"])
            found[event["endorsement"]] = code or "counts"
        return found

    def _judge(self, case: Case, event: Event, received: datetime, stated: datetime, known: datetime) -> str:
        by = event["by"]
        if by == case.person:
            return "self"
        for pair in ((by, case.person), (case.person, by)):
            if pair in self.met and self.met[pair] <= received:
                return "conflict"
        if abs(received - stated) > timedelta(hours=self.rule["endorsement_received_within_hours"]):
            return "backdated"
        return self.entitlement(by, event["competency"], stated, known)

    def verdict(self, case: Case, known: datetime) -> str:
        """The first of what is asked that is not met."""
        if not any(score >= self.rule["assessment_min"] for at, score in case.scores if at <= known):
            return "assessment"
        if list(self.judge(case, known).values()).count("counts") < self.rule["endorsements"]:
            return "endorsements"
        seen = [event for at, event in case.observed if at <= known]
        enough = [event for event in seen if event["level"] >= self.rule["observed_level"]]
        return "grantable" if len(enough) >= self.rule["observed"] else "observed-level"
