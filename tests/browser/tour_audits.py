"""The pages of audits and appeals, each with how to come to it."""

from __future__ import annotations

from collections.abc import Callable

from credserv.journeys.accredit import appeals, audits
from credserv.journeys.accredit.applications import apply
from credserv.journeys.accredit.changes import Suspension, suspend
from credserv.journeys.accredit.evidence import hand_in
from credserv.journeys.accredit.evidence_reading import HandedIn
from credserv.journeys.accredit.grant import Decision, grant
from credserv.journeys.accredit.programmes import load_programme
from credserv.records.credentials import Recipient
from credserv.records.roles import Role
from tests.browser.conftest import Visit
from tests.browser.site import HOLDER
from tests.testkit.accreditors import PROGRAMME

PERIOD = "/basic/2026-H2"


def _case(visit: Visit) -> tuple[str, str]:
    """The badge of the holder: drawn for an audit, suspended, appealed against. And the appeal. Made once."""
    services, now = visit.site.service.services, visit.site.service.clock.now
    known = services.store.accreditations.find("tour-badge")
    if known is not None:
        (one,) = services.store.appeals.of_credential(known.credential_id)
        return known.credential_id, one.id
    said = {"actor": "test", "now": now}
    load_programme(services, PROGRAMME, owner="Learning and development", **said)
    holder = services.store.members.find_by_email(HOLDER)
    assert holder is not None
    decider = services.store.members.add(Recipient(email="dora@academy.example", name="Dora"), now)
    services.store.colleagues.set_roles(decider.id, {Role.DECIDER}, services.today(now))
    known_as = {"competencies": ["Giving feedback"], "reference": "tour-audited"}
    application, _ = apply(services, holder.id, "basic", **known_as, **said)
    hand_in(services, application.id, HandedIn("assessment", data={"score": 88}), **said)
    life = grant(services, application.id, Decision(decider.id, "as the rules say", "tour-badge"), now)
    for deed in (
        lambda: audits.commit(services, "basic", "2026-H2", audits.Wish(), **said),
        lambda: audits.freeze(services, "basic", "2026-H2", None, **said),
        lambda: audits.reveal(services, "basic", "2026-H2", None, **said),
    ):
        deed()
    suspend(services, life.credential_id, Suspension(decider.id, "A complaint is looked at."), now)
    wanted = appeals.Appeal("I was on leave when it was heard.")
    opened, _ = appeals.open_appeal(services, life.credential_id, wanted, by=holder.id, **said)
    return life.credential_id, opened.id


def _public(path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        _case(visit)
        visit.go(path)

    return arrive


def _as(role: Role, path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        badge, appeal = _case(visit)
        visit.follow_link(visit.site.colleague_link(role, f"{role.value}-of-audits@academy.example"))
        visit.go(f"/console{path.format(badge=badge, appeal=appeal)}")

    return arrive


def _wallet(path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        badge, _ = _case(visit)
        visit.open_wallet()
        visit.go(f"/wallet/mentoring/appeals{path.format(badge=badge)}")

    return arrive


PAGES: dict[str, Callable[[Visit], object]] = {
    "audits": _public("/audits/basic"),
    "audit": _public(f"/audits{PERIOD}"),
    "console-audits": _as(Role.PROGRAMME_OWNER, "/audits"),
    "console-audit-draw": _as(Role.PROGRAMME_OWNER, f"/audits{PERIOD}"),
    "console-audit-case": _as(Role.AUDITOR, f"/audits{PERIOD}/{{badge}}"),
    "console-appeals": _as(Role.DECIDER, "/appeals"),
    "console-appeal": _as(Role.DECIDER, "/appeals/{appeal}"),
    "console-notice": _as(Role.PROGRAMME_OWNER, "/notice"),
    "wallet-decisions": _wallet(""),
    "wallet-appeal": _wallet("/{badge}"),
}
