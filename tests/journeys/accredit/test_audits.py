"""Audits: committed to before, frozen, drawn so that anyone recomputes it; what becomes of who is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from credserv.accreditation.draw import commitment, draw
from credserv.journeys.accredit.audit_publication import audit_figures
from credserv.journeys.accredit.audits import Wish, commit, freeze, reveal
from credserv.journeys.accredit.findings import Finding, record_finding
from credserv.processes.cli import main
from credserv.records.audits import Outcome
from credserv.records.roles import Role
from credserv.store.tables import audit_cases, audits, holds
from tests.testkit.accreditors import AUDITOR, DECIDER, OTHER_AUDITOR, Accreditors, refused
from tests.testkit.browsing import Person
from tests.testkit.killed import killed_before
from tests.testkit.service import make_service
from tests.testkit.shared import shared_path

VECTORS: dict[str, Any] = json.loads(shared_path("accreditation/audit-vectors.json").read_text())
SEED, SHA256 = VECTORS["seed_hex"], VECTORS["commitment"]
AUDIT = "/programmes/basic/audits"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Accreditors:
    """Forty accreditations, called as in the vectors."""
    folder = tmp_path_factory.mktemp("audits")
    service = make_service(f"sqlite:///{folder / 'audits.db'}", folder, rate_api="100000/minute")
    found = Accreditors(service)
    for name in VECTORS["population"]:
        found.grant(f"p{name}", name)
    return found


@pytest.fixture(scope="module")
def drawn(firm: Accreditors) -> dict[str, Any]:
    """The audit of a period whose seed was made elsewhere, as it is published."""
    told = {"sha256": SHA256, "begins_on": "2026-02-01"}
    assert firm.put(f"{AUDIT}/2026-H1", told).status_code == 201
    firm.service.clock.advance(days=120)
    assert firm.put(f"{AUDIT}/2026-H1", told).status_code == 200, "safe to repeat, also within its period"
    assert refused(firm.post(f"{AUDIT}/2026-H1/reveal", {"seed": SEED})) == (409, "conflict")
    assert firm.post(f"{AUDIT}/2026-H1/freeze", {}).status_code == 200
    assert refused(firm.post(f"{AUDIT}/2026-H1/reveal", {"seed": "ab" * 32})) == (409, "conflict")
    answer = firm.post(f"{AUDIT}/2026-H1/reveal", {"seed": SEED})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_the_draw_is_that_of_the_vectors(firm: Accreditors, drawn: dict[str, Any]) -> None:
    assert drawn["population"] == VECTORS["population"]
    assert drawn["drawn"] == VECTORS["drawn"]
    assert drawn["finds"] == "4 of 40 find at least one of 4 bad with 36 %"
    figures = audit_figures(firm.service.services, cut=firm.now)
    assert figures == {"2026-H1": {"population": 40, "drawn": VECTORS["drawn"]}}
    before = datetime(2026, 1, 2, tzinfo=UTC)
    assert audit_figures(firm.service.services, cut=before) == {}
    again = firm.post(f"{AUDIT}/2026-H1/reveal", {"seed": SEED})
    assert (again.status_code, again.json) == (200, drawn), "safe to repeat"
    assert refused(firm.post(f"{AUDIT}/2026-H1/reveal", {"seed": "ab" * 32})) == (409, "conflict")


def test_anyone_recomputes_it_from_the_public_file(
    firm: Accreditors, drawn: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = firm.service.client()
    file = tmp_path / "audit.json"
    file.write_bytes(stranger.get("/audits/basic/2026-H1/audit.json").data)
    assert main(["audit", "recompute", str(file)]) == 0
    assert "4 of 40" in capsys.readouterr().out
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "drawn": [*told["drawn"][1:], "c0001"]}))
    assert main(["audit", "recompute", str(file)]) == 1
    assert "draws others" in capsys.readouterr().out
    page = stranger.get("/audits/basic/2026-H1").text
    assert SHA256 in page
    assert SEED in page
    assert "pc0002" not in page.lower(), "nobody is named"
    assert "2026-H1" in stranger.get("/audits/basic").text
    assert stranger.get("/audits/basic/1999").status_code == 404


def test_a_commitment_never_changes_and_comes_before_its_period(firm: Accreditors) -> None:
    path = f"{AUDIT}/2027-Q1"
    told = {"share": 0.2, "minimum": 3, "begins_on": "2027-01-01"}
    first = firm.put(path, told)
    assert (first.status_code, first.json["seed"], len(first.json["sha256"])) == (201, None, 64)
    assert (firm.put(path, told).status_code, firm.put(path, told).json) == (200, first.json)
    for other in ({**told, "share": 0.3}, {**told, "sha256": SHA256}, {**told, "begins_on": "2027-01-02"}):
        assert refused(firm.put(path, other)) == (409, "conflict")
    assert refused(firm.put(f"{AUDIT}/2026-Q1", {"begins_on": "2026-01-01"})) == (409, "too-late")
    for wrong in ({"sha256": "A" * 64}, {"share": 0.0}, {"share": 1.5}, {"minimum": -1}):
        assert refused(firm.put(f"{AUDIT}/2027-Q2", wrong)) == (422, "schema-faults")
    assert refused(firm.put("/programmes/none/audits/2027-Q1", {})) == (404, "not-found")


def test_our_own_seed_is_sealed_until_the_population_is_frozen(firm: Accreditors) -> None:
    assert firm.put(f"{AUDIT}/own", {}).json["share"] == 0.1, "as the programme says"
    with firm.service.services.store._database.reading() as connection:
        sealed = connection.execute(select(audits.c.sealed).where(audits.c.period == "own")).scalar_one()
    assert refused(firm.post(f"{AUDIT}/own/reveal", {})) == (409, "conflict")
    assert refused(firm.post(f"{AUDIT}/own/freeze", {"population_at": "2026-01-02T00:00:00Z"})) == (
        409,
        "conflict",
    ), "a population from before the commitment"
    assert refused(firm.post(f"{AUDIT}/own/freeze", {"population_at": "2099-01-01T00:00:00Z"})) == (
        422,
        "schema-faults",
    )
    firm.post(f"{AUDIT}/own/freeze", {})
    told = firm.post(f"{AUDIT}/own/reveal", {}).json
    assert commitment(told["seed"]) == told["sha256"]
    assert told["seed"] not in str(sealed)
    assert told["drawn"] == draw(told["seed"], told["population"], share=0.1, minimum=2)


def test_the_population_is_who_was_in_force_then_as_known_then(firm: Accreditors) -> None:
    """Not who was suspended then, though restored since; nor who was granted after, nor known only now."""
    firm.put(f"{AUDIT}/then", {})
    firm.suspend("c0005")
    at = firm.service.clock.advance(days=1)
    firm.service.clock.advance(days=1)
    assert (
        firm.post("/accreditations/c0005/restoration", {"by": DECIDER, "reason": "over"}).status_code == 200
    )
    firm.grant("late", "c0041")
    earlier = firm.post(f"{AUDIT}/then/freeze", {"population_at": at.isoformat()}).json["population"]
    assert "c0005" not in earlier
    assert "c0041" not in earlier
    assert len(earlier) == 39
    assert refused(firm.post(f"{AUDIT}/then/freeze", {"population_at": "2026-05-04T00:00:00Z"})) == (
        409,
        "conflict",
    )
    firm.put(f"{AUDIT}/now", {"sha256": SHA256})
    firm.service.clock.advance(seconds=1)
    firm.post(f"{AUDIT}/now/freeze", {})
    assert firm.post(f"{AUDIT}/now/reveal", {"seed": SEED}).json["drawn"] == VECTORS["one_more_member_c0041"]


def find(
    firm: Accreditors, reference: str, outcome: str, by: str = AUDITOR, note: str = "as I saw it"
) -> Any:
    told = {"accreditation": reference, "outcome": outcome, "by": by, "note": note}
    return firm.post(f"{AUDIT}/2026-H1/findings", told)


@pytest.mark.usefixtures("drawn")
def test_what_an_auditor_finds_is_written_down_once(firm: Accreditors) -> None:
    assert refused(find(firm, "c0001", "passed")) == (404, "not-found"), "who was not drawn"
    assert refused(find(firm, "c0002", "passed", by=DECIDER)) == (403, "forbidden"), "who is no auditor"
    assert refused(find(firm, "c0002", "failed", note=" ")) == (422, "schema-faults")
    assert find(firm, "c0002", "passed").json["outcome"] == "passed"
    assert find(firm, "c0002", "passed").status_code == 200, "safe to repeat"
    assert refused(find(firm, "c0002", "failed")) == (409, "conflict")
    assert firm.state("c0002") == "live"
    # What is to be mended has 30 days.
    assert find(firm, "c0003", "to-remedy").json["remedy_until"] is not None
    firm.service.clock.advance(days=29)
    assert find(firm, "c0003", "remedied").json["outcome"] == "remedied"
    find(firm, "c0029", "to-remedy")
    firm.service.clock.advance(days=31)
    assert refused(find(firm, "c0029", "remedied")) == (409, "too-late")
    assert find(firm, "c0029", "failed").json["outcome"] == "failed"
    assert firm.state("c0029") == "suspended"


@pytest.mark.usefixtures("drawn")
def test_nobody_audits_a_case_that_they_had_a_part_in(firm: Accreditors) -> None:
    services = firm.service.services
    both = {Role.AUDITOR, Role.DECIDER}
    services.store.colleagues.set_roles(firm.member(DECIDER), both, services.today(firm.now))
    assert refused(find(firm, "c0038", "passed", by=DECIDER)) == (403, "involved")
    firm.give(DECIDER, Role.DECIDER)
    # Neither does who audited it decide about it.
    assert find(firm, "c0038", "passed", by=OTHER_AUDITOR).status_code == 200
    firm.give(OTHER_AUDITOR, Role.DECIDER)
    assert refused(firm.suspend("c0038", by=OTHER_AUDITOR)) == (403, "involved")
    firm.give(OTHER_AUDITOR, Role.AUDITOR)


def test_an_auditor_works_on_pages_and_the_person_is_named_to_nobody_else(firm: Accreditors) -> None:
    owner = Person(firm.service).sign_in_as(Role.PROGRAMME_OWNER)
    path = "/console/audits"
    begun = owner.submit(path, programme="basic", period="by-page", begins_on="2099-01-01")
    assert "sealed" in owner.follow(begun)
    late = owner.submit(path, programme="basic", period="x", begins_on="2020-01-01")
    assert (late.status_code, "has begun" in late.text) == (409, True)
    firm.service.clock.advance(seconds=1)
    owner.follow(owner.submit(f"{path}/basic/by-page", do="freeze"))
    page = owner.follow(owner.submit(f"{path}/basic/by-page", do="reveal"))
    audit = firm.get(f"{AUDIT}/by-page").json
    assert all(name in page for name in audit["drawn"])
    reference = audit["drawn"][0]
    credential = firm.get(f"/accreditations/{reference}").json["id"]
    auditor = Person(firm.service).sign_in_as(Role.AUDITOR, f"{AUDITOR}@firm.example")
    case = f"{path}/basic/by-page/{credential}"
    assert reference.lower() in auditor.get(case).lower()
    assert owner.submit(case, outcome="passed", on=f"{path}").status_code == 403
    assert auditor.submit(case, outcome="").status_code == 400
    assert "Written down" in auditor.follow(auditor.submit(case, outcome="passed"))
    assert firm.service.services.store.audits.of_credential(credential)


# --- it dies at any step --------------------------------------------------------------------------


def test_who_dies_at_any_step_of_an_audit_leaves_one_or_none(tmp_path: Path) -> None:
    """By SIGKILL, before a statement; the same is sent again, and there is one commitment, one population,
    one draw and one suspension."""
    folder = tmp_path / "whole"
    folder.mkdir()
    firm = Accreditors(make_service(f"sqlite:///{folder / 'audits.db'}", folder))
    ids = {name: firm.grant(f"p{name}", name) for name in ("c1", "c2", "c3")}
    now, by = firm.service.clock.advance(days=1), firm.member(AUDITOR)
    service = firm.service
    finding = Finding(Outcome.FAILED, by, "nothing stands behind it")
    same = {"actor": "test", "now": now}
    steps: list[Callable[[Any], object]] = [
        lambda own: commit(own, "basic", "q", Wish(sha256=SHA256, minimum=1, share=0.01), **same),
        lambda own: freeze(own, "basic", "q", None, **same),
        lambda own: reveal(own, "basic", "q", SEED, **same),
    ]
    (first,) = draw(SEED, ids, share=0.01, minimum=1)
    steps.append(lambda own: record_finding(own, "basic", "q", ids[first], finding, **same))
    for step in steps:
        number = 1
        while killed_before(service, number, partial(step, service.services)):
            number += 7
        assert number > 1, "it was killed"
        step(service.services)
    with service.services.store._database.reading() as connection:
        (record,) = connection.execute(select(audits)).all()
        cases = connection.execute(select(audit_cases)).all()
        (hold,) = connection.execute(select(holds)).all()
    assert (record.sha256, record.seed) == (SHA256, SEED)
    assert sorted(case.drawn_as for case in cases) == ["c1", "c2", "c3"]
    assert [case.drawn_as for case in cases if case.is_drawn] == [first]
    assert hold.credential_id == ids[first]
    trail = [line.action for line in service.services.store.audit.recent(50)]
    for action in ("audit.committed", "audit.frozen", "audit.revealed", "audit.found"):
        assert trail.count(action) == 1
    assert firm.state(first) == "suspended"
