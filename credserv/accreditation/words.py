"""What a requirement asks and how it stands, in plain words and in the language of `say`."""

from __future__ import annotations

from collections.abc import Iterable

from credserv.accreditation.programme import BY_ENTITLED, Ask, Requirement, Unit, Window
from credserv.accreditation.requirements import Count, Finding
from credserv.ground.languages import Say, in_english

NAMES = {
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
# Singular and plural.
NUMBERED = {
    "assessment": ("%(number)s assessment", "%(number)s assessment"),
    "endorsements": ("%(number)s endorsement", "%(number)s endorsements"),
    "observation": ("%(number)s observed conversation", "%(number)s observed conversations"),
    "sessions": (
        "%(number)s mentoring session that both confirmed",
        "%(number)s mentoring sessions that both confirmed",
    ),
    "distinct-mentees": ("%(number)s different mentees", "%(number)s different mentees"),
    "distinct-clients": ("%(number)s different clients", "%(number)s different clients"),
    "feedback": ("%(number)s piece of feedback received", "%(number)s pieces of feedback received"),
    "reflections": ("%(number)s written reflection", "%(number)s written reflections"),
}
OTHER_PART = "in each part of the term"
PER = {1: "in each month", 3: "in each quarter", 6: "in each half-year", 12: "in each year"}
# Why something known does not count.
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


def asked_words(requirement: Requirement, say: Say = in_english) -> str:
    """Return what it asks: "2 endorsements by people who are entitled to endorse"."""
    if requirement.routes:
        both, either = say("and"), say("or")
        routes = (f" {both} ".join(asked_words(one, say) for one in route) for route in requirement.routes)
        told = f"; {either} ".join(routes)
        return say("One of these: %(routes)s", routes=told)
    told = _asked(requirement, say)
    if requirement.by_person:
        return say("%(asked)s (a person decides, by a declaration)", asked=told)
    return told


def _asked(requirement: Requirement, say: Say) -> str:
    kind, window = requirement.kind, _window(requirement.window, say)
    if kind == "declaration":
        words = requirement.of + window
        return say("A declaration: %(words)s", words=words)
    if kind == "accreditation":
        return _accreditation(requirement, say)
    if kind == "assessment" and requirement.asks:
        return _assessment(requirement, say)
    name = _name(kind, say)
    if not requirement.asks:
        noted = f": {requirement.note}" if requirement.note else ""
        return f"{name[:1].upper()}{name[1:]}{noted}"
    told = ", ".join(_ask(ask, kind, say) for ask in requirement.asks)
    level = f" {_level(requirement, say)}" if requirement.level else ""
    return f"{told}{level}{_by(requirement, say)}{window}"


def _name(kind: str, say: Say) -> str:
    return say(NAMES[kind]) if kind in NAMES else kind.replace("-", " ")


def _assessment(requirement: Requirement, say: Say) -> str:
    share, named = requirement.asks[0].need, requirement.instrument
    told = (
        say("The assessment “%(name)s” with at least %(share)s %%", name=named, share=share)
        if named
        else say("The assessment with at least %(share)s %%", share=share)
    )
    if not requirement.attempts:
        return told
    return ", ".join((told, say("in at most %(number)s attempts", number=requirement.attempts)))


def _level(requirement: Requirement, say: Say) -> str:
    return say("at level %(number)s or above", number=requirement.level)


def _by(requirement: Requirement, say: Say) -> str:
    kind = requirement.kind
    if requirement.counted.endswith(BY_ENTITLED):
        told = say("given by people who were entitled to assess")
        return f", {told},"
    if kind == "endorsements":
        return " " + say("by people who are entitled to endorse")
    return " " + say("by people who are entitled to assess") if kind == "observation" else ""


def _accreditation(requirement: Requirement, say: Say) -> str:
    months = requirement.asks[0].need
    told = say("An accreditation %(which)s", which=requirement.asks[0].category or _level(requirement, say))
    if requirement.in_force:
        told = " ".join((told, say("in force")))
    held = say("held for at least %(number)s months", number=months)
    return f"{told}, {held}" if months else told


def _ask(ask: Ask, kind: str, say: Say) -> str:
    name = _name(kind, say)
    if ask.unit is Unit.MINUTES:
        return _hours_asked(ask, name, say)
    if ask.unit is Unit.SPAN:
        return say("over at least %(number)s months", number=ask.need)
    if ask.unit is Unit.MONTHS:
        return say("%(number)s months of %(what)s", number=ask.need, what=name)
    if ask.unit is Unit.PEOPLE and kind == "observation":
        return say("by %(number)s different people", number=ask.need)
    if kind in NUMBERED:
        return say(NUMBERED[kind][ask.need != 1], number=ask.need)
    return f"{ask.need} {name}"


def _hours_asked(ask: Ask, name: str, say: Say) -> str:
    time = hours(ask.need, say)
    told = (
        say("%(time)s of it %(what)s", time=time, what=ask.category.replace("-", " "))
        if ask.category
        else say("%(time)s of %(what)s", time=time, what=name)
    )
    most = (
        say("%(what)s: at most %(time)s", what=of.replace("-", " "), time=hours(high, say))
        for of, high in ask.caps
    )
    return " ".join((told, *(f"({one})" for one in most)))


def _window(window: Window, say: Say) -> str:
    if window.within_months:
        return " " + say("within the last %(number)s months", number=window.within_months)
    if window.per_months:
        return " " + say(PER.get(window.per_months, OTHER_PART))
    return " " + say("within the term") if window.in_term else ""


def hours(minutes: float, say: Say = in_english) -> str:
    """Return minutes as hours, in words."""
    if minutes % 30:
        return say("%(number)s minutes", number=float(minutes))
    whole = minutes / 60
    return say("%(number)s hour", number=1) if whole == 1 else say("%(number)s hours", number=whole)


def stands_words(finding: Finding, say: Say = in_english) -> str:
    """Return how far it is: "1 of 2"; "" if there is nothing to count."""
    if finding.parts is not None:
        return say("%(number)s of %(all)s", number=finding.parts[0], all=finding.parts[1])
    told = ", ".join(_count(count, say) for count in finding.counts)
    if finding.requirement.by_person and not told:
        return say("decided") if finding.is_declared else say("waits for a person's decision")
    return told


def _count(count: Count, say: Say) -> str:
    have = max(count.have, 0)
    if count.unit is Unit.MINUTES:
        return say("%(number)s of %(all)s", number=hours(have, say), all=hours(count.need, say))
    if count.unit is Unit.PERCENT:
        if count.have < 0:
            return say("no score yet")
        return say("%(number)s %%, of %(all)s %% that are asked", number=float(have), all=count.need)
    if count.unit in (Unit.MONTHS, Unit.SPAN):
        if not count.need:
            return say("held") if count.is_met else say("not held")
        return say("%(number)s of %(all)s months", number=float(have), all=count.need)
    return say("%(number)s of %(all)s", number=float(have), all=count.need)


def left_out_words(finding: Finding, say: Say = in_english) -> tuple[str, ...]:
    """Return what does not count, grouped: "1 does not count: a second one by the same person"."""
    found = ((say(WHY[why]) if why in WHY else why, number) for why, number in finding.left_out)
    return tuple(
        say("%(number)s does not count: %(why)s", number=number, why=why)
        if number == 1
        else say("%(number)s do not count: %(why)s", number=number, why=why)
        for why, number in found
    )


def in_words(
    findings: Iterable[Finding], say: Say = in_english
) -> list[tuple[Finding, str, str, tuple[str, ...]]]:
    """Return each finding with what it asks, how far it is, and what does not count."""
    return [
        (one, asked_words(one.requirement, say), stands_words(one, say), left_out_words(one, say))
        for one in findings
    ]
