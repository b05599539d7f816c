"""What a requirement asks, and how it stands, in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from credserv.accreditation.programme import BY_ENTITLED, Ask, Requirement, Unit, Window
from credserv.accreditation.requirements import Count, Finding

_NAMES = {
    "assessment": "assessment",
    "endorsements": "endorsements",
    "observation": "observed conversations",
    "sessions": "mentoring sessions that both confirmed",
    "distinct-mentees": "different mentees",
    "distinct-clients": "different clients",
    "practice-hours": "practice",
    "education-hours": "education",
    "feedback": "pieces of feedback received",
    "cpd": "professional development",
    "supervision": "supervision",
    "reflections": "written reflections",
    "experience": "experience",
    "mentor-coaching": "mentor coaching",
}
# Of one of them.
_ONE = {
    "endorsements": "endorsement",
    "observed conversations": "observed conversation",
    "mentoring sessions that both confirmed": "mentoring session that both confirmed",
    "pieces of feedback received": "piece of feedback received",
    "written reflections": "written reflection",
}
_PER = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
# Why something that is known does not count.
WHY = {
    "self": "given by the applicant",
    "conflict": "given by somebody with a conflict of interest",
    "backdated": "dated long before it arrived",
    "not-accredited": "given by somebody who was not accredited",
    "out-of-scope": "given by somebody whose accreditation does not cover this",
    "suspended": "given by somebody whose accreditation was suspended",
    "lapsed": "given by somebody whose accreditation had lapsed",
    "revoked": "given by somebody whose accreditation was revoked",
    "revoked-from-before": "given by somebody whose accreditation turned out not to hold at that time",
    "duplicate": "a second one by the same person",
    "witness": "given by somebody outside, as a witness",
    "also-endorser": "given by somebody who also endorsed this application",
    "mentee-of-applicant": "given by a mentee of the applicant",
    "mentor-of-applicant": "given by a mentor of the applicant",
    "line-manager-of-applicant": "given by the applicant's line manager",
    "not-confirmed": "not confirmed by both",
    "held-before": "held, and lapsed since",
    "not-in-force": "held while the accreditation was not in force",
    "self-declared": "said by the applicant",
    "giver-unknown": "not said who gave it",
}


def asked_words(requirement: Requirement) -> str:
    """What it asks: "2 endorsements by people who are entitled to endorse"."""
    if requirement.routes:
        routes = (" and ".join(asked_words(one) for one in route) for route in requirement.routes)
        return "One of these: " + "; or ".join(routes)
    told = _asked(requirement)
    if requirement.by_person:
        return f"{told} (a person decides, by a declaration)"
    return told


def _asked(requirement: Requirement) -> str:
    kind, window = requirement.kind, _window(requirement.window)
    if kind == "declaration":
        return f"A declaration: {requirement.of}{window}"
    if kind == "accreditation":
        return _accreditation(requirement)
    if kind == "assessment" and requirement.asks:
        named = f" “{requirement.instrument}”" if requirement.instrument else ""
        tries = f", in at most {requirement.attempts} attempts" if requirement.attempts else ""
        return f"The assessment{named} with at least {requirement.asks[0].need} %{tries}"
    name = _NAMES.get(kind, kind.replace("-", " "))
    if not requirement.asks:
        noted = f": {requirement.note}" if requirement.note else ""
        return f"{name[:1].upper()}{name[1:]}{noted}"
    told = ", ".join(_ask(ask, name) for ask in requirement.asks)
    level = f" at level {requirement.level} or above" if requirement.level else ""
    return f"{told}{level}{_by(requirement)}{window}"


def _by(requirement: Requirement) -> str:
    kind = requirement.kind
    if requirement.counted.endswith(BY_ENTITLED):
        return ", given by people who were entitled to assess,"
    if kind == "endorsements":
        return " by people who are entitled to endorse"
    return " by people who are entitled to assess" if kind == "observation" else ""


def _accreditation(requirement: Requirement) -> str:
    named = requirement.asks[0].category or f"at level {requirement.level} or above"
    months = requirement.asks[0].need
    held = f", held for at least {months} months" if months else ""
    return f"An accreditation {named}{' in force' if requirement.in_force else ''}{held}"


def _ask(ask: Ask, name: str) -> str:
    of = f" of it {ask.category.replace('-', ' ')}" if ask.category else f" of {name}"
    if ask.unit is Unit.MINUTES:
        most = "".join(f" ({of_.replace('-', ' ')}: at most {hours(high)})" for of_, high in ask.caps)
        return f"{hours(ask.need)}{of}{most}"
    if ask.unit is Unit.SPAN:
        return f"over at least {ask.need} months"
    if ask.unit is Unit.MONTHS:
        return f"{ask.need} months of {name}"
    if ask.unit is Unit.PEOPLE and name == _NAMES["observation"]:
        return f"by {ask.need} different people"
    return f"{ask.need} {_ONE.get(name, name) if ask.need == 1 else name}"


def _window(window: Window) -> str:
    if window.within_months:
        return f" within the last {window.within_months} months"
    if window.per_months:
        return f" in each {_PER.get(window.per_months, 'part of the term')}"
    return " within the term" if window.in_term else ""


def hours(minutes: float) -> str:
    whole = minutes / 60
    return f"{minutes:g} minutes" if minutes % 30 else f"{whole:g} hour{'' if whole == 1 else 's'}"


def stands_words(finding: Finding) -> str:
    """How far it is: "1 of 2"; "" where there is nothing to count."""
    if finding.parts is not None:
        return f"{finding.parts[0]} of {finding.parts[1]}"
    told = ", ".join(_count(count) for count in finding.counts)
    if finding.requirement.by_person and not told:
        return "decided" if finding.is_declared else "waits for a person's decision"
    return told


def _count(count: Count) -> str:
    have = max(count.have, 0)
    if count.unit is Unit.MINUTES:
        return f"{hours(have)} of {hours(count.need)}"
    if count.unit is Unit.PERCENT:
        return f"{have:g} %, of {count.need} % that are asked" if count.have >= 0 else "no score yet"
    if count.unit in (Unit.MONTHS, Unit.SPAN):
        if not count.need:
            return "held" if count.is_met else "not held"
        return f"{have:g} of {count.need} months"
    return f"{have:g} of {count.need}"


def left_out_words(finding: Finding) -> tuple[str, ...]:
    """What does not count, folded: "1 does not count: a second one by the same person"."""
    return tuple(
        f"{number} {'does' if number == 1 else 'do'} not count: {WHY.get(why, why)}"
        for why, number in finding.left_out
    )


def in_words(findings: Iterable[Finding]) -> list[tuple[Finding, str, str, tuple[str, ...]]]:
    """Each with what it asks, how far it is, and what does not count."""
    return [(one, asked_words(one.requirement), stands_words(one), left_out_words(one)) for one in findings]
