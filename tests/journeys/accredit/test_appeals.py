"""Appeals: in time, by whom it is about, decided by somebody without a part in it. Founders; the notice."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.accreditation.life import stands
from credserv.accreditation.standing import State
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit.appeals import Verdict, decide_appeal
from credserv.journeys.accredit.changes import Revocation, revoke
from credserv.journeys.accredit.endorsing import EndorsementWish, endorse
from credserv.journeys.accredit.news import News, news_of, tell_auditors, tell_founders
from credserv.journeys.accredit.parts import case_of
from credserv.journeys.accredit.retention import forget_practice
from credserv.journeys.accredit.work import warnings
from credserv.journeys.admit.letters import link_of_letter
from credserv.journeys.check.check import check
from credserv.journeys.deliver.letter_form import Speech
from credserv.journeys.deliver.mentoring_letters import case_letter
from credserv.journeys.operate.conditions import look_at
from credserv.journeys.operate.notice import KEPT, make_notice
from credserv.journeys.operate.processing import OF_EVERYBODY
from credserv.journeys.publish.journal import merge
from credserv.records.access import LinkPurpose
from credserv.records.cases import CaseRole
from credserv.records.roles import Role
from credserv.status.journal import StatusJournal
from credserv.store.operate.personal import THEIRS
from credserv.store.store import open_store
from tests.conftest import SECRET_KEY
from tests.testkit.accreditors import AUDITOR, DECIDER, OTHER_DECIDER, Accreditors, refused
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import make_service

REVOCATION = {"by": DECIDER, "reason": "a complaint"}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Accreditors:
    folder = tmp_path_factory.mktemp("appeals")
    return Accreditors(make_service(f"sqlite:///{folder / 'appeals.db'}", folder, rate_api="100000/minute"))


def appeal(firm: Accreditors, of: str, name: str, what: str = "accreditations", **more: Any) -> Any:
    told = {"words": "I was on leave", "reference": name, **more}
    return firm.post(f"/{what}/{of}/appeals", told)


def decide(
    firm: Accreditors, of: str, name: str, upheld: bool, by: str = OTHER_DECIDER, what: str = "accreditations"
) -> Any:
    told = {"upheld": upheld, "by": by, "reason": "heard anew"}
    return firm.post(f"/{what}/{of}/appeals/{name}/decision", told)


def test_an_appeal_against_a_suspension(firm: Accreditors) -> None:
    firm.grant("ana", "c-ana")
    assert refused(appeal(firm, "c-ana", "ap-0")) == (409, "conflict"), "nothing to appeal against"
    assert firm.suspend("c-ana").status_code == 200
    assert refused(appeal(firm, "c-ana", "ap-1", by=DECIDER)) == (403, "forbidden"), "anybody else's"
    opened = appeal(firm, "c-ana", "ap-1", about="suspension")
    assert (opened.status_code, opened.json["about"]) == (201, "suspension")
    assert appeal(firm, "c-ana", "ap-1", about="suspension").status_code == 200, "safe to repeat"
    assert refused(appeal(firm, "c-ana", "ap-1", words="otherwise")) == (409, "conflict")
    assert refused(appeal(firm, "c-ana", "ap-2")) == (409, "conflict"), "one waits"
    assert refused(firm.post("/accreditations/c-ana/revocation", REVOCATION)) == (409, "appeal-open")
    assert refused(decide(firm, "c-ana", "ap-1", True, by=DECIDER)) == (403, "involved")
    assert refused(decide(firm, "c-ana", "ap-1", True, by=AUDITOR)) == (403, "forbidden")
    assert decide(firm, "c-ana", "ap-1", True).json["upheld"] is True
    assert decide(firm, "c-ana", "ap-1", True).status_code == 200, "safe to repeat"
    assert refused(decide(firm, "c-ana", "ap-1", False)) == (409, "conflict")
    assert firm.state("c-ana") == "live"
    assert refused(firm.suspend("c-ana", by=OTHER_DECIDER)) == (403, "involved"), "who decided the appeal"


def reject(firm: Accreditors, person: str) -> None:
    """Suspended, and their appeal against it rejected."""
    firm.grant(person, f"c-{person}")
    firm.suspend(f"c-{person}")
    assert appeal(firm, f"c-{person}", f"ap-{person}").status_code == 201
    assert decide(firm, f"c-{person}", f"ap-{person}", False).status_code == 200


def test_a_rejected_appeal_lets_a_revocation_go(firm: Accreditors) -> None:
    reject(firm, "ben")
    assert refused(appeal(firm, "c-ben", "ap-ben-2")) == (409, "conflict"), "decided before"
    assert firm.post("/accreditations/c-ben/revocation", REVOCATION).status_code == 200
    assert firm.state("c-ben") == "revoked"


def test_an_appeal_against_a_revocation_grants_another_badge_for_the_time_that_was_left(
    firm: Accreditors,
) -> None:
    """The old badge stays revoked (ADR 1)."""
    reject(firm, "bob")
    assert firm.post("/accreditations/c-bob/revocation", REVOCATION).status_code == 200
    services, before = firm.service.services, firm.get("/accreditations/c-bob").json
    firm.service.clock.advance(days=3)
    assert appeal(firm, "c-bob", "ap-bob-3").json["about"] == "revocation"
    assert refused(decide(firm, "c-bob", "ap-bob-3", True)) == (403, "involved"), "decided an appeal before"
    firm.employ("dirk")
    firm.give("dirk", Role.DECIDER)
    decided = decide(firm, "c-bob", "ap-bob-3", True, by="dirk").json
    assert decided == decide(firm, "c-bob", "ap-bob-3", True, by="dirk").json
    assert (decided["upheld"], firm.state("c-bob")) == (True, "revoked")
    old, anew = (services.store.accreditations.find(name) for name in ("c-bob", decided["granted_anew"]))
    assert old is not None
    assert anew is not None
    assert (stands(anew, firm.now).state, anew.record.competencies) == (State.LIVE, ("feedback",))
    assert anew.newest.term_end - old.newest.term_end == timedelta(days=3)
    record = services.store.credentials.get(anew.credential_id)
    assert record is not None
    checked = check(services, data=record.signed, url=None, now=firm.now)
    assert checked.result.verified
    assert checked.accreditation is not None
    assert checked.accreditation.state == "live"
    evidence = services.store.applications.evidence(anew.record.application_id)
    assert [one.kind for one in evidence] == ["assessment"], "what the first was granted on"
    dirk = firm.member("dirk")
    assert case_of(services, anew.credential_id).people[CaseRole.DECIDER] >= {dirk}
    page = Person(firm.service).open_wallet("bob@firm.example").get("/wallet/mentoring/appeals")
    assert "You get another badge" in page
    assert before["since"] == firm.get("/accreditations/c-bob").json["since"]
    assert refused(appeal(firm, "c-bob", "ap-bob-4")) == (409, "conflict")


def test_who_endorsed_the_badge_before_says_it_of_the_new_one_by_one_click(firm: Accreditors) -> None:
    letters, name = Letters(firm.service), "a-c-lou"
    services = letters.service.services
    for number in ("una", "uwe", "udo"):
        firm.employ(number)
        firm.give(number, Role.DECIDER)
    firm.employ("lia")
    until = (firm.now + timedelta(days=300)).isoformat()
    told = {"person": "lia", "until": until, "competencies": ["feedback"]}
    assert firm.post("/programmes/basic/founders", told).status_code == 201
    firm.apply("lou", name)
    wish = EndorsementWish("feedback", "She listens.")
    endorse(services, name, firm.member("lia"), wish, now=firm.now)
    assert firm.decide(name, "grant", "c-lou").status_code == 200
    fraud = Revocation((firm.member("una"), firm.member("uwe")), "a fraud")
    revoke(services, "c-lou", fraud, firm.now)
    firm.service.clock.advance(days=2)
    assert appeal(firm, "c-lou", "ap-lou").status_code == 201
    decide_appeal(
        services, "ap-lou", Verdict(True, firm.member("udo"), "no fraud"), actor="test", now=firm.now
    )
    told_of = {
        (one.subject.partition("@")[0], news_of(one.claim or "")[0])
        for one in letters.asked()
        if one.purpose is LinkPurpose.CASE_LETTER
    }
    assert told_of >= {("lou", News.ENDORSED), ("lou", News.REVOKED), ("lia", News.ENDORSE_AGAIN)}
    anew = services.store.accreditations.of_members([firm.member("lou")])[-1]
    was, since = anew.newest, stands(anew, firm.now).since
    firm.service.clock.advance(days=1)
    path = f"/wallet/mentoring/endorse/{anew.record.application_id}"
    lia = Person(firm.service).open_wallet("lia@firm.example")
    page = lia.get(path)
    assert "Sign it again" in page
    assert "She listens." in page
    assert lia.submit(path, competency="feedback", comment="She listens.").status_code == 303
    assert "Sign it again" not in lia.get(path)
    firm.service.clock.advance(seconds=1)  # of two at one instant either is the second
    assert lia.submit(path, competency="feedback").status_code == 303, "kept as any that comes late"
    found = services.store.accreditations.of_credential(anew.credential_id)
    assert found is not None
    assert [one.number for one in found.terms] == [1, 2], "a version, and a second one says nothing more"
    assert (found.newest.term_end, found.term_begins) == (was.term_end, was.valid_from)
    assert stands(found, firm.now).since == since
    record = services.store.credentials.get(anew.credential_id)
    assert record is not None
    checked = check(services, data=record.signed, url=None, now=firm.now)
    assert checked.result.verified
    (said,) = parse_json_object(record.signed or b"")["endorsement"]
    assert said["credentialSubject"]["id"].endswith(anew.credential_id)
    assert said["credentialSubject"]["endorsementComment"] == "She listens."
    lou = Person(firm.service).open_wallet("lou@firm.example")
    own = lou.get(f"/wallet/mentoring/applications/{anew.record.application_id}/endorsements")
    assert "1 of 1 did, and stands in the new badge" in own


@pytest.mark.parametrize("news", News)
def test_a_letter_of_a_case_says_what_it_is_about_and_no_reason(firm: Accreditors, news: News) -> None:
    claim = json.dumps([news.value, "basic, 2026-01-01"])
    content, subject = case_letter(firm.service.services, Speech(), "https://a.example/x", claim, firm.now)
    assert "(basic, 2026-01-01)" in content.paragraphs[0]
    assert subject


def test_after_thirty_days_it_is_too_late(firm: Accreditors) -> None:
    firm.grant("cid", "c-cid")
    firm.suspend("c-cid")
    firm.service.clock.advance(days=30)
    assert appeal(firm, "c-cid", "ap-cid").status_code == 201, "on the last day"
    firm.grant("dee", "c-dee")
    firm.suspend("c-dee")
    firm.service.clock.advance(days=30, seconds=1)
    assert refused(appeal(firm, "c-dee", "ap-dee")) == (409, "too-late")


def test_a_refusal_is_opened_again_with_the_time_it_had_left(firm: Accreditors) -> None:
    firm.apply("eva", "a-eva")
    begun = firm.service.clock.now
    firm.service.clock.advance(days=10)
    assert firm.decide("a-eva", "refuse").status_code == 200
    firm.service.clock.advance(days=20)
    assert appeal(firm, "a-eva", "ap-eva", what="applications").json["about"] == "refusal"
    assert refused(decide(firm, "a-eva", "ap-eva", True, DECIDER, "applications")) == (403, "involved")
    assert decide(firm, "a-eva", "ap-eva", True, what="applications").status_code == 200
    known = firm.service.services.store.applications.find("a-eva")
    assert known is not None
    assert known.ends_at == begun + timedelta(days=42 + 20)
    now = firm.service.clock.now
    away = {"occurred_at": now.isoformat(), "until": (now + timedelta(days=15)).isoformat()}
    assert firm.post("/applications/a-eva/evidence", {"kind": "leave", **away}).status_code == 201
    moved = firm.service.services.store.applications.find("a-eva")
    assert moved is not None
    assert moved.ends_at == known.ends_at + timedelta(days=15)
    assert firm.get("/applications/a-eva").json["state"] == "complete"
    firm.employ("deb")
    firm.give("deb", Role.DECIDER)
    assert refused(firm.decide("a-eva", "grant", "c-eva", by=OTHER_DECIDER)) == (403, "involved")
    assert firm.decide("a-eva", "grant", "c-eva", by="deb").status_code == 200


def draw_all(firm: Accreditors, period: str) -> str:
    """An audit of every accreditation in force; its path."""
    path = f"/programmes/basic/audits/{period}"
    firm.put(path, {"share": 1.0})
    firm.service.clock.advance(seconds=1)
    firm.post(f"{path}/freeze", {})
    firm.post(f"{path}/reveal", {})
    return path


def test_who_failed_an_audit_appeals_and_another_auditor_looks(firm: Accreditors) -> None:
    for name in ("fay", "jon"):
        firm.grant(name, f"c-{name}")
    path = draw_all(firm, "2026")
    found = {"accreditation": "c-fay", "outcome": "failed", "by": AUDITOR, "note": "nothing is there"}
    assert firm.post(f"{path}/findings", found).status_code == 200
    assert firm.state("c-fay") == "suspended"
    assert appeal(firm, "c-fay", "ap-fay").json["about"] == "audit"
    assert decide(firm, "c-fay", "ap-fay", True).status_code == 200
    assert firm.state("c-fay") == "live"
    assert refused(firm.post(f"{path}/findings", {**found, "outcome": "passed"})) == (403, "involved")
    assert firm.post(f"{path}/findings", {**found, "outcome": "passed", "by": "axel"}).status_code == 200
    # Who is suspended for another reason stays so, and has their time to appeal against that.
    firm.suspend("c-jon")
    assert firm.post(f"{path}/findings", {**found, "accreditation": "c-jon"}).status_code == 200
    assert appeal(firm, "c-jon", "ap-jon", about="audit").status_code == 201
    assert decide(firm, "c-jon", "ap-jon", True).status_code == 200
    assert firm.state("c-jon") == "suspended"
    assert refused(firm.post("/accreditations/c-jon/revocation", REVOCATION)) == (409, "appeal-open")
    assert appeal(firm, "c-jon", "ap-jon-2").json["about"] == "suspension"


def test_a_person_appeals_on_a_phone_and_alone_reads_why(firm: Accreditors) -> None:
    badge = firm.grant("gus", "c-gus")
    firm.suspend("c-gus")
    gus = Person(firm.service).open_wallet("gus@firm.example")
    path = "/wallet/mentoring/appeals"
    assert "a complaint" in gus.get(path)
    assert gus.submit(f"{path}/{badge}", about="suspension", words="").status_code in (400, 422)
    page = gus.follow(gus.submit(f"{path}/{badge}", about="suspension", words="I was on leave"))
    assert "It waits to be decided" in page
    firm.employ("ana")
    ana = Person(firm.service).open_wallet("ana@firm.example")
    ana.get(f"{path}/{badge}", 404)
    (waiting,) = [
        one for one in firm.service.services.store.appeals.undecided() if one.credential_id == badge
    ]
    desk = f"/console/appeals/{waiting.id}"
    involved = Person(firm.service).sign_in_as(Role.DECIDER, f"{DECIDER}@firm.example")
    assert "somebody else decides it" in involved.get(desk)
    decider = Person(firm.service).sign_in_as(Role.DECIDER, f"{OTHER_DECIDER}@firm.example")
    assert "Gus" in decider.get("/console/appeals")
    assert decider.submit(desk, verdict="", reason="x").status_code == 400
    decider.follow(decider.submit(desk, verdict="upheld", reason="They were on leave."))
    assert "They were on leave." in gus.get(path)
    assert firm.state("c-gus") == "live"


# --- founders, assessors, letters, what is kept ---------------------------------------------------


def test_founders_hear_of_their_end_once_and_owners_are_warned(firm: Accreditors) -> None:
    services = firm.service.services
    firm.employ("hal")
    until = (firm.now + timedelta(days=70)).isoformat()
    told = {"person": "hal", "until": until, "competencies": ["planning"]}
    assert firm.post("/programmes/basic/founders", told).status_code == 201
    said = [words for words, _ in warnings(services, firm.now)]
    assert any("planning (1)" in words for words in said), "one who may assess is too few"
    assert not any("founders" in words and "end soon" in words for words in said)
    firm.service.clock.advance(days=20)
    letters = Letters(firm.service)
    for _ in range(2):
        tell_founders(letters.service.services, firm.now)
    asked = [one for one in letters.asked() if one.purpose is LinkPurpose.CASE_LETTER]
    told_of = [one.subject for one in asked if news_of(one.claim or "")[0] is News.FOUNDER_ENDS]
    assert told_of == ["hal@firm.example"]
    (condition,) = [one for one in look_at(services, firm.now) if "end soon" in one.said]
    assert (condition.name, condition.ok) == ("accreditation", False)


def test_auditors_hear_once_that_cases_wait_and_once_that_one_is_late(firm: Accreditors) -> None:
    firm.grant("nan", "c-nan")
    draw_all(firm, "letters")
    letters = Letters(firm.service)

    def told() -> list[tuple[str, News, str]]:
        for _ in range(2):
            tell_auditors(letters.service.services, firm.now)
        asked = [one for one in letters.asked() if one.purpose is LinkPurpose.CASE_LETTER]
        found = [(one.subject.partition("@")[0], *news_of(one.claim or "")) for one in asked]
        return [one for one in found if one[1] in (News.CASE_DUE, News.CASE_LATE)]

    assert told().count(("axel", News.CASE_DUE, "basic letters")) == 1
    firm.service.clock.advance(days=31)
    late = [one for one in told() if one[1] is News.CASE_LATE]
    assert {one[0] for one in late} >= {"axel"}
    assert len(late) == len(set(late))
    wanted = next(
        one for one in letters.asked() if "axel@" in one.subject and "case-late" in (one.claim or "")
    )
    services = letters.service.services
    assert link_of_letter(services, wanted, firm.now) == f"{services.public_url}/console/audits"


def test_the_practice_log_is_kept_as_long_as_it_can_be_asked_for(firm: Accreditors) -> None:
    services = firm.service.services
    firm.employ("ida")
    told = {"kind": "cpd", "minutes": 60, "occurred_at": firm.now.isoformat(), "reference": "cpd-1"}
    answer = firm.post("/members/ida/practice", told)
    assert answer.status_code < 300, answer.text
    assert forget_practice(services, firm.now + timedelta(days=4 * 365)) == 0
    assert forget_practice(services, firm.now + timedelta(days=4 * 366 + 91)) == 1


def test_the_notice_names_every_table_that_speaks_of_people() -> None:
    """A new one says why it is kept, for how long, and who sees it."""
    told = {name for one in KEPT for name in one.tables}
    everybody = {name for one in OF_EVERYBODY for name in one.tables}
    assert told | everybody == {table.name for table in THEIRS}
    assert told.isdisjoint(everybody)
    assert all(one.what and one.why for one in KEPT)


def test_the_notice_is_made_from_what_is_configured(firm: Accreditors) -> None:
    made = make_notice(firm.service.services, firm.now)
    assert [one.key for one in made.programmes] == ["basic"]
    assert made.programmes[0].programme.owner == "Learning and development"
    held = {one.role: one.held_by for one in made.roles}
    assert held[Role.DECIDER] >= 2
    assert all(one.how_long for one in made.kept)
    assert all(one.owner and one.question for one in made.metrics)
    page = Person(firm.service).sign_in_as(Role.PROGRAMME_OWNER).get("/console/notice")
    for words in ("Learning and development", "48 months and 90 days", made.metrics[0].question):
        assert words in page


def test_what_was_revoked_is_so_in_a_restored_database_too(firm: Accreditors, tmp_path: Path) -> None:
    """By the journal, into a copy of before: the accreditation as its badge."""
    ids = {name: firm.grant(name, f"c-{name}") for name in ("kim", "leo", "mia")}
    firm.suspend("c-mia")
    settings, older = firm.service.settings, tmp_path / "older.db"
    source = settings.database_url.partition(":///")[2]
    with closing(sqlite3.connect(source)) as now, closing(sqlite3.connect(older)) as copy:
        now.backup(copy)
    firm.post("/accreditations/c-kim/surrender", {"reason": "another role"})
    firm.suspend("c-leo")
    firm.post("/accreditations/c-mia/restoration", {"by": DECIDER, "reason": "it was nothing"})
    journal = shutil.copy(settings.status_journal, tmp_path)
    with closing(open_store(f"sqlite:///{older}", secret_key=SECRET_KEY)) as store:
        merge(store, StatusJournal(Path(journal)), actor="test", now=firm.now)
        lives = {name: store.accreditations.of_credential(one) for name, one in ids.items()}
    states = {name: stands(life, firm.now).state for name, life in lives.items() if life is not None}
    assert states == {"kim": State.REVOKED, "leo": State.SUSPENDED, "mia": State.LIVE}
